"""Windows by running sums of whole units: where they are exact, they are used, and nowhere else."""

import datetime as dt
from fractions import Fraction

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from small_bundles import commit, small_bars

from rustybt.assets import AssetFinder
from rustybt.pipeline import Pipeline, SqlFactor
from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.run import sessions_of
from rustybt.pipeline.compiler.spine import spine_of
from rustybt.pipeline.compiler.streaming import compile_streams
from rustybt.pipeline.compiler.sums import Sums, with_sums
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import VWAP, BollingerBands, Returns, SimpleMovingAverage
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS

CLOSE = EquityPricing.close
CENTS = {"close": 100.0}


def rows(*assets):
    """Rows of assets, each behind a pad of two."""
    sid = np.repeat(np.arange(len(assets), dtype="i4"), [len(it) + 2 for it in assets])
    k = np.concatenate([np.arange(-2, len(it), dtype="i4") for it in assets])
    close = [it for asset in assets for it in (None, None, *asset)]
    return pa.table({"sid": sid, "k": k, "close_raw": pa.array(close, pa.float64())})


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The bars of `small` without any action."""
    return commit(tmp_path_factory.mktemp("plain"), small_bars())


def sums_of(*assets, units=CENTS):
    return with_sums(rows(*assets), [CLOSE], units)


def test_each_asset_begins_anew():
    table, found = sums_of([1.10, 2.20, 3.30], [5.05, 0.01])
    assert table["close_total"].to_pylist() == [0, 0, 110, 330, 660, 0, 0, 505, 506]
    assert found["close_q"].gap == 0


def test_gap_counts_nothing():
    table, found = sums_of([1.10, None, 3.30])
    assert table["close_total"].to_pylist() == [0, 0, 110, 110, 440]
    assert table["close_count"].to_pylist() == [0, 0, 100, 100, 200]
    assert found["close_q"].gap == 1


@pytest.mark.parametrize(
    ("assets", "gap"),
    [
        ([[1.1, None, None, None, 2.0], [1.0, None]], 4),
        ([[1.1, None], [1.0, None, None]], 2),
        ([[1.1, 2.0], [None, 1.0]], ALL_SESSIONS),
        ([[1.1], [2.0]], 0),
    ],
    ids=["rounded up", "at the end", "at the beginning", "none"],
)
def test_longest_gap_is_known(assets, gap):
    _, found = sums_of(*assets)
    assert found["close_q"].gap == gap


@pytest.mark.parametrize(
    ("values", "units"),
    [
        ([1.105, 2.0], CENTS),  # no whole number of cents
        ([2.0**47, 2.0**47, 1.0], CENTS),  # the sum is beyond 2**53
        ([1e18, 1.0], CENTS),  # a value is
        ([95_000_000.00000001, 1.0], {"close": 1e8}),
    ],
    ids=["decimals", "sum", "value", "eight"],
)
def test_what_is_not_exact_has_no_sum(values, units):
    _, found = sums_of(values, units=units)
    assert found == {}


def test_differences_are_exact():
    values = np.random.default_rng(1).integers(1, 10**7, 500) / 100
    table, _ = sums_of(values.tolist())
    total = table["close_total"].to_numpy()[2:]
    exact = sum(Fraction(round(it * 100)) for it in values[480:])
    assert total[499] - total[479] == exact


@pytest.mark.parametrize("gap", [0, 16, 32])
def test_mean_is_a_difference_of_two_lags(gap):
    mean = SimpleMovingAverage(inputs=[CLOSE], window_length=20)
    sums = {"close_q": Sums("close_total", "close_count", 100.0, gap)}
    plan = Pipeline({"mean": mean}).plan()
    with_them, without = (
        compile_streams(plan, scaled=False, sessions=500, sums=it) for it in (sums, None)
    )

    def columns(program):
        return sum(len(stage) for stage in program.passes[0].stages)

    assert columns(with_them) <= 2 < columns(without)


WINDOWS = {
    **{
        f"{field.name}_{n}": SimpleMovingAverage(inputs=[field], window_length=n)
        for field in (CLOSE, EquityPricing.volume)
        for n in (1, 5, 70, 100)
    },
    "vwap": VWAP(window_length=6),
    "upper": BollingerBands(window_length=5, k=2).upper,
}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-03", "2024-02-01"),
        ("2024-01-25", "2024-02-01"),
        ("2024-01-25", "2025-12-30"),
        ("2024-01-03", "2025-12-30"),
    ],
)
def test_windows_by_sums_are_those_of_the_portable_form(plain, start, end):
    result = Pipeline(WINDOWS).run(start, end, bundle="small", warehouse=plain, cache=False)
    assert_frame_equal(result.pl(), plain.sql(result.sql).pl(), rel_tol=1e-12, abs_tol=1e-12)


LOOKING_BACK = {
    "ago": SqlFactor("lag(avg(close, 3), 2)"),
    "far_ago": SqlFactor("lag(avg(close, 3), 70)"),
    "highest": SqlFactor("max(avg(close, 3), 4)"),
    "filled": SqlFactor("coalesce(lag(avg(close, 3), 2), open)"),
    "mean_of_means": SqlFactor("avg(avg(close, 3), 4)"),
    "change": Returns(window_length=3),
    "by_cases": SqlFactor(
        "1 / CASE WHEN close > open THEN close WHEN close > low THEN close - open ELSE open END"
    ),
    "by_default": SqlFactor("1 / CASE WHEN close > open THEN close ELSE close - close END"),
}


@pytest.mark.parametrize("zero", [False, True], ids=["above zero", "a zero"])
def test_divisors_that_need_no_care_are_told_from_others(tmp_path, zero):
    bars = small_bars()
    if zero:
        at = (pl.col("symbol") == "E") & (pl.col("date") == dt.date(2024, 1, 12))
        bars = bars.with_columns(close=pl.when(~at).then(pl.col("close")).otherwise(0.0))
    with commit(tmp_path, bars) as wh:
        result = Pipeline(LOOKING_BACK).run(
            "2024-01-03", "2024-02-01", bundle="small", warehouse=wh, cache=False
        )
        got, expected = result.pl(), wh.sql(result.sql).pl()
    assert_frame_equal(got, expected, rel_tol=1e-12, abs_tol=1e-12)
    assert not any(got[it].is_nan().any() or got[it].is_infinite().any() for it in LOOKING_BACK)


def test_actions_leave_no_sums(plain, small):
    def known(opened):
        rows = LivingRows(sessions_of("small", opened), AssetFinder(opened, "small"))
        plan = Pipeline(WINDOWS).plan()
        return spine_of(plan, Reach(), rows, bundle="small", warehouse=opened).facts.sums

    assert known(small) == {}
    assert {"close_q", "volume_q"} <= known(plain).keys()
