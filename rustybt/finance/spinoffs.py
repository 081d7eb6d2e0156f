"""Shares of another asset that those who hold one receive: what a spin-off pays."""

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from rustybt.assets import Asset
from rustybt.finance import lots
from rustybt.finance.actions import Action
from rustybt.finance.holdings import Holdings
from rustybt.finance.ledger import DIVIDEND, EXACT, ZERO, exact
from rustybt.finance.transaction import Transaction

SPINOFF: Final = "spinoff"  # kind of the action, and the reason of what is received


class SpinOffs:
    """The shares that are due to a portfolio.

    They come when a price of them is known, at that price: with the session, or after the first bar of
    what has never traded before. Their worth is booked as a dividend and paid for them, and what is less
    than a share stays as cash. A short owes them.

    Parameters
    ----------
    holdings
        The portfolio.
    asset_of
        Gives the asset of a sid.
    price_of
        Gives the last known price of an asset; NaN if there is none.

    Attributes
    ----------
    due
        What has no price yet: assets and exact quantities. It stays the same list.
    """

    def __init__(
        self,
        holdings: Holdings,
        asset_of: Callable[[int], Asset],
        price_of: Callable[[Asset], float],
    ) -> None:
        self._holdings, self._asset_of, self._price_of = holdings, asset_of, price_of
        self.due: list[tuple[Asset, Decimal]] = []

    def note(self, action: Action) -> None:
        """Note what the units that are held now will be paid, if the bundle has those shares."""
        quantity = self._holdings.ledger.quantities.get(action.sid, ZERO)
        if quantity and action.shares and action.payment_sid is not None:
            shares = EXACT.multiply(quantity, exact(action.shares))
            self.due.append((self._asset_of(action.payment_sid), shares))

    def receive(self, session: date, now: datetime) -> None:
        """Book the shares that are due and have a price."""
        due = self.due.copy()
        self.due.clear()
        for asset, quantity in due:
            price = self._price_of(asset)
            if math.isnan(price):
                self.due.append((asset, quantity))
                continue
            each = EXACT.multiply(exact(price), exact(asset.multiplier))
            worth = EXACT.multiply(quantity, each)
            self._holdings.charge(asset, DIVIDEND, EXACT.minus(worth), session)
            amount = lots.ordered(float(quantity), asset)
            if amount:
                received = Transaction(asset, amount, price, now, None, SPINOFF)
                self._holdings.fill(received, session)
