"""Execution styles, latency and cancel policies in runs: which bar fills what, and at which price."""

import logging
import math
from datetime import date

import pytest

from rustybt.api import cancel_policy, commission, slippage
from rustybt.errors import OptionError, OrderParametersError
from rustybt.finance.cancel_policy import EODCancel, NeverCancel
from rustybt.finance.execution import (
    BracketOrder,
    LimitOrder,
    MarketOnCloseOrder,
    MarketOnOpenOrder,
    MarketOrder,
    OCOOrder,
    StopLimitOrder,
    StopOrder,
    TrailingStopOrder,
)
from rustybt.finance.latency import FixedLatency, LatencyModel
from rustybt.runner import run_algorithm

FIRST = "2020-01-06"


def lived(root, count, orders, *, initialize=None, slip=None, **options):
    """Return the fills (session, amount, price) and the frame of a run with orders by session."""
    bar = {"now": -1}

    def handle_data(context, data):
        bar["now"] += 1
        for amount, style in orders.get(bar["now"], ()):
            context.order(context.symbol("A"), amount, style=style)

    perf = run_algorithm(
        FIRST,
        str(weekday(count - 1)),
        initialize=initialize,
        handle_data=handle_data,
        root=root,
        slippage=slip or slippage.NoSlippage(),
        commission=commission.NoCommission(),
        store=False,
        **options,
    )
    fills = [
        (number, it["amount"], it["price"])
        for number, day in enumerate(perf["transactions"])
        for it in day
    ]
    return fills, perf


def weekday(number):
    return date.fromordinal(date(2020, 1, 6).toordinal() + number // 5 * 7 + number % 5)


@pytest.fixture
def prices(make_bundle):
    """Return a function that lives orders over closes of one asset."""

    def live(closes, orders, **options):
        root = make_bundle({"A": closes}, actions=options.pop("actions", ()))
        return lived(root, len(closes), orders, **options)[0]

    return live


def test_a_trailing_stop_sells_when_the_close_has_come_back(prices):
    fills = prices([10.0, 12.0, 11.5, 10.9, 10.0], {0: [(-5, TrailingStopOrder(trail_amount=1.0))]})
    assert fills == [(3, -5, 10.9)]


def test_a_trailing_stop_buys_when_the_close_has_risen_from_its_lowest(prices):
    fills = prices([10.0, 8.0, 8.7, 8.9], {0: [(5, TrailingStopOrder(trail_percent=0.1))]})
    assert fills == [(3, 5, 8.9)]


def test_a_trailing_stop_starts_at_the_price_known_when_placed(prices):
    fills = prices([10.0, 8.9, 8.0], {0: [(-5, TrailingStopOrder(trail_amount=1.0))]})
    assert fills == [(1, -5, 8.9)]


def test_a_split_restates_the_trail(prices):
    fills = prices(
        [10.0, 12.0, 5.8, 5.4],
        {0: [(-4, TrailingStopOrder(trail_amount=1.0))]},
        actions=[("A", 2, "split", 0.5, None, None)],
    )
    assert fills == [(3, -8, 5.4)]


def test_one_order_of_a_pair_cancels_the_other(prices):
    pair = OCOOrder(LimitOrder(11.0), StopOrder(9.0))
    assert prices([10.0, 11.5, 8.0], {0: [(-5, pair)]}) == [(1, -5, 11.5)]


def test_the_stop_of_a_pair_cancels_the_limit(prices):
    pair = OCOOrder(LimitOrder(11.0), StopOrder(9.0))
    assert prices([10.0, 8.5, 12.0], {0: [(-5, pair)]}) == [(1, -5, 8.5)]


def test_a_pair_never_fills_more_than_its_units(prices):
    pair = OCOOrder(LimitOrder(11.0), StopOrder(9.0))
    closes = [(10.0, 100), (11.0, 300), (8.0, 400), (8.0, 9000)]
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(closes, {0: [(-100, pair)]}, slip=slip)
    assert fills == [(1, -30, 11.0), (2, -40, 8.0), (3, -30, 8.0)]


def test_cancelling_one_of_a_pair_cancels_both(make_bundle):
    root = make_bundle({"A": [10.0, 10.0, 11.5, 8.0]})

    def handle_data(context, data):
        if context.get_datetime().day == 6:
            pair = OCOOrder(LimitOrder(11.0), StopOrder(9.0))
            context.placed = context.order(context.symbol("A"), -5, style=pair)
        elif context.get_open_orders():
            context.cancel_order(context.placed)

    perf = run_algorithm(FIRST, "2020-01-09", handle_data=handle_data, root=root, store=False)
    assert [[it["status"] for it in day] for day in perf["orders"]] == [[0, 0], [2, 2], [], []]


def test_a_bracket_takes_its_profit(prices):
    bracket = BracketOrder(MarketOrder(), 9.0, 11.0)
    assert prices([10.0, 10.0, 11.2, 8.0], {0: [(5, bracket)]}) == [(1, 5, 10.0), (2, -5, 11.2)]


def test_a_bracket_stops_its_loss(prices):
    bracket = BracketOrder(LimitOrder(10.0), 9.0, 11.0)
    assert prices([10.5, 9.9, 8.8, 12.0], {0: [(5, bracket)]}) == [(1, 5, 9.9), (2, -5, 8.8)]


def test_a_bracket_of_a_short_is_the_other_way_round(prices):
    bracket = BracketOrder(MarketOrder(), 11.0, 9.0)
    assert prices([10.0, 10.0, 8.9, 12.0], {0: [(-5, bracket)]}) == [(1, -5, 10.0), (2, 5, 8.9)]


def test_an_exit_cancels_what_is_left_of_the_entry(prices):
    bracket = BracketOrder(MarketOrder(), 9.0, 11.0)
    closes = [(10.0, 100), (10.0, 300), (8.5, 1000), (10.0, 9000)]
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(closes, {0: [(100, bracket)]}, slip=slip)
    # Session 2 has room for 100: the entry stands before its exits and fills 70 more of its units.
    assert fills == [(1, 30, 10.0), (2, 70, 8.5), (2, -30, 8.5)]


def test_each_fill_of_a_bracket_has_exits_of_its_own(prices):
    bracket = BracketOrder(MarketOrder(), 9.0, 11.0)
    closes = [(10.0, 100), (10.0, 300), (10.0, 700), (11.5, 9000)]
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(closes, {0: [(100, bracket)]}, slip=slip)
    assert fills == [(1, 30, 10.0), (2, 70, 10.0), (3, -30, 11.5), (3, -70, 11.5)]


def test_a_split_restates_the_exits_of_a_bracket_that_waits(prices):
    bracket = BracketOrder(LimitOrder(9.5), 9.0, 12.0)
    fills = prices(
        [10.0, 5.0, 4.7, 6.0],
        {0: [(5, bracket)]},
        actions=[("A", 1, "split", 0.5, None, None)],
    )
    assert fills == [(2, 10, 4.7), (3, -10, 6.0)]


def test_an_order_on_open_fills_at_the_open(prices):
    bars = [(10.0, 10.5, 9.5, 10.0, 1000), (10.3, 11.0, 10.0, 11.0, 1000)]
    assert prices(bars, {0: [(5, MarketOnOpenOrder())]}) == [(1, 5, 10.3)]


def test_what_the_volume_leaves_of_an_order_on_open_waits_for_the_next_open(prices):
    bars = [(9.0, 9.0, 9.0, 9.0, 50), (10.0, 11.0, 9.0, 9.5, 50), (9.7, 11.0, 9.0, 9.1, 500)]
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(bars, {0: [(8, MarketOnOpenOrder())]}, slip=slip)
    assert fills == [(1, 5, 10.0), (2, 3, 9.7)]


def test_an_order_on_close_fills_at_the_close(prices):
    bars = [(10.0, 10.5, 9.5, 10.0, 1000), (10.3, 11.0, 10.0, 11.0, 1000)]
    assert prices(bars, {0: [(5, MarketOnCloseOrder())]}) == [(1, 5, 11.0)]


PARTS = [
    (10.0, 1000),
    (9.9, 300),
    (10.5, 9000),
    (9.95, 9000),
]  # the limit is reached, left, reached


def test_a_limit_that_the_close_has_left_does_not_fill(prices):
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(PARTS, {0: [(100, LimitOrder(10.0))]}, slip=slip)
    assert fills == [(1, 30, 9.9), (3, 70, 9.95)]


def test_a_limit_once_reached_fills_beyond_itself_in_zipline(prices):
    slip = slippage.FixedBasisPointsSlippage(0.0, 0.1)
    fills = prices(PARTS, {0: [(100, LimitOrder(10.0))]}, slip=slip, compat="zipline")
    assert fills == [(1, 30, 9.9), (2, 70, 10.5)]


def test_slippage_never_moves_a_price_beyond_the_limit(prices):
    slip = slippage.FixedBasisPointsSlippage(50.0, 1.0)
    assert prices([10.5, 10.0], {0: [(5, LimitOrder(10.0))]}, slip=slip) == [(1, 5, 10.0)]


def test_slippage_moves_a_price_beyond_the_limit_in_zipline(prices):
    slip = slippage.FixedBasisPointsSlippage(50.0, 1.0)
    fills = prices([10.5, 10.0], {0: [(5, LimitOrder(10.0))]}, slip=slip, compat="zipline")
    assert fills == [(1, 5, 10.0 + 10.0 * 0.005)]


@pytest.mark.parametrize(("bars", "session"), [(0, 1), (1, 2), (2, 3)])
def test_latency_lets_so_many_bars_pass(prices, bars, session):
    fills = prices(
        [10.0, 11.0, 12.0, 13.0],
        {0: [(5, None)]},
        initialize=lambda context: context.set_latency(bars),
    )
    assert fills == [(session, 5, 10.0 + session)]


def test_a_latency_may_depend_on_the_order(prices):
    class Slow(LatencyModel):
        def bars(self, order):
            return 2 if order.amount > 5 else 0

    fills = prices(
        [10.0, 11.0, 12.0, 13.0],
        {0: [(5, None), (6, None)]},
        initialize=lambda context: context.set_latency(Slow()),
    )
    assert fills == [(1, 5, 11.0), (3, 6, 13.0)]


@pytest.mark.parametrize("bars", [-1, 1.5, True, "2"])
def test_a_latency_that_is_no_number_of_bars_is_refused(bars):
    with pytest.raises(OptionError, match="whole number of bars"):
        FixedLatency(bars)


def expiring(policy):
    return lambda context: context.set_cancel_policy(policy)


def test_an_order_is_good_for_the_session_of_its_first_bar(prices):
    orders = {0: [(5, LimitOrder(9.0)), (3, LimitOrder(9.6))]}
    policy = expiring(EODCancel(warn_on_cancel=False))
    assert prices([10.0, 9.5, 8.0], orders, initialize=policy) == [(1, 3, 9.5)]


def test_orders_never_end_by_themselves_unless_told(prices):
    orders = {0: [(5, LimitOrder(9.0))]}
    assert prices([10.0, 9.5, 8.0], orders, initialize=expiring(NeverCancel())) == [(2, 5, 8.0)]


def test_an_order_cancelled_by_its_session_is_a_row_and_a_warning(make_bundle, caplog):
    root = make_bundle({"A": [10.0, 10.0, 10.0]})
    policy = expiring(cancel_policy.EODCancel())
    with caplog.at_level(logging.WARNING, "rustybt"):
        _, perf = lived(root, 3, {0: [(5, LimitOrder(9.0))]}, initialize=policy)
    assert [[it["status"] for it in day] for day in perf["orders"]] == [[0], [2], []]
    assert "is cancelled at the end of its session, 0 units filled" in caplog.text


def test_the_daily_policy_of_zipline_cancels_the_first_of_several(make_bundle):
    root = make_bundle({"A": [10.0, 10.0, 10.0, 10.0]})
    orders = {0: [(5, LimitOrder(9.0)), (6, LimitOrder(9.0)), (7, LimitOrder(9.0))]}
    policy = expiring(EODCancel(warn_on_cancel=False))
    _, perf = lived(root, 4, orders, initialize=policy, compat="zipline")
    ended = [[it["amount"] for it in day if it["status"] == 2] for day in perf["orders"]]
    assert ended == [[5], [5], [6], []]  # each is listed in the session after its end, too


@pytest.mark.parametrize(
    "make",
    [
        TrailingStopOrder,
        lambda: TrailingStopOrder(trail_amount=1.0, trail_percent=0.1),
        lambda: TrailingStopOrder(trail_amount=0.0),
        lambda: TrailingStopOrder(trail_amount=-1.0),
        lambda: TrailingStopOrder(trail_amount=math.nan),
        lambda: TrailingStopOrder(trail_percent=0.0),
        lambda: TrailingStopOrder(trail_percent=1.0),
        lambda: TrailingStopOrder(trail_percent=-0.1),
        lambda: OCOOrder(MarketOrder(), StopOrder(9.0)),
        lambda: OCOOrder(LimitOrder(9.0), "stop"),
        lambda: BracketOrder(OCOOrder(LimitOrder(9.0), StopOrder(11.0)), 8.0, 12.0),
        lambda: BracketOrder(MarketOrder(), math.inf, 12.0),
        lambda: StopLimitOrder(math.nan, 1.0),
    ],
)
def test_a_style_that_cannot_be_is_refused(make):
    with pytest.raises(OrderParametersError):
        make()


@pytest.mark.parametrize(
    ("amount", "style"),
    [
        (5, BracketOrder(MarketOrder(), 11.0, 9.0)),
        (-5, BracketOrder(MarketOrder(), 9.0, 11.0)),
        (5, BracketOrder(MarketOrder(), 9.0, 9.0)),
        (5, BracketOrder(LimitOrder(8.0), 9.0, 11.0)),
        (-5, BracketOrder(StopOrder(12.0), 11.0, 9.0)),
        (5, OCOOrder(LimitOrder(11.0), StopOrder(9.0))),
        (-5, OCOOrder(LimitOrder(9.0), StopOrder(11.0))),
        (-5, OCOOrder(StopOrder(11.0), LimitOrder(9.0))),
    ],
)
def test_prices_that_contradict_each_other_are_refused(prices, amount, style):
    with pytest.raises(OrderParametersError):
        prices([10.0, 10.0], {0: [(amount, style)]})


@pytest.mark.parametrize("style", ["market", MarketOrder, 5])
def test_a_style_that_is_none_is_refused(prices, style):
    with pytest.raises(OrderParametersError, match="one of MarketOrder"):
        prices([10.0, 10.0], {0: [(5, style)]})


def test_a_style_takes_the_asset_and_exchange_of_zipline():
    assert LimitOrder(9.0, asset=None, exchange="NYSE") == LimitOrder(9.0)


@pytest.mark.parametrize("amount", [100, -100])
def test_a_split_charges_nothing_again(make_bundle, amount):
    root = make_bundle(
        {"A": [(10.0, 1000), (10.0, 400), (5.0, 9000)]},
        actions=[("A", 2, "split", 0.5, None, None)],
    )
    seen = {}
    costs = {}
    for compat in ("sane", "zipline"):

        def handle_data(context, data, compat=compat):
            if context.get_datetime().day == 6:
                seen[compat] = context.order(context.symbol("A"), amount)
            costs[compat] = context.get_order(seen[compat]).commission

        run_algorithm(
            FIRST,
            "2020-01-08",
            handle_data=handle_data,
            root=root,
            compat=compat,
            store=False,
            commission=commission.PerShare(0.001),
        )
    # 40 units before the split, 120 after it; zipline counts the 40 as 80 the second time.
    assert costs == {"sane": pytest.approx(0.16), "zipline": pytest.approx(0.20)}
