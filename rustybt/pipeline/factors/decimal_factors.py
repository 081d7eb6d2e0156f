"""Factors under the names that upstream gave its frames of decimals.

Prices are stored exactly; factors compute in DOUBLE like all others, so that terms may be mixed.
"""

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.expression import Filter
from rustybt.pipeline.factors.average import AverageDollarVolume, SimpleMovingAverage
from rustybt.pipeline.factors.change import Returns
from rustybt.pipeline.factors.window import WindowedFactor, checked_count
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity


class DecimalLatestPrice(WindowedFactor):
    """Last close.

    Notes
    -----
    Formula: ``close[-1]``.
    Units: price.
    Nulls: NULL where the last session had no close.
    """

    def __init__(self, mask: Filter | None = None) -> None:
        super().__init__(inputs=(EquityPricing.close,), window_length=1, mask=mask)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return inputs[0]

    @override
    def compute(self, *windows: Array) -> Array:
        last: Array = windows[0][-1]
        return last

    @classmethod
    @override
    def examples(cls) -> "tuple[DecimalLatestPrice, ...]":
        return (cls(),)


class DecimalSimpleMovingAverage(SimpleMovingAverage):
    """Arithmetic mean of the closes of the window.

    Notes
    -----
    Formula: ``mean(close)``.
    Units: price.
    Nulls: skipped; NULL when all are missing.
    Differs: upstream's window ran on from one asset into the next.
    """

    def __init__(self, window_length: int = 20, mask: Filter | None = None) -> None:
        super().__init__(inputs=(EquityPricing.close,), window_length=window_length, mask=mask)

    @classmethod
    @override
    def examples(cls) -> "tuple[DecimalSimpleMovingAverage, ...]":
        return (cls(3),)


class DecimalReturns(Returns):
    """Relative change of the close over so many sessions.

    Parameters
    ----------
    window_length
        Sessions between the two closes, at least 1: one less than that of `Returns`.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: ``close[-1] / close[-1 - window_length] - 1``.
    Units: a ratio, 0.01 being one percent.
    Nulls: NULL when either close is missing or the first is 0.
    """

    def __init__(self, window_length: int = 1, mask: Filter | None = None) -> None:
        sessions = checked_count(self._name, "window_length", window_length)
        super().__init__(window_length=sessions + 1, mask=mask)

    @classmethod
    @override
    def examples(cls) -> "tuple[DecimalReturns, ...]":
        return cls(), cls(3)


class DecimalAverageDollarVolume(AverageDollarVolume):
    """Mean over the window of what was traded, in money.

    Notes
    -----
    Formula: ``sum(close * volume) / window_length``.
    Units: currency of trade.
    Nulls: a missing close counts as 0; never NULL.
    Differs: upstream's window ran on from one asset into the next.
    """

    def __init__(self, window_length: int = 20, mask: Filter | None = None) -> None:
        super().__init__(window_length=window_length, mask=mask)

    @classmethod
    @override
    def examples(cls) -> "tuple[DecimalAverageDollarVolume, ...]":
        return (cls(3),)
