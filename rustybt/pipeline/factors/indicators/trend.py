"""Wilder's directional movement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.indicator import Indicator
from rustybt.pipeline.factors.indicators.volatility import true_range
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Directional(Indicator):
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low, EquityPricing.close)
    timeperiod: int = 14

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PlusDirectionalMovement(_Directional):
    """Wilder's sum of the rises of the high that exceed the falls of the low, `PLUS_DM`.

    Notes
    -----
    Formula: ``y += dm - y / timeperiod``, dm being ``high - high_before`` where that is positive and
    more than ``low_before - low``, else 0. Begun with the sum of the first ``timeperiod - 1``.
    Units: price.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before `timeperiod` bars.
    Source: TA-Lib PLUS_DM.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return self._sum(w, _movements(w, *w.together(*inputs))[0])

    def _sum(self, w: Words[Q], movement: Q) -> Q:
        count = w.kept(w.count(movement))
        return _sum(w, movement, count, self.timeperiod, first=self.timeperiod - 1)


class MinusDirectionalMovement(PlusDirectionalMovement):
    """Wilder's sum of the falls of the low that exceed the rises of the high, `MINUS_DM`.

    Notes
    -----
    Formula: as `PlusDirectionalMovement`, of ``low_before - low`` where that is positive and more
    than ``high - high_before``.
    Units: price.
    Nulls: those of `PlusDirectionalMovement`.
    Source: TA-Lib MINUS_DM.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return self._sum(w, _movements(w, *w.together(*inputs))[1])


class PlusDirectionalIndicator(_Directional):
    """Directional movement up in percent of the true range, `PLUS_DI`.

    Notes
    -----
    Formula: ``100 * plus_dm / tr``, both Wilder's sums.
    Units: 0 to 100.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before ``timeperiod + 1`` bars,
    and where the true range is 0.
    Source: TA-Lib PLUS_DI.
    Differs: TA-Lib gives 0 where the true range is 0.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return _indicators(w, inputs, self.timeperiod)[0]


class MinusDirectionalIndicator(_Directional):
    """Directional movement down in percent of the true range, `MINUS_DI`.

    Notes
    -----
    Formula: ``100 * minus_dm / tr``, both Wilder's sums.
    Units: 0 to 100.
    Nulls: those of `PlusDirectionalIndicator`.
    Source: TA-Lib MINUS_DI.
    Differs: TA-Lib gives 0 where the true range is 0.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return _indicators(w, inputs, self.timeperiod)[1]


class DirectionalIndex(_Directional):
    """How one-sided the directional movement is, `DX`.

    Notes
    -----
    Formula: ``100 * abs(plus_di - minus_di) / (plus_di + minus_di)``.
    Units: 0 to 100.
    Nulls: those of `PlusDirectionalIndicator`, and where nothing moved.
    Source: TA-Lib DX.
    Differs: TA-Lib repeats the value before where nothing moved.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return _index(w, inputs, self.timeperiod)


class AverageDirectionalIndex(_Directional):
    """Wilder's mean of the directional index, `ADX`.

    Notes
    -----
    Formula: ``y += (dx - y) / timeperiod``, begun with the mean of the first values of `DirectionalIndex`.
    Units: 0 to 100.
    Nulls: sessions without an index are skipped, NULL in them; NULL before ``2 * timeperiod`` bars.
    Source: TA-Lib ADX.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return _average(w, inputs, self.timeperiod)


class AverageDirectionalRating(_Directional):
    """Mean of the average directional index now and ``timeperiod - 1`` sessions ago, `ADXR`.

    Notes
    -----
    Formula: ``(adx + adx[timeperiod - 1 ago]) / 2``.
    Units: 0 to 100.
    Nulls: NULL where one of the two is.
    Source: TA-Lib ADXR.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        average = w.kept(_average(w, inputs, self.timeperiod))
        return (average + w.ago(average, self.timeperiod - 1)) / 2


def _movements(w: Words[Q], high: Q, low: Q) -> tuple[Q, Q]:
    rise = w.kept(high - w.before(high))
    fall = w.kept(w.before(low) - low)
    known = rise.is_present()
    up = rise.compare(">", 0).both(rise.compare(">", fall))
    down = fall.compare(">", 0).both(fall.compare(">", rise))
    return (
        w.kept(w.when(known, w.choose(up, rise, 0.0))),
        w.kept(w.when(known, w.choose(down, fall, 0.0))),
    )


def _sum(w: Words[Q], x: Q, count: Q, timeperiod: int, *, first: int) -> Q:
    here = x.is_present()
    falling = here.both(count.compare(">=", timeperiod))
    keep = w.kept(w.choose(falling, w.number(1 - 1 / timeperiod), 1.0))
    total = w.recurrence(keep, w.kept(w.choose(here, x, 0.0)))
    return w.kept(w.when(here.both(count.compare(">=", first)), total))


def _indicators(w: Words[Q], inputs: Sequence[Q], timeperiod: int) -> tuple[Q, Q]:
    high, low, close = w.together(*inputs)
    reach = w.kept(true_range(w, high, low, close))
    count = w.kept(w.count(reach))
    plus, minus, whole = (
        _sum(w, it, count, timeperiod, first=timeperiod)
        for it in (*_movements(w, high, low), reach)
    )
    return w.kept(100 * plus / whole), w.kept(100 * minus / whole)


def _index(w: Words[Q], inputs: Sequence[Q], timeperiod: int) -> Q:
    plus, minus = _indicators(w, inputs, timeperiod)
    return 100 * w.absolute(plus - minus) / (plus + minus)


def _average(w: Words[Q], inputs: Sequence[Q], timeperiod: int) -> Q:
    return w.wilder(_index(w, inputs, timeperiod), timeperiod)


PLUS_DM = PlusDirectionalMovement
MINUS_DM = MinusDirectionalMovement
PLUS_DI = PlusDirectionalIndicator
MINUS_DI = MinusDirectionalIndicator
DX = DirectionalIndex
ADX = AverageDirectionalIndex
ADXR = AverageDirectionalRating
