"""Runs at the edges: no assets to speak of, data that ends early, what another bundle would have."""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, orders

from rustybt.errors import NotAnAssetError, OptionError, ResolutionError, SpanError
from rustybt.runner import run_algorithm


def asked(root, ask, *, sessions=4, **options):
    """Return what a function of context and data gives in each bar."""
    found = []

    def handle_data(context, data):
        found.append(ask(context, data))

    run_algorithm(day(0), day(sessions - 1), handle_data=handle_data, root=root, **options)
    return found


# -- an empty universe -------------------------------------------------------------------------


@pytest.mark.parametrize("fields", ["close", ["open", "close"]])
def test_no_assets_have_no_values(make_bundle, fields):
    root = make_bundle({"A": [1.0] * 4})
    assert all(it.empty for it in asked(root, lambda _, data: data.current([], fields)))
    shapes = asked(root, lambda _, data: data.history([], "close", 1, "1d").shape)
    assert shapes == [(1, 0)] * 4


def test_no_assets_can_be_traded_or_ordered(make_bundle):
    root = make_bundle({"A": [1.0] * 4})
    assert asked(root, lambda _, data: len(data.can_trade([]))) == [0] * 4
    assert asked(root, lambda context, _: len(context.batch_market_order({}))) == [0] * 4


def test_a_run_without_orders_keeps_its_cash(make_bundle):
    perf = orders(make_bundle({"A": [1.0] * 4}), {}, sessions=4).perf
    assert perf["portfolio_value"].tolist() == [1000] * 4
    assert perf["positions"].tolist() == [[]] * 4


# -- data that ends early ----------------------------------------------------------------------


def test_all_assets_may_end_before_the_last_session_but_one(make_bundle):
    root = make_bundle({"A": [10.0, 11.0, 12.0], "B": [1.0] * 6})
    seen = orders(root, {0: [("A", 10)]}, sessions=6)
    # Sold at its last price when the session after its last ends.
    assert seen.perf["ending_cash"].tolist() == [1000, 890, 890, 1010, 1010, 1010]


def test_a_run_beyond_the_last_bar_is_refused(make_bundle):
    root = make_bundle({"A": [10.0] * 3})
    with pytest.raises(SpanError, match="sessions outside that of the bars"):
        orders(root, {}, sessions=4)


def test_a_run_may_end_with_the_last_bar(make_bundle):
    seen = orders(make_bundle({"A": [10.0] * 3}), {0: [("A", 1)]}, sessions=3)
    assert [len(it) for it in seen.perf["positions"]] == [0, 1, 1]


# -- what is not there -------------------------------------------------------------------------


def test_the_current_chain_of_an_asset_is_refused(make_bundle):
    root = make_bundle({"A": [1.0] * 4})
    with pytest.raises(NotAnAssetError, match="Expected a ContinuousFuture, found Asset"):
        asked(root, lambda context, data: data.current_chain(context.symbol("A")))


MINUTES = [
    tuple(datetime.combine(date(2020, 1, it), time(14, minute)) for minute in (30, 33))
    for it in (6, 7)
]


def benchmarked(root, symbol):
    def initialize(context):
        context.set_benchmark(context.symbol(symbol))

    return run_algorithm(day(0), day(1), initialize, root=root, data_frequency="minute")


def closes():
    return {opened + timedelta(minutes=it): 1.0 for opened, _ in MINUTES for it in (1, 2, 3)}


def test_a_benchmark_needs_daily_bars(make_minutes):
    root = make_minutes(MINUTES, {"A": closes()})
    with pytest.raises(ResolutionError, match="Bundle 'minutes' has no bars_1d; it holds bars_1m"):
        benchmarked(root, "A")


def test_a_benchmark_needs_daily_bars_of_its_own(make_minutes):
    daily = {"B": {date(2020, 1, 6): 1.0, date(2020, 1, 7): 1.0}}
    root = make_minutes(MINUTES, {"A": closes(), "B": closes()}, daily=daily)
    assert len(benchmarked(root, "B")) == 2
    with pytest.raises(OptionError, match="an asset with daily bars up to 2020-01-07"):
        benchmarked(root, "A")
