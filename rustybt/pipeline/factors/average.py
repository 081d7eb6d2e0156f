"""Means of prices, plain and weighted by what was traded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.window import WindowedFactor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, nanmean, nansum, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity


class SimpleMovingAverage(WindowedFactor):
    """Arithmetic mean over the window.

    Notes
    -----
    Formula: ``mean(x)``.
    Units: those of the input.
    Nulls: skipped, without a least number of values; NULL when all are missing.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        return self.frame.mean(x)

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        return nanmean(x)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        close, volume = (EquityPricing.close,), (EquityPricing.volume,)
        return cls(inputs=close, window_length=3), cls(inputs=volume, window_length=2)


class WeightedAverageValue(WindowedFactor):
    """Mean of the first input weighted by the second.

    Notes
    -----
    Formula: ``sum(x * weight) / sum(weight)``.
    Units: those of the first input.
    Nulls: a missing value counts as 0 and its weight still counts; NULL when the weights sum to 0.
    """

    arity: ClassVar[int] = 2

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        x, weight = inputs
        return self.frame.sum(x * weight) / self.frame.sum(weight)

    @override
    def compute(self, *windows: Array) -> Array:
        x, weight = windows
        return nansum(x * weight) / nonzero(nansum(weight))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        inputs = (EquityPricing.high, EquityPricing.volume)
        return (cls(inputs=inputs, window_length=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class VWAP(WeightedAverageValue):
    """Volume weighted average of the closes over the window.

    Notes
    -----
    Formula: ``sum(close * volume) / sum(volume)``.
    Units: price.
    Nulls: a missing close counts as 0 and its volume still counts; NULL when nothing was traded.
    """

    inputs: Sequence[Term] = (EquityPricing.close, EquityPricing.volume)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(window_length=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AverageDollarVolume(WindowedFactor):
    """Mean over the window of what was traded, in money.

    Notes
    -----
    Formula: ``sum(close * volume) / window_length``.
    Units: currency of trade.
    Nulls: a missing close counts as 0; never NULL.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.close, EquityPricing.volume)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        close, volume = inputs
        return self.frame.sum(close * volume) / self.frame.length

    @override
    def compute(self, *windows: Array) -> Array:
        close, volume = windows
        return nansum(close * volume) / len(close)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(window_length=3),)


class LinearWeightedMovingAverage(WindowedFactor):
    """Mean of the window, the oldest session weighing 1 and each next one 1 more.

    Notes
    -----
    Formula: ``sum(weight * x) / sum(weight)`` with weights 1 to `window_length`.
    Units: those of the input.
    Nulls: a missing value counts as 0 and its weight still counts; never NULL.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        length = self.frame.length
        weighted = self.frame.sum(x) * length - self.frame.aged(x)
        return weighted / (length * (length + 1) / 2)

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        weights = np.arange(1.0, len(x) + 1)
        mean: Array = nansum(x * weights[:, None]) / weights.sum()
        return mean

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        close = (EquityPricing.close,)
        return cls(inputs=close, window_length=3), cls(inputs=close, window_length=5)
