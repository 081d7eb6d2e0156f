"""A fill: part or all of an order, traded in one bar."""

from datetime import datetime
from typing import Any, NamedTuple

from rustybt.assets import Asset


class Transaction(NamedTuple):
    """A fill.

    `amount` is in units, negative when sold; `price` is the trade currency a unit, slippage
    included; `dt` is the close of its session, UTC; `order_id` is None where no order was
    filled, and `reason` then says why: ``delisting``, ``expiry`` or, of shares that came without a
    trade, ``spinoff``. The fills of a ``liquidation`` have its order and that reason.
    """

    asset: Asset
    amount: float
    price: float
    dt: datetime
    order_id: int | None
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fill as a row of the result frame; `sid` is the asset.

        `commission` is None as in zipline, which books it to the order. It has a `reason` where there
        is one.
        """
        row = {
            "sid": self.asset,
            "amount": self.amount,
            "price": self.price,
            "dt": self.dt,
            "order_id": self.order_id,
            "commission": None,
        }
        return row if self.reason is None else {**row, "reason": self.reason}
