"""Indicators give TA-Lib's numbers, skip sessions without a bar, and take parameters by one name."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from talib_cases import CASES, made_bars, outputs_of

from rustybt.errors import TermInputsError, TermParameterError, WindowInputError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage, indicators
from rustybt.pipeline.factors.indicators import (
    ADX,
    ATR,
    BBANDS,
    EMA,
    LINEARREG_ANGLE,
    MACD,
    MAXINDEX,
    OBV,
    PPO,
    ROC,
    ROCR100,
    ULTOSC,
    WILLR,
    WMA,
    DonchianChannels,
    HistoricalVolatility,
    HullMovingAverage,
    KeltnerChannels,
    RollingZScore,
    VolumeWeightedMovingAverage,
    WilderRSI,
)
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS

NUMBERS = Path(__file__).parent / "talib_numbers.npz"
CLOSE = EquityPricing.close
AT_ONCE = 10  # cases of one run


@pytest.fixture(scope="module")
def made(tmp_path_factory, committed):
    return committed(tmp_path_factory.mktemp("made"), made_bars(), bundle="made")


@pytest.fixture(scope="module")
def numbers():
    with np.load(NUMBERS) as found:
        return dict(found)


@pytest.fixture
def value(made):
    """The values of asset A by session, the first of which is that of the first bar."""

    def of(term, *, warehouse=made, bundle="made"):
        first, last = warehouse.sql(
            f"SELECT min(session), max(session) FROM {bundle}.bars_1d"
        ).rows()[0]
        rows = Pipeline({"value": term}).run(first, last, bundle=bundle, warehouse=warehouse).pl()
        return rows.filter(pl.col("symbol") == "A")["value"].to_numpy()

    return of


@pytest.mark.parametrize("first", range(0, len(CASES), AT_ONCE))
def test_numbers_are_those_of_talib(first, made, numbers):
    labels = list(CASES)[first : first + AT_ONCE]
    columns = {
        f"{label}/{name}": term
        for label in labels
        for name, term in outputs_of(CASES[label]).items()
    }
    rows = Pipeline(columns).run("2024-01-03", "2024-06-28", bundle="made", warehouse=made).pl()
    for (symbol,), part in rows.sort("session").partition_by("symbol", as_dict=True).items():
        for label in labels:
            case = CASES[label]
            for name, number in zip(outputs_of(case), case.order, strict=True):
                # The row of a session holds what the session before it made.
                expected = numbers[f"{label}/{symbol}"][number][:-1]
                scale = np.nanmax(np.abs(expected))
                np.testing.assert_allclose(
                    part[f"{label}/{name}"].to_numpy(),
                    expected,
                    rtol=1e-9,
                    atol=1e-11 * scale,
                    err_msg=f"{label} {name} {symbol}",
                )


def closes():
    return made_bars().filter(pl.col("symbol") == "A").sort("date")[:-1]


def test_hull_average_is_of_weighted_averages(value):
    def weighted(x, n):
        windows = np.lib.stride_tricks.sliding_window_view(x, n)
        return np.concatenate(
            [np.full(n - 1, np.nan), windows @ np.arange(1, n + 1) / (n * (n + 1) / 2)]
        )

    x = closes()["close"].to_numpy()
    expected = weighted(2 * weighted(x, 8) - weighted(x, 16), 4)
    np.testing.assert_allclose(value(HullMovingAverage()), expected, rtol=1e-12)


def test_volume_weighted_average_weighs_by_volume(value):
    bars = closes().with_columns(money=pl.col("close") * pl.col("volume"))
    expected = bars["money"].rolling_sum(20) / bars["volume"].rolling_sum(20)
    np.testing.assert_allclose(value(VolumeWeightedMovingAverage()), expected, rtol=1e-12)


def test_zscore_is_in_deviations_of_its_window(value):
    x = closes()["close"]
    expected = (x - x.rolling_mean(9)) / x.rolling_std(9, ddof=0)
    np.testing.assert_allclose(value(RollingZScore(timeperiod=9)), expected, rtol=1e-9)


def test_historical_volatility_is_of_logarithmic_returns(value):
    change = closes()["close"].log().diff()
    expected = change.rolling_std(20, ddof=1) * 252**0.5
    np.testing.assert_allclose(value(HistoricalVolatility()), expected, rtol=1e-9)


def test_donchian_channels_are_the_ends_of_the_window(value):
    bars, channels = closes(), DonchianChannels(timeperiod=7)
    np.testing.assert_array_equal(value(channels.upper), bars["high"].rolling_max(7))
    np.testing.assert_array_equal(value(channels.lower), bars["low"].rolling_min(7))


def test_close_beyond_its_range_is_at_the_end_of_it_for_williams(committed, tmp_path):
    # TA-Lib from 0.8 on: bars that are wrong so are among those of sources.
    beyond = {dt.date(2024, 2, 1): "low", dt.date(2024, 2, 7): "high"}
    bars = made_bars().filter(pl.col("symbol") == "A")
    for day, field in beyond.items():
        at, further = pl.col("date") == day, {"low": -9.0, "high": 9.0}[field]
        bars = bars.with_columns(
            close=pl.when(at).then(pl.col(field) + further).otherwise(pl.col("close"))
        )
    store = committed(tmp_path, bars, bundle="made")
    term = WILLR(timeperiod=3)
    rows = Pipeline({"value": term}).run("2024-02-01", "2024-02-09", bundle="made", warehouse=store)
    found = dict(rows.pl().select("session", "value").iter_rows())
    assert found[dt.date(2024, 2, 2)] == -100  # as known a session later
    assert found[dt.date(2024, 2, 8)] == 0
    assert -100 < found[dt.date(2024, 2, 1)] < 0


def test_keltner_channels_are_true_ranges_off_their_mean(value):
    channels = KeltnerChannels(timeperiod=8, atrperiod=5, multiplier=1.5)
    expected = value(EMA(timeperiod=8)) + 1.5 * value(ATR(timeperiod=5))
    np.testing.assert_allclose(value(channels.upper), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "term", [EMA(timeperiod=5), WilderRSI(timeperiod=5), ATR(timeperiod=5), OBV()]
)
def test_recursion_is_that_of_the_bars_without_the_missing_one(term, value, committed, tmp_path):
    bars = made_bars()
    day = bars["date"].unique().sort()[40]
    gone = bars.filter((pl.col("symbol") != "A") | (pl.col("date") != day))
    with_gap = value(term, warehouse=committed(tmp_path / "gap", gone, bundle="gap"), bundle="gap")
    # Without the session nobody's bar is missing, only one session is.
    shorter = gone.filter(pl.col("symbol") == "A").sort("date")
    days = bars["date"].unique().sort()[: len(shorter)]
    closed = shorter.with_columns(date=days)
    whole = value(
        term, warehouse=committed(tmp_path / "whole", closed, bundle="whole"), bundle="whole"
    )
    assert np.isnan(with_gap[40])
    np.testing.assert_allclose(np.delete(with_gap, 40), whole, rtol=1e-12)


def test_window_with_a_gap_is_null(value, committed, tmp_path):
    bars = made_bars()
    day = bars["date"].unique().sort()[40]
    gone = bars.filter((pl.col("symbol") != "A") | (pl.col("date") != day))
    found = value(
        WMA(timeperiod=5), warehouse=committed(tmp_path, gone, bundle="gap"), bundle="gap"
    )
    assert np.flatnonzero(np.isnan(found)).tolist() == [0, 1, 2, 3, 40, 41, 42, 43, 44]


def test_recursive_indicator_looks_at_the_whole_history():
    assert EMA(timeperiod=5).sessions_before == ALL_SESSIONS - 1
    assert WMA(timeperiod=5).sessions_before == 4
    assert ROC(timeperiod=5).sessions_before == 5


def test_value_does_not_depend_on_where_a_run_begins(made):
    pipe = Pipeline({"rsi": WilderRSI(), "macd": MACD().macd, "adx": ADX(timeperiod=5)})
    long = pipe.run("2024-01-03", "2024-06-05", bundle="made", warehouse=made).pl()
    short = pipe.run("2024-06-05", "2024-06-05", bundle="made", warehouse=made).pl()
    for name in ("rsi", "macd", "adx"):
        np.testing.assert_array_equal(short[name], long.tail(len(short))[name])


def test_of_equal_values_the_newest_has_the_index(value):
    found = value(MAXINDEX(inputs=[ROCR100(timeperiod=1).clip(0, 100)], timeperiod=5))
    close = closes()["close"].to_numpy()
    moves = np.minimum(100 * close[1:] / close[:-1], 100)
    expected = [
        it + int(np.flatnonzero(moves[it : it + 5] == moves[it : it + 5].max())[-1])
        for it in range(len(moves) - 4)
    ]
    assert found[5:].tolist() == expected
    assert (moves == 100).sum() > 20


def test_angle_of_a_price_may_not_be_looked_back_on():
    assert not LINEARREG_ANGLE().window_safe
    assert LINEARREG_ANGLE(inputs=[Returns(window_length=2)]).window_safe


def test_window_length_is_another_word_for_timeperiod():
    assert WMA(window_length=7) == WMA(timeperiod=7)
    assert repr(WMA(window_length=7)) == "WeightedMovingAverage(timeperiod=7)"


@pytest.mark.parametrize("make", [lambda: EMA(window_length=7), lambda: MACD(window_length=7)])
def test_window_length_is_refused_where_the_window_is_another(make):
    with pytest.raises(TermParameterError, match="window_length"):
        make()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: EMA(timeperiod=0), "timeperiod"),
        (lambda: EMA(timeperiod=2.5), "timeperiod"),
        (lambda: EMA(timeperiod=True), "timeperiod"),
        (lambda: MACD(fastperiod=26, slowperiod=12), "fastperiod"),
        (lambda: PPO(matype=7), "matype"),
        (lambda: BBANDS(nbdevup=float("inf")), "nbdevup"),
        (lambda: ULTOSC(timeperiod1=9, timeperiod2=8), "timeperiod1"),
    ],
)
def test_wrong_parameter_is_named(make, said):
    with pytest.raises(TermParameterError, match=said):
        make()


def test_wrong_inputs_are_named():
    with pytest.raises(TermInputsError):
        ATR(inputs=[CLOSE])
    with pytest.raises(WindowInputError):
        EMA(inputs=[SimpleMovingAverage(inputs=[CLOSE], window_length=3)])


def test_ratio_may_be_looked_back_on():
    assert WilderRSI().window_safe
    assert not EMA().window_safe
    assert EMA(inputs=[Returns(window_length=2)]).window_safe
    assert SimpleMovingAverage(inputs=[WilderRSI()], window_length=3).sessions_before == 2


def test_every_name_of_talib_is_an_indicator():
    said = {it for it in indicators.__all__ if it.upper() == it}
    assert {case.talib for case in CASES.values()} - {"RSI"} <= said | {"HMA", "VWMA"}


@pytest.mark.reference
def test_indicators_know_splits(equities):
    terms = {"rsi": WilderRSI(), "macd": MACD().hist, "atr": ATR(), "obv": OBV()}
    rows = (
        Pipeline(terms).run("2019-01-02", "2020-12-31", bundle="equities", warehouse=equities).pl()
    )
    assert rows["rsi"].is_between(0, 100).all()
    assert rows.null_count().sum_horizontal().item() == 0
