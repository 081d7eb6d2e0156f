"""What factors over a window of sessions have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar, Final, Self, cast

from typing_extensions import override

from rustybt.errors import (
    TermInputsError,
    TermParameterError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline.expression import Factor, Filter
from rustybt.pipeline.frame import Frame, Scope
from rustybt.pipeline.nanmath import Array
from rustybt.pipeline.term import Term

LONGEST: Final = 2**31 - 1  # rows that a window of the engine can span


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WindowedFactor(Factor):
    """A factor of the last sessions of each asset.

    Parameters
    ----------
    inputs
        Columns, or terms whose values of several sessions may be compared.
    window_length
        Number of sessions, the last being the one before the session of the row.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Raises
    ------
    TermInputsError
        The inputs are missing or of another number.
    WindowInputError
        An input is adjusted differently in each session.
    UnsupportedColumnError
        An input is a filter, or the mask is none.
    TermParameterError
        The window length is missing, no integer, too small or too large.
    """

    scope: ClassVar[Scope] = Scope.SERIES
    arity: ClassVar[int] = 1
    shortest: ClassVar[int] = 1

    window_length: int | None = None

    @override
    def __post_init__(self) -> None:
        given: object = self.inputs
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise TermInputsError(self._name, self.arity, self.inputs)
        super().__post_init__()
        if len(self.inputs) != self.arity or not all(isinstance(it, Term) for it in self.inputs):
            raise TermInputsError(self._name, self.arity, list(self.inputs))
        for term in self.inputs:
            if isinstance(term, Filter):
                raise UnsupportedColumnError("inputs", term, "columns or factors")
            if not term.window_safe:
                raise WindowInputError(self._name, repr(term))
        if self.mask is not None and not isinstance(self.mask, Filter):
            raise UnsupportedColumnError("mask", self.mask, "a filter")
        object.__setattr__(self, "window_length", self._length())

    def _length(self) -> int:
        length: object = self.window_length
        whole = isinstance(length, Integral) and not isinstance(length, bool)
        if not whole or not self.shortest <= cast("int", length) <= LONGEST:
            expected = f"to be an integer from {self.shortest} to {LONGEST}"
            raise TermParameterError(self._name, "window_length", length, expected)
        return int(cast("int", length))

    @property
    def frame(self) -> Frame:
        """The window, in the words of the vocabulary."""
        assert self.window_length is not None  # noqa: S101 - checked when the term was made
        return Frame(self.window_length)

    @property
    @override
    def sessions_before(self) -> int:
        return self.frame.length - 1

    @abstractmethod
    def compute(self, *windows: Array) -> Array:
        """Return the values from arrays of shape (sessions, assets), oldest first, NaN if missing.

        The definition that the SQL is tested against.
        """

    @classmethod
    @abstractmethod
    def examples(cls) -> tuple[Self, ...]:
        """Return small instances for tests and for the reference."""

    @property
    def _name(self) -> str:
        return type(self).__name__
