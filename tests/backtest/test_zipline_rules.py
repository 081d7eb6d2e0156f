"""Rules of zipline that a run keeps, or keeps with ``compat="zipline"`` alone; found by `tests/campaigns`."""

import math
import sys
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, told

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


def test_capital_changes_before_the_dividends_of_a_session(make_bundle):
    root = make_bundle({"A": [10.0] * 4}, actions=[("A", 3, "dividend", 0.9, 1.0, day(3))])
    changes = {day(3): {"type": "target", "value": 500.0}}
    perf, _ = lived(root, 4, {0: buy("A", 20)}, capital_changes=changes)
    last = perf.iloc[3]
    assert (last["starting_cash"], last["portfolio_value"]) == (500.0 - 200.0 + 20.0, 520.0)
    assert last[["returns", "pnl", "capital_used"]].tolist() == [20.0 / 500.0, 0.0, 20.0]


def test_capital_changes_before_the_splits_of_a_session(make_bundle):
    root = make_bundle({"A": [10.0, 10.0, 5.0]}, actions=[("A", 2, "split", 0.5, None, None)])
    changes = {day(2): {"type": "target", "value": 700.0}}
    perf, _ = lived(root, 3, {0: buy("A", 20)}, capital_changes=changes)
    assert (perf["ending_cash"].iloc[2], perf["portfolio_value"].iloc[2]) == (500.0, 700.0)


@pytest.fixture
def half_day(make_minutes):
    """The root of a bundle of four sessions of which the third ends at 18:00."""
    hours = [
        tuple(datetime.combine(day(it), at) for at in (time(14, 30), time(18 if it == 2 else 21)))
        for it in range(4)
    ]
    minutes = {opened + timedelta(minutes=1): 10.0 for opened, _ in hours}
    daily = {opened.date(): 10.0 for opened, _ in hours}
    return make_minutes(hours, {"A": minutes}, daily={"A": daily})


@pytest.mark.parametrize(
    ("compat", "first", "every_day", "week"),
    [
        ("sane", 6, [6, 7, 8, 9], [8]),
        ("zipline", 6, [6, 7, 9], [8]),  # the first function has run less than 24 hours before
        ("zipline", 8, [8, 9], [8]),
    ],
)
def test_what_is_scheduled_for_a_half_day_of_daily_bars(half_day, compat, first, every_day, week):
    runs = ([], [])

    def initialize(context):
        rules = api.date_rules.every_day(), api.date_rules.week_start(2)
        for rule, seen in zip(rules, runs, strict=True):
            context.schedule_function(
                lambda context, _, seen=seen: seen.append(context.get_datetime().day), rule
            )

    run_algorithm(
        f"2020-01-{first:02}", "2020-01-09", initialize, root=half_day, store=False, compat=compat
    )
    assert runs == (every_day, week)


@pytest.mark.parametrize(("compat", "last"), [("sane", 3), ("zipline", 1)])
def test_an_order_says_when_its_limit_was_reached(make_bundle, compat, last):
    # Of a volume of 9 the model gives nothing: the limit is reached in session 1, and nothing fills.
    # In session 3 it is beyond reach again, but in zipline.
    root = make_bundle({"A": [(10.0, 50), (8.0, 9), (8.0, 9), (10.0, 50), (10.0, 0)]})
    plan = {it: lambda context, _: context.get_order(1).dt.date() for it in range(1, 5)}
    plan[0] = buy("A", 5, limit_price=9.0)
    model = VolumeShareSlippage(0.1, 0.0)
    _, (_, *found) = lived(root, 5, plan, slippage=model, compat=compat)
    assert found == [day(it) for it in (1, 1, last, last)]


def test_each_asset_is_adjusted_by_its_own_ratio_before_a_session_of_minutes(make_minutes):
    opened = [datetime.combine(day(it), time(14, 30)) for it in (0, 1)]
    first, second = (it + timedelta(minutes=1) for it in opened)
    root = make_minutes(
        [(it, it + timedelta(minutes=2)) for it in opened],
        {"A": {first: 10.0, second: 10.0}, "B": {first: 20.0, second: 20.0}},
        actions=[("A", second.date(), "split", 0.5, None, None)],
    )
    seen = []

    def before(context, data):
        assets = [context.symbol(it) for it in "AB"]
        if context.get_datetime().day == 7:
            seen.append(data.history(assets, ["close", "open"], 2, "1m").to_numpy().tolist()[:2])

    options = {"root": root, "data_frequency": "minute", "compat": "zipline", "store": False}
    run_algorithm(day(0), day(1), lambda _: None, 1000.0, before_trading_start=before, **options)
    assert seen == [[[5.0, 4.5], [20.0, 19.0]]]


@pytest.mark.parametrize(
    ("compat", "closes", "volumes"),
    [("sane", [9.342333, 10.0], [7.0, 9.0]), ("zipline", [9.342, 10.0], [7.0, 9.0])],
)
def test_zipline_rounds_what_history_adjusts(make_bundle, compat, closes, volumes):
    root = make_bundle(
        {"A": [(10.01, 7), (10.0, 9)]}, actions=[("A", 1, "dividend", 0.9333, 0.667, None)]
    )

    def seen(context, data):
        frame = data.history(context.symbol("A"), ["close", "volume"], 2, "1d")
        return frame["close"].tolist(), frame["volume"].tolist()

    assert lived(root, 2, {1: seen}, compat=compat)[1] == [(closes, volumes)]


@pytest.mark.parametrize(("compat", "future"), [("sane", 10.0187), ("zipline", 10.02)])
def test_zipline_rounds_the_history_of_a_future_to_its_tick(make_bundle, compat, future):
    root = make_bundle({"A": [10.0187] * 2, "F": [10.0187] * 2})
    terms = {"asset_type": ["future"], "root_symbol": ["F"], "tick_size": [0.25]}
    told(root, symbol=["F"], **terms)

    def seen(context, data):
        assets = [context.symbol("A"), context.future_symbol("F")]
        return data.history(assets, "close", 1, "1d").iloc[0].tolist()

    share = 10.0187 if compat == "sane" else 10.019
    assert lived(root, 2, {1: seen}, compat=compat)[1] == [[share, future]]


@pytest.mark.parametrize(("compat", "listed"), [("sane", [2, 1]), ("zipline", [1, 2])])
def test_where_an_order_that_a_session_of_minutes_cancels_is_listed(make_minutes, compat, listed):
    opened = datetime.combine(day(0), time(14, 30))
    minutes = {opened + timedelta(minutes=it): 10.0 for it in range(1, 5)}
    root = make_minutes([(opened, opened + timedelta(minutes=4))], {"A": minutes})

    def prepare(context):
        context.set_cancel_policy(api.EODCancel(warn_on_cancel=False))

    plan = {0: buy("A", 5, limit_price=2.0), 1: buy("A", 5)}
    perf, _ = lived(root, 1, plan, prepare, compat=compat, data_frequency="minute")
    assert [it["id"] for it in perf["orders"].iloc[0]] == listed
    assert {it["id"]: it["status"] for it in perf["orders"].iloc[0]} == {1: 2, 2: 1}


@pytest.mark.parametrize(("compat", "tradable"), [("sane", True), ("zipline", False)])
def test_nothing_can_be_traded_before_a_session_of_minutes_in_zipline(
    make_minutes, compat, tradable
):
    opened = [datetime.combine(day(it), time(14, 30)) for it in (0, 1)]
    minutes = {it + timedelta(minutes=1): 10.0 for it in opened}
    root = make_minutes([(it, it + timedelta(minutes=2)) for it in opened], {"A": minutes})
    seen = []

    def ask(context, data):
        asset = context.symbol("A")
        if context.get_datetime().day == day(1).day:
            seen.append([data.can_trade(asset), *data.can_trade([asset]).tolist()])

    options = {"root": root, "data_frequency": "minute", "compat": compat, "store": False}
    run_algorithm(day(0), day(1), None, 1000.0, ask, before_trading_start=ask, **options)
    assert seen == [[tradable] * 2, [True] * 2, [True] * 2]
