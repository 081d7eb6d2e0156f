"""Ranges, deviations and the channels that are made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import moving_average
from rustybt.pipeline.factors.indicators.indicator import Indicator, MultiIndicator
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term

_BARS = EquityPricing.high, EquityPricing.low, EquityPricing.close


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AverageTrueRange(Indicator):
    """Wilder's mean of the true range, `ATR`.

    Notes
    -----
    Formula: ``y += (tr - y) / timeperiod``, begun with the mean of the first true ranges that have a
    close before them.
    Units: price.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before ``timeperiod + 1`` bars.
    Source: TA-Lib ATR.
    """

    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS
    timeperiod: int = 14

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = w.together(*inputs)
        return w.wilder(true_range(w, high, low, close), self.timeperiod)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


class NormalizedAverageTrueRange(AverageTrueRange):
    """Average true range in percent of the close, `NATR`.

    Notes
    -----
    Formula: ``100 * atr / close``.
    Units: percent.
    Nulls: those of `AverageTrueRange`.
    Source: TA-Lib NATR.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return 100 * super().formula(w, *inputs) / inputs[2]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PreviousCloseRange(Indicator):
    """True range of the session, `TRANGE`.

    Notes
    -----
    Formula: ``max(high - low, abs(high - close_before), abs(low - close_before))``.
    Units: price.
    Nulls: NULL unless the session has a bar and an earlier one is its close before.
    Source: TA-Lib TRANGE.
    Differs: zipline's `TrueRange` gives the range of the session where no close is before it.
    """

    least: ClassVar[Mapping[str, int]] = {}
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = w.together(*inputs)
        return true_range(w, high, low, close)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StandardDeviation(Indicator):
    """Population standard deviation over the window, times a factor, `STDDEV`.

    Notes
    -----
    Formula: ``nbdev * sqrt(mean((x - mean(x)) ** 2))``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib STDDEV.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 5
    nbdev: float = 1.0

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return self.nbdev * w.stddev(inputs[0], self.timeperiod)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Variance(Indicator):
    """Population variance over the window, `VAR`.

    Notes
    -----
    Formula: ``mean((x - mean(x)) ** 2)``.
    Units: those of the input, squared.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib VAR, whose `nbdev` does nothing and is not taken.
    """

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 5

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        deviation = w.kept(w.stddev(inputs[0], self.timeperiod))
        return deviation * deviation

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


class RollingZScore(StandardDeviation):
    """Distance from the mean of the window in its standard deviations.

    Notes
    -----
    Formula: ``(x - mean(x)) / (nbdev * std(x))``, the deviation being that of a population.
    Units: none.
    Nulls: NULL unless every session of the window has a value, and where all are equal.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return (inputs[0] - w.mean(inputs[0], self.timeperiod)) / super().formula(w, *inputs)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HistoricalVolatility(Indicator):
    """Sample standard deviation of logarithmic returns, annualised.

    Notes
    -----
    Formula: ``sqrt(annualization_factor) * std(log(x / x_before), ddof=1)`` of `timeperiod` returns.
    Units: a ratio a year, 0.2 being twenty percent.
    Nulls: NULL unless every session of the window and the one before has a positive price.
    Differs: zipline's `AnnualizedVolatility` takes plain returns and the deviation of a population.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 20
    annualization_factor: float = 252.0

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        change = w.kept(w.logarithm(inputs[0] / w.ago(inputs[0], 1)))
        of_sample = self.timeperiod / (self.timeperiod - 1)
        scale = sqrt(self.annualization_factor * of_sample)
        return scale * w.stddev(change, self.timeperiod)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DeviationBands(MultiIndicator):
    """Moving average with bands of standard deviations around it, `BBANDS`.

    Notes
    -----
    Formula: `middle` is the moving average, `upper` is it plus ``nbdevup * std(x)``, `lower` less
    ``nbdevdn * std(x)``, the deviation being that of a population.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib BBANDS (upperband, middleband, lowerband); its `timeperiod` is 20 from 0.8 on.
    Differs: zipline's `BollingerBands` skips missing values.
    """

    outputs: ClassVar[tuple[str, ...]] = ("upper", "middle", "lower")
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 20
    nbdevup: float = 2.0
    nbdevdn: float = 2.0
    matype: int = 0

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        mean = w.kept(moving_average(w, inputs[0], self.timeperiod, self.matype))
        deviation = w.kept(w.stddev(inputs[0], self.timeperiod))
        return {
            "upper": mean + self.nbdevup * deviation,
            "middle": mean,
            "lower": mean - self.nbdevdn * deviation,
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class KeltnerChannels(MultiIndicator):
    """Exponential mean of the close with bands of average true ranges around it.

    Notes
    -----
    Formula: `middle` is ``EMA(close, timeperiod)``, `upper` and `lower` are it plus and less
    ``multiplier * ATR(atrperiod)``.
    Units: price.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before both parts have a value.
    Source: C. Keltner's channel as L. Raschke has it.
    """

    outputs: ClassVar[tuple[str, ...]] = ("upper", "middle", "lower")
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 1, "atrperiod": 1}
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS
    timeperiod: int = 20
    atrperiod: int = 10
    multiplier: float = 2.0

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        high, low, close = w.together(*inputs)
        mean = w.exponential(close, self.timeperiod)
        width = self.multiplier * w.wilder(true_range(w, high, low, close), self.atrperiod)
        return {
            "upper": mean + width,
            "middle": w.when(width.is_present(), mean),
            "lower": mean - width,
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3, atrperiod=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DonchianChannels(MultiIndicator):
    """Highest high and lowest low of the window, with their middle.

    Notes
    -----
    Formula: `upper` is ``max(high)``, `lower` is ``min(low)``, `middle` is half their sum.
    Units: price.
    Nulls: NULL unless every session of the window has a bar.
    Source: R. Donchian's four-week rule.
    """

    outputs: ClassVar[tuple[str, ...]] = ("upper", "middle", "lower")
    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    timeperiod: int = 20

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        upper = w.kept(w.maximum(inputs[0], self.timeperiod))
        lower = w.kept(w.minimum(inputs[1], self.timeperiod))
        return {"upper": upper, "middle": (upper + lower) / 2, "lower": lower}

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


def true_range(w: Words[Q], high: Q, low: Q, close: Q) -> Q:
    """Return the range of the session together with the close before it; missing without one."""
    before = w.kept(w.before(close))
    widest = w.greatest(high - low, w.absolute(high - before), w.absolute(low - before))
    return w.when(before.is_present().both(high.is_present()), widest)


ATR = AverageTrueRange
NATR = NormalizedAverageTrueRange
TRANGE = PreviousCloseRange
STDDEV = StandardDeviation
VAR = Variance
BBANDS = DeviationBands
