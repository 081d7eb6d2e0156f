"""An order and what has become of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from rustybt.assets import Asset
from rustybt.finance import lots


class OrderStatus(IntEnum):
    """What has become of an order."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2


class Order:
    """An order of a strategy.

    Parameters
    ----------
    id
        Number of the order in its run, from 1.
    asset
        What to trade.
    amount
        Units, negative to sell; never 0.
    limit, stop
        Trade currency; None where the order has none.
    created
        Close of the session in which it was placed, UTC.

    Notes
    -----
    A trigger latches: once its limit was reached, a partly filled order goes on filling at any
    later close, as in zipline.
    """

    __slots__ = (
        "amount",
        "asset",
        "cancelled",
        "commission",
        "created",
        "dt",
        "filled",
        "id",
        "limit",
        "limit_reached",
        "stop",
        "stop_reached",
    )

    def __init__(
        self,
        id: int,  # noqa: A002 - the field's name for strategies
        asset: Asset,
        amount: float,
        *,
        limit: float | None,
        stop: float | None,
        created: datetime,
    ) -> None:
        self.id = id
        self.asset = asset
        self.amount = amount
        self.limit = limit
        self.stop = stop
        self.created = created
        self.dt = created
        self.filled: float = 0
        self.commission = 0.0
        self.limit_reached = False
        self.stop_reached = False
        self.cancelled = False

    @property
    def sid(self) -> Asset:
        """The asset, under zipline's name."""
        return self.asset

    @property
    def direction(self) -> int:
        """1 to buy, -1 to sell."""
        return 1 if self.amount > 0 else -1

    @property
    def open_amount(self) -> float:
        """Units not yet filled, signed."""
        left = self.amount - self.filled
        return round(left, lots.DECIMALS) if self.asset.fractional else left

    @property
    def status(self) -> OrderStatus:
        """Open, filled or cancelled."""
        if self.cancelled:
            return OrderStatus.CANCELLED
        return OrderStatus.FILLED if self.filled == self.amount else OrderStatus.OPEN

    @property
    def open(self) -> bool:
        """Whether it may still fill."""
        return not self.cancelled and self.filled != self.amount

    def triggered(self, close: float) -> bool:
        """Return whether the order may fill at a close, and latch what the close has reached."""
        buys = self.amount > 0
        if self.stop is not None and not self.stop_reached:
            self.stop_reached = close >= self.stop if buys else close <= self.stop
            if not self.stop_reached:
                return False
            if self.limit is not None:
                self.stop = None  # from here on it is a limit order
        if self.limit is not None and not self.limit_reached:
            self.limit_reached = close <= self.limit if buys else close >= self.limit
            return self.limit_reached
        return True

    def fill(self, amount: float, commission: float, dt: datetime) -> None:
        """Book a fill of `amount` units."""
        filled = self.filled + amount
        self.filled = round(filled, lots.DECIMALS) if self.asset.fractional else filled
        self.commission += commission
        self.dt = dt

    def split(self, ratio: float) -> None:
        """Restate the order for a split whose ratio multiplies earlier prices."""
        self.amount = self._restated(self.amount, ratio)
        self.filled = self._restated(self.filled, ratio)
        if self.limit is not None:
            self.limit = round(self.limit * ratio, 2)
        if self.stop is not None:
            self.stop = round(self.stop * ratio, 2)

    def _restated(self, amount: float, ratio: float) -> float:
        units = lots.fillable(abs(amount) / ratio, self.asset)
        return units if amount > 0 else -units

    def to_dict(self) -> Mapping[str, Any]:
        """Return the order as a row of the result frame; `sid` is the asset."""
        return {
            "id": self.id,
            "dt": self.dt,
            "created": self.created,
            "sid": self.asset,
            "amount": self.amount,
            "filled": self.filled,
            "commission": self.commission,
            "limit": self.limit,
            "stop": self.stop,
            "limit_reached": self.limit_reached,
            "stop_reached": self.stop_reached,
            "status": int(self.status),
        }

    def __repr__(self) -> str:
        return f"Order({self.id}, {self.asset}, {self.amount:+}, {self.status.name})"
