"""Quantities: whole shares, lots of coins and currencies, in runs."""

from datetime import date

import pytest

from rustybt.assets import Asset
from rustybt.finance import lots
from rustybt.finance.order import Order
from rustybt.runner import run_algorithm

DAY = date(2020, 1, 6)


def asset(kind):
    return Asset(0, "A", "XNYS", kind, DAY, DAY)


@pytest.mark.parametrize(
    ("kind", "units"),
    [("equity", 2), ("future", 2), ("crypto", 2.71828183), ("forex", 2.71828183)],
)
def test_coins_and_currencies_trade_in_parts_and_all_else_in_wholes(kind, units):
    assert lots.ordered(2.718281828459, asset(kind)) == units


def test_a_sum_of_lots_is_exact():
    assert lots.summed(0.1, 0.2, asset("crypto")) == 0.3


def test_less_than_a_lot_is_no_order(make_bundle):
    root = make_bundle({"BTC/USDT": [7000.0] * 3}, crypto=True)
    found = []

    def handle_data(context, data):
        found.append(context.order(context.symbol("BTC/USDT"), 4e-9))

    run_algorithm("2020-01-06", "2020-01-08", handle_data=handle_data, root=root, store=False)
    assert found == [None] * 3


def test_parts_given_up_by_a_pair_stay_lots():
    order = Order(1, asset("crypto"), 0.3, limit=1.0, stop=None, created=None)
    order.give_up(0.1)
    assert (order.amount, order.open_amount) == (0.2, 0.2)


def test_a_pair_gives_up_no_more_than_it_has():
    order = Order(1, asset("equity"), 5, limit=1.0, stop=None, created=None)
    order.give_up(7)
    assert (order.amount, order.open_amount) == (0, 0)
