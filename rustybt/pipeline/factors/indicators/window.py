"""What a window holds: its sum, its ends, their middle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.indicator import MultiIndicator, OfClose
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


class _Index(OfClose):
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _OfEnds(MultiIndicator):
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 30

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


class RollingSum(OfClose):
    """Sum over the window, `SUM`.

    Notes
    -----
    Formula: ``sum(x)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib SUM.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return w.total(inputs[0], self.timeperiod)


class RollingMaximum(OfClose):
    """Largest value of the window, `MAX`.

    Notes
    -----
    Formula: ``max(x)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MAX.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return w.maximum(inputs[0], self.timeperiod)


class RollingMinimum(OfClose):
    """Smallest value of the window, `MIN`.

    Notes
    -----
    Formula: ``min(x)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MIN.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return w.minimum(inputs[0], self.timeperiod)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MidPoint(OfClose):
    """Middle between the largest and the smallest value of the window, `MIDPOINT`.

    Notes
    -----
    Formula: ``(max(x) + min(x)) / 2``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MIDPOINT.
    """

    timeperiod: int = 14

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        return (w.maximum(x, self.timeperiod) + w.minimum(x, self.timeperiod)) / 2


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MidPrice(MidPoint):
    """Middle between the highest high and the lowest low of the window, `MIDPRICE`.

    Notes
    -----
    Formula: ``(max(high) + min(low)) / 2``.
    Units: price.
    Nulls: NULL unless every session of the window has a bar.
    Source: TA-Lib MIDPRICE.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low = inputs
        return (w.maximum(high, self.timeperiod) + w.minimum(low, self.timeperiod)) / 2


class RollingRange(_OfEnds):
    """Smallest and largest value of the window, `MINMAX`.

    Notes
    -----
    Formula: `lowest` is ``min(x)``, `highest` is ``max(x)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MINMAX (min, max).
    """

    outputs: ClassVar[tuple[str, ...]] = ("lowest", "highest")

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x, n = inputs[0], self.timeperiod
        return {"lowest": w.minimum(x, n), "highest": w.maximum(x, n)}


class RollingMaximumIndex(_Index):
    """Which value of the asset the largest of the window is, `MAXINDEX`.

    Notes
    -----
    Formula: ``count(x) - 1 - age``, the age of the largest value in sessions and the count of all values
    so far. The first value of an asset has the index 0.
    Units: values since the first of the asset.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MAXINDEX.
    Differs: of equal values the newest counts, in TA-Lib the one that it came upon first after the
    largest had left the window.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x = w.kept(inputs[0])
        return _index(w, x, x, self.timeperiod)


class RollingMinimumIndex(_Index):
    """Which value of the asset the smallest of the window is, `MININDEX`.

    Notes
    -----
    Formula: ``count(x) - 1 - age``, as `RollingMaximumIndex`, of the smallest value.
    Units: values since the first of the asset.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MININDEX.
    Differs: of equal values the newest counts, as in `RollingMaximumIndex`.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x = w.kept(inputs[0])
        return _index(w, x, w.kept(-x), self.timeperiod)


class RollingRangeIndex(_OfEnds):
    """Which values of the asset the smallest and the largest of the window are, `MINMAXINDEX`.

    Notes
    -----
    Formula: ``count(x) - 1 - age``, as `RollingMaximumIndex`, of the smallest value for `lowest` and of
    the largest for `highest`.
    Units: values since the first of the asset.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib MINMAXINDEX (minidx, maxidx).
    Differs: of equal values the newest counts, as in `RollingMaximumIndex`.
    """

    outputs: ClassVar[tuple[str, ...]] = ("lowest", "highest")

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x, n = w.kept(inputs[0]), self.timeperiod
        return {"lowest": _index(w, x, w.kept(-x), n), "highest": _index(w, x, x, n)}


def _index(w: Words[Q], x: Q, ordered: Q, sessions: int) -> Q:
    # A volume is 0 before the first bar, where nothing is counted.
    count = w.kept(w.count(x))
    index = count - 1.0 - w.age_of_maximum(ordered, sessions)
    return w.when(count.compare(">=", sessions), index)


SUM = RollingSum
MAX = RollingMaximum
MIN = RollingMinimum
MINMAX = RollingRange
MAXINDEX = RollingMaximumIndex
MININDEX = RollingMinimumIndex
MINMAXINDEX = RollingRangeIndex
MIDPOINT = MidPoint
MIDPRICE = MidPrice
