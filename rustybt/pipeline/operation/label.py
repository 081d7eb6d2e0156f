"""Operations on labels, the values of classifiers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.operation.kinds import Operation
from rustybt.pipeline.vocabulary.nanmath import Values, missing
from rustybt.pipeline.vocabulary.quantity import Quantity, among, label, replaced, text_test

Label: TypeAlias = int | str


class _LabelTest(Operation):
    """A question about one label, answered with false where it is missing."""

    window_safe: ClassVar[bool | None] = True

    def passes(self, found: Label) -> bool:
        """Return the answer for one label."""
        raise NotImplementedError

    @override
    def compute(self, *inputs: Values) -> Values:
        (labels,) = inputs
        present = ~missing(labels)
        answers = np.zeros(labels.shape, dtype=bool)
        answers[present] = [self.passes(it) for it in labels[present].tolist()]
        return answers


@dataclass(frozen=True)
class LabelEqual(_LabelTest):
    """Whether the label is, or is not, a given one.

    Notes
    -----
    Formula: ``x == value`` or ``x != value``.
    Units: a truth value.
    Nulls: false in both cases.
    """

    value: Label
    equal: bool

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        same = x.compare("==", label(self.value))
        return same if self.equal else x.is_present().both(same.negated())

    @override
    def passes(self, found: Label) -> bool:
        return (found == self.value) is self.equal


@dataclass(frozen=True)
class ElementOf(_LabelTest):
    """Whether the label is one of several.

    Notes
    -----
    Formula: ``x in values``.
    Units: a truth value.
    Nulls: false.
    """

    values: tuple[Label, ...]

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return among(inputs[0], self.values)

    @override
    def passes(self, found: Label) -> bool:
        return found in self.values


_TESTS: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "startswith": ("starts_with", str.startswith),
    "endswith": ("ends_with", str.endswith),
    "has_substring": ("contains", str.__contains__),
}


@dataclass(frozen=True)
class TextTest(_LabelTest):
    """Whether a label of text begins with, ends with or contains another text.

    Notes
    -----
    Formula: ``x.startswith(text)``, ``x.endswith(text)`` or ``text in x``, in exact case.
    Units: a truth value.
    Nulls: false.
    """

    word: str
    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TermParameterError(self.word, "text", self.text, "to be a string")

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return text_test(_TESTS[self.word][0], inputs[0], self.text)

    @override
    def passes(self, found: Label) -> bool:
        return _TESTS[self.word][1](str(found), self.text)


@dataclass(frozen=True)
class Pattern(_LabelTest):
    """Whether a label of text begins with a match of a regular expression.

    Notes
    -----
    Formula: ``re.match(pattern, x) is not None``.
    Units: a truth value.
    Nulls: false.
    Source: the syntax that Python's `re` and RE2 share, which has no backreferences and no looking
    around.
    Differs: backslash w, d, s and b know the letters, digits and spaces of ASCII alone.
    """

    pattern: str

    def __post_init__(self) -> None:
        given: object = self.pattern
        text = given.pattern if isinstance(given, re.Pattern) else given
        if isinstance(given, re.Pattern) and given.flags & ~re.UNICODE:
            expected = "to be text or compiled without flags; write them as (?i)"
            raise TermParameterError("matches", "pattern", given, expected)
        if not isinstance(text, str) or not _readable(text):
            expected = "to be a regular expression of both Python and RE2"
            raise TermParameterError("matches", "pattern", given, expected)
        object.__setattr__(self, "pattern", text)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return text_test("regexp_matches", inputs[0], rf"\A(?:{self.pattern})")

    @override
    def passes(self, found: Label) -> bool:
        return re.match(self.pattern, str(found)) is not None


@dataclass(frozen=True)
class Relabel(Operation):
    """Another label for each label.

    Notes
    -----
    Formula: ``pairs[x]``.
    Units: a label.
    Nulls: missing where the label is, and where it has no other.
    """

    window_safe: ClassVar[bool | None] = True

    pairs: tuple[tuple[Label, Label], ...]

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return replaced(inputs[0], self.pairs)

    @override
    def compute(self, *inputs: Values) -> Values:
        (labels,) = inputs
        other = dict(self.pairs)
        present = ~missing(labels)
        text = any(isinstance(it, str) for it in other.values())
        result = np.full(labels.shape, None if text else np.nan, dtype=object if text else float)
        absent = None if text else np.nan
        result[present] = [other.get(it, absent) for it in labels[present].tolist()]
        return result


def _readable(pattern: str) -> bool:
    import pyarrow as pa
    from pyarrow import compute

    try:
        re.compile(pattern)
        compute.match_substring_regex(pa.array([""]), rf"\A(?:{pattern})")
    except (re.error, pa.ArrowInvalid):
        return False
    return True
