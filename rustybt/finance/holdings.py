"""Everything a run owns: the positions strategies see, over the ledger that is exact.

Fills, commissions, dividends and splits are booked here, once, to both.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from operator import mul
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rustybt.assets import Asset
from rustybt.finance import lots
from rustybt.finance.actions import Action
from rustybt.finance.ledger import CAPITAL, COMMISSION, DIVIDEND, EXACT, ONE, ZERO, Ledger, exact
from rustybt.finance.position import Position, Positions
from rustybt.finance.transaction import Transaction

PRICE_UNIT = 10**lots.DECIMALS  # positions are valued at prices to 8 decimals, in whole numbers
_INT64 = 2.0**63


class Marks(Protocol):
    """Gives the prices to value positions at."""

    @property
    def version(self) -> int:
        """A number that changes when the prices may have."""

    def last_prices(self, assets: Sequence[Asset]) -> NDArray[np.float64]:
        """Return the last known price of each asset, trade currency."""

    def last_price(self, asset: Asset) -> float:
        """Return the last known price of one asset, trade currency."""


class Valuation(NamedTuple):
    """Market value of the holdings, currency of the account; that of shorts is at most 0.

    An exposure is what is at stake: the value, and that of positions on margin, which are worth
    nothing themselves.
    """

    long_value: Decimal
    short_value: Decimal
    longs: int
    shorts: int
    equity: Decimal
    long_exposure: Decimal
    short_exposure: Decimal

    @property
    def net_value(self) -> Decimal:
        """Value of longs and shorts together."""
        return EXACT.add(self.long_value, self.short_value)

    @property
    def net_exposure(self) -> Decimal:
        """Exposure of longs and shorts together."""
        return EXACT.add(self.long_exposure, self.short_exposure)


class Snapshot(NamedTuple):
    """Positions at one moment, as columns: assets, units, cost basis and last price."""

    assets: list[Asset]
    amounts: list[float]
    cost_bases: list[float]
    prices: list[float]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row of the result frame for each position; `sid` is the asset."""
        return [
            {"sid": asset, "amount": amount, "cost_basis": basis, "last_sale_price": price}
            for asset, amount, basis, price in zip(*self, strict=True)
        ]


class Holdings:
    """The positions and the books of a run.

    Parameters
    ----------
    capital
        Cash at the start, trade currency.
    session
        First session.
    marks
        Gives the prices to value positions at.
    """

    def __init__(self, capital: Decimal, session: date, marks: Marks) -> None:
        self.positions = Positions()
        self.ledger = Ledger()
        self.ledger.move_cash(session, "capital", CAPITAL, capital)
        self._marks = marks
        self._unpaid: list[tuple[date, Asset, Decimal]] = []
        self._assets: list[Asset] = []
        self._lots: dict[Asset, int] = {}  # units of 1e-8, in the order of positions
        self._shorts: set[Asset] = set()
        self._changed = False
        self._valued: tuple[int, int] = (-1, -1)
        self._valuation = Valuation(ZERO, ZERO, 0, 0, capital, ZERO, ZERO)

    @property
    def cash(self) -> Decimal:
        """Cash, trade currency; negative when borrowed."""
        return self.ledger.cash

    def fill(self, transaction: Transaction, session: date) -> None:
        """Book a fill."""
        asset, amount, price, *_ = transaction
        self.ledger.trade(session, asset.sid, exact(amount), exact(price))
        quantity = self.ledger.quantities.get(asset.sid, ZERO)
        position = self.positions.get(asset)
        if position is None:
            position = self.positions[asset] = Position(asset, self._marks.last_price)
        position.fill(amount, price, lots.plain(quantity, asset), session)
        self._settle(position, quantity)

    def commission(self, asset: Asset, cost: float, session: date) -> None:
        """Book the commission of a fill."""
        if not cost:
            return
        self._move(asset, session, "commission", COMMISSION, EXACT.minus(exact(cost)))
        self.positions[asset].spread(cost)

    def charge(self, asset: Asset, account: str, cost: Decimal, session: date) -> None:
        """Book what holding a position costs (yields, when negative), trade currency."""
        if cost:
            self._move(asset, session, account, account, EXACT.minus(cost))

    def change_capital(self, amount: Decimal, session: date) -> None:
        """Book cash paid in by the owner; paid out, when negative."""
        self.ledger.move_cash(session, "capital", CAPITAL, amount)

    def earn(self, asset: Asset, action: Action, pay_date: date) -> None:
        """Note the dividend of the units held now, to be paid on `pay_date`; a short owes it."""
        quantity = self.ledger.quantities.get(asset.sid)
        if quantity and action.amount:
            self._unpaid.append((pay_date, asset, EXACT.multiply(quantity, action.amount)))

    def pay(self, session: date) -> None:
        """Book the dividends noted for payment up to a session."""
        due = [it for it in self._unpaid if it[0] <= session]
        if due:
            self._unpaid = [it for it in self._unpaid if it[0] > session]
        for _, asset, cash in due:
            self._move(asset, session, "dividend", DIVIDEND, cash)

    def split(self, asset: Asset, ratio: float, session: date) -> None:
        """Restate a position for a split; a fraction of a share is paid in cash."""
        if asset not in self.positions:
            return
        position = self.positions[asset]
        before = self.ledger.quantities[asset.sid]
        in_lieu = exact(position.split(ratio))
        after = exact(position.amount)
        self.ledger.split(session, asset.sid, EXACT.subtract(after, before), in_lieu)
        self._settle(position, after)

    def begin(self, session: date) -> None:
        """Take the prices of currencies as a session knows them."""

    def settle(self, session: date) -> None:
        """Book what positions on margin have gained at the last known prices as cash."""

    def rate(self, asset: Asset) -> Decimal:  # noqa: ARG002 - of assets in other currencies
        """Return what a unit of the currency of an asset is worth in that of the account.

        Raises
        ------
        MissingRateError
            Nobody knows.
        """
        return ONE

    def refusal(self, asset: Asset, amount: float, price: float) -> str | None:  # noqa: ARG002 - of assets on margin
        """Return why a fill cannot be: the margin is not there; None if it can."""
        return None

    def required(self, *, initial: bool) -> Decimal:  # noqa: ARG002 - of assets on margin
        """Return the margin that all positions need to be opened or held, account's currency."""
        return ZERO

    def margin_call(self) -> list[Asset]:
        """Return the positions to be liquidated because the margin to hold them is not there."""
        return []

    def value(self) -> Valuation:
        """Return the market value of everything at the last known prices, exact.

        Raises
        ------
        LedgerError
            The books do not balance.
        """
        now = (self._marks.version, len(self.ledger.journal))
        if now != self._valued:
            self._valuation = self._value()
            self._valued = now
        return self._valuation

    def snapshot(self) -> Snapshot:
        """Return what the positions are now, as columns."""
        held = self._held()
        positions = self.positions.values()
        return Snapshot(
            held,
            [it.amount for it in positions],
            [it.cost_basis for it in positions],
            self._marks.last_prices(held).tolist(),
        )

    def _value(self) -> Valuation:
        held = self._held()
        worth = list(map(mul, self._lots.values(), units(self._marks.last_prices(held))))
        short = sum(it for it in worth if it < 0) if self._shorts else 0
        long_value, short_value = money(sum(worth) - short), money(short)
        longs = len(held) - len(self._shorts)
        equity = self.ledger.equity(EXACT.add(long_value, short_value))
        shorts = len(held) - longs
        return Valuation(long_value, short_value, longs, shorts, equity, long_value, short_value)

    def _move(
        self,
        asset: Asset,  # noqa: ARG002 - whose currency it is in, where there are several
        session: date,
        kind: str,
        account: str,
        amount: Decimal,
    ) -> None:
        """Book cash that comes in (goes out, when negative) for an asset, trade currency."""
        self.ledger.move_cash(session, kind, account, amount)

    def _held(self) -> list[Asset]:
        if self._changed:
            self._changed = False
            self._assets = list(self.positions)
        return self._assets

    def _settle(self, position: Position, quantity: Decimal) -> None:
        """Keep the lots of a position beside it; drop both when it is flat."""
        asset = position.asset
        self._changed = True
        if quantity:
            self._lots[asset] = int(EXACT.scaleb(quantity, lots.DECIMALS))
        else:
            del self.positions[asset]
            self._lots.pop(asset, None)
        if quantity < 0:
            self._shorts.add(asset)
        else:
            self._shorts.discard(asset)


def units(prices: NDArray[np.float64]) -> list[int]:
    """Return prices as whole numbers of 1e-8."""
    scaled = np.rint(prices * PRICE_UNIT)
    if not len(scaled) or np.abs(scaled).max() < _INT64:
        whole: list[int] = scaled.astype(np.int64).tolist()
        return whole
    return [int(it) for it in scaled.tolist()]


def money(lots_times_price: int) -> Decimal:
    """Return units of 1e-8 times prices of 1e-8 as money."""
    return EXACT.scaleb(Decimal(lots_times_price), -2 * lots.DECIMALS)
