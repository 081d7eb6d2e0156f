"""Compares events and estimates with zipline's own loaders, cell by cell, over random rows.

Run as ``python tests/campaigns/zipline_events.py [--seeds 20] [--first 1]``. zipline gets a virtual environment of
its own in the folder of ``--peers``, once. Each world runs twice: zipline with the rows as our rule of time
has them, and we with the rows as that of zipline has them, so that every cell must be equal but for the
reasons of `zipline_events_reasons`. It ends with 1 where a cell differs without one.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

import warehouse
from rustybt.pipeline import Pipeline
from rustybt.pipeline.factors import (
    BusinessDaysSincePreviousEvent,
    BusinessDaysUntilNextEvent,
    SimpleMovingAverage,
)
from rustybt.pipeline.loaders import next_estimates, next_event, previous_estimates, previous_event
from rustybt.pipeline.loaders.earnings_estimates import Quarter

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline"), str(HERE.parent / "bench")]
from peers import FOLDER, ZIPLINE, installed  # noqa: E402 - its folder is no package
from small_bundles import commit  # noqa: E402 - likewise
from zipline_events_reasons import Cells, apart, judged  # noqa: E402 - likewise
from zipline_events_rows import (  # noqa: E402 - likewise
    World,
    drawn,
    filled_forward,
    held_until_the_day_after,
    seen_before_the_open,
)

DAYS = "datetime64[ns]"
EVENTS = {"row": float, "value": float, "label": str, "count": int, "flag": bool, "day": DAYS}
ESTIMATES = {
    "row": float,
    "eps": float,
    "actual": float,
    "fiscal_year": float,
    "fiscal_quarter": float,
    "day": DAYS,
}


def terms_of(events: pl.DataFrame, estimates: pl.DataFrame) -> dict[str, object]:
    """Return the terms of both kinds of rows, by the names of zipline's side."""
    found: dict[str, object] = {}
    for way, make, weekdays in (
        ("previous", previous_event, BusinessDaysSincePreviousEvent),
        ("next", next_event, BusinessDaysUntilNextEvent),
    ):
        it = make(f"E{way}", events, day="day", time="known", columns=EVENTS)
        found |= {f"{way}/{name}": term for name, term in _latest(it, "value").items()}
        found[f"{way}/weekdays"] = weekdays(inputs=[it.day])
    for way, make in (("previous", previous_estimates), ("next", next_estimates)):
        for number in (1, 2, 3):
            it = make(
                f"Q{way}{number}",
                estimates,
                columns=ESTIMATES,
                announcements=number,
                of=Quarter(day="day"),
                time="known",
            )
            found |= {f"{way} {number}/{name}": term for name, term in _latest(it, "eps").items()}
    return found


def _latest(it: object, averaged: str) -> dict[str, object]:
    mean = SimpleMovingAverage(inputs=[getattr(it, averaged)], window_length=5)
    return {**{name: column.latest for name, column in it.columns.items()}, "mean": mean}


def ours(
    store: warehouse.Warehouse, world: World, events: pl.DataFrame, estimates: pl.DataFrame
) -> dict[str, np.ndarray]:
    """Return our values by name, and the session and sid of each."""
    terms = terms_of(events, estimates)
    columns = {f"c{number}": term for number, term in enumerate(terms.values())}
    rows = Pipeline(columns).run(*world.span, bundle="world", warehouse=store).pl()
    keys = {
        "session": rows["session"].to_numpy().astype("datetime64[D]"),
        "sid": rows["sid"].to_numpy(),
    }
    return keys | {name: _plain(rows[at]) for name, at in zip(terms, columns, strict=True)}


def _plain(column: pl.Series) -> np.ndarray:
    if column.dtype in {pl.String, pl.Categorical}:
        return column.fill_null("").to_numpy().astype(str)
    if column.dtype.is_temporal():
        return column.to_numpy().astype(DAYS)
    return column.cast(pl.Float64).to_numpy()


def theirs(
    python: Path, world: World, events: pl.DataFrame, estimates: pl.DataFrame
) -> dict[str, np.ndarray]:
    """Return zipline's values in the form of `ours`."""
    lives = world.bars.group_by("symbol").agg(first=pl.col("date").min(), last=pl.col("date").max())
    lives = lives.sort("symbol")
    job = {
        "span": np.array(world.span, dtype="datetime64[D]").astype(DAYS),
        "first": lives["first"].to_numpy().astype(DAYS),
        "last": lives["last"].to_numpy().astype(DAYS),
    }
    for kind, frame in (("events", events), ("estimates", estimates)):
        job |= {f"{kind}/{it.name}": _held(it) for it in frame}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "job.npz", **job)
        command = [python, "-W", "ignore", HERE / "zipline_events_engine.py", folder]
        subprocess.run(command, check=True)
        with np.load(Path(folder) / "found.npz") as found:
            return dict(found)


def _held(column: pl.Series) -> np.ndarray:
    """Return the values as pandas would hold them."""
    if column.dtype == pl.String or column.dtype.is_temporal():
        return _plain(column)
    return column.to_numpy()


def compare(python: Path, world: World, tally: Counter[str]) -> list[str]:
    """Run a world by either rule of time, count the cells by reason, and return what has none."""
    events, estimates = world.events, world.estimates
    moved = held_until_the_day_after(events), held_until_the_day_after(estimates)
    seen = (
        seen_before_the_open(events, world, inclusive=False),
        filled_forward(seen_before_the_open(estimates, world, inclusive=True)),
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        commit(Path(folder), world.bars, bundle="world") as store,
    ):
        mine, early = ours(store, world, events, estimates), ours(store, world, *seen)
    other, plain = theirs(python, world, *moved), theirs(python, world, events, estimates)
    wrong = judged(Cells(world, *moved, other, mine, filled=False), tally)
    wrong += judged(Cells(world, events, estimates, plain, early, filled=True), tally)
    names = [it for it in mine if it.endswith("/row")]
    tally["known within the day: before the query time in zipline, the day after here"] += sum(
        int((apart(plain[it], mine[it]) & ~apart(other[it], mine[it])).sum()) for it in names
    )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--peers", type=Path, default=FOLDER)
    asked = parser.parse_args()
    python, began = installed(ZIPLINE, asked.peers) / "python", time.perf_counter()
    tally: Counter[str] = Counter()
    wrong = 0
    for seed in range(asked.first, asked.first + asked.seeds):
        said = compare(python, drawn(seed), tally)
        wrong += len(said)
        for line in said[:5]:
            print(f"seed {seed}: {line}", flush=True)
        print(f"seed {seed}, {time.perf_counter() - began:.0f} s: {len(said)} wrong", flush=True)
    cells, answers = tally.pop("cells"), tally.pop("answers")
    for reason, count in tally.most_common():
        print(f"{count:9,} {reason}")
    print(
        f"{asked.seeds} worlds, {cells:,} cells, {answers:,} with a value: {wrong} differ without a reason"
    )
    return 1 if wrong or not answers else 0


if __name__ == "__main__":
    sys.exit(main())
