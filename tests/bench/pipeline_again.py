"""Prints what a pipeline costs that ran before, beside its first run on a fresh root.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/pipeline_again.py [--large]``. The first run derives the
rows of the snapshot and computes the 20 terms of ``pipeline.py``; after it come the same pipeline again, the
same with one more factor, and the same after one more session was committed, each a few times, the best of
which counts. CPU is user and system of the process; the commit itself is not in the figures. ``--large``
takes 7.5 million made-up rows.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

sys.path.append(str(Path(__file__).parent))

from pipeline import CLOSE, calendar, commit, made_up, twenty

import warehouse
from rustybt.pipeline import Pipeline
from rustybt.pipeline.factors import SimpleMovingAverage

TARGET = 20
TIMES = 3


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """Return CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    do()
    return time.process_time() - cpu, time.perf_counter() - wall


def say(what: str, first: tuple[float, float], again: tuple[float, float]) -> None:
    (cpu, wall), (less_cpu, less_wall) = first, again
    print(
        f"{what}: CPU {cpu:.3f} / {less_cpu:.3f} = {cpu / less_cpu:.1f}; "
        f"wall {wall:.3f} / {less_wall:.3f} = {wall / less_wall:.1f}; target {TARGET}"
    )


def measure(root: Path, bars: pl.DataFrame, sessions: pl.DataFrame) -> None:
    days = sorted(bars["session"].unique())

    def upto(day: object) -> None:
        commit(root, bars.filter(pl.col("session") <= day), sessions, "bench")

    upto(days[-TIMES - 1])
    with warehouse.open(root) as wh:
        wh.arrow("SET GLOBAL threads = 2")

        def run(columns: dict) -> None:
            wh.refresh()
            Pipeline(columns).run(days[0], days[-1], bundle="bench", warehouse=wh).arrow()

        first = timed(lambda: run(twenty()))
        say("the same again", first, min(timed(lambda: run(twenty())) for _ in range(TIMES)))
        more = [
            {**twenty(), "more": SimpleMovingAverage(inputs=CLOSE, window_length=30 + it)}
            for it in range(TIMES)
        ]
        costs = [timed(lambda columns=it: run(columns)) for it in more]
        say("one more factor", first, min(costs))
        costs = []
        for day in days[-TIMES:]:
            upto(day)
            costs.append(timed(lambda: run(twenty())))
        say("one more session", first, min(costs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    with tempfile.TemporaryDirectory() as folder:
        if parser.parse_args().large:
            sessions = calendar(2010, 2021)
            bars = made_up(3000, 2520, sessions)
        else:
            data = Path(os.environ["RUSTYBT_REFERENCE"], "data", "sp500_5yr.parquet")
            bars = pl.read_parquet(data).unique(["symbol", "date"], keep="first")
            bars, sessions = bars.rename({"date": "session"}), calendar(2013, 2019)
        measure(Path(folder), bars, sessions)


if __name__ == "__main__":
    main()
