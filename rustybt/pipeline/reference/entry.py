"""What the reference says of one term, taken from the term: signature, notes of its docstring, SQL."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlglot import exp

from rustybt.pipeline.compiler.compile import Reach, compile_plan
from rustybt.pipeline.compiler.plan import plan
from rustybt.pipeline.computed import ComputedTerm
from rustybt.pipeline.expression import Applied
from rustybt.pipeline.factors import RecarrayField, indicators
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS

NOTES: Final = ("Formula", "Units", "Nulls", "Source", "Differs")
_NOTE: Final = re.compile(rf"^({'|'.join(NOTES)}): ", re.MULTILINE)
_UNSAID: Final = {"inputs": (), "window_length": None, "decay_rate": 0.0}  # must be given
_RANKS: Final = {"inputs": -2, "window_length": -1, "mask": 1}
_COLUMNS: Final = 6  # of stages that are shown
_CHARACTERS: Final = 400  # of an expression that are shown


@dataclass(frozen=True)
class Entry:
    """One entry of the reference.

    Parameters
    ----------
    name
        As users write it.
    signature
        Parameters with their defaults, in parentheses.
    summary
        The first sentences of the docstring.
    notes
        Formula, units, nulls, source and what differs from zipline, as far as they are said.
    example
        A term of that kind; None for what makes no term.
    aliases
        Other names of the same.
    """

    name: str
    signature: str
    summary: str
    notes: dict[str, str]
    example: Term | None = None
    aliases: tuple[str, ...] = ()

    def with_source(self, source: str) -> "Entry":
        """Return the entry with a source, unless its docstring names one."""
        return replace(self, notes={"Source": source, **self.notes})

    def with_example(self, example: Term) -> "Entry":
        """Return the entry with an example."""
        return replace(self, example=example)

    def text(self) -> str:
        """Return the entry in Markdown."""
        lines = [f"### `{self.name}{self.signature}`", ""]
        if self.aliases:
            lines += [f"Also {', '.join(f'`{it}`' for it in self.aliases)}.", ""]
        lines.append(self.summary)
        said = [f"- {_TITLES[it]}: {self.notes[it]}" for it in NOTES if it in self.notes]
        lines += ["", *said] if said else []
        if self.example is not None:
            lines += ["", "```sql", f"-- {self.example!r}", *sql_lines(self.example), "```"]
        return "\n".join([*lines, ""])


def entry_of_class(cls: type, example: Term | None, aliases: tuple[str, ...] = ()) -> Entry:
    """Return the entry of a class of terms."""
    doc = inspect.getdoc(cls) or ""
    notes = notes_of(cls) or notes_of_operation(example)
    signature = _signature(cls, inputs=example is None or bool(example.inputs))
    return Entry(cls.__name__, signature, _summary(doc), notes, example, aliases)


def entry_of_method(name: str, method: Callable[..., Any], example: Term) -> Entry:
    """Return the entry of a method that makes terms; its notes are those of what it makes."""
    doc = inspect.getdoc(method) or ""
    made = example.of if isinstance(example, RecarrayField) else example
    notes = notes_of(method) or notes_of_operation(example) or notes_of(type(made))
    return Entry(name, _signature(method), _summary(doc), notes, example)


def entry_of_described(name: str, described: Any, *, signature: str | None = None) -> Entry:
    """Return the entry of what makes no term, from its docstring."""
    said = _signature(described) if signature is None else signature
    doc = inspect.getdoc(described) or ""
    notes, told = notes_of(described), _section(doc, "Notes")
    summary = _summary(doc) if notes or not told else f"{_summary(doc)} {_markdown(told)}"
    return Entry(name, said, summary, notes)


def notes_of(described: object) -> dict[str, str]:
    """Return the notes of a docstring by name."""
    parts = _NOTE.split(_section(inspect.getdoc(described) or "", "Notes"))
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {key: _markdown(text) for key, text in pairs}


def notes_of_operation(example: Term | None) -> dict[str, str]:
    """Return the notes of what a method does, by name; none if a class of its own does it."""
    return notes_of(type(example.operation)) if isinstance(example, Applied) else {}


def sql_lines(term: Term) -> list[str]:
    """Return the columns that a term adds to the spine, as ``stage: name = expression``."""
    of = term.of if isinstance(term, RecarrayField) else term
    if isinstance(of, ComputedTerm):
        whole = of.look_back >= ALL_SESSIONS - 1
        seen = "over the whole history" if whole else f"window_length {of.look_back + 1}"
        return [f"-- computed in Python, {seen}"]
    query = compile_plan(plan({"value": term}, None), Reach(), None).query
    lines: list[str] = []
    stages = [it for it in query.ctes if it.alias.startswith("stage_")]
    for stage in stages:
        lines += [f"{stage.alias}: {it}" for it in _assignments(stage.this)]
    hidden = len(lines) - _COLUMNS
    if hidden > 0:
        lines = [
            *lines[:_COLUMNS],
            f"-- columns that are left out here, and not in to_sql(): {hidden}",
        ]
    return [*lines, *_assignments(query)]


def _assignments(select: exp.Query) -> Iterator[str]:
    for it in select.expressions:
        if isinstance(it, exp.Alias):
            text = it.this.sql("duckdb")
            cut = text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]} …"
            yield f"{it.alias} = {cut}"


def _signature(made: Callable[..., Any], *, inputs: bool = True) -> str:
    said = inspect.signature(made).parameters
    names = [it for it in said if it != "self" and (inputs or it != "inputs")]
    if made.__module__.startswith(f"{indicators.__name__}."):
        names.remove("window_length")  # another word for `timeperiod`
    # Those of a dataclass come in the order of its bases.
    if all(said[it].kind is inspect.Parameter.KEYWORD_ONLY for it in names):
        names.sort(key=lambda it: _RANKS.get(it, 0))
    shown: list[str] = []
    for name in names:
        if said[name].kind is inspect.Parameter.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        shown.append(_parameter(said[name], of_class=isinstance(made, type)))
    return f"({', '.join(shown)})"


def _parameter(it: inspect.Parameter, *, of_class: bool) -> str:
    if it.kind is it.VAR_KEYWORD:
        return f"**{it.name}"
    if it.kind is it.VAR_POSITIONAL:
        return f"*{it.name}"
    if it.default is it.empty:
        return it.name
    unsaid = of_class and it.name in _UNSAID and it.default == _UNSAID[it.name]
    if unsaid and it.kind is it.KEYWORD_ONLY:
        return it.name
    default = list(it.default) if isinstance(it.default, tuple) else it.default
    return f"{it.name}={default!r}".replace("<factory>", "{}")


def _section(doc: str, name: str) -> str:
    _, _, section = doc.partition(f"{name}\n{'-' * len(name)}\n")
    return re.split(r"\n\n\w+\n-+\n", section)[0]


def _summary(doc: str) -> str:
    paragraphs = re.split(r"\n\n\w+\n-+\n", doc)[0]
    return _markdown(paragraphs)


def _markdown(text: str) -> str:
    joined = re.sub(r"[ \n]*\n[ \n]*", " ", text.strip())
    return joined.replace("``", "`")


_TITLES: Final = {
    "Formula": "Formula",
    "Units": "Units",
    "Nulls": "NULL",
    "Source": "Source",
    "Differs": "Differs",
}
