"""The words of indicators in NumPy: the definition that their SQL is tested against."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from typing_extensions import override

from rustybt.pipeline.factors.indicators.words import Words
from rustybt.pipeline.vocabulary.nanmath import Array, Values, nonzero

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True)
class Trace:
    """The values of all sessions, of shape (sessions, assets), oldest first, NaN if missing."""

    values: Values

    def __add__(self, other: "Trace | float") -> "Trace":
        return Trace(self.values + _values(other))

    def __radd__(self, other: float) -> "Trace":
        return Trace(other + self.values)

    def __sub__(self, other: "Trace | float") -> "Trace":
        return Trace(self.values - _values(other))

    def __rsub__(self, other: float) -> "Trace":
        return Trace(other - self.values)

    def __mul__(self, other: "Trace | float") -> "Trace":
        return Trace(self.values * _values(other))

    def __rmul__(self, other: float) -> "Trace":
        return Trace(other * self.values)

    def __truediv__(self, other: "Trace | float") -> "Trace":
        return Trace(self.values / nonzero(np.asarray(_values(other))))

    def __neg__(self) -> "Trace":
        return Trace(-self.values)

    def __abs__(self) -> "Trace":
        return Trace(np.abs(self.values))

    def compare(self, word: str, other: "Trace | float") -> "Trace":
        """Return a truth value, false where a side is missing."""
        return Trace(_COMPARE[word](self.values, _values(other)))

    def both(self, other: "Trace") -> "Trace":
        """Return the conjunction of two truth values."""
        return Trace(self.values & other.values)

    def is_present(self) -> "Trace":
        """Return whether the value is not missing."""
        return Trace(~np.isnan(self.values))


class ArrayWords(Words[Trace]):
    """A formula over traces is computed session by session.

    Parameters
    ----------
    shape
        Sessions and assets.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape

    @override
    def number(self, value: float) -> Trace:
        return Trace(np.full(self._shape, value))

    @override
    def kept(self, x: Trace) -> Trace:
        return x

    @override
    def choose(self, condition: Trace, value: Trace, otherwise: Trace | float) -> Trace:
        return Trace(np.where(condition.values, value.values, _values(otherwise)))

    @override
    def when(self, condition: Trace, x: Trace) -> Trace:
        return Trace(np.where(condition.values, x.values, np.nan))

    @override
    def greatest(self, *values: Trace) -> Trace:
        return Trace(np.fmax.reduce([it.values for it in values]))

    @override
    def least(self, *values: Trace) -> Trace:
        return Trace(np.fmin.reduce([it.values for it in values]))

    @override
    def logarithm(self, x: Trace) -> Trace:
        return Trace(np.log(np.where(x.values > 0, x.values, np.nan)))

    @override
    def ago(self, x: Trace, sessions: int) -> Trace:
        earlier = np.full(self._shape, np.nan)
        earlier[sessions:] = x.values[: max(0, len(x.values) - sessions)]
        return Trace(earlier)

    @override
    def total(self, x: Trace, sessions: int) -> Trace:
        return Trace(_windows(x, sessions).sum(axis=-1))

    @override
    def aged(self, x: Trace, sessions: int) -> Trace:
        return Trace(_windows(x, sessions) @ np.arange(sessions)[::-1])

    @override
    def maximum(self, x: Trace, sessions: int) -> Trace:
        return Trace(_windows(x, sessions).max(axis=-1))

    @override
    def age_of_maximum(self, x: Trace, sessions: int) -> Trace:
        newest_first = _windows(x, sessions)[..., ::-1]
        whole = ~np.isnan(newest_first).any(axis=-1)
        return Trace(np.where(whole, newest_first.argmax(axis=-1), np.nan))

    @override
    def stddev(self, x: Trace, sessions: int) -> Trace:
        return Trace(_windows(x, sessions).std(axis=-1))

    @override
    def covariance(self, x: Trace, y: Trace, sessions: int) -> Trace:
        deviations = [
            window - window.mean(axis=-1, keepdims=True)
            for window in (_windows(x, sessions), _windows(y, sessions))
        ]
        return Trace((deviations[0] * deviations[1]).mean(axis=-1))

    @override
    def before(self, x: Trace) -> Trace:
        last, found = np.full(self._shape[1:], np.nan), []
        for row in x.values:
            found.append(last)
            last = np.where(np.isnan(row), last, row)
        return Trace(np.array(found))

    @override
    def count(self, x: Trace) -> Trace:
        return Trace((~np.isnan(x.values)).cumsum(axis=0).astype(float))

    @override
    def running(self, x: Trace) -> Trace:
        return Trace(np.nancumsum(x.values, axis=0))

    @override
    def recurrence(self, a: Trace, b: Trace) -> Trace:
        value, found = np.zeros(self._shape[1:]), []
        for keep, add in zip(a.values, b.values, strict=True):
            value = keep * value + add
            found.append(value)
        return Trace(np.array(found))


def _values(operand: Trace | float) -> Any:
    return operand.values if isinstance(operand, Trace) else operand


def _windows(x: Trace, sessions: int) -> Array:
    before = np.full((sessions - 1, *x.values.shape[1:]), np.nan)
    windows: Array = sliding_window_view(np.concatenate([before, x.values]), sessions, axis=0)
    return windows
