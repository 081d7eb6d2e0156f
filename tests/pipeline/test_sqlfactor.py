"""A factor as a SQL expression: the same numbers as the built-in ones, and nothing but known words."""

# ruff: noqa: ARG002, RUF012 - classes as users write them

import numpy as np
import pytest

from rustybt.errors import SqlFactorError, UnsupportedColumnError, WindowInputError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.custom import CustomFactor
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage
from rustybt.pipeline.sqlfactor import SqlFactor

CLOSE, VOLUME = EquityPricing.close, EquityPricing.volume


def rows(bundle, panel, columns, first=1):
    sessions = panel.sessions
    return (
        Pipeline(columns).run(sessions[first], sessions[-1], bundle="small", warehouse=bundle).pl()
    )


SAME = {
    "close / lag(close, {n}) - 1": Returns(window_length=4),
    "avg(close, {n})": SimpleMovingAverage(inputs=[CLOSE], window_length=3),
    "avg(close) OVER (ROWS 2 PRECEDING)": SimpleMovingAverage(inputs=[CLOSE], window_length=3),
    "avg(close) over (rows between 2 preceding and current row)": SimpleMovingAverage(
        inputs=[CLOSE], window_length=3
    ),
    "avg(close / lag(close, 1) - 1, {n})": SimpleMovingAverage(
        inputs=[Returns(window_length=2)], window_length=3
    ),
    "2 * (close - 1 * low) / close": 2 * (CLOSE.latest - EquityPricing.low.latest) / CLOSE.latest,
    "CASE WHEN close > lag(close, 1) AND NOT close IS NULL THEN 1 ELSE 0 END": None,
    "greatest(high, low) * volume": None,
    "-abs(close - open)": -(CLOSE.latest - EquityPricing.open.latest).abs(),
    "close / nullif(close, 0)": CLOSE.latest / CLOSE.latest,
    "coalesce(close, open)": None,
    "ln(close / low)": (CLOSE.latest / EquityPricing.low.latest).log(),
    "stddev_pop(close, {n}) + sum(close, 2) - max(high, 2) + min(low, 2)": None,
    "count(close, {n})": None,
}


@pytest.mark.parametrize("text", SAME)
def test_an_expression_gives_the_numbers_of_the_factor(small, panel, text):
    factor = SqlFactor(text, n=3) if "{n}" in text else SqlFactor(text)
    columns = {"sql": factor, **({} if SAME[text] is None else {"same": SAME[text]})}
    found = rows(small, panel, columns, 8)
    assert found["sql"].null_count() < len(found)
    if SAME[text] is not None:
        kept = found.filter(found["same"].is_not_null() & found["sql"].is_not_null())
        assert kept["sql"].to_list() == pytest.approx(kept["same"].to_list(), rel=1e-12, abs=1e-12)


def test_a_case_without_else_is_missing_where_nothing_holds(small, panel):
    up, down = "close > lag(close, 1)", "close < lag(close, 1)"
    columns = {
        "without": SqlFactor(f"CASE WHEN {up} THEN 1 WHEN {down} THEN 2 END"),
        "null": SqlFactor(f"CASE WHEN {up} THEN 1 WHEN {down} THEN 2 ELSE NULL END"),
        "zero": SqlFactor(f"CASE WHEN {up} THEN 1 WHEN {down} THEN 2 ELSE 0 END"),
    }
    found = rows(small, panel, columns, 8)
    without = [it or None for it in found["zero"].to_list()]
    assert {*without} == {None, 1.0, 2.0}
    assert found["without"].to_list() == found["null"].to_list() == without


def test_it_is_adjusted_as_known_at_each_session(small, panel):
    class Python(CustomFactor):
        inputs = [CLOSE, VOLUME]
        window_length = 3
        ctx = np.errstate(all="ignore")

        def compute(self, today, assets, out, close, volume):
            out[:] = close[0] * 2 + close[-1] * (volume[-1] / volume[1])

    text = "2 * lag(close, 2) + close * (volume / lag(volume, 1))"
    found = rows(small, panel, {"sql": SqlFactor(text), "python": Python()}, 8)
    kept = found.drop_nulls()
    assert len(kept) > 50
    assert kept["sql"].to_list() == pytest.approx(kept["python"].to_list(), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "sessions"),
    [
        ("close", 0),
        ("lag(close, 5)", 5),
        ("avg(close, 5)", 4),
        ("avg(lag(close, 2), 3) / lag(close, 1)", 4),
    ],
)
def test_the_lookback_follows_from_the_tree(text, sessions):
    assert SqlFactor(text).sessions_before == sessions


def test_a_ratio_is_safe_to_look_back_on_and_a_price_is_not():
    ratio = SqlFactor("close / open")
    assert SimpleMovingAverage(inputs=[ratio], window_length=3).inputs == (ratio,)
    with pytest.raises(WindowInputError):
        SimpleMovingAverage(inputs=[SqlFactor("close - open")], window_length=3)


REFUSED = {
    "closing": "unknown column",
    "b.close": "unknown column",
    "close + volume": "price beside a value in shares",
    "close > 1": "not allowed",
    "close + 1": "without a unit",
    "ln(close)": "has a unit",
    "lag(close, n)": "unknown column",
    "lag(close)": "not allowed",
    "lag(close, 0)": "not allowed",
    "lag(close, 1.5)": "not allowed",
    "lag(close, -1)": "not allowed",
    "lead(close, 1)": "not allowed",
    "avg(close)": "not allowed",
    "avg(close) OVER (PARTITION BY sid ROWS 2 PRECEDING)": "",
    "avg(close) OVER (ORDER BY close ROWS 2 PRECEDING)": "",
    "avg(close) OVER ()": "not allowed",
    "sum(close) OVER (ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)": "not allowed",
    "sum(close) OVER (ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING)": "not allowed",
    "sum(close) OVER (RANGE 2 PRECEDING)": "not allowed",
    "close / (SELECT 1)": "not allowed",
    "SELECT close FROM bars_1d": "",
    "close; DROP TABLE x": "",
    "close; close": "one expression",
    "*": "",
    "count(*)": "",
    "close || 'a'": "not allowed",
    "'close'": "",
    "read_csv('x')": "",
    "close -- \n + random()": "not allowed",
    "CASE WHEN close THEN 1 ELSE 0 END / open * open * close": "no condition",
    "CASE close WHEN 1 THEN close END": "a condition after each WHEN",
    "close +": "",
    "": "",
    "1": "reads no column",
    "close / {n}": "no number",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_allowed_is_refused(text):
    with pytest.raises(SqlFactorError, match=REFUSED[text] or "SqlFactor"):
        SqlFactor(text)


def test_the_error_names_the_position_and_the_words():
    with pytest.raises(
        SqlFactorError, match=r"at position 9.*Allowed: columns open, high"
    ) as caught:
        SqlFactor("close / closing")
    assert caught.value.position == 9


@pytest.mark.parametrize("value", ["1", float("nan"), True, None, "1) FROM x --"])
def test_what_is_filled_in_is_a_number(value):
    with pytest.raises(SqlFactorError, match="finite number"):
        SqlFactor("close / {n}", n=value)


def test_equal_expressions_are_equal_terms():
    assert SqlFactor("close / {n}", n=2) == SqlFactor("close / {n}", n=2)
    assert not SqlFactor("close / {n}", n=2) == SqlFactor("close / {n}", n=3)  # noqa: SIM201 - != is a filter


def test_mask_must_be_a_filter():
    with pytest.raises(UnsupportedColumnError, match="mask"):
        SqlFactor("close", mask=CLOSE.latest)
