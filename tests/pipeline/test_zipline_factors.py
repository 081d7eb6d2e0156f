"""What built-in factors refuse, how they are called, and the rows at the edges of their formulas."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from rustybt.assets import Asset
from rustybt.errors import (
    NotAnAssetError,
    TermInputsError,
    TermParameterError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import Column, DataSet, EquityPricing
from rustybt.pipeline.factors import (
    EWMA,
    EWMSTD,
    AnnualizedVolatility,
    Aroon,
    BollingerBands,
    BusinessDaysSincePreviousEvent,
    BusinessDaysUntilNextEvent,
    Clip,
    ExponentialWeightedMovingAverage,
    FastStochasticOscillator,
    IchimokuKinkoHyo,
    MACDSignal,
    MaxDrawdown,
    MovingAverageConvergenceDivergenceSignal,
    PeerCount,
    Returns,
    RollingLinearRegression,
    RollingLinearRegressionOfReturns,
    RollingPearson,
    RollingPearsonOfReturns,
    RollingSpearmanOfReturns,
    SimpleBeta,
    SimpleMovingAverage,
    TrueRange,
)
from rustybt.pipeline.factors.decimal_factors import (
    DecimalAverageDollarVolume,
    DecimalLatestPrice,
    DecimalReturns,
    DecimalSimpleMovingAverage,
)

CLOSE = [EquityPricing.close]
A = Asset(0, "A", "XNYS", "equity", dt.date.min, dt.date.max)
DAY = Returns(window_length=2)


class Events(DataSet):
    day = Column("datetime64[ns]")
    value = Column(float)


REFUSED = {
    "decay_rate 0": lambda: EWMA(inputs=CLOSE, window_length=5, decay_rate=0),
    "decay_rate above 1": lambda: EWMSTD(inputs=CLOSE, window_length=5, decay_rate=1.5),
    "decay_rate missing": lambda: EWMA(inputs=CLOSE, window_length=5),
    "span 1": lambda: EWMA.from_span(CLOSE, 5, 1),
    "halflife 0": lambda: EWMA.from_halflife(CLOSE, 5, 0),
    "center_of_mass 0": lambda: EWMSTD.from_center_of_mass(CLOSE, 5, 0),
    "k infinite": lambda: BollingerBands(window_length=20, k=float("inf")),
    "k text": lambda: BollingerBands(window_length=20, k="2"),
    "annualization_factor 0": lambda: AnnualizedVolatility(annualization_factor=0),
    "window_length 0": lambda: MaxDrawdown(inputs=CLOSE, window_length=0),
    "Aroon of one session": lambda: Aroon(window_length=1),
    "Ichimoku line too long": lambda: IchimokuKinkoHyo(window_length=20),
    "Ichimoku lag outside": lambda: IchimokuKinkoHyo(window_length=26),
    "TrueRange of three": lambda: TrueRange(window_length=3),
    "MACD slow not slower": lambda: MACDSignal(26, 12),
    "MACD period 0": lambda: MACDSignal(signal_period=0),
    "correlation of one": lambda: RollingPearson(DAY, DAY, 1),
    "returns of one": lambda: RollingSpearmanOfReturns(A, 1, 10),
    "regression of one": lambda: RollingLinearRegression(DAY, DAY, 1),
    "beta of two": lambda: SimpleBeta(A, 2),
    "beta missing above 1": lambda: SimpleBeta(A, 60, 1.5),
    "clip bounds": lambda: Clip(inputs=[DAY], min_bound=2, max_bound=1),
    "decimal returns of 0": lambda: DecimalReturns(0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parameter_is_refused_by_name(name):
    with pytest.raises(TermParameterError):
        REFUSED[name]()


def test_target_must_be_an_asset():
    with pytest.raises(NotAnAssetError):
        SimpleBeta("A", 60)


def test_slice_of_prices_is_refused():
    with pytest.raises(WindowInputError):
        SimpleMovingAverage(inputs=CLOSE, window_length=5)[A]


def test_slice_is_no_column():
    with pytest.raises(UnsupportedColumnError):
        Pipeline({"slice": DAY[A]})


def test_clip_of_two_inputs_is_refused():
    with pytest.raises(TermInputsError):
        Clip(inputs=[DAY, DAY], min_bound=0, max_bound=1)


def test_peer_count_of_a_factor_is_refused():
    with pytest.raises(TermInputsError):
        PeerCount(inputs=[DAY])


@pytest.mark.parametrize("kind", [BusinessDaysSincePreviousEvent, BusinessDaysUntilNextEvent])
def test_business_days_need_dates(kind):
    kind(inputs=[Events.day])
    with pytest.raises(UnsupportedColumnError):
        kind(inputs=[Events.value])


def test_aliases_are_the_classes():
    assert (EWMA, MACDSignal) == (
        ExponentialWeightedMovingAverage,
        MovingAverageConvergenceDivergenceSignal,
    )


def test_bands_have_ziplines_k_by_default():
    assert BollingerBands(window_length=20) == BollingerBands(window_length=20, k=2)


def test_positional_and_named_arguments_make_the_same_term():
    named = RollingPearsonOfReturns(target=A, returns_length=5, correlation_length=20)
    assert RollingPearsonOfReturns(A, 5, 20) == named
    assert MACDSignal(12, 26, 9) == MACDSignal()
    assert DAY.pearsonr(target=DAY[A], correlation_length=9) == RollingPearson(DAY, DAY[A], 9)


def test_regression_has_the_outputs_of_a_method():
    line = RollingLinearRegressionOfReturns(A, 2, 9)
    assert line.window_length == DAY.linear_regression(DAY[A], 9).window_length == 9
    assert {name: getattr(line, name).window_length for name in line.outputs} == dict.fromkeys(
        line.outputs, 9
    )


def test_beta_knows_its_target():
    assert SimpleBeta(target=A, regression_length=60).target is A


def test_macd_window_follows_its_periods():
    assert MACDSignal(slow_period=30, signal_period=5).window_length == 34


@pytest.fixture
def values(bars, build):
    """Compute columns over closes of one asset, the others of the small bundle staying."""
    sessions = sorted(bars["date"].unique())

    def computed(columns: dict, closes: list, symbol: str = "E") -> dict:
        own = pl.DataFrame({"date": sessions, "symbol": symbol, "new": closes}, strict=False)
        changed = bars.join(own, on=["date", "symbol"], how="left").with_columns(
            **{
                name: pl.when(pl.col("symbol") == symbol)
                .then(pl.col("new"))
                .otherwise(pl.col(name))
                for name in ("open", "high", "low", "close")
            }
        )
        opened = build(changed.drop("new"))
        rows = Pipeline(columns).run(sessions[1], sessions[-1], bundle="small", warehouse=opened)
        return rows.pl().filter(symbol=symbol).select(*columns).to_dict(as_series=False)

    return computed


def test_asset_without_prices_has_no_values(values):
    columns = {
        "aroon": Aroon(window_length=5).up,
        "drawdown": MaxDrawdown(inputs=CLOSE, window_length=5),
        "stochastic": FastStochasticOscillator(window_length=5),
        "range": TrueRange(),
        "beta": SimpleBeta(A, 5),
    }
    found = values(columns, [None] * 22)
    assert {name: set(column) for name, column in found.items()} == {
        name: {None} for name in columns
    }


def test_flat_price_has_no_deviation_at_all(values):
    bands = BollingerBands(window_length=7)
    columns = {
        "lower": bands.lower,
        "percent": bands.percent,
        "stddev": EWMSTD.from_span(CLOSE, 7, 4),
        "volatility": AnnualizedVolatility(window_length=6),
        "stochastic": FastStochasticOscillator(window_length=5),
        "correlation": RollingPearsonOfReturns(A, 2, 4),
        "ranks": RollingSpearmanOfReturns(A, 2, 4),
    }
    found = {name: column[-1] for name, column in values(columns, [0.1] * 22).items()}
    assert found == {
        "lower": 0.1,
        "percent": None,
        "stddev": 0.0,
        "volatility": 0.0,
        "stochastic": None,
        "correlation": None,
        "ranks": None,
    }


def test_first_of_equal_falls_counts(values):
    # 10 to 5 and 12 to 7 are equal falls; the first is the half of a half, the second is not.
    closes = [10.0] * 17 + [10.0, 5.0, 12.0, 7.0, 7.0]
    found = values({"fall": MaxDrawdown(inputs=CLOSE, window_length=4)}, closes)
    assert found["fall"][-1] == 1.0


def test_flat_asset_regressed_on_another_explains_nothing(values):
    line = RollingLinearRegressionOfReturns(A, 2, 4)
    columns = {name: line.output(name) for name in line.outputs}
    early = 8  # before the gaps of A
    found = {name: column[early] for name, column in values(columns, [5.0] * 22).items()}
    nothing = dict.fromkeys(("r_value", "p_value", "stderr"))
    assert found == {"alpha": 0.0, "beta": 0.0, **nothing}


def test_line_against_itself_is_certain(small, bars):
    line = RollingLinearRegressionOfReturns(A, 2, 4)
    sessions = sorted(bars["date"].unique())
    pipe = Pipeline({name: line.output(name) for name in ("beta", "r_value", "stderr", "p_value")})
    found = pipe.run(sessions[7], sessions[7], bundle="small", warehouse=small).pl()
    *exact, chance = found.filter(symbol="A").select(*pipe.columns).row(0)
    assert exact == [1.0, 1.0, 0.0]
    assert chance < 1e-15


def test_decimal_factors_mean_what_their_names_say(small, bars):
    close, volume = EquityPricing.close, EquityPricing.volume
    sessions = sorted(bars["date"].unique())
    pairs = {
        "latest": (DecimalLatestPrice(), close.latest),
        "mean": (
            DecimalSimpleMovingAverage(3),
            SimpleMovingAverage(inputs=[close], window_length=3),
        ),
        "returns": (DecimalReturns(2), Returns(window_length=3)),
        "traded": (
            DecimalAverageDollarVolume(1),
            close.latest * volume.latest,
        ),
    }
    columns = {
        **{f"{name}_decimal": pair[0] for name, pair in pairs.items()},
        **{name: pair[1] for name, pair in pairs.items()},
    }
    rows = Pipeline(columns).run(sessions[5], sessions[-1], bundle="small", warehouse=small).pl()
    for name in ("latest", "mean", "returns"):
        np.testing.assert_array_equal(rows[f"{name}_decimal"].to_numpy(), rows[name].to_numpy())
    traded = rows["traded"].fill_null(0).to_numpy()
    np.testing.assert_allclose(rows["traded_decimal"].to_numpy(), traded, rtol=1e-15)


def test_clip_is_the_method():
    assert Clip(inputs=[DAY], min_bound=-1, max_bound=1).inputs == DAY.clip(-1, 1).inputs
