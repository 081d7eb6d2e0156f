"""Prints what backtests cost: days beside zipline in one run, and minutes.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/backtest.py [--large] [--peers FOLDER]``; zipline gets a
virtual environment of its own in FOLDER, once. Seconds are CPU (user and system of the process) and wall, the
cheapest of a few runs in one process; results are stored. "cross" holds each of 470 stocks with full history while
the mean of its last 20 closes is above that of 50, asked for as a DataFrame each day. ``--large`` adds 10 million
minutes of 100 assets and the peak memory of a tenth of them.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from ingest_against_zipline import EXTENSION, write
from peers import FOLDER, ZIPLINE, installed
from pipeline import calendar, commit

import warehouse
from rustybt.runner import run_algorithm

Cost = tuple[float, float]


def timed(do: Callable[[], Any], times: int = 3) -> Cost:
    """Return CPU and wall seconds of the cheapest run."""
    costs = []
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        do()
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(costs)


def say(what: str, cost: Cost, note: str) -> None:
    print(f"{what:<44} CPU {cost[0]:7.3f}  wall {cost[1]:7.3f}  {note}", flush=True)


def initialize(context: Any) -> None:
    context.assets = list(context.asset_finder)
    context.held = set()
    context.bars = context.orders = 0


def nothing(_context: Any, _data: Any) -> None:
    pass


def cross(context: Any, data: Any) -> None:
    context.bars += 1
    if context.bars < 50:
        return
    closes = data.history(context.assets, "close", 50, "1d").to_numpy()
    slow, fast = closes.mean(axis=0), closes[-20:].mean(axis=0)
    for number, asset in enumerate(context.assets):
        if fast[number] > slow[number]:
            if asset not in context.held:
                context.held.add(asset)
                context.order(asset, 100)
                context.orders += 1
        elif asset in context.held:
            context.held.discard(asset)
            context.order(asset, -100)
            context.orders += 1


def full_history(data: Path) -> pl.DataFrame:
    """Return the bars of the stocks that have one in at least 1,258 sessions."""
    bars = pl.read_parquet(data).unique(["symbol", "date"], keep="first")
    counts = bars.drop_nulls().group_by("symbol").len()
    full = counts.filter(pl.col("len") >= 1258)["symbol"]
    return bars.filter(pl.col("symbol").is_in(full.to_list())).rename({"date": "session"})


def in_zipline(bars: pl.DataFrame, peers: Path, folder: Path) -> list[tuple[float, float, float]]:
    """Return CPU and wall seconds and orders of the empty loop and of the cross."""
    command = installed(ZIPLINE, peers) / "zipline"
    raw = folder / "bars.parquet"
    bars.rename({"session": "date"}).write_parquet(raw)
    files = write(raw, folder / "plain", folder / "filled" / "daily")
    home = folder / "zipline"
    home.mkdir()
    span = {"first": str(files.first), "last": str(files.last)}
    (home / "extension.py").write_text(EXTENSION.format(folder=str(folder / "filled"), **span))
    symbols = folder / "symbols.txt"
    names = bars["symbol"].unique().sort().str.replace_all(".", "_", literal=True)
    symbols.write_text("\n".join(names))
    environment = os.environ | {"ZIPLINE_ROOT": str(home)}
    ingest = [command, "ingest", "--bundle", "bench", "--no-show-progress"]
    subprocess.run(ingest, check=True, env=environment, capture_output=True)
    program = Path(__file__).with_name("cross_in_zipline.py")
    lived = subprocess.run(
        [command.with_name("python"), program, symbols, span["first"], span["last"]],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    )
    return [tuple(map(float, it.split())) for it in lived.stdout.splitlines()[-2:]]


def days(bars: pl.DataFrame, root: Path, theirs: list[tuple[float, float, float]]) -> None:
    span = bars["session"].min(), bars["session"].max()
    seen: dict[str, Any] = {}

    def run(hook: Callable[..., None]) -> None:
        def analyze(context: Any, _perf: Any) -> None:
            seen["orders"] = context.orders

        run_algorithm(*span, initialize, 1e7, hook, analyze=analyze, root=root, bundle="cross")

    cells = bars["session"].n_unique() * bars["symbol"].n_unique()
    for what, hook, target, other in zip(
        ("empty loop", "cross"), (nothing, cross), (10, 100), theirs, strict=True
    ):
        cost = timed(lambda hook=hook: run(hook))
        say(
            f"{what}, {cells:,} bars, {seen['orders']:,} orders",
            cost,
            f"{cells / cost[0] / 1e6:.2f} M bars/s CPU; zipline {other[0]:.1f} s CPU, "
            f"{other[2]:,.0f} orders; ratio {other[0] / cost[0]:.0f}, target {target}",
        )
    print(f"history of 50 bars as a DataFrame: {history_micros(span, root):.0f} us; target 40")


def history_micros(span: tuple[Any, Any], root: Path) -> float:
    spent = []

    def ask(context: Any, data: Any) -> None:
        context.bars += 1
        if context.bars > 50:
            began = time.process_time()
            for _ in range(10):
                data.history(context.assets, "close", 50, "1d")
            spent.append((time.process_time() - began) / 10)

    run_algorithm(*span, initialize, 1e7, ask, root=root, bundle="cross", store=False)
    return float(np.median(spent)) * 1e6


def commit_minutes(root: Path, assets: int, minutes: int) -> None:
    """Write a 24/7 bundle of made-up minutes, named by how many assets and minutes it has."""
    first = datetime(2020, 1, 1)  # noqa: DTZ001 - DuckDB's TIMESTAMP is UTC
    random = np.random.default_rng(1)
    stamps = pl.datetime_range(
        first, first + timedelta(minutes=minutes - 1), "1m", time_unit="us", eager=True
    )
    exact = pl.Decimal(18, 8)
    count = -(-minutes // 1440) + 400
    labels = pl.DataFrame({"open_at": [first + timedelta(days=it) for it in range(count)]})
    sessions = labels.select(
        pl.col("open_at").cast(pl.Date).alias("session"),
        pl.col("open_at").cast(pl.Datetime("us")),
        close_at=pl.col("open_at").cast(pl.Datetime("us")) + pl.duration(days=1),
    )
    symbols = [f"C{it:03}" for it in range(assets)]
    last = stamps[-1].date()
    named = pl.DataFrame({"sid": range(assets), "symbol": symbols}).select(
        pl.col("sid").cast(pl.Int32),
        "symbol",
        exchange=pl.lit("24/7"),
        asset_type=pl.lit("crypto"),
        first_session=pl.lit(first.date()),
        last_session=pl.lit(last),
    )
    with (
        warehouse.open(root) as wh,
        wh.begin(f"minutes_{assets}x{minutes}", calendar="24/7") as txn,
    ):
        walks = np.exp(random.normal(0, 1e-4, (assets, minutes)).cumsum(axis=1)) * 50
        closes = pl.DataFrame(dict(zip(symbols, walks.round(4), strict=True))).with_columns(
            ts=stamps, month=stamps.dt.truncate("1mo")
        )
        for part in closes.partition_by("month", include_key=False):  # a file each, written once
            long = part.unpivot(index="ts", variable_name="symbol", value_name="close")
            close = pl.col("close").cast(exact)
            bars = long.join(named.select("sid", "symbol"), on="symbol").select(
                "ts",
                pl.col("ts").cast(pl.Date).alias("session"),
                "sid",
                "symbol",
                *(close.alias(it) for it in ("open", "high", "low")),
                close,
                pl.lit(1000).cast(exact).alias("volume"),
            )
            txn.upsert("bars_1m", bars)
        txn.replace("assets", named)
        txn.replace("sessions", sessions)
        txn.commit(lineage={"source": "bench"})


def lived(root: Path, assets: int, minutes: int, hook: Callable[..., None]) -> None:
    """Run a strategy over a bundle of minutes."""
    first = datetime(2020, 1, 1)  # noqa: DTZ001 - as above
    run_algorithm(
        first,
        first + timedelta(minutes=minutes - 1),
        initialize,
        1e9,
        hook,
        root=root,
        bundle=f"minutes_{assets}x{minutes}",
        data_frequency="minute",
    )


def window(count: int = 200) -> Callable[..., None]:
    bars = itertools.count(1)

    def ask(context: Any, data: Any) -> None:
        if next(bars) >= count:
            data.history(context.assets, "close", count, "1m")

    return ask


def often(orders: int = 50_000) -> Callable[..., None]:
    bars = itertools.count(1)

    def buy_and_sell(context: Any, _data: Any) -> None:
        number, rest = divmod(next(bars), 5)
        if not rest and number <= orders:
            context.order(context.assets[0], 1 if number % 2 else -1)

    return buy_and_sell


def one_asset(root: Path, minutes: int = 259_781) -> None:
    commit_minutes(root, 1, minutes)
    empty = timed(lambda: lived(root, 1, minutes, nothing))
    say(f"1 asset, {minutes:,} minutes, empty", empty, "target 0.4")
    cost = timed(lambda: lived(root, 1, minutes, window()), 1)
    say("the same, a 200-bar DataFrame each bar", cost, "target 8")
    cost = timed(lambda: lived(root, 1, minutes, often()), 1)
    say("the same, 50,000 orders", cost, f"{cost[0] - empty[0]:.2f} more; target 1")


def many_assets(root: Path, minutes: int = 100_000) -> None:
    peaks = []
    for count in (minutes // 10, minutes):
        commit_minutes(root, 100, count)
        program = (
            "import re, sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1]); "
            "import backtest; began = time.process_time(); "
            f"backtest.lived(Path(sys.argv[2]), 100, {count}, backtest.nothing); "
            # Its own peak: getrusage begins with that of the process that started it.
            "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]; "
            "print(time.process_time() - began, int(peak) / 1024)"
        )
        command = [sys.executable, "-c", program, str(Path(__file__).parent), str(root)]
        wall = time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        cpu, peak = map(float, said.split())
        peaks.append(peak)
        cost = cpu, time.perf_counter() - wall
        say(
            f"100 assets, {count:,} minutes, empty", cost, f"peak {peak:.0f} MB; target 3 s at most"
        )
    print(f"peak memory of ten times the bars: {peaks[1] / peaks[0]:.2f}; target 1.2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peers", type=Path, default=FOLDER)
    options = parser.parse_args()
    bars = full_history(Path(os.environ["RUSTYBT_REFERENCE"], "data", "sp500_5yr.parquet"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        commit(root, bars, calendar(2013, 2019), "cross")
        days(bars, root, in_zipline(bars, options.peers, Path(folder)))
        one_asset(root)
        if options.large:
            many_assets(root)


if __name__ == "__main__":
    main()
