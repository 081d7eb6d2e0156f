"""The end of assets: contracts that expire, and whatever had its last session."""

from bisect import bisect_right
from datetime import date, datetime, timedelta

from rustybt.assets import Asset
from rustybt.errors import ExpiryError, UnknownSymbolError
from rustybt.finance.blotter import Blotter
from rustybt.finance.holdings import Holdings
from rustybt.finance.transaction import Transaction
from rustybt.simulation.market import Market
from rustybt.simulation.panel import Panel


class Endings:
    """Closes positions in what has ended, and cancels its orders; for no cost.

    A contract ends with the session of its expiry: an option at what it is worth at the last price of
    its underlying, others at their own last price. Anything else is closed at its last known price when
    the session after its last one ends.

    Parameters
    ----------
    market
        Its assets and sessions.
    panel
        Gives the last known prices.
    holdings, blotter
        Of the run.
    """

    def __init__(self, market: Market, panel: Panel, holdings: Holdings, blotter: Blotter) -> None:
        self._market, self._panel = market, panel
        self._holdings, self._blotter = holdings, blotter
        self._closing: dict[int, list[Asset]] = {}
        self._closes: dict[Asset, int] = {}
        for asset in market.assets:
            if asset.expiry is None:
                number = market.number(asset.last_session + timedelta(days=1))
            else:
                number = bisect_right(market.labels, asset.expiry) - 1
            self._closing.setdefault(number, []).append(asset)
            self._closes[asset] = number

    def close(self, number: int, session: date, now: datetime) -> None:
        """Close what ends with a session.

        Raises
        ------
        ExpiryError
            An option is held whose underlying has no price.
        """
        for asset in self._blotter.waiting:
            if self._closes[asset] <= number:
                self._blotter.cancel_all(asset, now)
        for asset in self._closing.get(number, ()):
            amount = self._holdings.positions[asset].amount
            if amount:
                reason = "delisting" if asset.expiry is None else "expiry"
                price = self._price(asset, session)
                transaction = Transaction(asset, -amount, price, now, None, reason)
                self._holdings.fill(transaction, session)
                self._blotter.close(transaction)

    def _price(self, asset: Asset, session: date) -> float:
        if asset.asset_type != "option":
            return self._panel.last_price(asset)
        underlying, strike = self._settled_at(asset, session), asset.strike or 0.0
        gain = underlying - strike if asset.option_right == "call" else strike - underlying
        return max(round(gain, 8), 0.0)

    def _settled_at(self, option: Asset, session: date) -> float:
        name = option.underlying or ""
        try:
            underlying = self._market.finder.lookup_symbol(name, session)
        except UnknownSymbolError as error:
            raise ExpiryError(
                option.symbol, name, session, "the bundle does not have it"
            ) from error
        price = self._panel.last_price(underlying)
        if price != price:  # noqa: PLR0124 - NaN
            raise ExpiryError(option.symbol, name, session, "it has no price yet")
        return price
