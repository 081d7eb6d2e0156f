"""Prints what ten factors over 17.5 million made-up bars cost in a process that may take 2 GB.

Run as ``python tests/bench/pipeline_large.py [--root FOLDER] [--assets N] [--sessions N] [--memory BYTES]``. The
bars, a random walk by seed, are written through the warehouse a year at a time; a FOLDER that has them is
used again. Each run is a process of its own: `Pipeline.stream` within the limit and without, and `Pipeline.run`
without, whose rows are one Arrow table that the limit has no room for; all must give the same digest.

The limit is of what is resident, VmHWM, as a container counts it: a process that goes above is killed. RLIMIT_AS
and RLIMIT_DATA would count what allocators reserve and never touch, about 3 GB and 1.6 GB here.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

sys.path.append(str(Path(__file__).parent))

from pipeline import calendar

import warehouse
from rustybt.pipeline import Pipeline, factors
from rustybt.pipeline.data import EquityPricing

LIMIT = 2_000_000_000
FIRST_YEAR = 2010
SEED = 11


def ten() -> dict:
    """Return the factors by name."""
    close = [EquityPricing.close]
    bands = factors.BollingerBands(window_length=20, k=2)
    return {
        "sma_20": factors.SimpleMovingAverage(inputs=close, window_length=20),
        "sma_200": factors.SimpleMovingAverage(inputs=close, window_length=200),
        "rsi": factors.RSI(),
        "month": factors.Returns(window_length=22),
        "vwap": factors.VWAP(window_length=20),
        "upper": bands.upper,
        "drawdown": factors.MaxDrawdown(inputs=close, window_length=60),
        "volatility": factors.AnnualizedVolatility(),
        "rank": factors.Returns(window_length=252).rank(),
        "score": factors.Returns(window_length=22).zscore(),
    }


def years(assets: int, days: list[date]) -> Iterator[pl.DataFrame]:
    """Yield the bars of one year after the other, by asset and session, prices in whole cents."""
    random = np.random.default_rng(SEED)
    last = random.uniform(20, 200, (assets, 1))
    symbols = pl.Series([f"S{it:05}" for it in range(assets)])
    for year in sorted({it.year for it in days}):
        some = [it for it in days if it.year == year]
        shape = assets, len(some)
        close = last * np.exp(random.normal(0, 0.01, shape).cumsum(axis=1))
        last = np.clip(close[:, -1:], 5, 1000)
        cents = np.clip((close * 100).round(), 100, 1e7).astype("i8").ravel()
        spread = random.integers(0, 50, assets * len(some))
        values = {
            "open": cents + spread // 2,
            "high": cents + spread,
            "low": cents - spread,
            "close": cents,
        }
        exact = pl.Decimal(18, 8)
        sid = np.repeat(np.arange(assets, dtype="i4"), len(some))
        yield pl.DataFrame(
            {"session": pl.Series(some * assets), "sid": sid, "symbol": symbols.gather(sid)}
        ).with_columns(
            *(
                (pl.lit(pl.Series(it)).cast(pl.Decimal(18, 2)) / 100).cast(exact).alias(name)
                for name, it in values.items()
            ),
            pl.lit(pl.Series(random.integers(1_000, 1_000_000, len(cents))))
            .cast(exact)
            .alias("volume"),
        )


def build(root: Path, assets: int, count: int) -> None:
    """Write the bundle."""
    sessions = calendar(FIRST_YEAR, FIRST_YEAR + count // 250 + 1)
    days = sessions["session"].to_list()[:count]
    with warehouse.open(root) as wh, wh.begin("large", calendar="XNYS") as txn:
        rows = 0
        for bars in years(assets, days):
            rows += len(bars)
            txn.upsert("bars_1d", bars)
        listed = pl.DataFrame({"sid": np.arange(assets, dtype="i4")}).with_columns(
            symbol=pl.format("S{}", pl.col("sid").cast(pl.String).str.zfill(5)),
            exchange=pl.lit("XNYS"),
            asset_type=pl.lit("equity"),
            first_session=pl.lit(days[0]),
            last_session=pl.lit(days[-1]),
        )
        txn.replace("assets", listed)
        txn.replace("sessions", sessions)
        txn.commit(lineage={"source": "bench"})
    print(f"{rows:,} bars")


def digest(batches: Iterable[pa.RecordBatch]) -> tuple[int, str]:
    """Return how many rows there are and a hash of all values, whatever the batches."""
    rows, found = 0, {}
    for batch in batches:
        rows += len(batch)
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            values = pl.Series(column)
            plain = values.drop_nulls()
            text = plain.dtype == pl.String
            parts = {
                "missing": values.is_null().to_numpy().tobytes(),
                "there": ("\0".join(plain) + "\0").encode() if text else plain.to_numpy().tobytes(),
            }
            for part, content in parts.items():
                found.setdefault((name, part), hashlib.sha256()).update(content)
    whole = b"".join(found[it].digest() for it in sorted(found))
    return rows, hashlib.sha256(whole).hexdigest()[:16]


def compute(job: str, root: Path) -> None:
    """Do one job and print its figures."""
    with warehouse.open(root) as wh:
        ((first, last),) = wh.sql("SELECT min(session), max(session) FROM large.bars_1d").rows()
        pipe, where = Pipeline(ten()), {"bundle": "large", "warehouse": wh}
        cpu, wall = time.process_time(), time.perf_counter()
        if job == "stream":
            with pipe.stream(first, last, **where) as stream:
                rows, found = digest(stream)
        else:
            rows, found = digest(pipe.run(first, last, cache=False, **where).arrow().to_batches())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{rows:,} rows, {rows / wall:,.0f} rows/s ({rows / cpu:,.0f} of CPU), digest {found}")


def peak(process: int) -> int:
    """Return the greatest resident size of a process so far, in bytes; 0 when it has ended."""
    with suppress(OSError):
        said = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        return int(said[1]) * 1024 if said else 0
    return 0


def watched(limit: int, *arguments: str) -> str:
    """Run this program with a job, end it where it takes more than a limit, and return what it says."""
    command = [sys.executable, __file__, *arguments]
    most = 0
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(command, stdout=said, stderr=said, text=True) as job:
            while job.poll() is None:
                most = max(most, peak(job.pid))
                if limit and most > limit:
                    job.kill()
                time.sleep(0.01)
        said.seek(0)
        lines = said.read().strip().splitlines() or ["killed"]
    return f"{'' if job.returncode == 0 else 'FAILED: '}{lines[-1]}, peak {most / 1e6:,.0f} MB"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--root", type=Path)
    options.add_argument("--assets", type=int, default=7_000)
    options.add_argument("--sessions", type=int, default=2_500)
    options.add_argument("--memory", type=int, default=LIMIT)
    options.add_argument("--job", choices=("build", "stream", "run"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.job == "build":
        build(given.root, given.assets, given.sessions)
    elif given.job:
        compute(given.job, given.root)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(given, given.root or Path(folder))


def compare(given: argparse.Namespace, root: Path) -> None:
    """Build the bundle where it is missing, and print the figures of each run."""
    where = ["--root", os.fspath(root)]
    if not (root / "bundles" / "large").is_dir():
        size = ["--assets", str(given.assets), "--sessions", str(given.sessions)]
        print(f"build: {watched(0, *where, *size, '--job', 'build')}", flush=True)
    for job, limit in (("stream", given.memory), ("stream", 0), ("run", 0)):
        said = watched(limit, *where, "--job", job)
        print(f"{job}, limit {f'{limit / 1e9:g} GB' if limit else 'none'}: {said}", flush=True)


if __name__ == "__main__":
    main()
