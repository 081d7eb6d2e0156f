"""A stranger's mistakes: each is the named error, before any data is read where it can be known, or the right row."""

import datetime as dt
from fractions import Fraction

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from rustybt.assets import Asset
from rustybt.data import bundles
from rustybt.data.sources.files import FileSource
from rustybt.errors import (
    AmbiguousDomainError,
    BadPercentileBoundsError,
    DatasetError,
    DomainMismatchError,
    ForeignAssetError,
    TermParameterError,
    UnknownFieldError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.compiler.plan import in_order
from rustybt.pipeline.data import (
    BoundColumn,
    Column,
    CryptoPricing,
    DataSet,
    EquityPricing,
    USEquityPricing,
)
from rustybt.pipeline.domain import CRYPTO
from rustybt.pipeline.factors import (
    BollingerBands,
    LinearWeightedMovingAverage,
    Returns,
    RollingLinearRegressionOfReturns,
    RollingPearsonOfReturns,
    RollingSpearmanOfReturns,
    SimpleBeta,
    SimpleMovingAverage,
)
from rustybt.pipeline.filters import AllPresent, SingleAsset
from warehouse.errors import QueryError

CLOSE = EquityPricing.close
MEAN = SimpleMovingAverage(inputs=[CLOSE], window_length=3)
DAY = Returns(window_length=2)
SPAN = ("2024-01-30", "2024-02-01")
NOBODY = Asset(99, "Z", "XNYS", "equity", dt.date(2024, 1, 2), dt.date(2024, 2, 1))


@pytest.fixture
def rows(small):
    def values(**columns):
        return Pipeline(columns).run(*SPAN, bundle="small", warehouse=small).pl()

    return values


@pytest.fixture
def last_row(committed, bars, tmp_path):
    """The values of the last session over other bars: the closes of it, by symbol, replaced."""

    def values(changed, **columns):
        wanted = bars.filter(pl.col("symbol").is_in(list(changed)))
        at = pl.col("date") == dt.date(2024, 1, 31)
        close = pl.col("symbol").replace_strict(changed, default=None, return_dtype=pl.Float64)
        wanted = wanted.with_columns(close=pl.when(at).then(close).otherwise(pl.col("close")))
        wh = committed(tmp_path, wanted)
        return Pipeline(columns).run(SPAN[1], SPAN[1], bundle="small", warehouse=wh).pl()

    return values


# Columns that there are not.


@pytest.mark.parametrize("name", ["clos", "Close", "adj_close", "vwap"])
def test_unknown_column_of_bars(name):
    with pytest.raises(UnknownFieldError, match="it has open, high, low, close, volume, currency"):
        getattr(EquityPricing, name)


def test_unknown_column_of_a_dataset():
    class Scores(DataSet):
        score = Column(float)

    with pytest.raises(UnknownFieldError, match="Nearest name: 'score'"):
        _ = Scores.scores


def test_unknown_column_of_a_table_names_it(rows):
    table = DataSet.from_table("small.bars_1d", time="session", columns={"nope": float})
    with pytest.raises(QueryError, match="nope"):
        rows(x=table.nope.latest)


@pytest.mark.parametrize("dtype", [list, dict, complex, Asset])
def test_column_of_no_kind(dtype):
    with pytest.raises(TermParameterError, match="Column: expected dtype to be float"):
        Column(dtype)


# A column in place of a factor.


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: CLOSE > 5,
        lambda: CLOSE >= 5,
        lambda: CLOSE < 5,
        lambda: CLOSE <= 5,
        lambda: CLOSE + 1,
        lambda: CLOSE - 1,
        lambda: CLOSE * 2,
        lambda: CLOSE / EquityPricing.open,
    ],
)
def test_arithmetic_of_a_column_says_latest(misuse):
    with pytest.raises(UnsupportedColumnError, match=r"such as EquityPricing\.close\.latest"):
        misuse()


@pytest.mark.parametrize("method", ["rank", "mean", "top", "pearsonr"])
def test_method_of_a_column_says_latest(method):
    with pytest.raises(UnknownFieldError, match=rf"it has latest, fx, latest\.{method}\."):
        getattr(CLOSE, method)


# Windows.


@pytest.mark.parametrize(
    "term", [CLOSE.latest, MEAN, MEAN.demean(), BollingerBands(window_length=5).upper]
)
def test_window_over_prices_as_known_is_unsafe(term):
    with pytest.raises(WindowInputError, match="not safe to look back on"):
        SimpleMovingAverage(inputs=[term], window_length=2)


def test_slice_of_a_price_is_unsafe():
    with pytest.raises(WindowInputError, match="not safe to look back on"):
        _ = MEAN[NOBODY]


def test_mean_of_text_is_refused():
    with pytest.raises(UnsupportedColumnError, match="columns or factors of numbers"):
        SimpleMovingAverage(inputs=[EquityPricing.currency], window_length=2)


def test_presence_of_text_is_known(rows):
    present = AllPresent(inputs=[EquityPricing.currency], window_length=2)
    assert rows(x=present)["x"].all()


@pytest.mark.parametrize("length", [0, -3, 1.5, "20", None, True])
def test_window_length_that_cannot_be(length):
    with pytest.raises(TermParameterError, match="window_length to be an integer from 1"):
        SimpleMovingAverage(inputs=[CLOSE], window_length=length)


def test_window_that_is_longer_than_the_data_has_what_there_is(rows):
    long = SimpleMovingAverage(inputs=[CLOSE], window_length=10**6)
    exact = SimpleMovingAverage(inputs=[CLOSE], window_length=30)
    assert rows(x=long)["x"].to_list() == pytest.approx(rows(x=exact)["x"].to_list())


@pytest.mark.parametrize("length", [5_000, 2**31 - 1])
def test_change_over_more_than_the_data_is_null(rows, length):
    assert rows(x=Returns(window_length=length))["x"].null_count() == 15


def test_correlation_over_more_than_the_data_is_null(rows):
    target = Asset(0, "A", "XNYS", "equity", dt.date(2024, 1, 2), dt.date(2024, 2, 1))
    term = RollingPearsonOfReturns(target=target, returns_length=2, correlation_length=100_000)
    assert rows(x=term)["x"].null_count() == 15


def test_python_over_more_than_the_data_sees_nothing_before_it(rows):
    class Known(CustomFactor):
        inputs = (CLOSE,)
        window_length = 50_000

        def compute(self, *given):
            _, _, out, close = given
            out[:] = np.isfinite(close).sum(axis=0)

    assert rows(x=Known())["x"].max() == 21


# Bounds.


@pytest.mark.parametrize("bounds", [(80, 20), (20, 20), (-1, 50), (0, 101), ("a", 5), (0, None)])
def test_percentiles_that_cannot_be(bounds):
    with pytest.raises(BadPercentileBoundsError, match="0 <= min_percentile < max_percentile"):
        DAY.percentile_between(*bounds)


def test_fractions_are_no_percents():
    with pytest.raises(BadPercentileBoundsError, match="<= 1, found 5 and 95"):
        DAY.winsorize(5, 95)


@pytest.mark.parametrize("ascending", ["desc", 0, None])
def test_order_of_a_rank_is_a_truth_value(ascending):
    with pytest.raises(TermParameterError, match="ascending to be True or False"):
        DAY.rank(ascending=ascending)


# Markets.


def test_columns_of_two_markets():
    pipe = Pipeline({"a": USEquityPricing.close.latest, "b": CryptoPricing.close.latest})
    with pytest.raises(AmbiguousDomainError, match="US_EQUITIES, CRYPTO"):
        pipe.plan()


def test_pipeline_of_another_market_than_its_columns():
    with pytest.raises(AmbiguousDomainError):
        Pipeline({"a": USEquityPricing.close.latest}, domain=CRYPTO).plan()


def test_bundle_of_another_market(rows):
    with pytest.raises(DomainMismatchError, match=r"24/7.*XNYS"):
        rows(x=CryptoPricing.close.latest)


@pytest.mark.parametrize("dataset", [EquityPricing, CryptoPricing])
def test_generic_prices_of_a_calendar_that_never_closes(tmp_path, dataset):
    days = pl.date_range(dt.date(2024, 1, 5), dt.date(2024, 1, 9), eager=True)
    prices = {it: [1.0, 2.0, 3.0, 4.0, 5.0] for it in ("open", "high", "low", "close", "volume")}
    file = tmp_path / "coins.csv"
    pl.DataFrame({"symbol": ["BTC/USD"] * 5, "date": days, **prices}).write_csv(file)
    bundles.ingest(FileSource(file), "coins", calendar="24/7", root=tmp_path / "root")
    pipe = Pipeline({"close": dataset.close.latest})
    found = pipe.run("2024-01-06", "2024-01-09", bundle="coins", root=tmp_path / "root").pl()
    assert found["close"].to_list() == [1.0, 2.0, 3.0, 4.0]  # a Saturday and a Sunday among them


# Numbers and text in each other's place.


@pytest.mark.parametrize("other", ["a", None, True, 1j, b"1", [1], DAY > 0, DAY.quantiles(2)])
def test_sum_with_what_is_no_number(other):
    with pytest.raises(TypeError):
        MEAN + other


@pytest.mark.parametrize("other", [2, 2.0, np.int64(2), np.float32(2), Fraction(2)])
def test_sum_with_a_number_of_any_kind(other):
    assert MEAN + other == MEAN + 2.0


def test_comparison_with_text_is_refused():
    with pytest.raises(TypeError):
        _ = MEAN > "a"


def test_label_of_text_where_labels_are_numbers():
    with pytest.raises(TermParameterError, match="whole number"):
        DAY.quantiles(2).eq("a")


@pytest.mark.parametrize("columns", [[MEAN], MEAN, "close", 5])
def test_columns_are_a_dictionary(columns):
    with pytest.raises(UnsupportedColumnError, match="columns: expected a dictionary"):
        Pipeline(columns)


def test_factor_is_no_sequence():
    with pytest.raises(TypeError, match="not iterable"):
        list(DAY)


def test_bands_unpack_as_ziplines():
    bands = BollingerBands(window_length=20, k=2)
    lower, middle, upper = bands
    assert [lower, middle, upper] == [bands.lower, bands.middle, bands.upper]


def test_unknown_output_names_the_nearest():
    with pytest.raises(UnknownFieldError, match="Nearest name: 'upper'"):
        _ = BollingerBands(window_length=20).uper


# Infinities.


@pytest.mark.parametrize("number", [float("inf"), -float("inf"), float("nan"), 10**400])
def test_literal_that_is_not_finite(number):
    with pytest.raises(TermParameterError, match="to be finite"):
        MEAN * number


@pytest.mark.parametrize("term", [MEAN / 0, 1 / (MEAN - MEAN), (MEAN * 100).exp(), MEAN**1000])
def test_what_would_be_infinite_is_null(rows, term):
    assert rows(x=term)["x"].null_count() == 15


@pytest.mark.parametrize("number", [float("inf"), -float("inf"), float("nan")])
def test_number_of_a_frame_that_is_not_finite_is_missing(rows, number):
    given = pl.DataFrame({"day": [dt.date(2024, 1, 10)] * 2, "sid": [0, 1], "score": [number, 1.5]})
    scores = DataSet.from_frame(given, time="day", columns={"score": float}, name="Scores")
    mean = SimpleMovingAverage(inputs=[scores.score], window_length=2)
    found = rows(x=scores.score.latest, mean=mean, rank=scores.score.latest.rank())
    assert found.filter(sid=0).select("x", "mean", "rank").null_count().row(0) == (3, 3, 3)
    assert found.filter(sid=1).row(0)[3:] == (1.5, 1.5, 1.0)


# Sections of few values.


SECTION = {
    "rank": CLOSE.latest.rank(),
    "average": CLOSE.latest.rank("average"),
    "zscore": CLOSE.latest.zscore(),
    "demean": CLOSE.latest.demean(),
    "half": CLOSE.latest.quantiles(2),
    "top": CLOSE.latest.top(1),
    "between": CLOSE.latest.percentile_between(10, 90),
}


def test_section_of_one_asset(last_row):
    found = last_row({"A": 10.0}, **SECTION)
    assert found.select(*SECTION).rows() == [(1.0, 1.0, None, 0.0, 0, True, True)]


def test_section_of_equal_values(last_row):
    found = last_row({"A": 10.0, "E": 10.0}, **SECTION)
    assert found.select(*SECTION).rows() == [
        (1.0, 1.5, None, 0.0, 0, True, True),
        (2.0, 1.5, None, 0.0, 0, False, True),
    ]


def test_section_without_a_value(last_row):
    found = last_row({"A": None, "E": None}, **SECTION)
    assert found.select(*SECTION).rows() == [(None, None, None, None, None, False, False)] * 2


def test_no_asset_passes(small):
    pipe = Pipeline(SECTION, screen=CLOSE.latest < 0)
    found = pipe.run(*SPAN, bundle="small", warehouse=small)
    assert found.arrow().schema.names == ["session", "sid", "symbol", *SECTION]
    assert (len(found), found.df().shape) == (0, (0, 7))


@pytest.mark.slow
def test_factors_of_the_only_asset_which_has_no_price(committed, bars, tmp_path, example_columns):
    prices = [pl.lit(None, pl.Float64).alias(it) for it in ("open", "high", "low", "close")]
    wh = committed(tmp_path, bars.filter(symbol="A").with_columns(prices))
    names = {f"x{number}": term for number, term in enumerate(example_columns.values())}
    found = Pipeline(names).run(*SPAN, bundle="small", warehouse=wh).pl()
    assert len(found) == 3
    of_prices = [it for it, term in names.items() if EquityPricing.volume not in reads(term)]
    assert len(of_prices) > 100
    known = [it for it in of_prices if found[it].null_count() < 3]
    # zipline's weighted mean skips what is missing, and is 0 of nothing.
    assert {type(names[it]) for it in known} == {LinearWeightedMovingAverage}
    assert all((found[it] == 0).all() for it in known)


def reads(term):
    """The columns that a term reads, those of Python as well."""
    return [it for it in in_order([term], needs=True) if isinstance(it, BoundColumn)]


def test_mask_that_no_asset_passes(rows):
    nobody = CLOSE.latest < 0
    found = rows(
        rank=DAY.rank(mask=nobody), mean=DAY - DAY.mean(mask=nobody), top=DAY.top(1, nobody)
    )
    assert found.select("rank", "mean").null_count().row(0) == (15, 15)
    assert not found["top"].any()


def test_asset_outside_the_universe_passes_nowhere(rows):
    assert not rows(x=SingleAsset(NOBODY))["x"].any()


def test_frame_of_another_form_is_refused():
    with pytest.raises(DatasetError, match="dict is no frame"):
        DataSet.from_frame({"day": []}, time="day", columns={"score": float}, name="Scores")


def test_frame_without_rows_is_missing_everywhere(rows):
    schema = pa.schema({"day": pa.date32(), "sid": pa.int32(), "score": pa.float64()})
    scores = DataSet.from_frame(
        schema.empty_table(), time="day", columns={"score": float}, name="Scores"
    )
    assert rows(x=scores.score.latest)["x"].null_count() == 15


def comparisons(asset):
    returns = {"returns_length": 2, "correlation_length": 3}
    line = RollingLinearRegressionOfReturns(asset, returns_length=2, regression_length=3)
    return {
        "beta": SimpleBeta(asset, 4),
        "pearson": RollingPearsonOfReturns(asset, **returns),
        "spearman": RollingSpearmanOfReturns(asset, **returns),
        "alpha": line.alpha,
    }


def test_target_that_the_bundle_does_not_have_gives_nothing(small):
    ghost = Asset(99, "ZZ", "XNYS", "equity", dt.date(2000, 1, 3), dt.date(2001, 1, 3))
    rows = (
        Pipeline(comparisons(ghost))
        .run("2024-01-16", "2024-01-23", bundle="small", warehouse=small)
        .pl()
    )
    assert len(rows) > 0
    assert all(
        rows[it].null_count() == len(rows) for it in ("beta", "pearson", "spearman", "alpha")
    )


@pytest.mark.parametrize("name", ["beta", "pearson", "spearman", "alpha"])
def test_target_of_another_bundle_is_refused(small, name):
    other = Asset(0, "OTHER", "XLON", "equity", dt.date(2000, 1, 3), dt.date(2030, 1, 3))
    pipe = Pipeline({name: comparisons(other)[name]}, screen=Returns(window_length=2).notnull())
    with pytest.raises(ForeignAssetError, match=r"OTHER.*another bundle"):
        pipe.run("2024-01-16", "2024-01-23", bundle="small", warehouse=small)
    with (
        pytest.raises(ForeignAssetError),
        pipe.stream("2024-01-16", "2024-01-23", bundle="small", warehouse=small) as rows,
    ):
        list(rows)
