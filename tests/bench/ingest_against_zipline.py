"""Prints what ``rustybt ingest`` of 505 CSV files costs beside ``zipline ingest`` of a csvdir bundle.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/ingest_against_zipline.py [--peers FOLDER]``; zipline
gets a virtual environment of its own in FOLDER, once. zipline stops at a session without a bar and at a dot
in a name, so its files have the sessions between a symbol's first and last filled (volume 0, the close
before as all prices) and dots replaced; rustybt reads the files as they are.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from peers import FOLDER, ZIPLINE, installed

EXTENSION = """
import pandas as pd
from zipline.data.bundles import register
from zipline.data.bundles.csvdir import csvdir_equities

register(
    "bench",
    csvdir_equities(["daily"], {folder!r}),
    calendar_name="XNYS",
    start_session=pd.Timestamp({first!r}),
    end_session=pd.Timestamp({last!r}),
)
"""


class Cost(NamedTuple):
    wall: float
    cpu: float
    peak: float


class Files(NamedTuple):
    """What was written: rows for each program, and the span of their sessions."""

    rows: int
    filled_rows: int
    first: date
    last: date


def write(parquet: Path, plain: Path, filled: Path) -> Files:
    """Write one file a symbol, as they come into `plain` and as zipline takes them into `filled`."""
    import exchange_calendars
    import polars as pl

    bars = pl.read_parquet(parquet).with_columns(pl.col("volume").cast(pl.Int64))
    first, last = bars["date"].min(), bars["date"].max()
    sessions = exchange_calendars.get_calendar("XNYS").sessions_in_range(first, last)
    spans = bars.group_by("symbol").agg(begin=pl.min("date"), end=pl.max("date"))
    complete = (
        spans.join(pl.DataFrame({"date": list(sessions.date)}), how="cross")
        .filter(pl.col("date").is_between("begin", "end"))
        .drop("begin", "end")
        .join(bars, on=["symbol", "date"], how="left")
        .sort("symbol", "date")
        .with_columns(pl.col("close").forward_fill().over("symbol"), pl.col("volume").fill_null(0))
        .with_columns(pl.col("open", "high", "low").fill_null(pl.col("close")))
        .with_columns(pl.col("symbol").str.replace_all(".", "_", literal=True))
    )
    for rows, folder in ((bars, plain), (complete, filled)):
        folder.mkdir(parents=True)
        for (symbol,), part in rows.partition_by("symbol", as_dict=True, include_key=False).items():
            part.write_csv(folder / f"{symbol}.csv")
    return Files(len(bars), len(complete), first, last)


def measured(command: list[str | Path], **environment: str) -> Cost:
    """Return the cost of `command`: getrusage of that one child and those it waited for."""
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=os.environ | environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{command} ended with {process.returncode}:\n{said.read()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=FOLDER)
    peer = installed(ZIPLINE, parser.parse_args().peers) / "zipline"
    parquet = Path(os.environ["RUSTYBT_REFERENCE"], "data", "sp500_5yr.parquet")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        plain, filled, home = place / "plain", place / "filled", place / "zipline"
        # A process starts with the peak of the one that started it, so this one stays without polars.
        with get_context("spawn").Pool(1) as pool:
            files = pool.apply(write, (parquet, plain, filled / "daily"))
        home.mkdir()
        (home / "extension.py").write_text(
            EXTENSION.format(folder=str(filled), first=str(files.first), last=str(files.last))
        )
        ours = [Path(sys.executable).with_name("rustybt"), "ingest", "csv", plain]
        own = measured([*ours, "--bundle", "bench", "--calendar", "XNYS", "--root", place / "root"])
        theirs = [peer, "ingest", "--bundle", "bench", "--no-show-progress"]
        other = measured(theirs, ZIPLINE_ROOT=str(home))
    report(files, own, other)


def report(files: Files, own: Cost, other: Cost) -> None:
    print(f"{'':<18} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'rows':>9}")
    for name, cost, rows in (
        ("rustybt ingest", own, files.rows),
        ("zipline ingest", other, files.filled_rows),
    ):
        print(f"{name:<18} {cost.wall:8.2f} {cost.cpu:8.2f} {cost.peak:8.0f} {rows:9,}")
    ratios = [theirs / ours for theirs, ours in zip(other, own, strict=True)]
    print(f"{'zipline / rustybt':<18} {ratios[0]:8.2f} {ratios[1]:8.2f} {ratios[2]:8.2f}")


if __name__ == "__main__":
    main()
