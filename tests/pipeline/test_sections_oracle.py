"""Cross-sections, filters and classifiers equal to those that zipline-reloaded computed on the same data."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import AverageDollarVolume, Returns, SimpleMovingAverage
from rustybt.pipeline.filters import All, AllPresent, Any, AtLeastN

CLOSE = EquityPricing.close
MONTH = Returns(window_length=22)
TURNOVER = AverageDollarVolume(window_length=20)


def sma(length: int) -> SimpleMovingAverage:
    return SimpleMovingAverage(inputs=[CLOSE], window_length=length)


ABOVE = CLOSE.latest > sma(20)
LIQUID = TURNOVER.percentile_between(30, 100)
# The golden row of zipline's functions, and what they make of it.
ROW = np.array([3, 1, np.nan, -2, 3, 10])
GOLDEN = {
    "demean": (MONTH.demean(), [0, -2, np.nan, -5, 0, 7]),
    "zscore": (MONTH.zscore(), [0, -0.50637, np.nan, -1.26592, 0, 1.77229]),
    "winsorize": (MONTH.winsorize(0.2, 0.8), [3, 1, np.nan, 1, 3, 3]),
    "between": (MONTH.percentile_between(20, 80), [True, True, False, False, True, False]),
    "ordinal": (MONTH.rank(), [3, 2, np.nan, 1, 4, 5]),
    "descending": (MONTH.rank(ascending=False), [2, 4, np.nan, 5, 3, 1]),
    "average": (MONTH.rank("average"), [3.5, 2, np.nan, 1, 3.5, 5]),
    "min": (MONTH.rank("min"), [3, 2, np.nan, 1, 3, 5]),
    "max": (MONTH.rank("max"), [4, 2, np.nan, 1, 4, 5]),
    "dense": (MONTH.rank("dense"), [3, 2, np.nan, 1, 3, 4]),
}
SP500 = {
    "demean_ret": MONTH.demean(),
    "zscore_ret": MONTH.zscore(),
    "rank_ret": MONTH.rank(),
    "rank_ret_desc": MONTH.rank(ascending=False),
    "winsor_ret": MONTH.winsorize(0.05, 0.95),
    "rank_ret_liquid": MONTH.rank(mask=LIQUID),
    "zscore_by_q": MONTH.zscore(groupby=sma(20).quantiles(5)),
    "top10": MONTH.top(10),
    "bottom10": MONTH.bottom(10),
    "pct_25_75": MONTH.percentile_between(25, 75),
    "quintile": sma(20).quintiles(),
    "liquid": LIQUID,
    "above": ABOVE,
    "all5": All(inputs=[ABOVE], window_length=5),
    "any5": Any(inputs=[ABOVE], window_length=5),
    "atleast3of5": AtLeastN(inputs=[ABOVE], window_length=5, N=3),
    "present_20": AllPresent(inputs=[CLOSE], window_length=20),
    "month_start_sma": sma(20).downsample("month_start"),
    "arith": (sma(5) - sma(20)) / CLOSE.latest,
    "log_close": CLOSE.latest.log(),
    "clip_ret": MONTH.clip(-0.1, 0.1),
    "nested_sma_of_rank": SimpleMovingAverage(inputs=[MONTH.rank()], window_length=5),
}
ROUNDED = {"above", "all5", "any5", "atleast3of5"}


@pytest.fixture(scope="module")
def frame(sp500) -> pl.DataFrame:
    pipe = Pipeline(SP500)
    result = pipe.run("2014-02-21", "2018-02-07", bundle="sp500", warehouse=sp500)
    return pl.from_pandas(result.df().reset_index(drop=True))


@pytest.fixture(scope="module")
def oracle(reference: Path) -> pl.DataFrame:
    found = pl.read_parquet(reference / "oracle/zipline_pipeline/sp500_every13th.parquet")
    return found.with_columns(pl.col("session").cast(pl.Date)).sort("session", "symbol")


@pytest.fixture(scope="module")
def decided(oracle) -> np.ndarray:
    """Rows whose last five closes are not equal to their mean: there rounding alone says which is above."""
    tie = (pl.col("close_latest") / pl.col("sma_20") - 1).abs() < 1e-12
    ties = oracle.select(tie.cast(pl.Int8).rolling_max(5, min_samples=1).over("symbol")).to_series()
    return ~(ties == 1).fill_null(value=False).to_numpy()


@pytest.mark.reference
@pytest.mark.parametrize("name", SP500)
def test_column_is_ziplines(name, frame, oracle, decided):
    rows = decided if name in ROUNDED else slice(None)
    got, expected = frame[name].to_numpy()[rows], oracle[name].to_numpy()[rows]
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-15)


@pytest.mark.reference
def test_hardly_a_row_is_undecided(decided):
    assert (~decided).sum() < 30


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_row_of_zipline(name):
    term, expected = GOLDEN[name]
    np.testing.assert_allclose(term.compute(ROW), expected, atol=5e-6)
