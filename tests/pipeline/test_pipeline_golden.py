"""The SQL of every example, as a reviewer has read it; `--update-golden` rewrites the files."""

import re
from inspect import isabstract
from pathlib import Path

import pytest

from rustybt.pipeline import Pipeline
from rustybt.pipeline.computed import ComputedTerm
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    RSI,
    RecarrayField,
    Returns,
    SimpleMovingAverage,
    WindowedFactor,
)
from rustybt.pipeline.factors.indicators import HT_PHASOR

GOLDEN = Path(__file__).parent / "golden"
CLOSE = EquityPricing.close
MONTH = Returns(window_length=22)


def examples() -> dict[str, Pipeline]:
    found = {}
    waiting = [WindowedFactor]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        # The statement of what Python computes is one join, whatever it computes: one example shows it.
        if not cls.__module__.startswith("rustybt.") or issubclass(cls, ComputedTerm):
            continue
        # The examples of outputs are those of the factors that have them.
        if not (cls.__name__.startswith("_") or isabstract(cls) or cls is RecarrayField):
            for term in cls.examples():
                output = f"_{term.name}" if isinstance(term, RecarrayField) else ""
                slug = f"{cls.__name__}_{term.window_length}{output}".lower()
                found[slug] = Pipeline({"value": term})
    return found


EXAMPLES = {
    **examples(),
    **{f"rank_{it}": Pipeline({"rank": MONTH.rank(it)}) for it in ("ordinal", "average", "dense")},
    "rank_descending": Pipeline({"rank": MONTH.rank(ascending=False)}),
    "demean": Pipeline({"value": MONTH.demean()}),
    "zscore_masked": Pipeline({"value": MONTH.zscore(mask=CLOSE.latest > 5)}),
    "screen_top": Pipeline({"close": CLOSE.latest}, screen=MONTH.top(10)),
    "logic": Pipeline({"value": ~(CLOSE.latest > 5) | (MONTH != 0)}),
    "arithmetic": Pipeline({"value": (CLOSE.latest - 1.5) / (2 * EquityPricing.volume.latest)}),
    "nested": Pipeline({"v": SimpleMovingAverage(inputs=[MONTH.rank()], window_length=5)}),
    "computed": Pipeline({"value": HT_PHASOR().inphase}),
    "seed": Pipeline(
        {
            "sma_20": SimpleMovingAverage(inputs=[CLOSE], window_length=20),
            "rsi": RSI(window_length=14),
        }
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_sql_is_the_golden_one(name, update_golden):
    pipe = EXAMPLES[name]
    text = f"-- {pipe!r}\n{pipe.to_sql('2024-01-02', '2024-12-31', bundle='sp500')}\n"
    file = GOLDEN / f"{name}.sql"
    if update_golden:
        file.write_text(text)
    assert file.read_text() == text


def test_every_golden_file_has_its_example():
    assert {file.stem for file in GOLDEN.iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_window_over_sessions_looks_ahead(name):
    text = (GOLDEN / f"{name}.sql").read_text()
    windows = re.findall(r"OVER \(([^)]*)\)", text)
    assert windows
    assert not [it for it in windows if "PARTITION BY sid" in it and "FOLLOWING" in it]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_window_has_an_order(name):
    text = (GOLDEN / f"{name}.sql").read_text()
    assert all("ORDER BY" in it for it in re.findall(r"OVER \(([^)]*)\)", text))
