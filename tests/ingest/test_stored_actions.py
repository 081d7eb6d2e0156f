"""Splits and dividends: as told by columns, and as derived from an adjusted close."""

from datetime import date
from decimal import Decimal
from importlib.metadata import files

import polars as pl
import pytest

from rustybt.data.actions import derive_actions

HEADER = "date,symbol,open,high,low,close,volume,dividend,split\n"
ACTIONS = "SELECT session, kind, ratio, amount FROM t.adjustments ORDER BY session, kind"
BEFORE = "2024-01-02,A,10,99,1,10,5,,\n"


def test_a_split_is_stored_as_old_shares_per_new(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,1,2,1,5,5,0,2\n")
    assert ask(ACTIONS) == [(date(2024, 1, 3), "split", 0.5, None)]


def test_a_dividend_has_the_ratio_of_the_close_before(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,9,99,1,9,5,0.5,1\n")
    assert ask(ACTIONS) == [(date(2024, 1, 3), "dividend", 0.95, Decimal("0.5"))]


def test_a_close_that_is_missing_is_passed_over(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,1,2,1,,5,,\n2024-01-04,A,1,2,1,9,5,0.5,\n")
    assert ask(ACTIONS)[0][2] == 0.95


def test_a_dividend_on_the_first_bar_has_no_ratio(take, ask):
    take(HEADER + "2024-01-03,A,9,99,1,9,5,0.5,\n")
    assert ask(ACTIONS) == [(date(2024, 1, 3), "dividend", None, Decimal("0.5"))]


def test_an_earlier_bar_gives_the_ratio_later(take, ask):
    take(HEADER + "2024-01-03,A,9,99,1,9,5,0.5,\n")
    take(HEADER + BEFORE)
    assert ask(ACTIONS)[0][2] == 0.95


def test_a_corrected_close_corrects_the_ratio(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,9,99,1,9,5,0.5,1\n")
    take("date,symbol,open,high,low,close,volume\n2024-01-02,A,1,2,1,20,5\n")
    assert ask(ACTIONS)[0][2] == 0.975


def test_an_action_taken_back_goes(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,9,99,1,9,5,0.5,1\n")
    take(HEADER + "2024-01-03,A,9,99,1,9,5,0,1\n")
    assert ask(ACTIONS) == []


def test_rows_without_columns_of_actions_keep_the_stored(take, ask):
    take(HEADER + BEFORE + "2024-01-03,A,9,99,1,9,5,0.5,1\n")
    take("date,symbol,open,high,low,close,volume\n2024-01-03,A,1,2,1,9,5\n")
    assert len(ask(ACTIONS)) == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("2024-01-03,A,9,99,1,9,5,10,", "dividend_not_below_close"),
        ("2024-01-03,A,9,99,1,9,5,-1,", "action_not_positive"),
        ("2024-01-03,A,9,99,1,9,5,,-2", "action_not_positive"),
    ],
)
def test_an_action_that_cannot_be_is_flagged_and_not_stored(take, ask, row, kind):
    take(HEADER + BEFORE + row + "\n")
    assert ask(ACTIONS) == []
    assert ask("SELECT dataset, kind FROM t.flags") == [("adjustments", kind)]


def closes(close, adjusted, places):
    sessions = pl.date_range(date(2024, 1, 1), date(2024, 1, len(close)), eager=True)
    return pl.DataFrame(
        {
            "symbol": ["A"] * len(close),
            "session": sessions,
            "close": close,
            "adjusted": [round(it, places) for it in adjusted],
            "adjusted_places": [places] * len(close),
        }
    )


def test_rounding_is_no_action():
    close = [100 + i * 0.37 for i in range(30)]
    assert derive_actions(closes(close, [it * 0.123456 for it in close], 2)).is_empty()


def test_a_dividend_shows_through_rounding():
    close = [100.0 + i * 0.37 for i in range(20)]
    ratio = [1 - 0.5 / close[9]] * 10 + [1.0] * 10
    found = derive_actions(closes(close, [c * r for c, r in zip(close, ratio, strict=True)], 2))
    assert found["session"].to_list() == [date(2024, 1, 11)]
    assert abs(float(found["amount"][0]) - 0.5) < 0.005


@pytest.mark.parametrize("ratio", [0.5, 2 / 3, 0.05, 20.0, 1 / 7, 0.8 / 1.01])
def test_a_jump_is_a_split_of_simple_numbers(ratio):
    close = [100.0] * 5 + [100.0 * ratio] * 5
    found = derive_actions(closes(close, [100.0 * ratio] * 10, 6))
    assert found["kind"].to_list() == ["split"]
    assert found["ratio"][0] == pytest.approx(ratio, rel=1e-6)


@pytest.fixture(scope="module")
def sample():
    named = files("bokeh_sampledata")
    path = next((it.locate() for it in named or () if it.name == "stocks.csv.gz"), None)
    if path is None:
        pytest.skip("bokeh_sampledata is not installed")
    return path


SPLITS = "SELECT symbol, session, ratio FROM t.adjustments WHERE kind = 'split' ORDER BY ALL"


def test_the_sample_has_exactly_its_three_splits(sample, take, ask):
    take(sample, actions_from="Adj Close")
    assert ask(SPLITS) == [
        ("AAPL", date(2000, 6, 21), 0.5),
        ("AAPL", date(2005, 2, 28), 0.5),
        ("MSFT", date(2003, 2, 18), 0.5),
    ]


def test_the_sample_has_its_dividends_and_no_others(sample, take, ask):
    take(sample, actions_from="Adj Close")
    counts = "SELECT symbol, count(*), CAST(min(amount) AS FLOAT) > 0.07, CAST(max(amount) AS FLOAT) < 3.1 FROM t.adjustments WHERE kind = 'dividend' GROUP BY symbol ORDER BY symbol"
    assert ask(counts) == [
        ("AAPL", 3, True, True),
        ("IBM", 52, True, True),
        ("MSFT", 37, True, True),
    ]
