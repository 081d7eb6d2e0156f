"""What terms over a window of sessions have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.errors import (
    TermInputsError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline.expression.checks import checked_count
from rustybt.pipeline.expression.classifier import Classifier
from rustybt.pipeline.expression.computable import ComputableTerm
from rustybt.pipeline.expression.filter import Filter, check_mask
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Frame, Scope
from rustybt.pipeline.vocabulary.nanmath import Values

_FLOAT: Final = np.dtype(np.float64)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Windowed(ComputableTerm):
    """A term of the last sessions of each asset.

    Parameters
    ----------
    inputs
        Columns, or terms whose values of several sessions may be compared.
    window_length
        Number of sessions, the last being the one before the session of the row.
    mask
        Assets it is computed for. The whole universe if None.

    Raises
    ------
    TermInputsError
        The inputs are missing or of another number.
    WindowInputError
        An input is adjusted differently in each session.
    UnsupportedColumnError
        An input is of another kind, or the mask is no filter.
    TermParameterError
        The window length is missing, no integer, too small or too large.
    """

    scope: ClassVar[Scope] = Scope.SERIES
    arity: ClassVar[int] = 1
    shortest: ClassVar[int] = 1
    kinds: ClassVar[str] = "fi"
    """Kinds of values that it takes, as numpy's letters."""
    expected: ClassVar[str] = "columns or factors of numbers"

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
            self._check_input(term)
            if not term.window_safe:
                raise WindowInputError(self._name, repr(term))
        check_mask(self.mask)
        object.__setattr__(self, "window_length", self._length())

    def _check_input(self, term: Term) -> None:
        known = isinstance(term, (Classifier, Filter))
        if known or getattr(term, "dtype", _FLOAT).kind not in self.kinds:
            raise UnsupportedColumnError("inputs", term, self.expected)

    def _length(self) -> int:
        length = self.window_length
        return checked_count(self._name, "window_length", length, least=self.shortest)

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
    def compute(self, *windows: Values) -> Values:
        """Return the values from arrays of shape (sessions, assets), oldest first, NaN if missing.

        The definition that the SQL is tested against.
        """

    @classmethod
    @abstractmethod
    def examples(cls) -> "tuple[Windowed, ...]":
        """Return small instances for tests and for the reference."""

    @property
    def _name(self) -> str:
        return type(self).__name__
