"""What a window holds: its sum, its ends, their middle."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.indicator import OfClose
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


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


SUM = RollingSum
MAX = RollingMaximum
MIN = RollingMinimum
MIDPOINT = MidPoint
MIDPRICE = MidPrice
