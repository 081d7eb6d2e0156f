"""Indicators that are gone through session by session know actions and gaps, and are terms like any other."""

import numpy as np
import polars as pl
import pytest
from talib_cases import made_bars

from rustybt.errors import TermParameterError, UnsupportedColumnError, WindowInputError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage
from rustybt.pipeline.factors.indicators import (
    ATR,
    HT_DCPERIOD,
    HT_DCPHASE,
    HT_PHASOR,
    HT_SINE,
    HT_TRENDLINE,
    HT_TRENDMODE,
    MAMA,
    SAR,
    SAREXT,
    SuperTrend,
)
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS

CLOSE = EquityPricing.close
PRICE_FIELDS = ("open", "high", "low", "close")
SPAN = "2024-01-03", "2024-06-21"
PRICES = {
    "sar": SAR(),
    "extended": SAREXT(),
    "trend": SuperTrend().trend,
    "quadrature": HT_PHASOR().quadrature,
    "line": HT_TRENDLINE(),
    "fama": MAMA().fama,
}
NUMBERS = {
    "direction": SuperTrend().direction,
    "period": HT_DCPERIOD(),
    "phase": HT_DCPHASE(),
    "sine": HT_SINE().sine,
    "mode": HT_TRENDMODE(),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory, committed):
    return committed(tmp_path_factory.mktemp("made"), made_bars(), bundle="made")


def run(warehouse, columns, span=SPAN, *, bundle="made", screen=None):
    return Pipeline(columns, screen=screen).run(*span, bundle=bundle, warehouse=warehouse).pl()


def of_a(rows, name):
    return rows.filter(pl.col("symbol") == "A").sort("session")[name].to_numpy()


def alike(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def plain_super_trend(high, low, close, atr, multiplier):
    """The trend and the direction, as TradingView tells them, one bar after the other."""
    upper = lower = None
    found = []
    for bar, reach in enumerate(multiplier * atr):
        if np.isnan(reach):
            found.append((np.nan, np.nan))
            continue
        up, down = (high[bar] + low[bar]) / 2 + reach, (high[bar] + low[bar]) / 2 - reach
        if upper is None:
            upper, lower, rising = up, down, False
        else:
            lower = down if down > lower or close[bar - 1] < lower else lower
            upper = up if up < upper or close[bar - 1] > upper else upper
            rising = close[bar] >= lower if rising else close[bar] > upper
        found.append((lower, 1) if rising else (upper, -1))
    return np.array(found).T


@pytest.mark.parametrize(("timeperiod", "multiplier"), [(10, 3.0), (4, 0.7), (1, 1.0)])
def test_super_trend_is_that_of_tradingview(made, timeperiod, multiplier):
    term = SuperTrend(timeperiod=timeperiod, multiplier=multiplier)
    columns = {"trend": term.trend, "way": term.direction, "atr": ATR(timeperiod=timeperiod)}
    rows = run(made, columns)
    bars = made_bars().filter(pl.col("symbol") == "A").sort("date")
    series = (bars[it].to_numpy() for it in ("high", "low", "close"))
    atr = of_a(rows, "atr")
    cut = (it[: len(atr)] for it in series)
    trend, way = plain_super_trend(*cut, atr, multiplier)
    alike(of_a(rows, "trend"), trend)
    alike(of_a(rows, "way"), way)
    assert {-1, 1} <= set(way)


def test_values_after_a_split_are_those_of_prices_that_had_none(made, committed, tmp_path):
    bars = made_bars()
    day = bars["date"].unique().sort()[80]
    before = (pl.col("date") < day) & (pl.col("symbol") == "A")
    prices = [pl.when(before).then(2 * pl.col(it)).otherwise(it).alias(it) for it in PRICE_FIELDS]
    split = {"symbol": "A", "session": day, "kind": "split", "ratio": 0.5, "amount": None}
    action = {**split, "pay_date": None}
    store = committed(tmp_path, bars.with_columns(prices), [action], bundle="split")
    got, whole = run(store, PRICES | NUMBERS, bundle="split"), run(made, PRICES | NUMBERS)
    doubled = np.where(of_a(whole, "session") < np.datetime64(day), 2, 1)
    for name in PRICES:
        alike(of_a(got, name), doubled * of_a(whole, name))
        assert np.isfinite(of_a(got, name)[-5:]).all()
    for name in NUMBERS:
        alike(of_a(got, name), of_a(whole, name))


def test_bars_are_those_without_the_missing_one(committed, tmp_path):
    bars = made_bars()
    day = bars["date"].unique().sort()[40]
    gone = bars.filter((pl.col("symbol") != "A") | (pl.col("date") != day))
    with_gap = committed(tmp_path / "gap", gone, bundle="made")
    # Without the session nobody's bar is missing, only one session is.
    shorter = gone.filter(pl.col("symbol") == "A").sort("date")
    closed = shorter.with_columns(date=bars["date"].unique().sort()[: len(shorter)])
    whole = committed(tmp_path / "whole", closed, bundle="made")
    last = str(closed["date"].max())
    got = run(with_gap, PRICES | NUMBERS)
    expected = run(whole, PRICES | NUMBERS, (SPAN[0], last))
    for name in (*PRICES, *NUMBERS):
        values = of_a(got, name)
        assert np.isnan(values[40])
        alike(np.delete(values, 40), of_a(expected, name)[: len(values) - 1])
        assert np.isfinite(values[-1])


def test_a_scan_is_a_term_like_any_other(made):
    period = HT_DCPERIOD()
    columns = {
        "period": period,
        "above": CLOSE.latest > SAR(),
        "mean": SimpleMovingAverage(inputs=[period], window_length=3),
        "rank": period.rank(),
        "sar": SAR(),
        "masked": HT_SINE(mask=CLOSE.latest > 90).sine,
        "sine": HT_SINE().sine,
        "close": CLOSE.latest,
    }
    rows = run(made, columns)
    assert (rows["above"] == (rows["close"] > rows["sar"]).fill_null(value=False)).all()
    values = of_a(rows, "period")
    alike(of_a(rows, "mean")[60:], (values[60:] + values[59:-1] + values[58:-2]) / 3)
    ranks = rows.select(pl.col("period").rank("ordinal").over("session").cast(pl.Float64))
    assert rows["rank"].equals(ranks["period"])
    passing = rows["close"] > 90
    assert rows.filter(~passing)["masked"].is_null().all()
    assert rows.filter(passing)["masked"].equals(rows.filter(passing)["sine"])
    assert 0 < passing.sum() < len(rows)


def test_a_scan_screens(made):
    screen = HT_TRENDMODE().eq(1.0)
    rows, whole = run(made, PRICES, screen=screen), run(made, PRICES | {"mode": HT_TRENDMODE()})
    kept = whole.filter(pl.col("mode") == 1).drop("mode")
    assert rows.equals(kept)
    assert 0 < len(rows) < len(whole)


def test_values_do_not_depend_on_where_a_run_begins(made):
    whole = run(made, PRICES | NUMBERS)
    short = run(made, PRICES | NUMBERS, ("2024-06-12", "2024-06-13"))
    assert short.equals(whole.filter(pl.col("session").is_in(short["session"].implode())))


def test_a_stream_gives_the_rows_of_a_run(made):
    pipe = Pipeline(PRICES | NUMBERS)
    with pipe.stream(*SPAN, bundle="made", warehouse=made, batch_rows=50) as batches:
        found = pl.concat([pl.from_arrow(it) for it in batches])
    assert found.equals(run(made, PRICES | NUMBERS))


def test_a_scan_of_another_term_sees_its_values(made):
    day = Returns(window_length=2)
    rows = run(made, {"phase": HT_DCPHASE(inputs=[day]), "day": day})
    values = of_a(rows, "day")[:, None]
    alike(of_a(rows, "phase")[:, None], HT_DCPHASE().over(values)["value"])
    assert HT_TRENDLINE(inputs=[day]).window_safe


def test_prices_of_a_scan_may_not_be_looked_back_on():
    assert HT_DCPERIOD().window_safe
    assert not HT_TRENDLINE().window_safe
    assert HT_DCPERIOD().sessions_before == ALL_SESSIONS - 1
    with pytest.raises(WindowInputError, match="ParabolicStop"):
        SimpleMovingAverage(inputs=[SAR()], window_length=3)


def test_inputs_of_two_units_are_refused():
    with pytest.raises(UnsupportedColumnError, match=r"unit.*volume"):
        SAR(inputs=[EquityPricing.high, EquityPricing.volume])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SAR(acceleration=-0.1), "acceleration"),
        (lambda: SAREXT(accelerationmaxshort=float("nan")), "accelerationmaxshort"),
        (lambda: SuperTrend(timeperiod=0), "timeperiod"),
        (lambda: SuperTrend(multiplier=-1), "multiplier"),
        (lambda: MAMA(fastlimit=1.0), "fastlimit"),
        (lambda: HT_SINE(window_length=5), "window_length"),
    ],
)
def test_wrong_parameter_is_named(make, said):
    with pytest.raises(TermParameterError, match=said):
        make()


def test_what_python_computes_is_said_by_the_statement_and_the_explanation(made):
    from rustybt.pipeline.explain import explain

    pipe = Pipeline({"sar": SAR()})
    assert f'"{SAR().table}"' in pipe.to_sql(bundle="made")
    said = explain(pipe.plan(), bundle="made", warehouse=made)
    assert "the whole history" in said
    assert "cannot run as it stands" in said
