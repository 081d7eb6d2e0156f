"""Quantities: whole shares, lots of coins and currencies, in runs."""

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import told

from rustybt.assets import Asset
from rustybt.finance import lots, slippage
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


@pytest.mark.parametrize(
    "model",
    [
        slippage.NoSlippage(),
        slippage.FixedSlippage(0.002),
        slippage.FixedBasisPointsSlippage(),
        slippage.VolumeShareSlippage(),
        slippage.VolatilityVolumeShare(0.1),
    ],
    ids=repr,
)
def test_currencies_fill_whole_where_their_bars_have_no_volume(make_bundle, model):
    closes = [(1.1 + it / 1000, 0) for it in range(4)]
    terms = {"symbol": ["EUR"], "asset_type": ["forex"], "lot_size": [1000.0]}
    root = told(make_bundle({"EUR": closes}, crypto=True), **terms)
    stale = []

    def initialize(context):
        context.set_slippage(model)

    def handle_data(context, data):
        stale.append(data.is_stale(context.symbol("EUR")))
        if len(stale) == 1:
            for _ in range(2):
                context.order(context.symbol("EUR"), 5_000_000)

    span = "2020-01-06", "2020-01-09"
    perf = run_algorithm(*span, initialize, handle_data=handle_data, root=root, store=False)
    assert [it["amount"] for it in perf["transactions"].iloc[1]] == [5_000_000] * 2
    assert stale == [False] * 4


def test_a_share_without_volume_is_stale_and_fills_nothing(make_bundle):
    root = make_bundle({"A": [(10.0, 100), (10.0, 0), (10.0, 100), (10.0, 100)]})
    stale = []

    def handle_data(context, data):
        asset = context.symbol("A")
        stale.append((data.is_stale(asset), data.is_stale([asset]).item()))
        if len(stale) == 1:
            context.order(asset, 5)

    perf = run_algorithm(
        "2020-01-06", "2020-01-09", handle_data=handle_data, root=root, store=False
    )
    assert perf["transactions"].map(len).to_list() == [0, 0, 1, 0]
    assert stale == [(False, False), (True, True), (False, False), (False, False)]
