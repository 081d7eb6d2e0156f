"""Moving averages of one series of prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import (
    double_exponential,
    kaufman,
    tillson,
    triangular,
    triple_exponential,
)
from rustybt.pipeline.factors.indicators.indicator import OfClose
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


class ExponentialMovingAverage(OfClose):
    """Exponential mean over the whole history, `EMA`.

    Notes
    -----
    Formula: ``y += 2 / (timeperiod + 1) * (x - y)``, begun with the mean of the first values.
    Units: those of the input.
    Nulls: a missing value is skipped, NULL in its session; NULL before `timeperiod` values.
    Source: TA-Lib EMA.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return w.exponential(inputs[0], self.timeperiod)


class DoubleExponentialMovingAverage(OfClose):
    """Exponential mean with less lag, by Mulloy, `DEMA`.

    Notes
    -----
    Formula: ``2 * EMA(x) - EMA(EMA(x))``.
    Units: those of the input.
    Nulls: those of `ExponentialMovingAverage`; the first value is the ``2 * timeperiod - 1``-th.
    Source: TA-Lib DEMA.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return double_exponential(w, inputs[0], self.timeperiod)


class TripleExponentialMovingAverage(OfClose):
    """Exponential mean with still less lag, by Mulloy, `TEMA`.

    Notes
    -----
    Formula: ``3 * e1 - 3 * e2 + e3`` of the EMA, that of it, and that of that.
    Units: those of the input.
    Nulls: those of `ExponentialMovingAverage`; the first value is the ``3 * timeperiod - 2``-th.
    Source: TA-Lib TEMA.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return triple_exponential(w, inputs[0], self.timeperiod)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TillsonMovingAverage(OfClose):
    """Six exponential means in a row, weighed by a volume factor, `T3`.

    Notes
    -----
    Formula: ``c1 * e6 + c2 * e5 + c3 * e4 + c4 * e3`` with the powers of `vfactor` by Tillson.
    Units: those of the input.
    Nulls: those of `ExponentialMovingAverage`; the first value is the ``6 * timeperiod - 5``-th.
    Source: TA-Lib T3.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    timeperiod: int = 5
    vfactor: float = 0.7

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return tillson(w, inputs[0], self.timeperiod, self.vfactor)


class KaufmanAdaptiveMovingAverage(OfClose):
    """Mean that is fast where the price goes straight and slow where it does not, `KAMA`.

    Notes
    -----
    Formula: ``y += rate * (x - y)``, ``rate = (er * (2/3 - 2/31) + 2/31) ** 2``, `er` being the
    change of `timeperiod` sessions over the sum of the changes of each. Begun with the last value
    before the first rate.
    Units: those of the input.
    Nulls: sessions whose window of changes has a gap are skipped, NULL in them.
    Source: TA-Lib KAMA.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return kaufman(w, inputs[0], self.timeperiod)


class WeightedMovingAverage(OfClose):
    """Mean whose weights fall by one with each session of age, `WMA`.

    Notes
    -----
    Formula: ``sum((timeperiod - age) * x) / sum(timeperiod - age)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib WMA.
    Differs: zipline's `LinearWeightedMovingAverage` takes a missing value as 0.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return w.weighted(inputs[0], self.timeperiod)


class TriangularMovingAverage(OfClose):
    """Mean whose weights rise to the middle of the window and fall after, `TRIMA`.

    Notes
    -----
    Formula: the mean of the means of half the window.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib TRIMA.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return triangular(w, inputs[0], self.timeperiod)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return cls(timeperiod=3), cls(timeperiod=4)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HullMovingAverage(OfClose):
    """Weighted mean of a price that is ahead of its mean, `HMA`.

    Notes
    -----
    Formula: ``WMA(2 * WMA(x, n // 2) - WMA(x, n), isqrt(n))``, n being `timeperiod`.
    Units: those of the input.
    Nulls: NULL unless every session of the windows has a value.
    Source: A. Hull, "How to reduce lag in a moving average".
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    timeperiod: int = 16

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x, n = inputs[0], self.timeperiod
        ahead = w.kept(2 * w.weighted(x, n // 2) - w.weighted(x, n))
        return w.weighted(ahead, isqrt(n))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=5),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class VolumeWeightedMovingAverage(OfClose):
    """Mean of the prices weighted by what was traded, `VWMA`.

    Notes
    -----
    Formula: ``sum(x * volume) / sum(volume)``.
    Units: those of the first input.
    Nulls: NULL unless every session of the window has a price, and when nothing was traded.
    Differs: `VWAP` takes a missing price as 0 and still counts its volume.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.close, EquityPricing.volume)
    timeperiod: int = 20

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x, volume = w.together(*inputs)
        return w.total(x * volume, self.timeperiod) / w.total(volume, self.timeperiod)


EMA = ExponentialMovingAverage
DEMA = DoubleExponentialMovingAverage
TEMA = TripleExponentialMovingAverage
T3 = TillsonMovingAverage
KAMA = KaufmanAdaptiveMovingAverage
WMA = WeightedMovingAverage
TRIMA = TriangularMovingAverage
HMA = HullMovingAverage
VWMA = VolumeWeightedMovingAverage
