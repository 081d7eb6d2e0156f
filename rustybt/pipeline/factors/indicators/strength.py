"""Oscillators of rises against falls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import cascade, moving_average
from rustybt.pipeline.factors.indicators.indicator import MultiIndicator, OfClose
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Strength(OfClose):
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    timeperiod: int = 14


class WilderRSI(_Strength):
    """Relative strength index as Wilder has it, TA-Lib's RSI.

    Notes
    -----
    Formula: ``100 * ups / (ups + downs)``, Wilder's means of the rises and the falls.
    Units: 0 to 100.
    Nulls: a missing price is skipped, NULL in its session; NULL before `timeperiod` changes, and
    while nothing moved.
    Source: TA-Lib RSI.
    Differs: `RSI` is zipline's, of plain means over a window; TA-Lib gives 0 while nothing moved.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return rsi(w, inputs[0], self.timeperiod)


class ChandeMomentumOscillator(_Strength):
    """Rises less falls over their sum, `CMO`.

    Notes
    -----
    Formula: ``100 * (ups - downs) / (ups + downs)``, Wilder's means of the rises and the falls.
    Units: -100 to 100.
    Nulls: those of `WilderRSI`.
    Source: TA-Lib CMO, which smooths where Chande sums.
    Differs: TA-Lib gives 0 while nothing moved.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        ups, downs = _moves(w, inputs[0], self.timeperiod)
        return 100 * ((ups - downs) / (ups + downs))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StochasticRSI(MultiIndicator):
    """Where Wilder's RSI stands in its range, `STOCHRSI`.

    Notes
    -----
    Formula: `fastk` is ``100 * (rsi - min(rsi)) / (max(rsi) - min(rsi))`` over `fastk_period`
    sessions, `fastd` its moving average.
    Units: 0 to 100.
    Nulls: NULL unless every session of the window has an RSI, and where all are equal; `fastk` is
    NULL where `fastd` is.
    Source: TA-Lib STOCHRSI.
    Differs: TA-Lib gives 0 where all are equal.
    """

    outputs: ClassVar[tuple[str, ...]] = ("fastk", "fastd")
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2, "fastk_period": 1, "fastd_period": 1}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 14
    fastk_period: int = 5
    fastd_period: int = 3
    fastd_matype: int = 0

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x = w.kept(rsi(w, inputs[0], self.timeperiod))
        fast = w.kept(position(w, x, x, x, self.fastk_period))
        mean = w.kept(moving_average(w, fast, self.fastd_period, self.fastd_matype))
        return {"fastk": w.when(mean.is_present(), fast), "fastd": mean}

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=2, fastk_period=3, fastd_period=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TripleExponentialRate(_Strength):
    """Change of a session of an exponential mean of means of means, `TRIX`.

    Notes
    -----
    Formula: ``100 * (e3 / e3_before - 1)``.
    Units: percent.
    Nulls: a missing price is skipped, NULL in its session; the first value is at the
    ``3 * timeperiod - 1``-th price.
    Source: TA-Lib TRIX.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 1}

    timeperiod: int = 30

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        thrice = cascade(w, inputs[0], self.timeperiod, 3)[-1]
        return 100 * (thrice / w.before(thrice) - 1)


def rsi(w: Words[Q], x: Q, timeperiod: int) -> Q:
    """Return Wilder's index of relative strength."""
    ups, downs = _moves(w, x, timeperiod)
    return 100 * (ups / (ups + downs))


def position(w: Words[Q], close: Q, high: Q, low: Q, sessions: int) -> Q:
    """Return where the close stands in the range of a window, in percent."""
    lowest = w.kept(w.minimum(low, sessions))
    return 100 * ((close - lowest) / (w.maximum(high, sessions) - lowest))


def _moves(w: Words[Q], x: Q, timeperiod: int) -> tuple[Q, Q]:
    x = w.kept(x)
    change = w.kept(x - w.before(x))
    count = w.kept(w.count(change))
    rise = w.when(change.is_present(), w.greatest(change, change * 0))
    fall = w.when(change.is_present(), w.greatest(-change, change * 0))
    ups = w.wilder(rise, timeperiod, count=count)
    return ups, w.wilder(fall, timeperiod, count=count)


CMO = ChandeMomentumOscillator
STOCHRSI = StochasticRSI
TRIX = TripleExponentialRate
