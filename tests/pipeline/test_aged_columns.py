"""Columns over rows laid out by session are the bits of those over rows by asset, in a proven order."""

import datetime as dt

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import sqlglot
from small_bundles import commit, xnys

from rustybt.errors import RowOrderError
from rustybt.pipeline import Pipeline, SqlFactor
from rustybt.pipeline.compiler import standing as module
from rustybt.pipeline.compiler.aged import Aged, aged
from rustybt.pipeline.compiler.standing import Blocks, Standing
from rustybt.pipeline.compiler.streaming import Pass, compile_streams
from rustybt.pipeline.compiler.sums import Sums
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, VWAP, Returns, SimpleMovingAverage, TrueRange

CLOSE, HIGH, LOW = EquityPricing.close, EquityPricing.high, EquityPricing.low
CHANGE = Returns(window_length=3)
OF_AGES = {
    **{f"mean_{n}": SimpleMovingAverage(inputs=[CLOSE], window_length=n) for n in (1, 5, 70, 100)},
    **{f"change_{n}": Returns(window_length=n) for n in (2, 9, 90)},
    **{f"filled_{n}": SqlFactor(f"coalesce(lag(volume, {n}), volume) / volume") for n in (1, 70)},
    "range": TrueRange(),
    "spread": HIGH.latest / LOW.latest - 1,
    "middle": (HIGH.latest + LOW.latest) / 2,
    "above": HIGH.latest > 52,
    "constant": CLOSE.latest * 0 + 1.5,
}
SUMMED = {"mean_5", "mean_70", "mean_100"}
OTHERS = {
    "rsi": RSI(window_length=5),
    "vwap": VWAP(window_length=4),
    "rank": CHANGE.rank(),
    "mean_of_rank": SimpleMovingAverage(inputs=[CHANGE.rank()], window_length=3),
}
SPLIT = {"symbol": "B", "session": dt.date(2024, 5, 1), "kind": "split", "ratio": 0.5}
START, END = "2024-01-03", "2024-09-13"


def bars():
    """Eight assets, of which some come late, go early or miss bars."""
    random = np.random.default_rng(4)
    sessions = xnys(dt.date(2024, 1, 1), dt.date(2024, 1, 1))["session"].to_list()[:178]
    rows = []
    for number, symbol in enumerate("ABCDEFGH"):
        begin, end = (30 * number if number < 4 else 0), (178 - 20 * number if number > 5 else 178)
        close = 50 * np.exp(random.normal(0, 0.02, 178).cumsum()).round(4)
        for day in range(begin, end):
            if random.random() < 0.97:
                low, high = close[day] - 0.5, close[day] + 0.25
                volume = float(random.integers(0, 5) * 100)
                rows.append((symbol, sessions[day], close[day], high, low, close[day], volume))
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    return pl.DataFrame(rows, names, orient="row")


@pytest.fixture(scope="module", params=["plain", "with a split"])
def bundle(request, tmp_path_factory):
    actions = [] if request.param == "plain" else [SPLIT | {"amount": None, "pay_date": None}]
    return commit(tmp_path_factory.mktemp("aged"), bars(), actions)


@pytest.fixture
def computed(monkeypatch):
    """The names of the columns that a run computes so."""
    found = []
    real = Aged.computed

    def counted(self, names, *rest):
        found.extend(names)
        return real(self, names, *rest)

    monkeypatch.setattr(Aged, "computed", counted)
    return found


def run(columns, opened, start=START, end=END):
    return Pipeline(columns).run(start, end, bundle="small", warehouse=opened, cache=False).arrow()


@pytest.mark.parametrize("span", [(START, END), ("2024-03-20", END), (START, "2024-06-28")])
def test_rows_laid_out_give_the_bits_of_rows_by_asset(bundle, computed, monkeypatch, span):
    got = run(OF_AGES | OTHERS, bundle, *span)
    (splits,) = bundle.sql("SELECT count(*) FROM small.adjustments").rows()[0]
    # With a split there are no running sums, of which a mean would be a difference.
    assert len(computed) == len(OF_AGES.keys() - (SUMMED if splits else set()))
    computed.clear()
    monkeypatch.setattr(module, "_DENSE", 1.0)  # no asset is there at every session
    assert run(OF_AGES | OTHERS, bundle, *span).equals(got)
    assert not computed


def test_screened_rows_are_those_of_all_that_pass(bundle):
    all_rows = pl.from_arrow(run(OF_AGES, bundle))
    screened = Pipeline(OF_AGES, OF_AGES["above"])
    got = screened.run(START, END, bundle="small", warehouse=bundle, cache=False).pl()
    assert got.equals(all_rows.filter("above"))


def test_what_looks_back_on_a_computed_column_is_not_of_ages():
    sums = {"close_q": Sums("close_total", "close_count", 100.0, 0)}
    plan = Pipeline(OF_AGES | OTHERS).plan()
    program = compile_streams(plan, scaled=False, sessions=178, sums=sums)
    found = aged(program.passes[0], sorted(program.outputs.values()), program.needs)
    assert {name for name, it in program.outputs.items() if it in found.names} == OF_AGES.keys()
    assert max(found.ages["close_total"]) == 100
    assert found.oldest == 100


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_bits_are_the_same_on_any_number_of_threads(bundle, threads):
    expected = run(OF_AGES, bundle)
    bundle.arrow(f"SET GLOBAL threads = {threads}")
    assert run(OF_AGES, bundle).equals(expected)


def test_rows_in_another_order_are_refused(bundle):
    there = np.ones((4, 2), bool)
    nothing = np.zeros(2, "i4")
    standing = Standing(Blocks(*[nothing] * 5, 0), 1, there)
    turned = {"cell": sqlglot.parse_one("7 - cell", dialect="duckdb")}
    of = Aged(["value"], {"value": {0}}, Pass([turned]))
    laid = {"value": pa.array(np.zeros(8))}
    with pytest.raises(RowOrderError, match="by session and asset"):
        of.computed(["value"], laid, standing, bundle)
