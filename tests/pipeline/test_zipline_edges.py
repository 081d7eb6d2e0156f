"""What the campaign against zipline found: values that the last bits or a first session decide."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import warehouse
from rustybt.assets import AssetFinder
from rustybt.pipeline import CustomClassifier, Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, Aroon, Returns, RollingLinearRegression
from rustybt.pipeline.term import Term

CLOSE = EquityPricing.close.latest
DAY = Returns(window_length=2)
# Of XNYS in 2024: the second is New Year's week, the 16th the first session of a week after a holiday.
SESSIONS = [
    dt.date(2024, 1, day)
    for day in (2, 3, 4, 5, 8, 9, 10, 11, 12, 16, 17, 18, 19, 22, 23, 24, 25, 26, 29, 30, 31)
]


class Parity(CustomClassifier):
    """Sids modulo 2."""

    inputs = (EquityPricing.close,)
    window_length = 1

    def compute(self, today, assets, out, close):  # noqa: ARG002 - as users write it
        out[:] = assets % 2


def bars(closes: dict[str, list[float | None]]) -> pl.DataFrame:
    """Bars of the first sessions; None where an asset is not listed."""
    rows = [
        {"symbol": symbol, "date": day, "close": close}
        for symbol, column in closes.items()
        for day, close in zip(SESSIONS, column, strict=False)
        if close is not None
    ]
    frame = pl.DataFrame(rows)
    return frame.with_columns(open="close", high="close", low="close", volume=pl.lit(100.0))


def dividend(symbol: str, at: int, ratio: float) -> dict:
    paid = {"kind": "dividend", "amount": None, "pay_date": None}
    return {"symbol": symbol, "session": SESSIONS[at], "ratio": ratio, **paid}


@pytest.fixture
def store(committed, tmp_path: Path) -> Callable[..., warehouse.Warehouse]:
    """Write a bundle of closes."""
    return lambda closes, actions=(): committed(tmp_path / "root", bars(closes), actions)


def values(store: warehouse.Warehouse, term: Term, symbol: str = "A") -> list:
    """The values of an asset from the second session on."""
    rows = Pipeline({"value": term}).run(SESSIONS[1], SESSIONS[-1], bundle="small", warehouse=store)
    return rows.pl().filter(pl.col("symbol") == symbol)["value"].to_list()


RATIOS = (0.97, 0.983, 0.991, 0.979, 0.987)
PAID = [dividend("A", 3 * number + 4, ratio) for number, ratio in enumerate(RATIOS)]


def test_equal_prices_stay_equal_on_the_day_of_an_action(store):
    # Both closes that the label of an action sees are from before it.
    changes = values(store({"A": [50.3] * 20}, PAID), DAY)
    assert [changes[3 * number + 3] for number in range(5)] == [0.0] * 5


def test_equal_prices_after_many_actions_are_equal_to_the_bit(store):
    changes = values(store({"A": [50.3] * 20}, PAID), DAY)
    assert sorted({it for it in changes if it is not None and it != 0.0}) == pytest.approx(
        sorted(1 / it - 1 for it in RATIOS)
    )


def test_relative_strength_is_missing_where_only_the_last_bit_could_move(store):
    assert values(store({"A": [50.3] * 20}, PAID), RSI(window_length=2))[3] is None


def test_the_oldest_of_equal_highs_counts_across_an_action_to_come(store):
    up = Aroon(window_length=4).up
    assert values(store({"A": [50.3] * 20}, PAID[:1]), up)[3] == 0.0


@pytest.mark.parametrize("period", ["week_start", "month_start"])
def test_a_period_may_begin_with_the_first_row_of_an_asset(store, period):
    # B is listed on a Friday, so its first row is the first session of the next week.
    listed = [None] * 3 + [7.0 + it for it in range(15)]
    held = values(store({"A": [5.0] * 18, "B": listed}), CLOSE.downsample(period), "B")
    assert held[:5] == ([7.0] * 5 if period == "week_start" else [None] * 5)


def test_a_listing_within_a_week_has_no_value_of_its_start(store):
    listed = [None] * 5 + [7.0 + it for it in range(13)]
    held = values(store({"A": [5.0] * 18, "B": listed}), CLOSE.downsample("week_start"), "B")
    assert held[:4] == [None, None, None, 10.0]


def test_filters_are_downsampled(store):
    # The labels of the Mondays and of the Tuesday after a holiday see the sessions before them.
    closes = [5.0, 6.0, 5.0, 7.0, 8.0, 3.0, 9.0, 4.0, 2.0, 8.0, 8.5, 8.0, 9.0, 9.5, 3.0]
    rows = values(store({"A": closes}), (DAY > 0).downsample("week_start"))
    assert rows[3:14] == [True] * 5 + [False] * 4 + [True] * 2


def test_a_downsampled_filter_is_false_before_the_listing(store):
    listed = [None] * 5 + [7.0] * 13
    held = values(store({"A": [5.0] * 18, "B": listed}), (CLOSE > 1).downsample("week_start"), "B")
    assert held[:4] == [False, False, False, True]


def test_classifiers_are_downsampled(store):
    labels = Parity().downsample("week_start")
    assert values(store({"A": [5.0] * 18, "B": [6.0] * 18}), labels, "B")[3:8] == [1] * 5


def test_the_remainder_has_the_sign_of_the_divisor(store):
    made = store({"A": [5.0] * 4, "B": [7.5] * 4})
    assert values(made, CLOSE % -3.0)[:2] == [-1.0, -1.0]


def test_the_remainder_of_a_multiple_is_zero_as_numexpr_has_it(store):
    made = store({"A": [0.06] * 4, "B": [7.5] * 4})
    assert values(made, CLOSE % 0.01)[:2] == [0.0, 0.0]


@pytest.mark.parametrize("method", ["top", "bottom"])
def test_where_nothing_fell_strengths_are_equal(store, method):
    # Of equal values the first sids pass.
    closes = {it: [10.0 + number / 7, 11.0, 12.0 + number / 3] for number, it in enumerate("ABCDE")}
    passing = getattr(RSI(window_length=3), method)(2)
    made = store({it: [*column, 12.0 + 1] for it, column in closes.items()})
    rows = [values(made, passing, it)[2] for it in "ABCDE"]
    assert rows == [True, True, False, False, False]


def test_a_value_on_a_percentile_of_ties_lies_between(store):
    closes = {it: [100.3] * 3 for it in "ABCDEFG"}
    made = store(closes)
    inside = CLOSE.percentile_between(12, 71)
    assert [values(made, inside, it)[0] for it in closes] == [True] * 7


@pytest.mark.parametrize("bounds", [(10, 60), (12, 71), (33.3, 90), (0, 100), (7, 8)])
def test_percentiles_are_those_of_numpy_to_the_bit(store, bounds):
    rng = np.random.default_rng(5)
    closes = {
        f"S{it:02}": [round(float(price), 2)] * 3 for it, price in enumerate(rng.normal(50, 9, 29))
    }
    found = store(closes)
    column = np.array([it[0] for it in closes.values()])
    low, high = np.percentile(column, bounds)
    inside = CLOSE.percentile_between(*bounds)
    rows = Pipeline({"value": inside}).run(
        SESSIONS[1], SESSIONS[1], bundle="small", warehouse=found
    )
    assert rows.pl()["value"].to_list() == ((low <= column) & (column <= high)).tolist()


def test_a_line_through_equal_values_explains_nothing(store):
    made = store({"A": [5.0] * 9, "B": [6.0, 7.0, 6.5, 8.0, 6.0, 7.0, 7.5, 6.0, 7.0]})
    other = DAY[AssetFinder(made, "small").lookup_symbol("B")]
    line = RollingLinearRegression(DAY, other, 4)
    found = {it: values(made, getattr(line, it))[-1] for it in line.outputs}
    missing = dict.fromkeys(("r_value", "p_value", "stderr"))
    assert found == {"alpha": 0.0, "beta": 0.0, **missing}


def test_quantiles_have_the_edges_of_numpy_to_the_bit(store):
    # 28 values: the edges of thirds lie on values, where the last bit decides.
    rng = np.random.default_rng(5)
    prices = [round(float(it), 2) for it in rng.normal(50, 9, 28)]
    made = store({f"S{it:02}": [price] * 3 for it, price in enumerate(prices)})
    rows = Pipeline({"value": CLOSE.quantiles(3)}).run(
        SESSIONS[1], SESSIONS[1], bundle="small", warehouse=made
    )
    edges = np.percentile(prices, np.linspace(0, 1, 4)[1:-1] * 100)
    expected = (np.array(prices) > edges[:, None]).sum(axis=0)
    assert rows.pl()["value"].to_list() == expected.tolist()
