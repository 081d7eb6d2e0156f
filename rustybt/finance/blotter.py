"""The open orders of a run, and how a bar fills them."""

import math
from collections.abc import Sequence
from datetime import date, datetime

from rustybt.assets import Asset
from rustybt.errors import OptionError
from rustybt.finance.commission import CommissionModel, PerShare
from rustybt.finance.execution import ExecutionStyle, tick_prices
from rustybt.finance.holdings import Holdings
from rustybt.finance.order import Order
from rustybt.finance.slippage import Bars, FixedBasisPointsSlippage, SlippageModel
from rustybt.finance.transaction import Transaction


class Blotter:
    """Orders in the order in which zipline works through them.

    Assets stand in the order in which they got an open order, orders of an asset in the order of
    placing. Order ids count from 1 in every run, so that the same run gives the same ids.

    Attributes
    ----------
    slippage, commission
        Models in force; zipline's defaults at first.
    """

    def __init__(self) -> None:
        self.slippage: SlippageModel = FixedBasisPointsSlippage()
        self.commission: CommissionModel = PerShare()
        self._orders: dict[int, Order] = {}
        self._open: dict[Asset, list[Order]] = {}
        self._stale: dict[Asset, None] = {}  # assets whose list may hold orders that have ended
        self._touched: dict[int, Order] = {}
        self._transactions: list[Transaction] = []

    def place(self, asset: Asset, amount: float, style: ExecutionStyle, dt: datetime) -> int:
        """Add an order and return its id."""
        limit, stop = tick_prices(style, asset, buys=amount > 0)
        order = Order(len(self._orders) + 1, asset, amount, limit=limit, stop=stop, created=dt)
        self._orders[order.id] = order
        self._open.setdefault(asset, []).append(order)
        self._touch(order)
        return order.id

    def get(self, order_id: int) -> Order | None:
        """Return the order of an id; None if there is none."""
        return self._orders.get(order_id)

    def open_orders(self, asset: Asset | None = None) -> dict[Asset, list[Order]] | list[Order]:
        """Return the open orders by asset, or those of one asset, oldest first."""
        if asset is not None:
            return [it for it in self._open.get(asset, ()) if it.open]
        listed = {key: [it for it in orders if it.open] for key, orders in self._open.items()}
        return {key: orders for key, orders in listed.items() if orders}

    def cancel(self, order_id: int, dt: datetime) -> None:
        """Cancel an order that is still open; any other id is ignored."""
        order = self._orders.get(order_id)
        if order is not None and order.open:
            order.cancelled = True
            order.dt = dt
            self._touch(order)

    def cancel_all(self, asset: Asset, dt: datetime) -> None:
        """Cancel the open orders of one asset."""
        for order in self._open.get(asset, ()):
            self.cancel(order.id, dt)

    def split(self, asset: Asset, ratio: float) -> None:
        """Restate the open orders of an asset for a split."""
        for order in self._open.get(asset, ()):
            if order.open:
                order.split(ratio)
                self._stale[asset] = None

    def fill(self, data: Bars, holdings: Holdings, session: date, dt: datetime) -> None:
        """Fill what the bar allows: all fills are booked, then all commissions.

        Raises
        ------
        OptionError
            A model gave a price, an amount or a cost that is not finite.
        """
        self._prune()
        costs: list[tuple[Asset, float]] = []
        for asset, orders in self._open.items():
            for order, price, amount in self.slippage.simulate(data, asset, orders):
                transaction = Transaction(asset, amount, price, dt, order.id)
                cost = self.commission.calculate(order, transaction)
                if not math.isfinite(cost):
                    raise OptionError("commission", cost, f"a finite cost from {self.commission!r}")
                order.fill(amount, cost, dt)
                self._touch(order)
                self._transactions.append(transaction)
                holdings.fill(transaction, session)
                costs.append((asset, cost))
        for asset, cost in costs:
            holdings.commission(asset, cost, session)
        self._prune()

    def close(self, transaction: Transaction) -> None:
        """List a fill that no order asked for."""
        self._transactions.append(transaction)

    def end_session(self) -> tuple[Sequence[Order], Sequence[Transaction]]:
        """Return the orders touched and the fills of the session, and begin the next."""
        touched, fills = list(self._touched.values()), self._transactions
        self._touched, self._transactions = {}, []
        return touched, fills

    def _touch(self, order: Order) -> None:
        self._touched.pop(order.id, None)
        self._touched[order.id] = order
        if not order.open:
            self._stale[order.asset] = None

    def _prune(self) -> None:
        for asset in self._stale:
            orders = self._open.get(asset, [])
            orders[:] = [it for it in orders if it.open]
            if not orders:
                self._open.pop(asset, None)
        self._stale.clear()
