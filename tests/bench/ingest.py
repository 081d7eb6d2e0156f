"""Prints what an ingest costs beside DuckDB's bare ``read_csv`` and ``COPY`` of the same files.

``ingest.py [SYMBOLS] [SESSIONS]`` writes a folder of one file a symbol (2,000 by 5,000: 10 M rows), and
measures each in a process of its own: seconds on the wall, seconds of the processor, peak memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

TYPES = {"date": "DATE"} | dict.fromkeys(
    ("open", "high", "low", "close", "volume"), "DECIMAL(18, 8)"
)


def write(folder: Path, symbols: int, sessions: int) -> None:
    choose = np.random.default_rng(1)
    days = [date(2004, 1, 1) + timedelta(n) for n in range(sessions * 2)]
    days = [day for day in days if day.weekday() < 5][:sessions]
    for number in range(symbols):
        close = np.round(50 * np.exp(np.cumsum(choose.normal(0, 0.015, sessions))), 2).clip(0.5)
        opened = np.round(close * (1 + choose.normal(0, 0.005, sessions)), 2)
        high = np.round(np.maximum(opened, close) + np.abs(choose.normal(0, 0.4, sessions)), 2)
        low = np.round(np.minimum(opened, close) * 0.99, 2)
        volume = choose.integers(1_000, 50_000_000, sessions)
        columns = {
            "date": days,
            "open": opened,
            "high": high,
            "low": low,
            "close": close,
            "volume": volume,
        }
        pl.DataFrame(columns).write_csv(folder / f"S{number:04d}.csv")


def bare(folder: Path, target: Path) -> None:
    import duckdb

    read = duckdb.read_csv(str(folder / "*.csv"), columns=TYPES, header=True, filename=True)
    read.write_parquet(str(target / "bare.parquet"))


def ours(folder: Path, target: Path) -> None:
    from rustybt.data.bundles import ingest_files

    ingest_files(folder, "bench", root=target)


def as_doubles(folder: Path, target: Path) -> None:
    import duckdb

    types = TYPES | dict.fromkeys(list(TYPES)[1:], "DOUBLE")
    read = duckdb.read_csv(str(folder / "*.csv"), columns=types, header=True, filename=True)
    rows = read.project(
        "date, filename, parse_filename(filename, true) AS symbol, open, high, low, close, volume"
    )
    rows = rows.project(
        "date, CAST(dense_rank() OVER (ORDER BY symbol) AS INTEGER) AS sid, * EXCLUDE (date, filename)"
    )
    rows.order("sid, date").write_parquet(str(target / "doubles.parquet"), compression="snappy")


JOBS = {it.__name__: it for it in (bare, ours, as_doubles)}


def run(job: str, folder: Path, target: Path) -> None:
    began = time.perf_counter()
    JOBS[job](folder, target)
    wall = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": time.process_time(), "peak": peak}))


def measured(job: str, folder: Path, target: Path) -> dict[str, float]:
    target.mkdir()
    command = [sys.executable, __file__, "--job", job, folder, target]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout) | {
        "bytes": sum(it.stat().st_size for it in target.rglob("*.parquet"))
    }
    print(
        f"{job:10} {found['wall']:7.2f} s  {found['cpu']:7.2f} s of processor  {found['peak']:5.0f} MB  {found['bytes']:,} bytes"
    )
    return found


def main() -> None:
    if sys.argv[1:2] == ["--job"]:
        run(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    symbols, sessions = (*map(int, sys.argv[1:]), *(2_000, 5_000)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "csv")
        folder.mkdir()
        write(folder, symbols, sessions)
        found = {job: measured(job, folder, Path(place, job)) for job in JOBS}
    print(
        f"{symbols * sessions:,} rows: {found['ours']['wall'] / found['bare']['wall']:.2f} times bare on the wall, "
        f"{found['ours']['cpu'] / found['bare']['cpu']:.2f} of the processor; "
        f"{found['ours']['bytes'] / found['as_doubles']['bytes']:.0%} of the bytes of DOUBLE with snappy"
    )


if __name__ == "__main__":
    main()
