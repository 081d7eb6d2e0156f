"""The double-entry books of a run, in exact decimals.

Every change of cash or of a quantity is an entry whose postings sum to zero; balances are nothing
but the sums of the journal, which replays to them. Floats come in as the decimal they print as.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Any, NamedTuple, Self, overload

from typing_extensions import override

from rustybt.errors import LedgerError

# A sum or product that does not fit raises instead of rounding. A price has 17 digits at most and
# a quantity 19, so the products of any run fit many times over.
EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, Overflow])
ZERO, ONE = Decimal(0), Decimal(1)
_add, _minus, _multiply = EXACT.add, EXACT.minus, EXACT.multiply  # by every fill

CASH, CAPITAL, HOLDING, COMMISSION, DIVIDEND, BORROW, FUNDING = (
    "cash",
    "capital",
    "holding",
    "commission",
    "dividend",
    "borrow",
    "funding",
)
NOTIONAL, EXCHANGE = "notional", "exchange"  # of positions on margin, and of several currencies


def exact(value: float | Decimal) -> Decimal:
    """Return the shortest decimal that reads back as the float; an int or a Decimal as it is."""
    if type(value) is float:
        return Decimal(repr(value))
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    return Decimal(repr(float(value)))  # NumPy's floats print otherwise


class Posting(NamedTuple):
    """One leg of an entry.

    `value` is trade currency, debits positive. Only legs of the accounts ``holding`` and ``notional``
    have a `sid`, and a `quantity` in units, which is 0 for the latter.
    """

    account: str
    value: Decimal
    sid: int | None = None
    quantity: Decimal = ZERO


class Entry(NamedTuple):
    """One booking: the session, why, and its legs."""

    session: date
    kind: str
    postings: tuple[Posting, ...]


# A posting and an entry as plain tuples, of the same fields: a run makes them by the hundred thousand.
Leg = tuple[str, Decimal, int | None, Decimal]
Booked = tuple[date, str, tuple[Leg, ...]]


class Journal(Sequence[Entry]):
    """Entries in the order of booking, each made when it is looked at.

    Parameters
    ----------
    booked
        The entries as plain tuples; what is added there is seen here.
    """

    __slots__ = ("booked",)

    def __init__(self, booked: Sequence[Booked]) -> None:
        self.booked = booked

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...

    @override
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Journal(self.booked[index])
        session, kind, legs = self.booked[index]
        return Entry(session, kind, tuple(Posting(*it) for it in legs))

    @override
    def __len__(self) -> int:
        return len(self.booked)


class Ledger:
    """Balances and quantities, and the journal they are the sums of.

    Attributes
    ----------
    booked
        All entries in the order of booking, as plain tuples.
    quantities
        Units held by sid; no entry for a sid that is flat.
    """

    def __init__(self) -> None:
        self.booked: list[Booked] = []
        self.quantities: dict[int, Decimal] = {}
        self._balances: dict[str, Decimal] = defaultdict(Decimal)

    @classmethod
    def replay(cls, journal: Iterable[Entry]) -> Self:
        """Return the ledger that a journal leads to."""
        ledger = cls()
        for entry in journal:
            ledger.book(entry)
        return ledger

    @property
    def journal(self) -> Journal:
        """All entries in the order of booking."""
        return Journal(self.booked)

    @property
    def cash(self) -> Decimal:
        """Balance of the cash account, trade currency; negative when borrowed."""
        return self._balances[CASH]

    def balance(self, account: str) -> Decimal:
        """Return the balance of an account, debits positive; 0 for one never posted to."""
        return self._balances.get(account, ZERO)

    def book(self, entry: Booked) -> None:
        """Book an entry, which may be a plain tuple.

        Raises
        ------
        LedgerError
            Its postings do not sum to zero.
        """
        session, kind, legs = entry
        add, balances = EXACT.add, self._balances
        total = ZERO
        for _, value, _, _ in legs:
            total = add(total, value)
        if total:
            raise LedgerError(f"an entry {kind!r} of {session}", total)
        for account, value, sid, quantity in legs:
            balances[account] = add(balances[account], value)
            if sid is not None and quantity:
                self._hold(sid, quantity)
        self.booked.append(entry)

    def move_cash(self, session: date, kind: str, other: str, amount: Decimal) -> None:
        """Book cash that comes in (goes out, when negative) against an account without units."""
        against = EXACT.minus(amount)
        self._book_two(session, kind, (CASH, amount, None, ZERO), (other, against, None, ZERO))

    def trade(self, session: date, sid: int, quantity: Decimal, price: Decimal) -> Decimal:
        """Book units bought (sold, when negative) at a price; return the units held now."""
        cost = _multiply(quantity, price)
        self._book_two(
            session, "fill", (HOLDING, cost, sid, quantity), (CASH, _minus(cost), None, ZERO)
        )
        return self._hold(sid, quantity)

    def split(self, session: date, sid: int, quantity: Decimal, in_lieu: Decimal) -> None:
        """Book units gained (lost, when negative) by a split, and the cash for a fraction."""
        against = EXACT.minus(in_lieu)
        legs = ((CASH, in_lieu, None, ZERO), (HOLDING, against, sid, quantity))
        self.book((session, "split", legs))

    def _book_two(self, session: date, kind: str, one: Leg, other: Leg) -> None:
        """Book an entry of two legs, as nearly all are; what they hold is left to the caller."""
        balances = self._balances
        account, value, _, _ = one
        against, taken, _, _ = other
        total = _add(value, taken)
        if total:
            raise LedgerError(f"an entry {kind!r} of {session}", total)
        balances[account] = _add(balances[account], value)
        balances[against] = _add(balances[against], taken)
        self.booked.append((session, kind, (one, other)))

    def _hold(self, sid: int, more: Decimal) -> Decimal:
        quantity = _add(self.quantities.get(sid, ZERO), more)
        if quantity:
            self.quantities[sid] = quantity
        else:
            self.quantities.pop(sid, None)
        return quantity

    def equity(self, value: Decimal) -> Decimal:
        """Return cash plus the market value of the holdings, checked from both sides of the books.

        Parameters
        ----------
        value
            Sum of quantity times price over the holdings, trade currency.

        Raises
        ------
        LedgerError
            It differs from capital and results plus what the holdings have gained.
        """
        owned = EXACT.add(self.cash, value)
        owed = EXACT.subtract(value, self.balance(HOLDING))
        for account in (CAPITAL, COMMISSION, DIVIDEND, BORROW):
            owed = EXACT.subtract(owed, self.balance(account))
        if owned != owed:
            raise LedgerError("equity", EXACT.subtract(owned, owed))
        return owned

    def require_balance(self) -> None:
        """Check that the accounts of each currency sum to zero; a foreign one is in their names.

        Raises
        ------
        LedgerError
            Names the currency whose accounts do not.
        """
        totals: dict[str, Decimal] = {}
        for account, balance in self._balances.items():
            currency = account.partition(" ")[2]
            totals[currency] = EXACT.add(totals.get(currency, ZERO), balance)
        for currency, total in totals.items():
            if total:
                raise LedgerError(f"the accounts in {currency or 'the own currency'}", total)
