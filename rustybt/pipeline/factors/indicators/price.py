"""Prices made of the prices of one session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.indicator import Indicator
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _OfSession(Indicator):
    least: ClassVar[Mapping[str, int]] = {}
    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low, EquityPricing.close)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AveragePrice(_OfSession):
    """Mean of open, high, low and close, `AVGPRICE`.

    Notes
    -----
    Formula: ``(open + high + low + close) / 4``.
    Units: price.
    Nulls: NULL when one is missing.
    Source: TA-Lib AVGPRICE.
    """

    arity: ClassVar[int] = 4

    inputs: Sequence[Term] = (
        EquityPricing.open,
        EquityPricing.high,
        EquityPricing.low,
        EquityPricing.close,
    )

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        first, high, low, close = inputs
        return (high + low + close + first) / 4


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MedianPrice(_OfSession):
    """Middle of the range of the session, `MEDPRICE`.

    Notes
    -----
    Formula: ``(high + low) / 2``.
    Units: price.
    Nulls: NULL when one is missing.
    Source: TA-Lib MEDPRICE.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low = inputs
        return (high + low) / 2


class TypicalPrice(_OfSession):
    """Mean of high, low and close, `TYPPRICE`.

    Notes
    -----
    Formula: ``(high + low + close) / 3``.
    Units: price.
    Nulls: NULL when one is missing.
    Source: TA-Lib TYPPRICE.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = inputs
        return (high + low + close) / 3


class WeightedClosePrice(_OfSession):
    """Mean of high, low and close, the close counting twice, `WCLPRICE`.

    Notes
    -----
    Formula: ``(high + low + 2 * close) / 4``.
    Units: price.
    Nulls: NULL when one is missing.
    Source: TA-Lib WCLPRICE.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        high, low, close = inputs
        return (high + low + 2 * close) / 4


class BalanceOfPower(AveragePrice):
    """Where the session closed against its open, over its range, `BOP`.

    Notes
    -----
    Formula: ``(close - open) / (high - low)``.
    Units: -1 to 1.
    Nulls: NULL when one is missing or the range is 0.
    Source: TA-Lib BOP.
    Differs: TA-Lib gives 0 when the range is 0.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        first, high, low, close = inputs
        return (close - first) / (high - low)


AVGPRICE = AveragePrice
MEDPRICE = MedianPrice
TYPPRICE = TypicalPrice
WCLPRICE = WeightedClosePrice
BOP = BalanceOfPower
