"""What a run returns, which rows, and that nothing but its own past decides them."""

import datetime as dt

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rustybt.assets import Asset
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    RSI,
    VWAP,
    AverageDollarVolume,
    Returns,
    SimpleMovingAverage,
)
from warehouse.session import Session

CLOSE = EquityPricing.close
MEAN = SimpleMovingAverage(inputs=[CLOSE], window_length=4)
ALL = {
    "close": CLOSE.latest,
    "mean": MEAN,
    "rsi": RSI(window_length=5),
    "vwap": VWAP(window_length=3),
    "money": AverageDollarVolume(window_length=3),
    "zscore": Returns(window_length=3).zscore(),
    "rank": Returns(window_length=3).rank(),
    "top": MEAN.top(2),
}
START, END = "2024-01-12", "2024-02-01"


@pytest.fixture
def run(small):
    def with_screen(screen=None, *, start=START, end=END, columns=ALL):
        return Pipeline(columns, screen).run(start, end, bundle="small", warehouse=small)

    return with_screen


def test_seed_runs_as_printed(small):
    pipe = Pipeline()
    pipe.add(
        SimpleMovingAverage(inputs=[EquityPricing.close], window_length=20),
        name="sma_20",
    )
    pipe.add(RSI(window_length=14), name="rsi")
    result = pipe.run("2024-01-30", "2024-02-01", bundle="small", root=small.root)
    assert result.arrow().column_names == ["session", "sid", "symbol", "sma_20", "rsi"]


def test_both_ends_come_out(run):
    sessions = run().pl()["session"]
    assert (sessions.min(), sessions.max()) == (dt.date(2024, 1, 12), dt.date(2024, 2, 1))


def test_rows_are_in_order_of_session_and_sid(run):
    table = run().pl()
    assert table.equals(table.sort("session", "sid"))


def test_ends_need_not_be_sessions(run):
    weekend = run(start="2024-01-13", end="2024-01-16").pl()
    assert weekend["session"].unique().to_list() == [dt.date(2024, 1, 16)]


@pytest.mark.parametrize(
    "day", ["2024-01-16", dt.date(2024, 1, 16), dt.datetime(2024, 1, 16, 9, tzinfo=dt.UTC)]
)
def test_days_are_taken_in_any_form(run, day):
    assert len(run(start=day, end=day)) == 6


def test_day_may_be_a_timestamp(run):
    import pandas as pd

    day = pd.Timestamp("2024-01-16")
    assert len(run(start=day, end=day)) == 6


def test_screen_keeps_its_rows_alone(run):
    expected = run().pl().filter(pl.col("top"))
    assert run(MEAN.top(2)).pl().equals(expected)


def test_columns_come_in_the_order_they_were_added(run):
    assert run().arrow().column_names[3:] == list(ALL)


def test_missing_price_is_null(run):
    rows = run().pl().filter(pl.col("symbol") == "B", pl.col("close").is_null())
    assert rows["session"].to_list() == [dt.date(2024, 1, 17)]  # the label after the gap


def test_split_is_known_at_its_own_session(run):
    a = run().pl().filter(pl.col("symbol") == "A")
    assert a["close"][0] < 40  # the bar before the split, halved
    assert a["mean"][0] < 40


def test_late_listing_appears_after_its_first_bar(run):
    first = run(start="2024-01-02").pl().filter(pl.col("symbol") == "C")["session"].min()
    assert first == dt.date(2024, 1, 11)


def test_delisted_asset_appears_at_its_last_bar_and_no_later(run):
    last = run().pl().filter(pl.col("symbol") == "D")["session"].max()
    assert last == dt.date(2024, 1, 24)


def test_frame_has_ziplines_index(run):
    frame = run().df()
    assert frame.index.names == [None, None]
    assert frame.index.get_level_values(0).dtype == "datetime64[ns]"
    assert all(isinstance(it, Asset) for it in frame.index.get_level_values(1))


def test_frame_has_ziplines_types(run):
    frame = run().df()
    assert frame["top"].dtype == bool
    assert frame["rank"].dtype == np.float64
    assert list(frame.columns) == list(ALL)


def test_frame_agrees_with_arrow(run):
    result = run()
    index = result.df().index
    assert [asset.symbol for asset in index.get_level_values(1)] == result.pl()["symbol"].to_list()
    assert [it.date() for it in index.get_level_values(0)] == result.pl()["session"].to_list()


def test_empty_result_keeps_its_columns(run):
    frame = run(CLOSE.latest > 1e9).df()
    assert frame.empty
    assert list(frame.columns) == list(ALL)


def test_result_speaks_arrow(run):
    result = run()
    assert duckdb.sql("SELECT count(*) FROM result").fetchall() == [(len(result),)]


def test_result_shows_itself_in_a_notebook(run):
    assert "<table" in run()._repr_html_()


def test_result_outlives_the_warehouse_it_opened(small):
    result = Pipeline(ALL).run(START, END, bundle="small", root=small.root)
    assert len(result.df()) == len(result)


def test_screen_alone_is_enough(run):
    assert run(MEAN > 0, columns={}).arrow().column_names == ["session", "sid", "symbol"]


def test_names_may_be_any_text(run):
    names = ["alive", "close", "select", 'a "quoted" name', "ünïcode", "Close", "stage_1"]
    result = run(CLOSE.latest > 0, columns=dict.fromkeys(names, MEAN))
    assert result.arrow().column_names[3:] == names
    assert len({tuple(column.to_pylist()) for column in result.arrow().columns[3:]}) == 1


def test_long_sum_is_computed(run):
    total = sum((CLOSE.latest * weight for weight in range(1, 101)), start=CLOSE.latest * 0)
    result = run(columns={"total": total, "close": CLOSE.latest}).pl().drop_nulls()
    np.testing.assert_allclose(result["total"], result["close"] * 5050)


def test_shared_term_costs_no_doubling(run):
    term = MEAN
    for _ in range(40):  # written out this would have 2**40 leaves
        term = (term + term) / 2
    result = run(columns={"term": term, "mean": MEAN}).pl().drop_nulls()
    np.testing.assert_allclose(result["term"], result["mean"])


def test_to_sql_gives_the_rows_of_run(run, small):
    sql = Pipeline(ALL, MEAN.top(3)).to_sql(START, END, bundle="small")
    expected = run(MEAN.top(3)).pl()
    assert_frame_equal(small.sql(sql).pl(), expected, rel_tol=1e-12)


def test_to_sql_without_a_bundle_runs_after_use(run, small):
    sql = Pipeline(ALL).to_sql(START, END, pretty=False)
    plain = Session()
    plain.execute("CREATE SCHEMA small")
    plain.execute("USE small")
    for name in ("sessions", "assets", "adjustments", "bars_1d"):
        plain.load(name, small.sql(f"FROM small.{name}"))
    rows = pl.DataFrame(plain.arrow(sql))
    plain.close()
    assert_frame_equal(rows, run().pl(), rel_tol=1e-12)


def test_to_sql_without_dates_gives_all_sessions(run, small):
    every = small.sql(Pipeline(ALL).to_sql(bundle="small")).pl()
    assert every["session"].min() == dt.date(2024, 1, 3)
    assert len(every) > len(run())


def test_result_has_its_sql(run, small):
    result = run()
    assert_frame_equal(small.sql(result.sql).pl(), result.pl(), rel_tol=1e-12, abs_tol=1e-12)


def test_no_value_depends_on_how_far_back_a_run_begins(run):
    long = run(start="2024-01-03").pl().filter(pl.col("session") >= dt.date(2024, 1, 25))
    short = run(start="2024-01-25").pl()
    assert_frame_equal(long, short, rel_tol=1e-12)


@pytest.mark.parametrize("seed", [0, *(pytest.param(it, marks=pytest.mark.slow) for it in (1, 2))])
def test_noise_in_the_future_changes_no_row(bars, build, run, example_columns, seed):
    columns = {**example_columns, **ALL}
    cut = dt.date(2024, 1, 22)
    random = np.random.default_rng(seed)
    later = pl.col("date") >= cut
    shaken = bars.with_columns(
        pl.when(later)
        .then((pl.col(name) + random.uniform(1, 20, len(bars))).round(2))
        .otherwise(pl.col(name))
        for name in ("open", "high", "low", "close", "volume")
    )
    got = Pipeline(columns).run(START, END, bundle="small", warehouse=build(shaken)).pl()
    expected = run(columns=columns).pl()
    upto, after = pl.col("session") <= cut, pl.col("session") > cut
    assert got.filter(upto).equals(expected.filter(upto))
    assert not got.filter(after).equals(expected.filter(after))


def test_action_in_the_future_changes_no_row(bars, build, run):
    cut = dt.date(2024, 1, 22)
    later = [
        {"symbol": symbol, "session": cut, "kind": "split", "ratio": 0.25, "amount": None, "pay_date": None}
        for symbol in "ABCDEF"
    ]  # fmt: skip
    known = run(end="2024-01-19").pl()
    shaken = Pipeline(ALL).run(START, "2024-01-19", bundle="small", warehouse=build(bars, later))
    assert shaken.pl().equals(known)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_portable_sql_gives_the_same_bits_on_any_number_of_threads(run, small, threads):
    sql = run().sql
    few = Session(threads=threads)
    few.execute("CREATE SCHEMA small")
    for name in ("sessions", "assets", "adjustments", "bars_1d"):
        few.load("t", small.sql(f"FROM small.{name}"))
        few.execute(f"CREATE TABLE small.{name} AS FROM t ORDER BY hash(rowid)")
    rows = few.arrow(sql)
    few.close()
    assert rows.equals(small.sql(sql).arrow())
