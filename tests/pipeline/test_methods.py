"""Methods of factors: what they refuse, and where they differ from zipline on purpose."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from rustybt.assets import Asset
from rustybt.errors import (
    BadPercentileBoundsError,
    PipelineError,
    TermParameterError,
    UnsupportedColumnError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    Returns,
    RollingLinearRegression,
    RollingPearson,
    RollingSpearman,
    SimpleMovingAverage,
)

CLOSE = EquityPricing.close.latest
DAY = Returns(window_length=2)
UP = DAY > 0
ASSET = Asset(0, "A", "XNYS", "equity", dt.date(2024, 1, 2), dt.date(2024, 2, 1))


@pytest.mark.parametrize("bounds", [(-1, 50), (50, 50), (60, 40), (0, 101), ("a", 5), (None, 5)])
def test_percentiles_must_be_in_order(bounds):
    with pytest.raises(BadPercentileBoundsError, match="max_percentile <= 100"):
        DAY.percentile_between(*bounds)


@pytest.mark.parametrize("bounds", [(-0.1, 0.5), (0.5, 0.5), (0.1, 1.1), (float("nan"), 1)])
def test_fractions_of_winsorize_must_be_in_order(bounds):
    with pytest.raises(BadPercentileBoundsError, match="max_percentile <= 1,"):
        DAY.winsorize(*bounds)


def test_bad_percentile_bounds_is_a_value_error_of_the_pipeline():
    assert issubclass(BadPercentileBoundsError, ValueError)
    assert issubclass(BadPercentileBoundsError, PipelineError)


@pytest.mark.parametrize("bins", [0, -1, 2.0, True, "5", None])
def test_bins_must_be_a_positive_integer(bins):
    with pytest.raises(TermParameterError, match="quantiles: expected bins"):
        DAY.quantiles(bins)


@pytest.mark.parametrize("bounds", [(1, 0), (float("nan"), 1), ("0", 1), (0, None), (True, 2)])
def test_bounds_of_clip_must_be_numbers_in_order(bounds):
    with pytest.raises(TermParameterError, match="clip: expected m"):
        DAY.clip(*bounds)


@pytest.mark.parametrize(
    "method", ["demean", "zscore", "rank", "percentile_rank", "mean", "median"]
)
def test_mask_must_be_a_filter(method):
    with pytest.raises(UnsupportedColumnError, match="mask: expected a filter"):
        getattr(DAY, method)(mask=DAY)


@pytest.mark.parametrize("method", ["demean", "zscore", "rank", "percentile_rank"])
@pytest.mark.parametrize("groupby", [DAY, UP, "sector", 5])
def test_groupby_must_be_a_classifier(method, groupby):
    with pytest.raises(UnsupportedColumnError, match="groupby: expected a classifier"):
        getattr(DAY, method)(groupby=groupby)


@pytest.mark.parametrize("frequency", ["month", "day_start", "", None, 5])
def test_unknown_frequency_names_the_known(frequency):
    with pytest.raises(TermParameterError, match="year_start, quarter_start, month_start, week_st"):
        DAY.downsample(frequency)


@pytest.mark.parametrize("name", ["", None, 5])
def test_alias_must_be_text(name):
    with pytest.raises(TermParameterError, match="alias: expected name"):
        DAY.alias(name)


@pytest.mark.parametrize("value", ["0", None, UP, True])
def test_fillna_takes_factors_and_numbers(value):
    with pytest.raises(UnsupportedColumnError, match="fillna: expected a factor or a number"):
        DAY.fillna(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_fillna_takes_finite_numbers(value):
    with pytest.raises(TermParameterError, match="finite"):
        DAY.fillna(value)


@pytest.mark.parametrize("operate", [lambda x: x % "5", lambda x: x**UP, lambda x: None % x])
def test_arithmetic_refuses_other_operands(operate):
    with pytest.raises(TypeError):
        operate(DAY)


@pytest.mark.parametrize("word", ["mean", "stddev", "max", "min", "median", "sum", "notnull_count"])
def test_one_value_per_session_is_no_column(word):
    with pytest.raises(UnsupportedColumnError, match="one per session is set beside a factor"):
        Pipeline({"x": getattr(DAY, word)()})


def test_mean_over_a_window_is_the_moving_average():
    assert DAY.mean(window_length=5) == SimpleMovingAverage(inputs=[DAY], window_length=5)


def test_pearsonr_makes_the_factor_of_that_name():
    target = DAY[ASSET]
    assert isinstance(DAY.pearsonr(target, 5), RollingPearson)
    assert DAY.pearsonr(target, 5) == RollingPearson(DAY, target, 5)


def test_spearmanr_makes_the_factor_of_that_name():
    assert DAY.spearmanr(DAY[ASSET], 5) == RollingSpearman(DAY, DAY[ASSET], 5)


def test_linear_regression_makes_the_factor_of_that_name():
    assert isinstance(DAY.linear_regression(DAY[ASSET], 5), RollingLinearRegression)


def test_methods_give_equal_terms():
    assert DAY.winsorize(0.1, 0.9) == DAY.winsorize(0.1, 0.9)
    assert not DAY.winsorize(0.1, 0.9) == DAY.winsorize(0.1, 0.8)  # noqa: SIM201 - != is a filter


@pytest.mark.parametrize(
    "term", [DAY.winsorize(0.1, 0.9), DAY.percentile_rank(), DAY.clip(0, 1), DAY.alias("a")]
)
def test_what_is_free_of_units_may_be_looked_back_on(term):
    assert term.window_safe


@pytest.mark.parametrize(
    "term", [CLOSE.winsorize(0.1, 0.9), CLOSE.clip(0, 1), CLOSE.log(), CLOSE.mean()]
)
def test_what_depends_on_adjustment_may_not_be_looked_back_on(term):
    assert not term.window_safe


def test_repr_says_the_functions():
    assert repr((DAY**2).log()) == "(Returns(window_length=2) ** 2).log()"


def column(small, term, sessions) -> pl.DataFrame:
    pipe = Pipeline({"value": term})
    return pipe.run(sessions[0], sessions[-1], bundle="small", warehouse=small).pl()


@pytest.mark.parametrize(
    ("frequency", "unit"),
    [("month_start", "1mo"), ("week_start", "1w"), ("year_start", "1y"), ("quarter_start", "1q")],
)
def test_downsample_holds_the_value_of_the_first_session(small, panel, frequency, unit):
    # Bars begin with the second session of the calendar's year, so 2024 begins without a value.
    sessions = panel.sessions[1:]
    means = SimpleMovingAverage(inputs=[EquityPricing.close], window_length=2)
    frame = column(small, means.downsample(frequency), sessions)
    plain = column(small, means, sessions)
    periods = pl.col("session").dt.truncate(unit)
    first_of_calendar = (
        pl.DataFrame({"session": panel.sessions})
        .group_by(periods.alias("period"))
        .agg(start=pl.col("session").min())
    )
    wanted = (
        frame.with_columns(period=periods)
        .join(first_of_calendar, on="period")
        .join(plain.select("sid", start="session", wanted="value"), on=["sid", "start"], how="left")
        .sort("session", "sid")["wanted"]
    )
    assert frame["value"].to_list() == pytest.approx(wanted.to_list(), nan_ok=True)


def test_downsample_does_not_depend_on_where_the_span_begins(small, panel):
    term = CLOSE.downsample("week_start")
    whole = column(small, term, panel.sessions[1:])
    late = column(small, term, panel.sessions[12:])
    assert whole.filter(pl.col("session") >= panel.sessions[12]).equals(late)


def flat(bars: pl.DataFrame) -> pl.DataFrame:
    """All assets alike, so that every cross-section is a tie."""
    return bars.with_columns(
        open=pl.lit(5.0), high=pl.lit(5.0), low=pl.lit(5.0), close=pl.lit(5.0), volume=pl.lit(1.0)
    )


@pytest.fixture
def last_row(committed, tmp_path) -> Callable[..., pl.DataFrame]:
    """The last row of each asset, of a bundle without actions."""

    def run(bars, **terms):
        day = bars["date"].max()
        with committed(tmp_path, bars) as opened:
            return Pipeline(terms).run(day, day, bundle="small", warehouse=opened).pl()

    return run


def test_ties_share_a_quantile_and_do_not_raise(last_row, bars):
    frame = last_row(flat(bars), value=EquityPricing.volume.latest.deciles())
    assert frame["value"].unique().to_list() == [0]


def test_ties_pass_in_the_order_of_sids(last_row, bars):
    frame = last_row(flat(bars), value=EquityPricing.volume.latest.top(2))
    assert frame["value"].sum() == 2
    assert frame["value"].to_list()[:2] == [True, True]


def test_ties_have_no_zscore(last_row, bars):
    frame = last_row(flat(bars), value=EquityPricing.volume.latest.zscore())
    assert frame["value"].is_null().all()


def test_one_asset_is_its_own_cross_section(last_row, bars):
    frame = last_row(
        bars.filter(pl.col("symbol") == "A"),
        rank=CLOSE.rank(),
        share=CLOSE.percentile_rank(),
        demean=CLOSE.demean(),
        zscore=CLOSE.zscore(),
        decile=CLOSE.deciles(),
        top=CLOSE.top(1),
        between=CLOSE.percentile_between(10, 20),
        winsorized=CLOSE.winsorize(0.1, 0.9) - CLOSE,
    )
    assert frame.row(0)[3:] == (1.0, 1.0, 0.0, None, 0, True, True, 0.0)


def test_top_of_negative_values_is_the_largest(small, panel):
    frame = column(small, (-CLOSE).top(1), panel.sessions[8:9])
    prices = column(small, CLOSE, panel.sessions[8:9])
    cheapest = prices.filter(pl.col("value") == pl.col("value").min())
    assert frame.filter("value")["sid"].to_list() == cheapest["sid"].to_list()


def test_a_missing_value_does_not_spoil_the_ranks():
    row = np.array([3, 1, np.nan, -2])
    assert DAY.rank("average").compute(row)[[0, 1, 3]].tolist() == [3, 2, 1]


def test_clip_honours_its_mask(small, panel):
    frame = column(small, CLOSE.clip(0, 1000, mask=CLOSE > 60), panel.sessions[8:9])
    prices = column(small, CLOSE, panel.sessions[8:9])
    assert frame["value"].is_null().to_list() == (prices["value"].fill_null(0) <= 60).to_list()


def test_power_of_a_missing_value_is_missing(small):
    missing, close = CLOSE / 0, CLOSE
    columns = {
        "to_0": missing**0.0,
        "of_1": (close / close) ** missing,
        "negative": (-close) ** 0.5,
        "square": (-close) ** 2.0,
        "squared": close * close,
    }
    rows = Pipeline(columns).run("2024-01-16", "2024-01-16", bundle="small", warehouse=small).pl()
    for name in ("to_0", "of_1", "negative"):
        assert rows[name].null_count() == len(rows) > 0
    assert rows["square"].to_list() == pytest.approx(rows["squared"].to_list())
