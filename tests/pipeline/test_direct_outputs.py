"""Outputs that are values of Python as they are equal those that go through a statement."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import SimpleMovingAverage

START, END = "2024-01-03", "2024-02-01"
LIQUID = EquityPricing.volume.latest > 1200


class Highest(CustomFactor):
    inputs = (EquityPricing.high,)
    window_length = 3

    def compute(self, today, assets, out, high):  # noqa: ARG002 - as zipline calls it
        out[:] = high.max(axis=0)  # NaN where any is missing


class Ends(CustomFactor):
    inputs = (EquityPricing.low, EquityPricing.high)
    window_length = 4
    outputs = ("low", "high")

    def compute(self, today, assets, out, low, high):  # noqa: ARG002 - as zipline calls it
        out.low[:], out.high[:] = np.nanmin(low, axis=0), np.nanmax(high, axis=0)


DIRECT = {
    "highest": Highest(),
    "masked": Highest(mask=LIQUID),
    "longer": Highest(window_length=30),
    "low": Ends().low,
    "high_of_liquid": Ends(mask=LIQUID).high,
}


def run(columns, warehouse, screen=None, start=START, end=END):
    pipe = Pipeline(columns, screen)
    return pipe.run(start, end, bundle="small", warehouse=warehouse, cache=False).pl()


@pytest.mark.parametrize("span", [(START, END), ("2024-01-16", "2024-01-19"), (END, END)])
def test_each_is_what_a_statement_gives(small, span):
    got = run(DIRECT, small, None, *span)
    told = run({name: it * 1 for name, it in DIRECT.items()}, small, None, *span)
    assert_frame_equal(got, told, check_exact=True)


def test_order_of_columns_is_that_of_the_pipeline(small):
    columns = {
        "rank": Highest().rank(),
        "highest": Highest(),
        "mean": SimpleMovingAverage(inputs=[EquityPricing.close], window_length=4),
        "low": Ends().low,
    }
    got = run(columns, small)
    assert got.columns == ["session", "sid", "symbol", *columns]
    for name, term in columns.items():
        assert_frame_equal(got.select(name), run({name: term}, small).select(name))


def test_screen_filters_them(small):
    got = run({"highest": Highest()}, small, LIQUID)
    kept = run({"highest": Highest(), "liquid": LIQUID}, small).filter("liquid").drop("liquid")
    assert_frame_equal(got, kept)


def test_mask_that_nobody_passes_gives_rows_of_nothing(small):
    got = run({"none": Highest(mask=EquityPricing.volume.latest > 1e9)}, small)
    assert len(got) == len(run({"highest": Highest()}, small)) > 0
    assert got["none"].null_count() == len(got)
    assert got["none"].dtype == pl.Float64
