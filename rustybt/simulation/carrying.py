"""What positions entail while they are held: funding, calls for margin, the cost of borrowing."""

from bisect import bisect_left
from collections import deque
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from rustybt.assets import Asset
from rustybt.finance.blotter import Blotter
from rustybt.finance.borrow import BorrowCost
from rustybt.finance.holdings import Holdings
from rustybt.finance.ledger import BORROW, EXACT, FUNDING, exact
from rustybt.finance.order import Placing
from rustybt.simulation.clock import Clock
from rustybt.simulation.market import Market
from rustybt.simulation.panel import Panel

_YEAR = 365  # days
_SMALLEST = Decimal("1e-8")  # trade currency, of a cost that has to be rounded


class Exchange(NamedTuple):
    """An exchange of funding: the bar in which it is, asset and fraction of the value that longs pay."""

    bar: int
    asset: Asset
    rate: float


class Carry:
    """Charges what is held, bar by bar and session by session.

    Parameters
    ----------
    market
        Where the rates of funding come from.
    panel
        Gives the last known prices.
    clock
        Stands at the first bar of the run.
    holdings, blotter
        Of the run.

    Attributes
    ----------
    each_bar
        Whether a bar may charge anything: whether the bundle has assets that trade on margin.
    borrow
        What shorts cost.
    """

    def __init__(
        self, market: Market, panel: Panel, clock: Clock, holdings: Holdings, blotter: Blotter
    ) -> None:
        self.each_bar = any(it.margined for it in market.assets)
        self.borrow = BorrowCost()
        self._lent = any(it.borrow_rate for it in market.assets)
        self._market, self._panel, self._clock = market, panel, clock
        self._holdings, self._blotter = holdings, blotter
        self._funded = self.each_bar and market.funded
        self._asked = panel.timeline.instant(max(clock.bar - 1, 0))
        self._coming: deque[Exchange] = deque()

    def begin(self, session: date) -> None:
        """Begin a session: take its prices of currencies, and ask for its funding."""
        self._holdings.begin(session)
        if self._funded:
            instant = self._panel.timeline.instant
            bars = range(self._clock.bar, self._clock.until)
            closed = instant(bars[-1])
            for at, asset, rate in self._market.funding(self._asked, closed):
                bar = bars[bisect_left(bars, at, key=instant)]
                self._coming.append(Exchange(bar, asset, rate))
            self._asked = closed

    def fund(self, session: date) -> None:
        """Exchange the funding since the bar before, on what was held then, at the price of now."""
        coming = self._coming
        while coming and coming[0].bar <= self._clock.bar:
            _, asset, rate = coming.popleft()
            held = self._holdings.ledger.quantities.get(asset.sid)
            if held:
                cost = EXACT.multiply(self._worth(asset, held), exact(rate))
                self._holdings.charge(asset, FUNDING, cost, session)

    def call(self, session: date) -> None:
        """Order positions on margin to be closed at the next bar if they lack what holding needs."""
        for asset in self._holdings.margin_call():
            amount = self._holdings.positions[asset].amount
            self._blotter.liquidate(asset, -amount, Placing(self._clock.now, session))

    def end(self, session: date, days: int) -> None:
        """End a session: charge shorts for the nights to the next, and settle what is on margin."""
        if self._lent or self.borrow.rate:
            self._charge_shorts(session, days)
        self._holdings.settle(session)

    def _charge_shorts(self, session: date, days: int) -> None:
        for asset, position in self._holdings.positions.items():
            rate = self.borrow.yearly(asset)
            if position.amount < 0 and rate and not asset.margined and asset.asset_type != "option":
                worth = self._worth(asset, exact(-position.amount))
                cost = worth * exact(rate) * days / _YEAR
                self._holdings.charge(asset, BORROW, cost.quantize(_SMALLEST), session)

    def _worth(self, asset: Asset, units: Decimal) -> Decimal:
        price = exact(self._panel.last_price(asset))
        return EXACT.multiply(EXACT.multiply(units, price), exact(asset.multiplier))
