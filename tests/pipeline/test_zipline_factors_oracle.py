"""Columns of built-in factors equal to those that zipline-reloaded computed on the same data."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import warehouse
from rustybt.assets import Asset, AssetFinder
from rustybt.pipeline import Factor, Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    EWMA,
    EWMSTD,
    AnnualizedVolatility,
    Aroon,
    BollingerBands,
    Clip,
    FastStochasticOscillator,
    IchimokuKinkoHyo,
    LinearWeightedMovingAverage,
    MACDSignal,
    MaxDrawdown,
    Returns,
    RollingLinearRegressionOfReturns,
    RollingPearsonOfReturns,
    RollingSpearmanOfReturns,
    SimpleBeta,
    TrueRange,
)

pytestmark = pytest.mark.reference

CLOSE = [EquityPricing.close]
BANDS = BollingerBands(window_length=20, k=2)
AROON = Aroon(window_length=25)
CLOUD = IchimokuKinkoHyo()

SP500 = {
    "mdd_60": MaxDrawdown(inputs=CLOSE, window_length=60),
    "ewma_30_span_15": EWMA.from_span(inputs=CLOSE, window_length=30, span=15),
    "ewma_30_hl_6": EWMA.from_halflife(inputs=CLOSE, window_length=30, halflife=6),
    "ewmstd_30_com_9": EWMSTD.from_center_of_mass(CLOSE, 30, center_of_mass=9),
    "lwma_15": LinearWeightedMovingAverage(inputs=CLOSE, window_length=15),
    "annvol_252": AnnualizedVolatility(),
    "annvol_60": AnnualizedVolatility(window_length=60),
    "bb_lower": BANDS.lower,
    "bb_middle": BANDS.middle,
    "bb_upper": BANDS.upper,
    "aroon_down": AROON.down,
    "aroon_up": AROON.up,
    "stoch_14": FastStochasticOscillator(),
    "ich_tenkan": CLOUD.tenkan_sen,
    "ich_kijun": CLOUD.kijun_sen,
    "ich_a": CLOUD.senkou_span_a,
    "ich_b": CLOUD.senkou_span_b,
    "ich_chikou": CLOUD.chikou_span,
    "true_range": TrueRange(),
    "macd_signal": MACDSignal(),
    "clip_ret": Clip(inputs=[Returns(window_length=22)], min_bound=-0.1, max_bound=0.1),
}
TARGETED = ("beta_60", "pearson_30", "spearman_30", "reg_alpha", "reg_beta")
# The MACD of a flat price and the alpha of the target against itself are 0 up to rounding.
NEAR = {"macd_signal": 1e-11, "reg_alpha": 1e-14}

# zipline's store rounds prices to 3 decimals, the bundle does not.
EQUITIES = {
    "mdd_120": (MaxDrawdown(inputs=CLOSE, window_length=120), 5e-3),
    "true_range": (TrueRange(), 4e-3),
    "ewma": (EWMA.from_span(inputs=CLOSE, window_length=30, span=15), 2e-3),
}


def targeted(target: Asset) -> dict[str, Factor]:
    line = RollingLinearRegressionOfReturns(target=target, returns_length=2, regression_length=30)
    pair = {"target": target, "returns_length": 2, "correlation_length": 30}
    return {
        "beta_60": SimpleBeta(target=target, regression_length=60),
        "pearson_30": RollingPearsonOfReturns(**pair),
        "spearman_30": RollingSpearmanOfReturns(**pair),
        "reg_alpha": line.alpha,
        "reg_beta": line.beta,
    }


@pytest.fixture(scope="module")
def sp500_result(sp500: warehouse.Warehouse) -> pl.DataFrame:
    target = AssetFinder(sp500, "sp500").retrieve_asset(0)
    pipe = Pipeline({**SP500, **targeted(target)})
    return pipe.run("2014-02-21", "2018-02-07", bundle="sp500", warehouse=sp500).pl()


@pytest.fixture(scope="module")
def equities_result(equities: warehouse.Warehouse) -> pl.DataFrame:
    pipe = Pipeline({name: term for name, (term, _) in EQUITIES.items()})
    return pipe.run("2005-01-04", "2021-04-16", bundle="equities", warehouse=equities).pl()


def oracle(reference: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(reference / f"oracle/zipline_pipeline/{name}.parquet").sort(
        "session", "symbol"
    )


@pytest.mark.parametrize("name", [*SP500, *TARGETED])
def test_sp500_column_is_ziplines(name, sp500_result, reference):
    expected = oracle(reference, "sp500_every13th")[name].to_numpy()
    got = sp500_result[name].to_numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=NEAR.get(name, 1e-15))


@pytest.mark.parametrize("name", EQUITIES)
def test_column_over_splits_and_dividends_is_ziplines(name, equities_result, reference):
    expected = oracle(reference, "us_equities_with_actions")[name].to_numpy()
    got = equities_result[name].to_numpy()
    np.testing.assert_allclose(got, expected, rtol=0, atol=EQUITIES[name][1])
