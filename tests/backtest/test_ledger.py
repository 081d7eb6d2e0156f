"""The books: exact, balanced, replayable."""

from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.errors import LedgerError
from rustybt.finance.ledger import CAPITAL, CASH, COMMISSION, HOLDING, Entry, Ledger, Posting, exact

DAY = date(2020, 1, 6)

prices = st.floats(min_value=1e-6, max_value=1e9).map(exact)
quantities = st.one_of(
    st.integers(-1_000_000, 1_000_000), st.floats(-1e6, 1e6).map(lambda it: round(it, 8))
).map(exact)
trades = st.lists(st.tuples(st.integers(0, 3), quantities, prices), max_size=30)


def ledger_of(stream):
    ledger = Ledger()
    ledger.move_cash(DAY, "capital", CAPITAL, Decimal(1_000_000))
    for sid, quantity, price in stream:
        ledger.trade(DAY, sid, quantity, price)
        ledger.move_cash(DAY, "commission", COMMISSION, price.copy_negate())
    return ledger


def test_a_float_becomes_the_decimal_it_prints_as():
    assert exact(0.1) == Decimal("0.1")


def test_an_entry_that_does_not_sum_to_zero_is_refused():
    entry = Entry(DAY, "fill", (Posting(CASH, Decimal(1)), Posting(HOLDING, Decimal(-2), 0)))
    with pytest.raises(LedgerError, match="is off by -1"):
        Ledger().book(entry)


def test_a_refused_entry_leaves_no_trace():
    ledger = Ledger()
    with pytest.raises(LedgerError):
        ledger.book(Entry(DAY, "x", (Posting(CASH, Decimal(1)),)))
    assert not ledger.journal
    assert ledger.cash == 0


def test_equity_that_the_other_side_of_the_books_does_not_show_is_refused():
    ledger = ledger_of([])
    ledger._balances[CASH] += Decimal("0.01")
    with pytest.raises(LedgerError, match="equity"):
        ledger.equity(Decimal(0))


def test_tenths_bought_and_sold_end_flat():
    tenths = [(0, exact(it), exact(7.3)) for it in (0.1, 0.2, -0.3)]
    assert ledger_of(tenths).quantities == {}


@given(trades)
def test_every_entry_sums_to_zero(stream):
    with localcontext(prec=200):
        sums = [sum(it.value for it in entry.postings) for entry in ledger_of(stream).journal]
    assert not any(sums)


@given(trades)
def test_the_journal_replays_to_the_same_books(stream):
    ledger = ledger_of(stream)
    again = Ledger.replay(ledger.journal)
    assert (again._balances, again.quantities) == (ledger._balances, ledger.quantities)


@given(trades, prices)
def test_equity_is_cash_plus_quantity_times_price(stream, price):
    ledger = ledger_of(stream)
    with localcontext(prec=200):
        value = sum((it * price for it in ledger.quantities.values()), Decimal(0))
        assert ledger.equity(value) == ledger.cash + value


@given(trades)
def test_cash_is_the_exact_sum_of_all_flows(stream):
    with localcontext(prec=200):
        flows = Decimal(1_000_000) - sum(q * p + p for _, q, p in stream)
        assert ledger_of(stream).cash == flows
