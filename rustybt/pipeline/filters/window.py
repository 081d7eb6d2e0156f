"""Filters over a window of sessions."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError, UnsupportedColumnError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.expression import Factor, Filter, Windowed, checked_count
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Quantity, choose, number


class WindowedFilter(Windowed, Filter):
    """A filter of the last sessions of each asset, false outside its mask; see `Windowed`."""


class _Smoothed(WindowedFilter):
    """A filter that counts in how many sessions another was true."""

    @override
    def _check_input(self, term: Term) -> None:
        if not isinstance(term, Filter):
            raise UnsupportedColumnError(f"{self._name}: inputs", term, "a filter")

    @property
    @abstractmethod
    def least(self) -> int:
        """In how many sessions of the window the input must be true."""

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (passed,) = inputs
        count = self.frame.sum(choose(passed, number(1), number(0)))
        return count.compare(">=", self.least)

    @override
    def compute(self, *windows: Values) -> Values:
        (passed,) = windows
        return np.asarray((passed == 1).sum(axis=0) >= self.least)


class All(_Smoothed):
    """Whether a filter was true in every session of the window.

    Notes
    -----
    Formula: ``all(x)``.
    Units: a truth value.
    Nulls: a session in which the asset was not listed counts as false.
    """

    @property
    @override
    def least(self) -> int:
        return self.frame.length

    @classmethod
    @override
    def examples(cls) -> "tuple[All, ...]":
        return (cls(inputs=(_RISEN,), window_length=2),)


class Any(_Smoothed):
    """Whether a filter was true in some session of the window.

    Notes
    -----
    Formula: ``any(x)``.
    Units: a truth value.
    Nulls: a session in which the asset was not listed counts as false.
    """

    @property
    @override
    def least(self) -> int:
        return 1

    @classmethod
    @override
    def examples(cls) -> "tuple[Any, ...]":
        return (cls(inputs=(_RISEN,), window_length=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AtLeastN(_Smoothed):
    """Whether a filter was true in a number of sessions of the window.

    Parameters
    ----------
    N
        In how many sessions; from 1 to the window length.

    Notes
    -----
    Formula: ``sum(x) >= N``.
    Units: a truth value.
    Nulls: a session in which the asset was not listed counts as false.
    """

    N: int = 1

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "N", checked_count(self._name, "N", self.N))
        if self.frame.length < self.N:
            expected = f"to be at most window_length = {self.frame.length}"
            raise TermParameterError(self._name, "N", self.N, expected)

    @property
    @override
    def least(self) -> int:
        return self.N

    @classmethod
    @override
    def examples(cls) -> "tuple[AtLeastN, ...]":
        return (cls(inputs=(_RISEN,), window_length=4, N=2),)


class AllPresent(WindowedFilter):
    """Whether no value of the window is missing.

    Notes
    -----
    Formula: ``count(x) == window_length``.
    Units: a truth value.
    Nulls: a session without a price makes it false; a volume is never missing.
    """

    kinds: ClassVar[str] = "fiMO"
    expected: ClassVar[str] = "columns or factors"

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        if x.filled:  # also before the first session of the calendar, which has no rows
            return number(1).compare("==", 1)
        return self.frame.count(x).compare("==", self.frame.length)

    @override
    def compute(self, *windows: Values) -> Values:
        (x,) = windows
        return np.asarray(~np.isnan(x).any(axis=0))

    @classmethod
    @override
    def examples(cls) -> "tuple[AllPresent, ...]":
        return (cls(inputs=(EquityPricing.close,), window_length=3),)


_CLOSE: Factor = EquityPricing.close.latest  # type: ignore[assignment]  # of a column of numbers
_RISEN = EquityPricing.open.latest < _CLOSE  # type: ignore[operator]  # likewise
