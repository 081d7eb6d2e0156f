"""Classifiers: a label for each asset, in each session."""

from collections.abc import Callable, Iterable
from numbers import Integral
from re import Pattern as CompiledPattern
from typing import Any, ClassVar, NoReturn, cast

import numpy as np
from typing_extensions import override

from rustybt.errors import (
    InvalidClassifierComparisonError,
    TermParameterError,
    UnsupportedColumnError,
)
from rustybt.pipeline.expression.computable import Nullable, applied
from rustybt.pipeline.expression.filter import Filter
from rustybt.pipeline.operation import (
    ElementOf,
    FillNull,
    LabelEqual,
    Pattern,
    PeerCount,
    TextTest,
)
from rustybt.pipeline.term import Term


class Classifier(Nullable):
    """A term whose values are labels: whole numbers, or text.

    A missing label is NULL in Arrow and SQL; in frames it is -1 among numbers and missing among the
    categories of text. ``!=`` makes a filter, as `eq` does; ``==`` tells whether two terms are the
    same term.
    """

    kind: ClassVar[str] = "Classifier"
    dtype: Any = np.dtype(np.int64)

    @property
    def missing_value(self) -> int | None:
        """What stands for a missing label in frames: -1, or None for labels of text."""
        return None if self.holds_text else -1

    @property
    @override
    def window_safe(self) -> bool:
        return True

    @property
    def holds_text(self) -> bool:
        """Whether the labels are text."""
        return bool(np.dtype(self.dtype) == np.dtype(object))

    @property
    def labels(self) -> "tuple[int | str, ...] | None":
        """All labels there can be; None if only the data say."""
        return None

    def __ne__(self, other: "int | str") -> Filter:  # type: ignore[override]  # as in zipline
        return self._equal(other, equal=False)

    # A class that defines a comparison must name its equality and hash again.
    __eq__ = Term.__eq__
    __hash__ = Term.__hash__

    def __lt__(self, other: object) -> NoReturn:
        raise InvalidClassifierComparisonError("<", repr(self))

    def __le__(self, other: object) -> NoReturn:
        raise InvalidClassifierComparisonError("<=", repr(self))

    def __gt__(self, other: object) -> NoReturn:
        raise InvalidClassifierComparisonError(">", repr(self))

    def __ge__(self, other: object) -> NoReturn:
        raise InvalidClassifierComparisonError(">=", repr(self))

    def eq(self, other: "int | str") -> Filter:
        """Return whether the label is the given one; false where it is missing.

        Raises
        ------
        TermParameterError
            The other is no label of this kind, or stands for a missing one.
        """
        return self._equal(other, equal=True)

    def element_of(self, choices: "Iterable[int | str]") -> Filter:
        """Return whether the label is one of the given ones; false where it is missing.

        Raises
        ------
        TermParameterError
            The choices are no collection of labels of this kind.
        """
        if isinstance(choices, str) or not isinstance(choices, Iterable):
            expected = "to be a collection of labels"
            raise TermParameterError("element_of", "choices", choices, expected)
        values = {self._label("element_of", it) for it in choices}
        made: Filter = applied("Filter", ElementOf(tuple(sorted(values))), self)
        return made

    def startswith(self, prefix: str) -> Filter:
        """Return whether the label, which is text, begins with a text."""
        return self._tested("startswith", prefix)

    def endswith(self, suffix: str) -> Filter:
        """Return whether the label, which is text, ends with a text."""
        return self._tested("endswith", suffix)

    def has_substring(self, substring: str) -> Filter:
        """Return whether the label, which is text, contains a text."""
        return self._tested("has_substring", substring)

    def matches(self, pattern: "str | CompiledPattern[str]") -> Filter:
        """Return whether the label, which is text, begins with a match, as `re.match` has it.

        Raises
        ------
        TermParameterError
            The pattern is no regular expression of both Python and RE2.
        UnsupportedColumnError
            The labels are numbers.
        """
        self._need_text("matches")
        made: Filter = applied("Filter", Pattern(pattern), self)  # type: ignore[arg-type]  # kept as text
        return made

    def relabel(self, relabeler: "Callable[[Any], int | str | None]") -> "Classifier":
        """Return the labels that a function makes of these.

        Parameters
        ----------
        relabeler
            Takes a label and returns another, None for a missing one; all of its results are
            numbers or all are text. Never called for a missing label. Where only the data say which
            labels there are, it is called while the pipeline runs, and its results must be of the
            same kind as these labels.

        Raises
        ------
        TermParameterError
            It is no function, or its results are no labels of one kind.
        """
        make: Any = Term.class_named("Relabel")
        made: Classifier = make.by(self, relabeler)
        return made

    def fillna(self, fill_value: "int | str | Classifier") -> "Classifier":
        """Return the label, or another where it is missing.

        Raises
        ------
        TermParameterError
            The other is no label or classifier of this kind.
        """
        if isinstance(fill_value, Classifier):
            if fill_value.holds_text is not self.holds_text:
                raise TermParameterError("fillna", "fill_value", fill_value, self._expected)
            other: Classifier = fill_value
        else:
            make: Any = Term.class_named("ConstantLabel")
            other = make(value=self._label("fillna", fill_value))
        made: Classifier = applied("Classifier", FillNull(), self, other)
        return made

    def peer_count(self, mask: Filter | None = None) -> Any:
        """Return the factor of how many assets of the session have the same label.

        Parameters
        ----------
        mask
            Assets that count; the others get NULL. The whole universe if None.
        """
        return applied("Factor", PeerCount(), self, mask=mask)

    def _equal(self, other: object, *, equal: bool) -> Filter:
        word = "eq" if equal else "!="
        made: Filter = applied("Filter", LabelEqual(self._label(word, other), equal=equal), self)
        return made

    def _tested(self, word: str, text: str) -> Filter:
        self._need_text(word)
        made: Filter = applied("Filter", TextTest(word, text), self)
        return made

    def _need_text(self, word: str) -> None:
        if not self.holds_text:
            raise UnsupportedColumnError(word, self, "a classifier whose labels are text")

    def _label(self, word: str, found: object) -> "int | str":
        if self.holds_text and isinstance(found, str):
            return str(found)
        whole = isinstance(found, Integral) and not isinstance(found, bool)
        if not self.holds_text and whole and found != self.missing_value:
            return int(cast("int", found))
        raise TermParameterError(word, "label", found, self._expected)

    @property
    def _expected(self) -> str:
        kind = "text" if self.holds_text else "a whole number other than -1"
        return f"to be {kind}, as the labels are; isnull() finds missing ones"
