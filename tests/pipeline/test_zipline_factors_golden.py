"""Every built-in factor gives the golden vectors of zipline, as a definition and as SQL."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rustybt.assets import Asset
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    EWMA,
    EWMSTD,
    RSI,
    VWAP,
    AnnualizedVolatility,
    Aroon,
    AverageDollarVolume,
    BollingerBands,
    FastStochasticOscillator,
    IchimokuKinkoHyo,
    LinearWeightedMovingAverage,
    MACDSignal,
    MaxDrawdown,
    PercentChange,
    RateOfChangePercentage,
    Returns,
    RollingLinearRegressionOfReturns,
    RollingPearsonOfReturns,
    RollingSpearmanOfReturns,
    SimpleBeta,
    SimpleMovingAverage,
    TrueRange,
)
from rustybt.pipeline.slice import Slice

pytestmark = pytest.mark.reference

CLOSE = [EquityPricing.close]
FIRST = Asset(0, "A", "XNYS", "equity", dt.date.min, dt.date.max)

FACTORS = {
    "Returns_wl5": Returns(window_length=5),
    "PercentChange_wl5": PercentChange(inputs=CLOSE, window_length=5),
    "SMA_wl5": SimpleMovingAverage(inputs=CLOSE, window_length=5),
    "VWAP_wl5": VWAP(window_length=5),
    "AverageDollarVolume_wl5": AverageDollarVolume(window_length=5),
    "MaxDrawdown_wl20": MaxDrawdown(inputs=CLOSE, window_length=20),
    "EWMA_wl10_span5": EWMA.from_span(CLOSE, 10, 5),
    "EWMSTD_wl10_span5": EWMSTD.from_span(CLOSE, 10, 5),
    "LWMA_wl5": LinearWeightedMovingAverage(inputs=CLOSE, window_length=5),
    "RSI_wl15": RSI(),
    "RateOfChangePercentage_wl6": RateOfChangePercentage(inputs=CLOSE, window_length=6),
    "FastStochasticOscillator_wl14": FastStochasticOscillator(),
    "TrueRange_wl2": TrueRange(),
    "MACDSignal_12_26_9": MACDSignal(),
    "AnnualizedVolatility_wl20": AnnualizedVolatility(window_length=20),
    "SimpleBeta_target0_len20": SimpleBeta(FIRST, 20),
    "RollingPearson_len20": RollingPearsonOfReturns(FIRST, 2, 20),
    "RollingSpearman_len20": RollingSpearmanOfReturns(FIRST, 2, 20),
}
OUTPUTS = {
    "BollingerBands_wl20_k2": (BollingerBands(window_length=20), ("lower", "middle", "upper")),
    "Aroon_wl10": (Aroon(window_length=10), Aroon.outputs),
    "IchimokuKinkoHyo_wl52": (IchimokuKinkoHyo(), IchimokuKinkoHyo.outputs),
    "RollingLinearRegression_len20": (
        RollingLinearRegressionOfReturns(FIRST, 2, 20),
        RollingLinearRegressionOfReturns.outputs,
    ),
}
CASES = {
    **{(name,): term for name, term in FACTORS.items()},
    **{
        (name, field): factor.output(field)
        for name, (factor, fields) in OUTPUTS.items()
        for field in fields
    },
}
EDITIONS = ("clean", "nan")


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    file = reference / "oracle/zipline_pipeline/golden_factors.json"
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def inputs(golden) -> dict[str, dict[str, np.ndarray]]:
    said = golden["_inputs"]
    clean = {name: np.array(said[name], float) for name in ("close", "high", "low", "volume")}
    close = clean["close"].copy()
    close[-3, 1] = close[0, 2] = np.nan
    return {"clean": clean, "nan": {**clean, "close": close}}


@pytest.fixture(scope="module")
def rows(inputs, small, committed, tmp_path_factory) -> dict[str, pl.DataFrame]:
    """The last row of a bundle of each edition, by its columns."""
    found = small.sql("SELECT session FROM small.sessions WHERE session >= '2024-01-02' ORDER BY 1")
    # One session more: a row knows the bars before its own.
    sessions = [row[0] for row in found.rows()[: len(inputs["clean"]["close"]) + 1]]
    pipe = Pipeline({" ".join(name): term for name, term in CASES.items()})
    last = sessions[-1]
    found = {}
    for name, arrays in inputs.items():
        with committed(tmp_path_factory.mktemp(name), _bars(arrays, sessions)) as opened:
            found[name] = pipe.run(last, last, bundle="small", warehouse=opened).pl()
    return found


def _bars(arrays: dict[str, np.ndarray], sessions: list[dt.date]) -> pl.DataFrame:
    longer = {name: np.vstack([values, values[-1:]]) for name, values in arrays.items()}
    assets = [
        pl.DataFrame({name: values[:, at] for name, values in longer.items()}).with_columns(
            date=pl.Series(sessions), symbol=pl.lit(symbol), open=pl.lit(None)
        )
        for at, symbol in enumerate("ABC")
    ]
    return pl.concat(assets).with_columns(pl.col("close").fill_nan(None))


def _computed(term, arrays: dict[str, np.ndarray]) -> np.ndarray:
    windows = [_window(it, arrays, term.window_length) for it in term.inputs]
    with np.errstate(all="ignore"):
        return term.compute(*windows)


def _window(term, arrays: dict[str, np.ndarray], length: int) -> np.ndarray:
    if isinstance(term, Slice):
        window = _window(term.inputs[0], arrays, length)
        return np.array([term.compute(row) for row in window])
    if term in (EquityPricing.close, *map(EquityPricing.columns.get, arrays)):
        return arrays[term.name][-length:]
    count = len(arrays["close"])
    ends = range(count - length + 1, count + 1)
    return np.array(
        [_computed(term, {name: it[:end] for name, it in arrays.items()}) for end in ends]
    )


def _assert_golden(got: np.ndarray, expected: list, case: tuple[str, ...]) -> None:
    got, expected = np.array(got, float), np.array(expected, float)
    if case[-1] == "p_value":
        # A perfect correlation leaves 1e-20 of its variance, or what rounding makes of that.
        perfect = expected < 1e-50
        assert (got[perfect] < 1e-50).all()
        got, expected = got[~perfect], expected[~perfect]
    # The slope, and what is computed from it, is next to 0 for the target against itself.
    near = 1e-8 if case[-1] == "stderr" else 1e-11 if "MACD" in case[0] else 1e-14
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=near)


def _expected(golden: dict, case: tuple[str, ...], edition: str) -> list:
    values = golden[case[0]][edition]
    return values[case[1]] if len(case) > 1 else values


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_definition_is_golden(case, edition, golden, inputs):
    _assert_golden(_computed(CASES[case], inputs[edition]), _expected(golden, case, edition), case)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_sql_is_golden(case, edition, golden, rows):
    got = rows[edition][" ".join(case)].to_numpy()
    _assert_golden(got, _expected(golden, case, edition), case)


def test_every_golden_factor_is_compared(golden):
    named = {name for name in golden if not name.startswith("_")} - {"cross_section"}
    assert named == {case[0] for case in CASES}
