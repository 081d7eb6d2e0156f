"""Everything a run owns: the positions strategies see, over the ledger that is exact.

Fills, commissions, dividends and splits are booked here, once, to both.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
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

# The decimals of quantities and costs, which are the same from fill to fill, as prices are not.
_exact = lru_cache(maxsize=4096, typed=True)(exact)

PRICE_UNIT = 10**lots.DECIMALS  # positions are valued at prices to 8 decimals, in whole numbers
_INT64 = 2.0**63

Floats = NDArray[np.float64]
Columns = NDArray[np.intp]


class Marks(Protocol):
    """Gives the prices to value positions at."""

    @property
    def column(self) -> Mapping[Asset, int]:
        """The number of each asset that may be held, from 0."""

    @property
    def version(self) -> int:
        """A number that changes when the prices may have."""

    def last_prices(self, columns: Columns) -> Floats:
        """Return the last known prices of assets, given by their numbers; trade currency."""

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
    amounts: Floats
    cost_bases: Floats
    prices: Floats

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row of the result frame for each position; `sid` is the asset."""
        return [
            {
                "sid": asset,
                "amount": amount if asset.fractional else int(amount),
                "cost_basis": basis,
                "last_sale_price": price,
            }
            for asset, amount, basis, price in zip(
                self.assets, *(it.tolist() for it in self[1:]), strict=True
            )
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
        self._whole = not any(it.fractional for it in marks.column)
        self._lots: dict[Asset, int] = {}  # units of 1e-8 in the order of positions; none of shares
        self._shorts: set[Asset] = set()
        # What is held as arrays: by column, and the columns in the order of positions.
        self._amounts, self._bases = (np.zeros(len(marks.column)) for _ in range(2))
        self._columns: dict[Asset, int] = {}
        self._assets: list[Asset] = []
        self._held_columns = np.zeros(0, dtype=np.intp)
        self._changed: dict[Asset, Position] = {}  # positions that the arrays do not show yet
        self._valued: tuple[int, int] = (-1, -1)  # what the valuation below is of
        self._valuation = Valuation(ZERO, ZERO, 0, 0, capital, ZERO, ZERO)

    @property
    def cash(self) -> Decimal:
        """Cash, trade currency; negative when borrowed."""
        return self.ledger.cash

    def fill(self, transaction: Transaction, session: date) -> None:
        """Book a fill."""
        asset, amount, price = transaction.asset, transaction.amount, transaction.price
        quantity = self.ledger.trade(session, asset.sid, _exact(amount), exact(price))
        position = self.positions.get(asset)
        if position is None:
            position = self.positions[asset] = Position(asset, self._marks.last_price)
        position.fill(amount, price, lots.plain(quantity, asset), session)
        self._settle(position, quantity)

    def commission(self, asset: Asset, cost: float, session: date) -> None:
        """Book the commission of a fill."""
        if not cost:
            return
        self._move(asset, session, "commission", COMMISSION, EXACT.minus(_exact(cost)))
        position = self.positions.get(asset)
        if position is not None:
            position.spread(cost)
            self._changed[asset] = position

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
        # Where nothing is held no price matters.
        now = (self._marks.version if self.positions else -1, len(self.ledger.booked))
        if now != self._valued:
            self._valuation = self._value()
            self._valued = now
        return self._valuation

    def snapshot(self) -> Snapshot:
        """Return what the positions are now, as columns."""
        assets, columns = self._held()
        prices = self._marks.last_prices(columns)
        return Snapshot(assets, self._amounts[columns], self._bases[columns], prices)

    def _value(self) -> Valuation:
        _, columns = self._held()
        prices = self._marks.last_prices(columns)
        amounts = self._amounts[columns]
        if self._whole and np.abs(amounts) @ prices < _INT64 / (2 * PRICE_UNIT):
            worth = amounts.astype(np.int64) * np.rint(prices * PRICE_UNIT).astype(np.int64)
            total = int(worth.sum())
            short = int(worth[worth < 0].sum()) if self._shorts else 0
        else:
            counts = map(int, amounts.tolist()) if self._whole else self._lots.values()
            worths = list(map(mul, counts, units(prices)))
            total, short = sum(worths), sum(it for it in worths if it < 0)
        lot = PRICE_UNIT if self._whole else 1
        long_value, short_value = money((total - short) * lot), money(short * lot)
        shorts = len(self._shorts)
        longs = len(columns) - shorts
        equity = self.ledger.equity(EXACT.add(long_value, short_value))
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

    def _held(self) -> tuple[list[Asset], Columns]:
        """Return what is held and its columns, in the order of positions, the arrays being up to date."""
        if self._changed:
            column = self._marks.column
            for asset, position in self._changed.items():
                self._amounts[column[asset]] = position.amount
                self._bases[column[asset]] = position.cost_basis
            self._changed.clear()
            self._assets = list(self._columns)
            numbers = self._columns.values()
            self._held_columns = np.fromiter(numbers, dtype=np.intp, count=len(numbers))
        return self._assets, self._held_columns

    def _settle(self, position: Position, quantity: Decimal) -> None:
        """Keep the column of a position beside it, and its lots; drop all when it is flat."""
        asset = position.asset
        self._changed[asset] = position
        if quantity:
            self._columns[asset] = self._marks.column[asset]
            if not self._whole:
                self._lots[asset] = int(EXACT.scaleb(quantity, lots.DECIMALS))
        else:
            del self.positions[asset], self._columns[asset]
            self._lots.pop(asset, None)
        if position.amount < 0:
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
