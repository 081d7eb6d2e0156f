"""At which price, and for how much of it, an order fills in a bar.

A model of a user's own derives from `SlippageModel` and is asked in the same way as these.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from rustybt.assets import Asset
from rustybt.errors import OptionError
from rustybt.finance import lots
from rustybt.finance.order import Order


class Bars(Protocol):
    """What a model may ask of the bar in hand."""

    def current(self, assets: Asset, fields: str) -> float:
        """Return one field of one asset."""


class SlippageModel(ABC):
    """Decides what an order fills in one bar.

    Attributes
    ----------
    volume_for_bar
        Units of the asset in hand that earlier orders have filled in this bar.
    """

    volume_for_bar: float = 0

    @abstractmethod
    def process_order(
        self, data: Bars, order: Order
    ) -> tuple[float, float] | tuple[None, None] | None:
        """Return the price of a fill and its signed units; None if it fills nothing."""

    def simulate(
        self, data: Bars, asset: Asset, orders: Sequence[Order]
    ) -> Iterator[tuple[Order, float, float]]:
        """Yield what each of the orders of one asset fills, in the order in which they stand.

        Nothing fills where the volume is 0 or the close is missing; triggers look at the close. A
        fill is never for more than the order has open, nor for parts of a share.

        Raises
        ------
        OptionError
            The model gave a price or an amount that is not finite.
        """
        self.volume_for_bar = 0
        close = data.current(asset, "close")
        if not data.current(asset, "volume") or math.isnan(close):
            return
        for order in orders:
            if not order.triggered(close):
                continue
            price, amount = self.process_order(data, order) or (None, None)
            if price is None or not amount:
                continue
            if not (math.isfinite(price) and math.isfinite(amount)):
                raise OptionError("slippage", (price, amount), f"a finite fill from {self!r}")
            units = lots.ordered(amount, asset)
            if abs(units) > abs(order.open_amount):
                units = order.open_amount
            if units:
                self.volume_for_bar += abs(units)
                yield order, price, units

    def __repr__(self) -> str:
        told = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if k != "volume_for_bar")
        return f"{type(self).__name__}({told})"


class NoSlippage(SlippageModel):
    """Fill the whole order at the close."""

    def process_order(self, data: Bars, order: Order) -> tuple[float, float]:
        """Return the close and all that is open."""
        return data.current(order.asset, "close"), order.open_amount


class FixedSlippage(SlippageModel):
    """Fill the whole order at half a spread beside the close.

    Parameters
    ----------
    spread
        Trade currency, at least 0.
    """

    def __init__(self, spread: float = 0.0) -> None:
        self.spread = _at_least_0("spread", spread)

    def process_order(self, data: Bars, order: Order) -> tuple[float, float]:
        """Return the close with half a spread against the order, and all that is open."""
        close = data.current(order.asset, "close")
        return close + self.spread / 2.0 * order.direction, order.open_amount


class FixedBasisPointsSlippage(SlippageModel):
    """Fill at some basis points beside the close, up to a share of the volume; the default.

    Parameters
    ----------
    basis_points
        Hundredths of a percent of the close, at least 0.
    volume_limit
        Share of the bar's volume that all orders of an asset may fill together, above 0.
    """

    def __init__(self, basis_points: float = 5.0, volume_limit: float = 0.1) -> None:
        self.basis_points = _at_least_0("basis_points", basis_points)
        self.volume_limit = _above_0("volume_limit", volume_limit)

    def process_order(self, data: Bars, order: Order) -> tuple[float, float] | None:
        """Return the moved close and what the volume leaves; the limit price is not looked at."""
        asset = order.asset
        most = lots.fillable(self.volume_limit * data.current(asset, "volume"), asset)
        room = lots.fillable(max(most - self.volume_for_bar, 0), asset)
        amount = min(abs(order.open_amount), room)
        if not amount:
            return None
        close = data.current(asset, "close")
        moved = close + close * (self.basis_points / 10_000.0 * order.direction)
        return moved, amount * order.direction


class VolumeShareSlippage(SlippageModel):
    """Fill at a price that moves with the square of the share of the volume taken.

    Parameters
    ----------
    volume_limit
        Share of the bar's volume that all orders of an asset may fill together, above 0.
    price_impact
        Relative move of the price were the whole volume taken, at least 0.
    """

    def __init__(self, volume_limit: float = 0.025, price_impact: float = 0.1) -> None:
        self.volume_limit = _above_0("volume_limit", volume_limit)
        self.price_impact = _at_least_0("price_impact", price_impact)

    def process_order(self, data: Bars, order: Order) -> tuple[float, float] | None:
        """Return the moved close and what the volume leaves; None if beyond the limit price."""
        asset = order.asset
        volume = data.current(asset, "volume")
        room = max(self.volume_limit * volume - self.volume_for_bar, 0.0)
        amount = lots.fillable(min(room, abs(order.open_amount)), asset)
        if not amount:
            return None
        share = min((self.volume_for_bar + amount) / volume, self.volume_limit)
        close = data.current(asset, "close")
        price = close + share**2 * math.copysign(self.price_impact, order.direction) * close
        if order.limit is not None and (price - order.limit) * order.direction > 0:
            return None
        return price, amount * order.direction


def _at_least_0(option: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise OptionError(option, value, "a finite number of at least 0")
    return value


def _above_0(option: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise OptionError(option, value, "a finite number above 0")
    return value
