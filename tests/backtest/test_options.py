"""Runs that cannot be: what `run_algorithm` refuses, and how it says so."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

import warehouse
from rustybt.algorithm import TradingAlgorithm
from rustybt.errors import OptionError, SpanError
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm
from warehouse.errors import UnknownBundleError


@pytest.fixture
def root(make_bundle):
    return make_bundle({"A": [10.0] * 10})  # 2020-01-06 to 2020-01-17


def run(root, start="2020-01-06", end="2020-01-10", **options):
    options.setdefault("handle_data", lambda _context, _data: None)
    return run_algorithm(start, end, root=root, **options)


def test_an_unknown_bundle_names_the_nearest(root):
    with pytest.raises(UnknownBundleError, match="'small'"):
        run(root, bundle="smal")


def test_the_only_bundle_need_not_be_named(root):
    assert len(run(root)) == 5


def test_one_of_several_bundles_must_be_named(root, make_bundle):
    make_bundle({"A": [1.0] * 5}, name="other", root=root)
    with pytest.raises(OptionError, match="one of other, small"):
        run(root)


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("2020-01-10", "2020-01-06", "the start is after the end"),
        ("2020-01-11", "2020-01-12", "no session of calendar XNYS lies in the span"),
        ("2020-01-06", "2020-01-20", "has sessions outside that of the bars"),
        ("2019-01-06", "2019-01-20", "the bundle has no bars there"),
        ("2019-12-30", "2020-01-10", "has sessions outside that of the bars"),
    ],
)
def test_a_span_the_bundle_cannot_answer_is_refused(root, start, end, problem):
    with pytest.raises(SpanError, match=f"{problem}.*holds bars of 2020-01-06 to 2020-01-17"):
        run(root, start, end)


@pytest.mark.parametrize(
    "end",
    ["2020-01-10", "2020-01-10T00:00", date(2020, 1, 10), datetime(2020, 1, 12, 23, tzinfo=UTC)],
)
def test_the_end_is_included_however_it_is_written(root, end):
    assert len(run(root, end=end)) == 5


def test_a_timestamp_is_a_day(root):
    import pandas as pd

    assert len(run(root, pd.Timestamp("2020-01-06"), pd.Timestamp("2020-01-10", tz="UTC"))) == 5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("capital_base", 0),
        ("capital_base", -1.0),
        ("capital_base", float("nan")),
        ("capital_base", "much"),
        ("data_frequency", "hourly"),
        ("dividends", "never"),
        ("price_decimals", 9),
        ("trading_calendar", "XLON"),
        ("start", "tomorrow"),
        ("start", 20200106),
        ("algorithm", 5),
        ("slippage", 5),
        ("slippage", NoSlippage),
        ("commission", "free"),
        ("benchmark_returns", [0.1, 0.2]),
        ("benchmark_returns", {"2020-01-06": float("inf")}),
        ("trading_calendar", ["XNYS"]),
        ("initialize", "initialize"),
    ],
)
def test_an_option_that_cannot_be_is_named(root, option, value):
    options = {"handle_data": None} if option == "algorithm" else {}
    with pytest.raises(OptionError, match=f"Option {option}: expected"):
        run(root, **{**options, option: value})


def test_a_run_without_a_strategy_is_refused(root):
    with pytest.raises(OptionError, match="initialize, or handle_data"):
        run(root, handle_data=None)


def test_functions_beside_a_class_are_refused(root):
    with pytest.raises(OptionError, match="none beside handle_data"):
        run(root, algorithm=TradingAlgorithm)


def test_capital_may_be_a_decimal(root):
    assert run(root, capital_base=Decimal("1234.56"))["ending_cash"].iloc[0] == 1234.56


def test_an_open_warehouse_stays_open(root):
    with warehouse.open(root) as wh:
        run(None, warehouse=wh)
        assert wh.bundles() == ["small"]
