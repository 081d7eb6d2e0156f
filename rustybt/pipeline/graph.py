"""The terms of a pipeline as a graph: what is computed from what, to be looked at."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

from rustybt.errors import MissingProgramError, OptionError
from rustybt.pipeline.compiler.plan import in_order
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Classifier, Filter
from rustybt.pipeline.term import Term

Picture = Literal["svg", "png", "jpeg"]
_SECONDS: Final = 60
_LONGEST: Final = 80  # characters of a label


class TermGraph:
    """Terms and what they are computed from.

    Parameters
    ----------
    terms
        What comes out, by name.
    screen
        The filter of the rows; none if None.
    form
        Which picture it is in a notebook: ``svg``, ``png`` or ``jpeg``.

    Raises
    ------
    OptionError
        There is no such form.
    """

    def __init__(
        self, terms: Mapping[str, Term], screen: Term | None = None, *, form: Picture = "svg"
    ) -> None:
        self._outputs, self._screen, self._form = dict(terms), screen, _checked(form)
        shown = [*self._outputs.values(), *([] if screen is None else [screen])]
        self._ordered = in_order(shown, needs=True)

    @property
    def outputs(self) -> dict[str, Term]:
        """What comes out, by name; a copy."""
        return dict(self._outputs)

    def ordered(self) -> Iterator[Term]:
        """Return all terms, each once, behind those that it is computed from."""
        return iter(self._ordered)

    @property
    def dot(self) -> str:
        """The graph in Graphviz's language: columns of datasets left, what comes out right."""
        numbers = {term: number for number, term in enumerate(self._ordered)}
        lines = ["digraph pipeline {", "  rankdir=LR", '  node [fontname="sans-serif"]']
        lines += [f"  t{number} [{_looks(term)}]" for term, number in numbers.items()]
        for term, number in numbers.items():
            lines += [f"  t{numbers[it]} -> t{number}" for it in dict.fromkeys(term.needs)]
        shown = [
            *self._outputs.items(),
            *([] if self._screen is None else [("screen", self._screen)]),
        ]
        for number, (name, term) in enumerate(shown):
            lines.append(f"  out{number} [label={_quoted(name)}, shape=cds]")
            lines.append(f"  t{numbers[term]} -> out{number}")
        return "\n".join([*lines, "}", ""])

    def render(self, form: Picture | None = None) -> bytes:
        """Return the graph as a picture, drawn by Graphviz's ``dot``.

        Parameters
        ----------
        form
            ``svg``, ``png`` or ``jpeg``; that of the graph if None.

        Raises
        ------
        MissingProgramError
            There is no ``dot``.
        OptionError
            There is no such form.
        """
        wanted = self._form if form is None else _checked(form)
        program = shutil.which("dot")
        if program is None:
            advice = "Install Graphviz, or take the text of the graph: show_graph().dot"
            raise MissingProgramError("dot", "draws the graph of a pipeline", advice)
        drawn = subprocess.run(  # noqa: S603 - a program of a fixed name, in a list of words
            [program, f"-T{wanted}"],
            input=self.dot.encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
        return drawn.stdout

    def _repr_svg_(self) -> str | None:
        return self.render().decode() if self._form == "svg" else None

    def _repr_png_(self) -> bytes | None:
        return self.render() if self._form == "png" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.render() if self._form == "jpeg" else None

    def __len__(self) -> int:
        return len(self._ordered)

    def __contains__(self, term: object) -> bool:
        return term in self._ordered

    def __str__(self) -> str:
        return self.dot

    def __repr__(self) -> str:
        return f"<TermGraph of {len(self)} terms: {', '.join(self._outputs)}>"


def _checked(form: Picture) -> Picture:
    if form not in get_args(Picture):
        raise OptionError("format", form, f"one of {', '.join(get_args(Picture))}")
    return form


def _looks(term: Term) -> str:
    shape = "ellipse"
    if isinstance(term, BoundColumn):
        shape = "box"
    elif isinstance(term, Filter):
        shape = "diamond"
    elif isinstance(term, Classifier):
        shape = "hexagon"
    text = repr(term)
    label = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"label={_quoted(label)}, tooltip={_quoted(text)}, shape={shape}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
