"""Prints what pipelines cost beside zipline's engine and beside polars written by hand, in one run.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/pipeline.py [--large] [--peers FOLDER]``; zipline gets a
virtual environment of its own in FOLDER, once. Seconds are CPU (user and system, the cheapest of a few runs in
one process) and wall, which says little on a shared machine; a ratio above 1 says that rustybt is faster, and
all have two threads. No result is kept. "Cold" derives the rows of the snapshot first, as the first run of all
does; for the others they are there, as zipline's bundle is ingested and the file of polars is sorted. ``--large``
adds 7.5 million made-up rows.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import twenty_terms
from peers import FOLDER
from zipline_bundle import ZiplineBundle

import warehouse
from rustybt.pipeline import Pipeline, factors
from rustybt.pipeline.compiler.streaming import compile_streams
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage

CLOSE = [EquityPricing.close]
WITHOUT_A_FORM_IN_POLARS = ("drawdown", "aroon")


def twenty() -> dict:
    """Return the terms by name."""
    return twenty_terms.twenty(factors, EquityPricing)


def in_polars(path: Path) -> pl.DataFrame:
    """Return the terms that polars has, by hand, from rows sorted by sid and session."""
    close, volume, before = pl.col("close"), pl.col("volume"), pl.col("close").shift(1)
    change, daily = close.diff(), close / pl.col("close").shift(1) - 1
    ups, downs = (it.rolling_sum(14, min_samples=1) for it in (change.clip(0), (-change).clip(0)))
    deviation = close.rolling_std(20, min_samples=1, ddof=0)
    low, high = (
        pl.col("low").rolling_min(14, min_samples=1),
        pl.col("high").rolling_max(14, min_samples=1),
    )
    macd = decayed(close, 12, 2 / 13) - decayed(close, 26, 2 / 27)
    series = {
        **{f"sma_{n}": close.rolling_mean(n, min_samples=1) for n in (10, 20, 50, 200)},
        "rsi": 100 - 100 / (1 + ups / downs),
        "month": close / close.shift(21) - 1,
        "year": close / close.shift(251) - 1,
        "vwap": (close * volume).rolling_sum(20) / volume.rolling_sum(20),
        "deviation": deviation,
        "upper": close.rolling_mean(20, min_samples=1) + 2 * deviation,
        "ewma": decayed(close, 40, 2 / 21),
        "macd": decayed(macd, 9, 0.2),
        "dollars": (close * volume).rolling_sum(20) / 20,
        "volatility": daily.rolling_std(251, min_samples=1, ddof=0) * 252**0.5,
        "stochastic": 100 * (close - low) / (high - low),
        "range": pl.max_horizontal(
            pl.col("high") - pl.col("low"),
            (pl.col("high") - before).abs(),
            (pl.col("low") - before).abs(),
        ),
    }
    over_assets = pl.scan_parquet(path).select(
        "sid", "session", *(it.over("sid").alias(name) for name, it in series.items())
    )
    month = pl.col("month")
    return over_assets.with_columns(
        rank=pl.col("year").rank("ordinal").over("session"),
        score=((month - month.mean()) / month.std(ddof=0)).over("session"),
    ).collect()


def decayed(x: pl.Expr, length: int, alpha: float) -> pl.Expr:
    weights = [(1 - alpha) ** age for age in range(length)]
    return sum(x.shift(age) * weight for age, weight in enumerate(weights)) / sum(weights)


def best(do: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Return CPU and wall seconds of the cheapest run."""
    costs = []
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        do()
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(costs)


def commit(root: Path, bars: pl.DataFrame, sessions: pl.DataFrame, bundle: str) -> None:
    exact = pl.Decimal(18, 8)
    fields = ("open", "high", "low", "close", "volume")
    symbols = bars.select(pl.col("symbol").unique().sort()).with_row_index("sid")
    daily = bars.join(symbols, on="symbol").select(
        "session",
        pl.col("sid").cast(pl.Int32),
        "symbol",
        *(pl.col(it).cast(exact) for it in fields),
    )
    assets = daily.group_by("sid", "symbol").agg(
        exchange=pl.lit("XNYS"),
        asset_type=pl.lit("equity"),
        first_session=pl.col("session").min(),
        last_session=pl.col("session").max(),
    )
    with warehouse.open(root) as wh, wh.begin(bundle, calendar="XNYS") as txn:
        txn.upsert("bars_1d", daily)
        txn.replace("assets", assets.sort("sid"))
        txn.replace("sessions", sessions)
        txn.commit(lineage={"source": "bench"})


def calendar(first: int, last: int) -> pl.DataFrame:
    import exchange_calendars

    kept = exchange_calendars.get_calendar("XNYS", start=f"{first}-01-01", end=f"{last}-12-31")
    frame = pl.from_pandas(kept.schedule.reset_index())
    at = [
        pl.col(it).dt.replace_time_zone(None).cast(pl.Datetime("us")).alias(f"{it}_at")
        for it in ("open", "close")
    ]
    return frame.select(pl.col(frame.columns[0]).cast(pl.Date).alias("session"), *at)


def made_up(assets: int, days: int, sessions: pl.DataFrame) -> pl.DataFrame:
    random = np.random.default_rng(1)
    close = np.exp(random.normal(0, 0.02, (assets, days)).cumsum(axis=1)).ravel() * 50
    spread = random.uniform(0, 0.02, assets * days) * close
    days_ = sessions["session"].head(days)
    return pl.DataFrame(
        {
            "session": pl.concat([days_] * assets),
            "symbol": np.repeat([f"S{it:05}" for it in range(assets)], days),
            "open": (close - spread / 2).round(4),
            "high": (close + spread).round(4),
            "low": (close - spread).round(4),
            "close": close.round(4),
            "volume": random.integers(1_000, 1_000_000, assets * days).astype(float),
        }
    )


def sorted_file(wh: warehouse.Warehouse, bundle: str, path: Path) -> Path:
    fields = ", ".join(
        f'CAST("{it}" AS DOUBLE) AS "{it}"' for it in ("high", "low", "close", "volume")
    )
    wh.sql(
        f"SELECT sid, session, {fields} FROM {bundle}.bars_1d ORDER BY sid, session"
    ).pl().write_parquet(path)
    return path


def in_zipline(data: Path, peers: Path, folder: Path) -> tuple[tuple[float, float], str]:
    """Return CPU and wall seconds of the 20 terms, and the first session that came out."""
    program = Path(__file__).with_name("twenty_in_zipline.py")
    runs = ZiplineBundle(data, peers, folder).run(program)
    cpu, wall = min((float(it[0]), float(it[1])) for it in runs)
    print(f"zipline, 20 terms, {int(runs[0][2]):,} rows: CPU {cpu:.2f} s, wall {wall:.2f} s")
    return (cpu, wall), runs[0][3]


def against_zipline(wh: warehouse.Warehouse, theirs: tuple[float, float], first: str) -> None:
    """Print the ratio over the sessions that zipline ran."""
    ((last,),) = wh.sql("SELECT max(session) FROM sp500.bars_1d").rows()
    pipe = Pipeline(twenty())

    def run() -> object:
        return pipe.run(first, last, bundle="sp500", warehouse=wh, cache=False).arrow()

    cold = best(run, 1)
    print(f"  cold: CPU {cold[0]:.2f} s, wall {cold[1]:.2f} s")
    print_ratio("(a) zipline / rustybt, 20 terms (target 8)", theirs, best(run, 5))


def compare(wh: warehouse.Warehouse, bundle: str, folder: Path) -> None:
    ((first, last),) = wh.sql(f"SELECT min(session), max(session) FROM {bundle}.bars_1d").rows()
    terms = twenty()
    native = {name: it for name, it in terms.items() if name not in WITHOUT_A_FORM_IN_POLARS}
    means = {
        f"sma_{n}": SimpleMovingAverage(inputs=CLOSE, window_length=n) for n in range(5, 105, 5)
    }
    file = sorted_file(wh, bundle, folder / f"{bundle}.parquet")

    def ours(columns: dict) -> tuple[float, float]:
        pipe = Pipeline(columns)
        rows = len(pipe.run(first, last, bundle=bundle, warehouse=wh, cache=False))
        found = best(
            lambda: pipe.run(first, last, bundle=bundle, warehouse=wh, cache=False).arrow()
        )
        print(
            f"{bundle}, {len(columns)} terms, {rows:,} rows: CPU {found[0]:.2f} s, wall {found[1]:.2f} s"
        )
        return found

    def theirs_means() -> pl.DataFrame:
        each = [
            pl.col("close").rolling_mean(n, min_samples=1).over("sid").alias(f"sma_{n}")
            for n in range(5, 105, 5)
        ]
        return pl.scan_parquet(file).select(each).collect()

    ours(terms)
    print_ratio("(b) polars / rustybt, 18 terms", best(lambda: in_polars(file)), ours(native))
    print_ratio("(c) polars / rustybt, 20 moving averages", best(theirs_means), ours(means))


def print_ratio(name: str, theirs: tuple[float, float], ours: tuple[float, float]) -> None:
    print(
        f"  {name}: CPU {theirs[0]:.2f} / {ours[0]:.2f} = {theirs[0] / ours[0]:.2f}; wall {theirs[1]:.2f} / {ours[1]:.2f} = {theirs[1] / ours[1]:.2f}"
    )


def compile_time() -> None:
    columns = {
        f"mean_{n}": SimpleMovingAverage(inputs=CLOSE, window_length=n) for n in range(2, 52)
    }
    columns |= {f"change_{n}": Returns(window_length=n) for n in range(2, 52)}
    pipe = Pipeline(columns)
    found = best(lambda: compile_streams(pipe.plan(), scaled=True, sessions=1260), 5)
    print(f"(f) plan and compile {len(columns)} terms: {found[0] * 1000:.0f} ms CPU; target 50")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peers", type=Path, default=FOLDER)
    options = parser.parse_args()
    large = options.large
    os.environ["POLARS_MAX_THREADS"] = "2"  # read when it is first needed
    assert pl.thread_pool_size() == 2
    compile_time()
    data = Path(os.environ["RUSTYBT_REFERENCE"], "data", "sp500_5yr.parquet")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        bars = (
            pl.read_parquet(data)
            .unique(["symbol", "date"], keep="first")
            .rename({"date": "session"})
        )
        commit(root, bars, calendar(2013, 2019), "sp500")
        if large:
            sessions = calendar(2010, 2021)
            commit(root, made_up(3000, 2520, sessions), sessions, "large")
        with warehouse.open(root) as wh:
            wh.arrow("SET GLOBAL threads = 2")
            against_zipline(wh, *in_zipline(data, options.peers, Path(folder)))
            compare(wh, "sp500", Path(folder))
            if large:
                compare(wh, "large", Path(folder))


if __name__ == "__main__":
    main()
