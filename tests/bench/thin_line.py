"""Time and peak memory of the whole line: ingest, query, pipeline, backtest.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/thin_line.py``. Each step is a process of its
own, so that its peak is its own; the time is the wall clock around the work, imports included in
the process's total.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import warehouse

STEPS = ("ingest sp500", "ingest again", "ingest actions", "query", "pipeline", "backtest")
TERMS = 12


def ingest_sp500(data: Path, root: Path) -> str:
    from rustybt.data import bundles

    report = bundles.ingest_files(data / "sp500_5yr.parquet", "sp500", calendar="XNYS", root=root)
    return f"{report.added:,} rows added, {report.flagged} flagged"


def ingest_again(data: Path, root: Path) -> str:
    from rustybt.data import bundles

    report = bundles.ingest_files(data / "sp500_5yr.parquet", "sp500", calendar="XNYS", root=root)
    return f"{report.same:,} rows stored already"


def ingest_actions(data: Path, root: Path) -> str:
    from rustybt.data import bundles

    path = data / "us_equities_with_actions.parquet"
    report = bundles.ingest_files(path, "actions", calendar="XNYS", root=root)
    return f"{report.added:,} rows added"


def query(_: Path, root: Path) -> str:
    with warehouse.open(root) as wh:
        rows = wh.sql("SELECT symbol, avg(close), max(high) FROM sp500.bars_1d GROUP BY ALL")
        return f"{len(rows)} symbols"


def pipeline(_: Path, root: Path) -> str:
    from rustybt.pipeline import Pipeline
    from rustybt.pipeline.data import EquityPricing
    from rustybt.pipeline.factors import RSI, VWAP, Returns, SimpleMovingAverage

    close = [EquityPricing.close]
    pipe = Pipeline()
    for n in (5, 10, 20, 50, 200):
        pipe.add(SimpleMovingAverage(inputs=close, window_length=n), name=f"sma_{n}")
    for n in (2, 22, 252):
        pipe.add(Returns(window_length=n), name=f"returns_{n}")
    pipe.add(RSI(window_length=14), name="rsi")
    pipe.add(VWAP(window_length=20), name="vwap")
    pipe.add(Returns(window_length=22).rank(), name="rank")
    pipe.add(Returns(window_length=22).zscore(), name="zscore")
    assert len(pipe.columns) == TERMS
    result = pipe.run("2013-02-11", "2018-02-07", bundle="sp500", root=root)
    return f"{result.arrow().num_rows:,} rows, {TERMS} terms"


def backtest(_: Path, root: Path) -> str:
    from rustybt import run_algorithm
    from rustybt.api import order, symbol

    def initialize(context):
        context.bought = False

    def handle_data(context, _data):
        if not context.bought:
            order(symbol("AAPL"), 100)
            context.bought = True

    perf = run_algorithm(
        "2005-01-04", "2021-04-16", initialize, 1_000_000, handle_data, bundle="actions", root=root
    )
    return f"{len(perf):,} sessions of 12 assets"


def measured(step: str, data: Path, root: Path) -> tuple[str, float, float, float, str]:
    began = time.perf_counter()
    command = [sys.executable, __file__, step, data, root]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak, said = done.stdout.strip().split("|")
    return step, float(seconds), time.perf_counter() - began, float(peak), said


def main() -> None:
    if len(sys.argv) == 4:
        step, data, root = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
        began = time.perf_counter()
        said = globals()[step.replace(" ", "_")](data, root)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{seconds}|{peak}|{said}")
        return
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data"
    with tempfile.TemporaryDirectory() as folder:
        rows = [measured(step, data, Path(folder)) for step in STEPS]
    names = ["step", "seconds", "process_seconds", "peak_mb", "what"]
    with pl.Config(
        tbl_rows=-1, float_precision=2, tbl_hide_dataframe_shape=True, fmt_str_lengths=60
    ):
        print(pl.DataFrame(rows, schema=names, orient="row"))


if __name__ == "__main__":
    main()
