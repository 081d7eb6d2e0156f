"""The holdings of a run whose assets have terms: multipliers, margins, currencies of their own.

A position on margin costs nothing. What it would have cost is on the account ``notional``, a posting
an asset, so that cash plus notional plus the value of what is held is the equity, as ever; settling a
position moves what it has gained from there to cash. An account in another currency than the run's has
that currency in its name, and the account ``exchange`` stands between the two.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import numpy as np
from typing_extensions import override

from rustybt.assets import Asset
from rustybt.finance import lots
from rustybt.finance.holdings import Columns, Holdings, Marks, Valuation, money, units
from rustybt.finance.ledger import (
    CASH,
    EXACT,
    EXCHANGE,
    HOLDING,
    NOTIONAL,
    ZERO,
    Entry,
    Posting,
    exact,
)
from rustybt.finance.margin import MarginLine
from rustybt.finance.position import Position
from rustybt.finance.rates import Rates
from rustybt.finance.transaction import Transaction


class MixedHoldings(Holdings):
    """The positions and the books of a run with futures, perpetuals, options or several currencies.

    Parameters
    ----------
    capital
        Cash at the start, in the currency of `rates`.
    session
        First session.
    marks
        Gives the prices to value positions at.
    rates
        Prices of the other currencies.
    """

    def __init__(self, capital: Decimal, session: date, marks: Marks, rates: Rates) -> None:
        self._rates = rates
        self._session = session
        self._worths: dict[Asset, Decimal] = {}  # of a unit at a price of 1, in this session
        self._owed: dict[Asset, Decimal] = {}  # what is on `notional`, trade currency
        self._available = capital
        self._line: tuple[int, MarginLine] | None = None  # and the length of the journal it is of
        super().__init__(capital, session, marks)
        self._whole = False

    @property
    @override
    def cash(self) -> Decimal:
        """Cash, with what positions on margin have gained since they were settled."""
        self.value()
        return self._available

    @override
    def begin(self, session: date) -> None:
        self._session = session
        self._worths.clear()
        self._valued = (-1, -1)
        self._line = None

    @override
    def fill(self, transaction: Transaction, session: date) -> None:
        """Book a fill; its reason, if it has one, is the kind of the entry."""
        asset, amount, price = transaction.asset, transaction.amount, transaction.price
        kind = transaction.reason or "fill"
        units_of = exact(amount)
        cost = EXACT.multiply(EXACT.multiply(units_of, exact(price)), exact(asset.multiplier))
        holding = Posting(self._named(HOLDING, asset), cost, asset.sid, units_of)
        if asset.margined:
            owed = Posting(self._named(NOTIONAL, asset), EXACT.minus(cost), asset.sid)
            self.ledger.book(Entry(session, kind, (holding, owed)))
            self._owed[asset] = EXACT.subtract(self._owed.get(asset, ZERO), cost)
        else:
            self._pay(asset, session, kind, EXACT.minus(cost), holding)
        quantity = self.ledger.quantities.get(asset.sid, ZERO)
        position = self.positions.get(asset)
        if position is None:
            position = self.positions[asset] = Position(asset, self._marks.last_price)
        position.fill(amount, price, lots.plain(quantity, asset), session)
        self._end(position, quantity, session)

    @override
    def split(self, asset: Asset, ratio: float, session: date) -> None:
        """Restate a position for a split; a fraction of a unit is paid in cash."""
        position = self.positions.get(asset)
        if position is None:
            return
        before = self.ledger.quantities[asset.sid]
        in_lieu = EXACT.multiply(exact(position.split(ratio)), exact(asset.multiplier))
        after = exact(position.amount)
        more = EXACT.subtract(after, before)
        name = self._named(HOLDING, asset)
        self._pay(
            asset, session, "split", in_lieu, Posting(name, EXACT.minus(in_lieu), asset.sid, more)
        )
        self._end(position, after, session)

    @override
    def settle(self, session: date) -> None:
        """Book what positions on margin have gained at the last known prices as cash."""
        held = list(self._owed)
        prices = units(self._marks.last_prices(self._columns_of(held)))
        for asset, price in zip(held, prices, strict=True):
            worth = EXACT.multiply(money(self._lots[asset] * price), exact(asset.multiplier))
            gain = EXACT.add(worth, self._owed[asset])
            if gain:
                self._take_gain(asset, gain, session)
                self._owed[asset] = EXACT.minus(worth)

    @override
    def rate(self, asset: Asset) -> Decimal:
        return self._rates.of(asset, self._session)

    @override
    def refusal(self, asset: Asset, amount: float, price: float) -> str | None:
        held = self.ledger.quantities.get(asset.sid, ZERO)
        after = EXACT.add(held, exact(amount))
        if asset.initial_margin is None or abs(after) <= abs(held):
            return None
        others = (it for it in self._owed if it is not asset)
        needed = EXACT.add(
            self._required(others, initial=True), self._margin(asset, after, price, initial=True)
        )
        there = self.collateral()
        if needed <= there:
            return None
        return f"initial margin: {float(needed):g} needed, {float(there):g} there"

    @override
    def required(self, *, initial: bool) -> Decimal:
        return self._required(self._owed, initial=initial)

    @override
    def margin_call(self) -> list[Asset]:
        line = self._margin_line()
        if line.idle or line.holds(self._marks.last_prices(line.columns)):
            return []
        needed = self.required(initial=False)
        return list(self._owed) if self.collateral() < needed else []

    def collateral(self) -> Decimal:
        """Return what margins may be taken from: the equity less what is held and paid in full."""
        now = self.value()
        return EXACT.subtract(now.equity, now.long_value)

    @override
    def _move(self, asset: Asset, session: date, kind: str, account: str, amount: Decimal) -> None:
        other = Posting(self._named(account, asset), EXACT.minus(amount))
        self._pay(asset, session, kind, amount, other)

    @override
    def _value(self) -> Valuation:
        held, columns = self._held()
        paid, exposed, gained = [ZERO, ZERO], [ZERO, ZERO], ZERO  # longs, then shorts
        prices = units(self._marks.last_prices(columns))
        for asset, lot, price in zip(held, self._lots.values(), prices, strict=True):
            worth = EXACT.multiply(money(lot * price), self._worth(asset))
            side = 1 if lot < 0 else 0
            exposed[side] = EXACT.add(exposed[side], worth)
            if asset.margined:
                owed = EXACT.multiply(self._owed[asset], self.rate(asset))
                gained = EXACT.add(gained, EXACT.add(worth, owed))
            else:
                paid[side] = EXACT.add(paid[side], worth)
        self.ledger.require_balance()
        self._available = EXACT.add(self.ledger.cash, gained)
        equity = EXACT.add(self._available, EXACT.add(*paid))
        shorts = len(self._shorts)
        longs = len(held) - shorts
        return Valuation(paid[0], paid[1], longs, shorts, equity, exposed[0], exposed[1])

    def _worth(self, asset: Asset) -> Decimal:
        """Return what a unit at a price of 1 is worth, in the account's currency."""
        found = self._worths.get(asset)
        if found is None:
            found = EXACT.multiply(exact(asset.multiplier), self.rate(asset))
            self._worths[asset] = found
        return found

    def _required(self, assets: Iterable[Asset], *, initial: bool) -> Decimal:
        total = ZERO
        for asset in assets:
            price = self._marks.last_price(asset)
            quantity = self.ledger.quantities[asset.sid]
            total = EXACT.add(total, self._margin(asset, quantity, price, initial=initial))
        return total

    def _margin(self, asset: Asset, quantity: Decimal, price: float, *, initial: bool) -> Decimal:
        rate = (asset.initial_margin if initial else asset.maintenance_margin) or 0.0
        needed = EXACT.multiply(abs(quantity), exact(rate))
        if asset.asset_type == "future":  # trade currency a contract
            return EXACT.multiply(needed, self.rate(asset))
        return EXACT.multiply(EXACT.multiply(needed, exact(price)), self._worth(asset))

    def _margin_line(self) -> MarginLine:
        """Return what holding needs, which changes with the books and the session only."""
        booked = len(self.ledger.booked)
        if self._line is None or self._line[0] != booked:
            self._line = (booked, self._made_line())
        return self._line[1]

    def _made_line(self) -> MarginLine:
        assets = [*self._owed, *(it for it in self._shorts if not it.margined)]
        quantities = [float(self.ledger.quantities[it.sid]) for it in assets]
        worths = [float(self._worth(it)) for it in assets]
        rates = [it.maintenance_margin or 0.0 if it.margined else 0.0 for it in assets]
        fixed, asked = 0.0, []
        for asset, quantity, worth, rate in zip(assets, quantities, worths, rates, strict=True):
            a_contract = asset.asset_type == "future"
            asked.append(0.0 if a_contract else abs(quantity) * worth * rate)
            fixed += abs(quantity) * rate * float(self.rate(asset)) if a_contract else 0.0
        owed = sum(float(self._owed[it] * self.rate(it)) for it in self._owed)
        there = float(self.ledger.cash) + owed
        gained = np.array(quantities) * np.array(worths)
        columns = self._columns_of(assets)
        return MarginLine.of(columns, there, fixed, (gained, np.array(asked)))

    def _columns_of(self, assets: Iterable[Asset]) -> Columns:
        return np.array([self._marks.column[it] for it in assets], dtype=np.intp)

    def _end(self, position: Position, quantity: Decimal, session: date) -> None:
        """End a change of a position; one that is closed gives all that it has gained."""
        self._settle(position, quantity)
        if not quantity and position.asset.margined:
            self._take_gain(position.asset, self._owed.pop(position.asset), session)

    def _take_gain(self, asset: Asset, gain: Decimal, session: date) -> None:
        owed = Posting(self._named(NOTIONAL, asset), EXACT.minus(gain), asset.sid)
        self._pay(asset, session, "settlement", gain, owed)

    def _pay(self, asset: Asset, session: date, kind: str, amount: Decimal, other: Posting) -> None:
        """Book cash that comes in, in the currency of an asset, against another leg."""
        if not self._rates.foreign(asset):
            self.ledger.book(Entry(session, kind, (Posting(CASH, amount), other)))
            return
        legs = (Posting(self._named(EXCHANGE, asset), amount), other)
        self.ledger.book(Entry(session, kind, legs))
        own = EXACT.multiply(amount, self.rate(asset))
        legs = (Posting(CASH, own), Posting(EXCHANGE, EXACT.minus(own)))
        self.ledger.book(Entry(session, "exchange", legs))

    def _named(self, account: str, asset: Asset) -> str:
        return f"{account} {asset.currency}" if self._rates.foreign(asset) else account
