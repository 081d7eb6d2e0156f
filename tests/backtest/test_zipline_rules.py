"""Rules of zipline that a run keeps, or keeps with ``compat="zipline"`` alone; found by `tests/campaigns`."""

import math
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day

from rustybt import api
from rustybt.errors import TradingControlError
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage, VolumeShareSlippage
from rustybt.runner import run_algorithm


def lived(root, sessions, plan, prepare=lambda _: None, **options):
    """Do by plan, a function by the number of a bar, and return the result frame and what they returned."""
    state, found = {"bar": -1}, []

    def handle_data(context, data):
        state["bar"] += 1
        if state["bar"] in plan:
            found.append(plan[state["bar"]](context, data))

    options = {"slippage": NoSlippage(), "commission": NoCommission(), **options}
    perf = run_algorithm(
        day(0), day(sessions - 1), prepare, 1000.0, handle_data, root=root, store=False, **options
    )
    return perf, found


def buy(name, units, **prices):
    return lambda context, _: context.order(context.symbol(name), units, **prices)


def listed(perf, number):
    return [(it["amount"], it["filled"], it["status"]) for it in perf["orders"].iloc[number]]


@pytest.mark.parametrize(("compat", "reached"), [("sane", True), ("zipline", False)])
def test_a_stop_limit_order_becomes_a_limit_order(make_bundle, compat, reached):
    root = make_bundle({"A": [10.0, 12.0, 10.0]})
    perf, _ = lived(root, 3, {0: buy("A", 5, limit_price=11, stop_price=11)}, compat=compat)
    (row,) = perf["orders"].iloc[2]
    assert (row["filled"], row["stop"], row["stop_reached"]) == (5, None, reached)


@pytest.mark.parametrize("compat", ["sane", "zipline"])
def test_a_split_truncates_what_is_left_of_an_order_alone(make_bundle, compat):
    root = make_bundle(
        {"A": [(10.0, 50), (10.0, 3), (10.0, 0)]}, actions=[("A", 2, "split", 2.0, None, None)]
    )
    plan = {0: buy("A", 8), 2: lambda context, _: context.get_order(1).amount}
    model = VolumeShareSlippage(1.0, 0.0)
    _, found = lived(root, 3, plan, slippage=model, compat=compat)
    assert found[1] == 1 + 2  # 3 filled of 8, each part halved


@pytest.mark.parametrize(("compat", "session", "without"), [("sane", 1, 2), ("zipline", 2, 3)])
def test_when_an_order_that_a_session_cancels_is_listed(make_bundle, compat, session, without):
    root = make_bundle({"A": [10.0] * 4})

    def both(context, _data):
        return [context.order(context.symbol("A"), 5, limit_price=price) for price in (2, 3)]

    def prepare(context):
        context.set_cancel_policy(api.EODCancel(warn_on_cancel=False))

    # zipline cancels at the end of the session in which they are placed, and the first of two only.
    at = 0 if compat == "sane" else 1
    perf, _ = lived(root, 4, {at: both}, prepare, compat=compat)
    cancelled = [[it[2] for it in listed(perf, number)].count(2) for number in range(4)]
    assert cancelled[session] == (2 if compat == "sane" else 1)
    assert not cancelled[without]


def test_zipline_asks_no_control_for_a_batch(make_bundle):
    root = make_bundle({"A": [10.0] * 3})

    def batch(context, _data):
        return len(context.batch_market_order({context.symbol("A"): 9}))

    def prepare(context):
        context.set_max_order_size(max_shares=5)

    assert lived(root, 3, {0: batch}, prepare, compat="zipline")[1] == [1]
    with pytest.raises(TradingControlError):
        lived(root, 3, {0: batch}, prepare)


def test_zipline_cancels_a_batch_of_what_has_ended(make_bundle):
    root = make_bundle({"A": [10.0, 10.0], "B": [10.0] * 5})

    def batch(context, _data):
        return len(context.batch_market_order({context.symbol("A"): 9}))

    perf, found = lived(root, 5, {3: batch}, compat="zipline")
    assert (found, listed(perf, 3)) == ([1], [(9, 0, 2)])
    assert lived(root, 5, {3: batch})[1] == [0]


def test_zipline_asks_controls_of_orders_for_nothing(make_bundle):
    root = make_bundle({"A": [10.0] * 3})

    def prepare(context):
        context.set_do_not_order_list([context.symbol("A")])

    assert lived(root, 3, {0: buy("A", 0)}, prepare)[1] == [None]
    with pytest.raises(TradingControlError):
        lived(root, 3, {0: buy("A", 0)}, prepare, compat="zipline")


def test_the_prices_of_an_order_for_what_has_ended_do_not_matter(make_bundle):
    root = make_bundle({"A": [10.0], "B": [10.0] * 3})
    assert lived(root, 3, {2: buy("A", 5, limit_price=math.nan)})[1] == [None]


@pytest.mark.parametrize(("compat", "reached"), [("sane", True), ("zipline", False)])
def test_whether_a_limit_is_looked_at_when_the_volume_is_used_up(make_bundle, compat, reached):
    root = make_bundle({"A": [(10.0, 50), (9.0, 3), (9.0, 3)]})

    def two(context, _data):
        context.order(context.symbol("A"), 3)
        context.order(context.symbol("A"), 3)
        context.order(context.symbol("A"), 4, limit_price=9.5)

    plan = {0: two, 1: lambda context, _: context.get_order(3).limit_reached}
    model = VolumeShareSlippage(1.0, 0.0)
    assert lived(root, 3, plan, slippage=model, compat=compat)[1][1] is reached


def test_rows_of_a_history_of_several_fields_are_in_the_order_of_sids(make_bundle):
    root = make_bundle({"A": [10.0] * 2, "B": [20.0] * 2})

    def seen(context, data):
        assets = [context.symbol("B"), context.symbol("A")]
        return data.history(assets, ["close", "open"], 1, "1d")

    (frame,) = lived(root, 2, {1: seen})[1]
    assert [it.symbol for it in frame.index.get_level_values("asset")] == ["A", "B"]
    assert frame.to_numpy().tolist() == [[10.0, 10.0], [20.0, 20.0]]


def test_an_account_says_what_zipline_says_of_it(make_bundle):
    root = make_bundle({"A": [10.0, 10.0, 12.0]})

    def told(context, _data):
        account, portfolio = context.account, context.portfolio
        return (
            portfolio.capital_used,
            (account.available_funds, account.excess_liquidity, account.regt_equity),
            (account.equity_with_loan, account.total_positions_value, account.cushion),
            (account.total_positions_exposure, account.accrued_interest, account.buying_power),
        )

    found = lived(root, 3, {0: buy("A", 50), 2: told})[1][1]
    assert found == (
        -500.0,
        (500.0, 500.0, 500.0),
        (1100.0, 600.0, 500.0 / 1100.0),
        (600.0, 0.0, math.inf),
    )
