"""Oscillators of a price in the range of a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import moving_average
from rustybt.pipeline.factors.indicators.indicator import Indicator, MultiIndicator
from rustybt.pipeline.factors.indicators.strength import position
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term

_BARS = EquityPricing.high, EquityPricing.low, EquityPricing.close


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FastStochastic(MultiIndicator):
    """Where the close stands in the range, with a mean of it, `STOCHF`.

    Notes
    -----
    Formula: `fastk` is ``100 * (close - min(low)) / (max(high) - min(low))`` over `fastk_period`
    sessions, `fastd` its moving average.
    Units: 0 to 100.
    Nulls: NULL unless every session of the window has a bar, and where its range is 0; `fastk` is
    NULL where `fastd` is.
    Source: TA-Lib STOCHF.
    Differs: TA-Lib gives 0 where the range is 0; zipline's `FastStochasticOscillator` skips gaps.
    """

    outputs: ClassVar[tuple[str, ...]] = ("fastk", "fastd")
    least: ClassVar[Mapping[str, int]] = {"fastk_period": 1, "fastd_period": 1}
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS
    fastk_period: int = 5
    fastd_period: int = 3
    fastd_matype: int = 0

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        high, low, close = inputs
        fast = w.kept(position(w, close, high, low, self.fastk_period))
        mean = w.kept(moving_average(w, fast, self.fastd_period, self.fastd_matype))
        return {"fastk": w.when(mean.is_present(), fast), "fastd": mean}

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(fastk_period=3, fastd_period=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SlowStochastic(MultiIndicator):
    """Mean of where the close stands in the range, with a mean of that, `STOCH`.

    Notes
    -----
    Formula: `slowk` is the moving average of `FastStochastic`'s `fastk`, `slowd` that of `slowk`.
    Units: 0 to 100.
    Nulls: NULL unless every session of the windows has a bar, and where a range is 0; `slowk` is
    NULL where `slowd` is.
    Source: TA-Lib STOCH.
    Differs: TA-Lib takes a range of 0 as a value of 0.
    """

    outputs: ClassVar[tuple[str, ...]] = ("slowk", "slowd")
    least: ClassVar[Mapping[str, int]] = {
        "fastk_period": 1,
        "slowk_period": 1,
        "slowd_period": 1,
    }
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS
    fastk_period: int = 5
    slowk_period: int = 3
    slowk_matype: int = 0
    slowd_period: int = 3
    slowd_matype: int = 0

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        high, low, close = inputs
        fast = position(w, close, high, low, self.fastk_period)
        slow = w.kept(moving_average(w, fast, self.slowk_period, self.slowk_matype))
        mean = w.kept(moving_average(w, slow, self.slowd_period, self.slowd_matype))
        return {"slowk": w.when(mean.is_present(), slow), "slowd": mean}

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(fastk_period=3, slowk_period=2, slowd_period=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _OfBars(Indicator):
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = _BARS
    timeperiod: int = 14

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


class WilliamsR(_OfBars):
    """How far the close is below the top of the range, `WILLR`.

    Notes
    -----
    Formula: ``-100 * (max(high) - close) / (max(high) - min(low))``, a close beyond the range being its end.
    Units: -100 to 0.
    Nulls: NULL unless every session of the window has a bar, and where its range is 0.
    Source: TA-Lib WILLR.
    Differs: TA-Lib gives 0 where the range is 0.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = inputs
        highest = w.kept(w.maximum(high, self.timeperiod))
        below = w.kept(-100 * (highest - close) / (highest - w.minimum(low, self.timeperiod)))
        inside = w.choose(below.compare("<", -100), w.number(-100), below)
        return w.choose(below.compare(">", 0), w.number(0), inside)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CommodityChannelIndex(_OfBars):
    """Distance of the typical price from its mean, in mean deviations, `CCI`.

    Notes
    -----
    Formula: ``(tp - mean(tp)) / (0.015 * mean(abs(tp - mean(tp))))``, tp being the typical price.
    Units: none.
    Nulls: NULL unless every session of the window has a bar, and where all prices are equal.
    Source: TA-Lib CCI.
    Differs: TA-Lib gives 0 where all prices are equal.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = inputs
        price = w.kept((high + low + close) / 3)
        mean = w.kept(w.mean(price, self.timeperiod))
        spread = w.absolute(price - mean)
        for age in range(1, self.timeperiod):
            spread = spread + w.absolute(w.ago(price, age) - mean)
        return (price - mean) / (spread / self.timeperiod * 0.015)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class UltimateOscillator(Indicator):
    """Buying pressure over the true range, in three windows, `ULTOSC`.

    Notes
    -----
    Formula: ``100 * (4 * r1 + 2 * r2 + r3) / 7``, r being ``sum(close - bottom) / sum(top - bottom)``
    over a window, bottom and top those of the session with the close before it.
    Units: 0 to 100.
    Nulls: NULL unless every session of the windows and the one before has a bar.
    Source: TA-Lib ULTOSC.
    """

    arity: ClassVar[int] = 3
    least: ClassVar[Mapping[str, int]] = {"timeperiod1": 1, "timeperiod2": 1, "timeperiod3": 1}

    inputs: Sequence[Term] = _BARS
    timeperiod1: int = 7
    timeperiod2: int = 14
    timeperiod3: int = 28

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.timeperiod1 <= self.timeperiod2 <= self.timeperiod3:
            periods = self.timeperiod1, self.timeperiod2, self.timeperiod3
            raise TermParameterError(self._name, "timeperiod1 to 3", periods, "to rise")

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = inputs
        before = w.kept(w.ago(close, 1))
        known = before.is_present()
        bottom = w.kept(w.when(known, w.least(low, before)))
        pressure = w.kept(close - bottom)
        reach = w.kept(w.when(known, w.greatest(high, before)) - bottom)

        def ratio(sessions: int) -> Q:
            return w.total(pressure, sessions) / w.total(reach, sessions)

        short, middle, long = map(ratio, (self.timeperiod1, self.timeperiod2, self.timeperiod3))
        return 100 * (4 * short + 2 * middle + long) / 7

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod1=2, timeperiod2=3, timeperiod3=5),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AroonIndicator(MultiIndicator):
    """How fresh the low and the high are, `AROON`.

    Notes
    -----
    Formula: ``100 * (timeperiod - age) / timeperiod``, the age of the lowest low for `down` and of
    the highest high for `up`, over ``timeperiod + 1`` sessions.
    Units: percent, 100 being the newest session.
    Nulls: NULL unless every session of the window has a bar.
    Source: TA-Lib AROON (aroondown, aroonup).
    Differs: of equal extremes the newest counts, in zipline's `Aroon` the oldest.
    """

    outputs: ClassVar[tuple[str, ...]] = ("down", "up")
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}
    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    timeperiod: int = 14

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        high, low = inputs
        return {
            "down": _freshness(w, -low, self.timeperiod),
            "up": _freshness(w, high, self.timeperiod),
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AroonOscillator(_OfBars):
    """How much fresher the high is than the low, `AROONOSC`.

    Notes
    -----
    Formula: `AroonIndicator`'s ``up - down``.
    Units: -100 to 100.
    Nulls: NULL unless every session of the window has a bar.
    Source: TA-Lib AROONOSC.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}
    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low = inputs
        return _freshness(w, high, self.timeperiod) - _freshness(w, -low, self.timeperiod)


def _freshness(w: Words[Q], x: Q, timeperiod: int) -> Q:
    age = w.age_of_maximum(w.kept(x), timeperiod + 1)
    return 100 * (timeperiod - age) / timeperiod


STOCHF = FastStochastic
STOCH = SlowStochastic
WILLR = WilliamsR
CCI = CommodityChannelIndex
ULTOSC = UltimateOscillator
AROON = AroonIndicator
AROONOSC = AroonOscillator
