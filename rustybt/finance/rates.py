"""What other currencies are worth in that of the account, as a session knows it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from rustybt.assets import Asset
from rustybt.errors import MissingRateError
from rustybt.finance.ledger import ONE, exact

Known = Mapping[str, tuple[Sequence[date], Sequence[float | None]]]


class Rates:
    """Prices of currencies.

    Parameters
    ----------
    currency
        Of the account; None if nobody knows it: then everything trades in it.
    known
        Days in order and the prices of one unit on them, in the account's currency, by currency; None
        from a day on which it has ended.
    strict
        Whether an asset of unknown currency is refused rather than taken to trade in the account's.
    """

    def __init__(self, currency: str | None, known: Known, *, strict: bool = False) -> None:
        self.currency = currency
        self._known = known
        self._strict = strict

    def foreign(self, asset: Asset) -> bool:
        """Return whether an asset trades in another currency than the account's."""
        if asset.currency is None:
            return self._strict
        return self.currency is not None and asset.currency != self.currency

    def of(self, asset: Asset, session: date) -> Decimal:
        """Return what a unit of the currency of an asset is worth: the newest price before a session.

        Raises
        ------
        MissingRateError
            There is none or none any more, or the currency of the asset is unknown.
        """
        if not self.foreign(asset):
            return ONE
        currency, own = asset.currency, self.currency or ""
        days, prices = self._known.get(currency or "", ((), ()))
        newest = bisect_left(days, session) - 1
        price = prices[newest] if newest >= 0 else None
        if currency is None or price is None:
            told = (day for day, it in zip(days, prices, strict=True) if it and day < session)
            last = max(told, default=None)
            raise MissingRateError(currency, own, session, asset.symbol, last)
        return exact(price)
