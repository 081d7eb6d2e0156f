"""Batches of a stream are the rows of a run, in memory that does not grow with the span."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from cached_runs import COLUMNS, MEAN, SCREENS
from polars.testing import assert_frame_equal

import warehouse
from rustybt.errors import OptionError, SpanError
from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.compiler import streamed
from rustybt.pipeline.data import EquityPricing
from warehouse.errors import UnknownBundleError

HERE = Path(__file__).parent
START, END = "2024-01-03", "2024-02-01"


def rows(pipe, where, **options):
    with pipe.stream(START, END, bundle="small", warehouse=where, **options) as stream:
        return list(stream)


def run(pipe, where):
    return pipe.run(START, END, bundle="small", warehouse=where)


@pytest.fixture
def _few_rows(monkeypatch):
    monkeypatch.setattr(streamed, "_ROWS", 20)  # sessions of six assets: three or four


@pytest.mark.usefixtures("_few_rows")
@pytest.mark.parametrize("screen", SCREENS)
def test_batches_are_the_rows_of_a_run(small, screen):
    pipe = Pipeline(COLUMNS, screen)
    got = pl.from_arrow(pa.Table.from_batches(rows(pipe, small)))
    assert_frame_equal(got, run(pipe, small).pl(), rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.usefixtures("_few_rows")
def test_sessions_are_computed_in_several_chunks(small):
    assert len(rows(Pipeline({"mean": MEAN}), small)) > 5


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_no_batch_has_more_rows_than_asked_for(small, size):
    batches = rows(Pipeline({"mean": MEAN}), small, batch_rows=size)
    assert max(map(len, batches)) == min(size, 114)
    assert sum(map(len, batches)) == 114


class Twice(CustomFactor):
    inputs = (EquityPricing.close,)
    window_length = 3

    def compute(self, today, assets, out, close):  # noqa: ARG002 - as zipline calls it
        out[:] = close[0] + close[-1]


@pytest.mark.usefixtures("_few_rows")
def test_terms_of_python_are_streamed(small):
    pipe = Pipeline({"twice": Twice()})
    got = pl.from_arrow(pa.Table.from_batches(rows(pipe, small)))
    assert_frame_equal(got, run(pipe, small).pl())


def test_screen_that_nothing_passes_gives_no_row(small):
    pipe = Pipeline({"mean": MEAN}, EquityPricing.close.latest < 0)
    assert sum(map(len, rows(pipe, small))) == 0


@pytest.mark.usefixtures("_few_rows")
def test_schema_is_known_before_a_batch_is_taken(small):
    pipe = Pipeline(COLUMNS)
    with pipe.stream(START, END, bundle="small", warehouse=small) as stream:
        assert stream.schema == run(pipe, small).arrow().schema
        assert sum(map(len, stream)) == 114


@pytest.mark.usefixtures("_few_rows")
def test_stream_hands_over_by_arrow(small):
    pipe = Pipeline({"mean": MEAN})
    with pipe.stream(START, END, bundle="small", warehouse=small) as stream:
        assert_frame_equal(pl.DataFrame(stream), run(pipe, small).pl(), rel_tol=1e-12)


def test_warehouse_of_a_root_is_open_while_it_is_read(small):
    pipe = Pipeline({"mean": MEAN})
    with pipe.stream(START, END, bundle="small", root=small.root) as stream:
        assert sum(map(len, stream)) == 114


def test_stream_may_be_left_early(small):
    pipe = Pipeline({"mean": MEAN})
    with pipe.stream(START, END, bundle="small", root=small.root, batch_rows=5) as stream:
        assert len(next(iter(stream))) == 5


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "many"])
def test_size_of_a_batch_is_a_positive_number(small, size):
    with pytest.raises(OptionError, match="batch_rows"):
        Pipeline({"mean": MEAN}).stream(
            START, END, bundle="small", root=small.root, batch_rows=size
        )


def test_span_and_bundle_are_refused_before_the_first_batch(small):
    with pytest.raises(SpanError):
        Pipeline({"mean": MEAN}).stream(END, START, bundle="small", warehouse=small)
    with pytest.raises(UnknownBundleError):
        Pipeline({"mean": MEAN}).stream(START, END, bundle="other", root=small.root)


BARS = """
CREATE TABLE made AS
SELECT
    session,
    sid::INTEGER AS sid,
    'S' || lpad(sid::VARCHAR, 4, '0') AS symbol,
    (50 + hash(sid, session) % 100 / 100)::DECIMAL(18, 8) AS open,
    (52 + hash(sid, session) % 100 / 100)::DECIMAL(18, 8) AS high,
    (40 + hash(sid, session) % 100 / 100)::DECIMAL(18, 8) AS low,
    (50 + hash(session, sid) % 100 / 100)::DECIMAL(18, 8) AS close,
    (hash(sid, session) % 1000000)::DECIMAL(18, 8) AS volume
FROM range(150) s(sid), sessions
WHERE session < DATE '2023-01-01'
"""
ASSETS = """
CREATE TABLE made_assets AS
SELECT sid, symbol, 'XNYS' AS exchange, 'equity' AS asset_type,
    min(session) AS first_session, max(session) AS last_session
FROM made GROUP BY ALL ORDER BY sid
"""
CHILD = """
import re, sys
from pathlib import Path
from small_bundles import xnys
import warehouse
from rustybt.pipeline import Pipeline
from rustybt.pipeline.compiler import streamed
from rustybt.pipeline.data import EquityPricing
from warehouse.errors import UnknownBundleError
from rustybt.pipeline.factors import SimpleMovingAverage
way, root, start = sys.argv[1:4]
def peak():  # of this process alone; that of getrusage begins with its parent's
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
streamed._ROWS = 40_000
pipe = Pipeline({f"mean_{n}": SimpleMovingAverage(inputs=[EquityPricing.close], window_length=n)
    for n in range(2, 34)})
with warehouse.open(root) as wh:
    where = {"bundle": "wide", "warehouse": wh}
    pipe.run("2011-01-04", "2011-01-04", cache=False, **where)
    with pipe.stream("2011-01-04", "2011-03-04", **where) as stream:  # what every run needs
        rows = sum(map(len, stream))
    before = peak()
    if way == "stream":
        with pipe.stream(start, "2022-12-30", **where) as stream:
            rows = sum(map(len, stream))
    else:
        rows = len(pipe.run(start, "2022-12-30", cache=False, **where))
    print(rows, peak() - before)
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """150 assets over 12 years, which gives 450,000 rows, and 115 MB of 32 columns."""
    import datetime as dt

    from small_bundles import xnys

    root = tmp_path_factory.mktemp("wide")
    with warehouse.open(root) as wh, wh.begin("wide", calendar="XNYS") as txn:
        txn.replace("sessions", xnys(dt.date(2011, 1, 3), dt.date(2022, 12, 30)))
        txn.session.execute(BARS)
        txn.upsert("bars_1d", "made")
        txn.session.execute(ASSETS)
        txn.replace("assets", "made_assets")
        txn.commit()
    return root


def grown(way, root, start):
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-c", CHILD, way, str(root), start]
    said = subprocess.check_output(command, env=environment, text=True, timeout=300)
    rows, kilobytes = map(int, said.split())
    return rows, kilobytes * 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_span(wide):
    few, some = grown("stream", wide, "2019-01-02")
    many, most = grown("stream", wide, "2011-01-04")
    whole, all_at_once = grown("run", wide, "2011-01-04")
    assert many == whole > 2.9 * few
    assert most < some + 60_000_000  # two thirds of what comes out would be 77 MB more
    assert most < 0.5 * all_at_once
