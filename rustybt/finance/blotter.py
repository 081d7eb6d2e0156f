"""The open orders of a run, and how a bar fills them."""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

from rustybt.assets import Asset
from rustybt.errors import OptionError
from rustybt.finance.cancel_policy import CancelPolicy, NeverCancel
from rustybt.finance.commission import CommissionModel
from rustybt.finance.execution import (
    BracketOrder,
    ExecutionStyle,
    MarketOnCloseOrder,
    MarketOnOpenOrder,
    MarketOrder,
    OCOOrder,
    TrailingStopOrder,
    bracket_prices,
    check_sides,
    tick_prices,
)
from rustybt.finance.holdings import Holdings
from rustybt.finance.latency import LatencyModel, NoLatency
from rustybt.finance.models import Models
from rustybt.finance.order import Moment, Order, Placing, Trail
from rustybt.finance.slippage import Bars, SlippageModel
from rustybt.finance.transaction import Transaction

LIQUIDATION: Final = "liquidation"  # the reason of orders that close what lacks its margin
_MOMENTS: Final = {MarketOnOpenOrder: Moment.OPEN, MarketOnCloseOrder: Moment.CLOSE}

log = logging.getLogger(__name__)


class Blotter:
    """Orders in the order in which zipline works through them.

    Assets stand in the order in which they got an open order, orders of an asset in the order of
    placing. Order ids count from 1 in every run, so that the same run gives the same ids.

    Parameters
    ----------
    compat
        As for a run.

    Attributes
    ----------
    models
        Slippage and commission by kind of asset; zipline's defaults at first.
    latency, cancel_policy
        When the market sees an order, and when the end of a session cancels it.
    daily
        Whether a bar is a session.
    """

    def __init__(self, compat: Literal["sane", "zipline"] = "sane") -> None:
        self.models = Models()
        self.latency: LatencyModel = NoLatency()
        self.cancel_policy: CancelPolicy = NeverCancel()
        self.daily = True
        self._zipline = compat == "zipline"
        self._orders: dict[int, Order] = {}
        self._open: dict[Asset, list[Order]] = {}
        self._stale: dict[Asset, None] = {}  # assets whose list may hold orders that have ended
        self._touched: dict[int, Order] = {}
        self._late: list[Order] = []  # cancelled at the end of a session and listed in the next
        self._transactions: list[Transaction] = []
        self._entered: list[tuple[Order, Transaction]] = []  # fills of brackets in this bar
        self._bar = 0  # bars so far in which there was an open order
        self._chosen = False  # whether some order is not for every bar from the next one on

    @property
    def slippage(self) -> SlippageModel:
        """Model of all that is no future."""
        return self.models.slippage

    @slippage.setter
    def slippage(self, model: SlippageModel) -> None:
        self.models.slippage = model

    @property
    def commission(self) -> CommissionModel:
        """Model of all that is no future."""
        return self.models.commission

    @commission.setter
    def commission(self, model: CommissionModel) -> None:
        self.models.commission = model

    @property
    def waiting(self) -> Mapping[Asset, Sequence[Order]]:
        """What a bar may fill, by asset: the same object in all of a run, empty while nothing is open."""
        return self._open

    def place(self, asset: Asset, amount: float, style: ExecutionStyle, placing: Placing) -> int:
        """Add an order and return its id; the first of the two for an OCO.

        Raises
        ------
        OrderParametersError
            The prices of the style contradict each other.
        """
        if not isinstance(style, (OCOOrder, BracketOrder)):
            return self._place(asset, amount, style, placing).id
        buys = amount > 0
        check_sides(style, buys=buys)
        if isinstance(style, OCOOrder):
            first, second = (
                self._place(asset, amount, leg, placing)
                for leg in (style.order1_style, style.order2_style)
            )
            first.pair(second)
            return first.id
        order = self._place(asset, amount, style.entry_style, placing)
        order.exits, order.alone = bracket_prices(style, asset, buys=buys), False
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
        """Cancel an order that is still open, and its partner; any other id is ignored."""
        order = self._orders.get(order_id)
        if order is not None and order.open:
            self._cancel(order, dt)
            if order.partner is not None:
                self.cancel(order.partner.id, dt)

    def cancel_all(self, asset: Asset, dt: datetime) -> None:
        """Cancel the open orders of one asset."""
        for order in self._open.get(asset, ()):
            self.cancel(order.id, dt)

    def expire(self, dt: datetime) -> None:
        """Cancel what the policy cancels at the end of a session; `dt` is its last bar."""
        self._late = []
        if not self.cancel_policy.at_session_end():
            return
        self._prune()
        for orders in self._open.values():
            for order in self._expiring(orders):
                if not order.open:
                    continue
                if self.cancel_policy.warn_on_cancel:
                    log.warning(
                        "%r is cancelled at the end of its session, %s units filled.",
                        order,
                        order.filled,
                    )
                # zipline lists it where it stood, or in the next session.
                self._cancel(order, dt, listed=not self._zipline)
                if self._zipline and self.daily:
                    self._late.append(order)

    def split(self, asset: Asset, ratio: float) -> None:
        """Restate the open orders of an asset for a split."""
        for order in self._open.get(asset, ()):
            if order.open:
                order.split(ratio)
                self._stale[asset] = None

    def fill(
        self,
        data: Bars,
        holdings: Holdings,
        session: date,
        dt: datetime,
        *,
        closing: bool = True,
    ) -> None:
        """Fill what the bar allows: all fills are booked, then all commissions.

        Parameters
        ----------
        session, dt
            Session and instant of the bar.
        closing
            Whether the bar is the last of its session.

        Raises
        ------
        OptionError
            A model gave a price, an amount or a cost that is not finite.
        """
        self._prune()
        self._bar += 1
        costs: list[tuple[Asset, float]] = []
        for asset, orders in self._open.items():
            seen = orders
            if self._chosen:
                seen = [it for it in orders if it.seen(self._bar, session, closing=closing)]
            slippage, commission = self.models.of(asset)
            for order, price, amount in slippage.simulate(data, asset, seen, dt):
                if asset.margined and self._refused(order, amount, price, holdings, dt):
                    continue
                transaction = Transaction(asset, amount, price, dt, order.id, order.reason)
                cost = commission.calculate(order, transaction)
                if not math.isfinite(cost):
                    raise OptionError("commission", cost, f"a finite cost from {commission!r}")
                order.fill(amount, cost, dt)
                self._touch(order)
                self._transactions.append(transaction)
                holdings.fill(transaction, session)
                if cost:
                    costs.append((asset, cost))
                if not order.alone:
                    self._follow(order, transaction, session)
        for asset, cost in costs:
            holdings.commission(asset, cost, session)
        self._list_late()
        if self._entered:
            self._leave(session)
        self._prune()

    def liquidate(self, asset: Asset, amount: float, placing: Placing) -> None:
        """Order a position to be closed at the next bar, if that is not ordered already.

        Other orders of the asset are cancelled, and those placed before it is closed are refused.
        """
        if any(it.open and it.reason == LIQUIDATION for it in self._open.get(asset, ())):
            return
        self.cancel_all(asset, placing.dt)
        self._prune()
        self._add(asset, amount, (None, None), placing).reason = LIQUIDATION

    def close(self, transaction: Transaction) -> None:
        """List a fill that no order asked for."""
        self._transactions.append(transaction)

    def end_session(self) -> tuple[Sequence[Order], Sequence[Transaction]]:
        """Return the orders touched and the fills of the session, and begin the next."""
        touched, fills = list(self._touched.values()), self._transactions
        self._touched, self._transactions = {it.id: it for it in self._late}, []
        return touched, fills

    def _place(self, asset: Asset, amount: float, style: ExecutionStyle, placing: Placing) -> Order:
        if type(style) is MarketOrder:
            order = self._add(asset, amount, (None, None), placing)
        else:
            order = self._add(asset, amount, tick_prices(style, asset, buys=amount > 0), placing)
            self._shape(order, style, placing)
        delay = self.latency.bars(order)
        if delay:
            order.first_bar += delay
            self._chosen = True
        return order

    def _shape(self, order: Order, style: ExecutionStyle, placing: Placing) -> None:
        """Give an order what its style has beside the prices."""
        if isinstance(style, TrailingStopOrder):
            order.trail = Trail(style.trail_amount, style.trail_percent, placing.price)
            order.move_stop()
        order.moment = _MOMENTS.get(type(style))
        if order.moment is not None:
            self._chosen = True
        if order.moment is Moment.OPEN:
            order.not_in, order.alone = placing.session, False

    def _add(
        self,
        asset: Asset,
        amount: float,
        prices: tuple[float | None, float | None],
        placing: Placing,
    ) -> Order:
        """Add an order of a limit and a stop price."""
        limit, stop = prices
        order = Order(
            len(self._orders) + 1,
            asset,
            amount,
            limit=limit,
            stop=stop,
            created=placing.dt,
            as_zipline=self._zipline,
        )
        if limit is not None and stop is None:
            order.resting = not order.reached(placing.price)
        order.first_bar = self._bar + 1
        self._orders[order.id] = self._touched[order.id] = order
        listed = self._open.get(asset)
        if listed is None:
            self._open[asset] = [order]
        else:
            listed.append(order)
        return order

    def _follow(self, order: Order, fill: Transaction, session: date) -> None:
        """Do to the orders around one what its fill entails."""
        if order.moment is Moment.OPEN:
            order.not_in = session
        if order.exits is not None:
            self._entered.append((order, fill))
        if order.entry is not None and order.entry.open:
            self._cancel(order.entry, fill.dt)
        partner = order.partner
        if partner is None or not partner.open:
            return
        if order.open:
            partner.give_up(fill.amount)
            self._touch(partner)
        if not order.open or not partner.open_amount:
            self._cancel(partner, fill.dt)

    def _refused(
        self, order: Order, amount: float, price: float, holdings: Holdings, dt: datetime
    ) -> bool:
        """Cancel an order on margin whose fill cannot be, and say why; return whether it is so."""
        first = self._open[order.asset][0]
        if order.reason == LIQUIDATION:
            return False
        if first.reason == LIQUIDATION:
            order.reason = "the position is being liquidated"
        else:
            order.reason = holdings.refusal(order.asset, amount, price)
        if order.reason is None:
            return False
        log.warning("%r is refused: %s.", order, order.reason)
        self.cancel(order.id, dt)
        return True

    def _leave(self, session: date) -> None:
        """Place the exits of what brackets have entered in this bar."""
        for entry, fill in self._entered:
            if entry.exits is None:
                continue
            placing = Placing(fill.dt, session, fill.price)
            stop, limit = entry.exits
            loss = self._add(entry.asset, -fill.amount, (None, stop), placing)
            profit = self._add(entry.asset, -fill.amount, (limit, None), placing)
            loss.pair(profit)
            loss.entry = profit.entry = entry
        self._entered.clear()

    def _expiring(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Return the open orders of an asset that the end of a session cancels."""
        if not self.daily:
            return orders
        if self._zipline:
            return orders[:1] if len(orders) > 1 else ()
        return [it for it in orders if it.first_bar <= self._bar]

    def _cancel(self, order: Order, dt: datetime, *, listed: bool = True) -> None:
        order.cancelled = True
        order.dt = dt
        self._stale[order.asset] = None
        if listed:
            self._touch(order)

    def _list_late(self) -> None:
        """List what the session before has cancelled after the fills of this one."""
        for order in self._late:
            self._touch(order)

    def _touch(self, order: Order) -> None:
        """List an order as the last that has changed in the session."""
        self._touched.pop(order.id, None)
        self._touched[order.id] = order
        if not order.open:
            self._stale[order.asset] = None

    def _prune(self) -> None:
        if not self._stale:
            return
        for asset in self._stale:
            left = [it for it in self._open.get(asset, ()) if it.open]
            if left:
                self._open[asset] = left
            else:
                self._open.pop(asset, None)
        self._stale.clear()
