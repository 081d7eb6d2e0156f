"""Volume by the way the price went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.difference import check_order
from rustybt.pipeline.factors.indicators.indicator import Indicator
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term

_BARS = EquityPricing.high, EquityPricing.low, EquityPricing.close, EquityPricing.volume
_NOISE: Final = 1e-14


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OnBalanceVolume(Indicator):
    """Volume of all sessions so far, less that of those in which the close fell, `OBV`.

    Notes
    -----
    Formula: the first volume, plus each later one times the sign of ``close - close_before``.
    Units: shares, adjusted for splits.
    Nulls: sessions without a close are skipped, NULL in them.
    Source: TA-Lib OBV.
    """

    least: ClassVar[Mapping[str, int]] = {}
    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.close, EquityPricing.volume)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        close, volume = w.together(*inputs)
        before = w.kept(w.before(close))
        kept_or_risen = w.choose(close.compare("==", before), volume * 0, volume)
        signed = w.choose(close.compare("<", before), -volume, kept_or_risen)
        return w.when(close.is_present(), w.running(w.kept(signed)))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AccumulationDistribution(Indicator):
    """Sum so far of volume by where the close stands in the range, by Chaikin, `AD`.

    Notes
    -----
    Formula: ``sum(volume * ((close - low) - (high - close)) / (high - low))``.
    Units: shares, adjusted for splits.
    Nulls: sessions without a bar are skipped, NULL in them; a range of 0 adds nothing.
    Source: TA-Lib AD.
    """

    least: ClassVar[Mapping[str, int]] = {}
    arity: ClassVar[int] = 4

    inputs: Sequence[Term] = _BARS

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return _distribution(w, *inputs)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ChaikinOscillator(Indicator):
    """Fast exponential mean of accumulation and distribution less a slow one, `ADOSC`.

    Notes
    -----
    Formula: ``EMA(ad, fastperiod) - EMA(ad, slowperiod)``, both begun with the first value.
    Units: shares, adjusted for splits.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before `slowperiod` bars.
    Source: TA-Lib ADOSC.
    """

    least: ClassVar[Mapping[str, int]] = {"fastperiod": 2, "slowperiod": 2}
    arity: ClassVar[int] = 4

    inputs: Sequence[Term] = _BARS
    fastperiod: int = 3
    slowperiod: int = 10

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, self.fastperiod, self.slowperiod)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        total = w.kept(_distribution(w, *inputs))
        count = w.kept(w.count(total))
        fast, slow = (
            w.smoothed(total, 2 / (sessions + 1), seed=1, count=count)
            for sessions in (self.fastperiod, self.slowperiod)
        )
        return w.when(count.compare(">=", self.slowperiod), fast - slow)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(fastperiod=2, slowperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MoneyFlowIndex(Indicator):
    """Money traded while the typical price rose, in percent of that while it moved, `MFI`.

    Notes
    -----
    Formula: ``100 * ups / (ups + downs)``, sums over `timeperiod` sessions of typical price times
    volume.
    Units: 0 to 100.
    Nulls: NULL unless every session of the window and the one before has a bar, and where nothing
    flowed.
    Source: TA-Lib MFI.
    Differs: TA-Lib gives 0 where less than one unit of money flowed.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}
    arity: ClassVar[int] = 4

    inputs: Sequence[Term] = _BARS
    timeperiod: int = 14

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close, volume = inputs
        price = w.kept((high + low + close) / 3)
        before = w.kept(w.ago(price, 1))
        known = w.kept(price.is_present().both(before.is_present()))
        flow = w.kept(price * volume)
        # Means of three prices that are equal as decimals differ in their last bits.
        noise, move = w.kept(before * _NOISE), w.kept(price - before)
        rises, falls = move.compare(">", noise), move.compare("<", -noise)
        ups = w.total(w.kept(w.when(known, w.choose(rises, flow, 0.0))), self.timeperiod)
        downs = w.total(w.kept(w.when(known, w.choose(falls, flow, 0.0))), self.timeperiod)
        return 100 * (ups / (ups + downs))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


def _distribution(w: Words[Q], *bars: Q) -> Q:
    high, low, close, volume = w.together(*bars)
    share = ((close - low) - (high - close)) / (high - low)
    moved = w.choose(high.compare(">", low), share * volume, volume * 0)
    return w.when(close.is_present(), w.running(w.kept(moved)))


OBV = OnBalanceVolume
AD = AccumulationDistribution
ADOSC = ChaikinOscillator
MFI = MoneyFlowIndex
