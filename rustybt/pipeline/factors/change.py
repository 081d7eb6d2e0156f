"""Changes of a price over the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.window import WindowedFactor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, nanmean, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity


class _UnitFree(WindowedFactor):
    """A ratio of prices of one window, in which every adjustment cancels."""

    @property
    @override
    def window_safe(self) -> bool:
        return True


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Returns(_UnitFree):
    """Relative change from the first to the last session of the window.

    Notes
    -----
    Formula: ``(x[-1] - x[0]) / x[0]``; a `window_length` of 2 is the change of one session.
    Units: a ratio, 0.01 being one percent.
    Nulls: NULL when either end is missing or the first is 0.
    """

    shortest: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.close,)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        oldest = self.frame.oldest(x)
        return (x - oldest) / oldest

    @override
    def compute(self, *windows: Array) -> Array:
        first, last = _ends(*windows)
        return (last - first) / nonzero(first)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return cls(window_length=2), cls(window_length=4)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DailyReturns(Returns):
    """Relative change from the session before.

    Notes
    -----
    Formula: ``(x[-1] - x[0]) / x[0]`` over two sessions.
    Units: a ratio, 0.01 being one percent.
    Nulls: NULL when either end is missing or the first is 0.
    """

    window_length: int | None = 2

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


class PercentChange(_UnitFree):
    """Relative change from the first to the last session, of values that may be negative.

    Notes
    -----
    Formula: ``(x[-1] - x[0]) / abs(x[0])``.
    Units: a ratio, 0.01 being one percent.
    Nulls: NULL when either end is missing or the first is 0.
    """

    shortest: ClassVar[int] = 2

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        oldest = self.frame.oldest(x)
        return (x - oldest) / abs(oldest)

    @override
    def compute(self, *windows: Array) -> Array:
        first, last = _ends(*windows)
        return (last - first) / nonzero(np.abs(first))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(inputs=(EquityPricing.close,), window_length=3),)


class RateOfChangePercentage(WindowedFactor):
    """Relative change from the first to the last session, in percent.

    Notes
    -----
    Formula: ``(x[-1] - x[0]) / x[0] * 100``.
    Units: percent.
    Nulls: NULL when either end is missing or the first is 0.
    """

    shortest: ClassVar[int] = 2

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        oldest = self.frame.oldest(x)
        return (x - oldest) / oldest * 100

    @override
    def compute(self, *windows: Array) -> Array:
        first, last = _ends(*windows)
        return (last - first) / nonzero(first) * 100

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(inputs=(EquityPricing.close,), window_length=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RSI(_UnitFree):
    """Relative strength index by plain means, as Cutler has it.

    Notes
    -----
    Formula: ``100 - 100 / (1 + mean(ups) / mean(downs))`` of the changes between the sessions.
    Units: 0 to 100; 100 when nothing fell.
    Nulls: a change with a missing side is skipped; NULL when nothing moved.
    """

    shortest: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.close,)
    window_length: int | None = 15

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        change = x - self.frame.previous(x)
        changes = self.frame.newest(self.frame.length - 1)
        ups = changes.sum(change.positive_part())
        downs = changes.sum((-change).positive_part())
        # Both means are of the same changes, so their counts cancel.
        return 100 * (
            ups / (ups + downs)
        )  # 100 exactly where nothing fell, so that those are equal

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        change = np.diff(x, axis=0)
        ups = nanmean(np.clip(change, 0, None))
        downs = np.abs(nanmean(np.clip(change, None, 0)))
        strength = 100 - 100 / (1 + ups / nonzero(downs))
        return np.where((downs == 0) & (ups > 0), 100.0, strength)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return cls(window_length=2), cls(window_length=4)


def _ends(x: Array) -> tuple[Array, Array]:
    return x[0], x[-1]
