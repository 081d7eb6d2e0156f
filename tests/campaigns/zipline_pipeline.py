"""Compares every term of pipelines with zipline's own engine, on bars that no stored result knows.

Run as ``RUSTYBT_REFERENCE=folder python tests/campaigns/zipline_pipeline.py [--seeds 1 2 3] [--only stocks]``.
zipline gets a virtual environment of its own in the folder of ``--peers``, once. Rows, missing values and
numbers (1e-9) must be equal; where we differ on purpose the closing lines name the reason and count the
values, and where zipline's own roundings decide, which is seen by multiplying all prices by nearly 1. It ends with 1 where a value differs without a reason.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

import warehouse
from rustybt.assets import AssetFinder
from rustybt.pipeline import Pipeline, classifiers, factors, filters
from rustybt.pipeline.data import EquityPricing

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline"), str(HERE.parent / "bench")]
from conftest import commit  # noqa: E402 - its folder is no package
from peers import FOLDER, ZIPLINE, installed  # noqa: E402 - likewise
from zipline_cases import cases  # noqa: E402 - likewise
from zipline_reasons import taken_for  # noqa: E402 - likewise
from zipline_tally import EPOCH, Bars, Case, Known, Rows, Tally, differ, judged  # noqa: E402 - likewise
from zipline_terms import namespace  # noqa: E402 - likewise
from zipline_worlds import World, acted, made, stocks  # noqa: E402 - likewise

# Of all prices, where the sides differ: what moves with them was decided by a rounding.
FACTORS = [1 + it * 1e-13 for it in (3, -5, 8, -11, 13, -17, 19, -23)]


def of_zipline(
    python: Path, world: World, given: list[Case], folder: Path, factor: float = 1.0
) -> list[Rows]:
    """Return zipline's rows of each case, all prices being multiplied by a factor."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _write(world, folder)
    job = {"span": [str(it) for it in world.span], "cases": given, "factor": factor}
    (folder / "job.json").write_text(json.dumps(job))
    command = [python, "-W", "ignore", HERE / "zipline_engine.py", folder]
    subprocess.run(command, check=True)
    raised = json.loads((folder / "raised.json").read_text())
    with np.load(folder / "found.npz") as found:
        return [
            Rows(np.empty((2, 0)), np.empty(0), raised[str(it)])
            if str(it) in raised
            else Rows(found[f"{it}/keys"], found[f"{it}/values"])
            for it in range(len(given))
        ]


def _write(world: World, folder: Path) -> None:
    symbols, sessions = sorted(world.bars["symbol"].unique()), _sessions(world)
    places = {it: number for number, it in enumerate(sessions)}
    sids = {it: number for number, it in enumerate(symbols)}
    days = np.array([places[it] for it in world.bars["date"]])
    assets = np.array([sids[it] for it in world.bars["symbol"]])
    arrays = {}
    for name in ("open", "high", "low", "close", "volume"):
        arrays[name] = np.full((len(sessions), len(symbols)), np.nan)
        arrays[name][days, assets] = world.bars[name].to_numpy().astype(float)
    spans = [[days[assets == it].min(), days[assets == it].max()] for it in range(len(symbols))]
    arrays["sessions"] = np.array(sessions, dtype="datetime64[ns]")
    np.savez(folder / "bars.npz", spans=np.array(spans), **arrays)
    schema = {"sid": int, "session": pl.Date, "kind": str, "ratio": float, "amount": float}
    actions = [{"sid": sids[it["symbol"]], **it} for it in world.actions]
    pl.DataFrame(actions, schema=schema).write_csv(folder / "actions.csv")


def _sessions(world: World) -> list:
    import exchange_calendars

    first, last = world.bars["date"].min(), world.bars["date"].max()
    calendar = exchange_calendars.get_calendar("XNYS", start=first)
    return [it.date() for it in calendar.sessions_in_range(first, last)]


def names_of(store: warehouse.Warehouse, world: World) -> dict:
    """Return what the texts of cases name, on our side."""
    finder = AssetFinder(store, world.name)
    return namespace([factors, classifiers, filters], EquityPricing, finder.retrieve_asset)


def of_ours(store: warehouse.Warehouse, world: World, given: list[Case]) -> Iterator[Rows]:
    """Yield our rows of each case; cases of one screen run together, twenty at a time."""
    names = names_of(store, world)
    found: dict[int, Rows] = {}
    waiting: dict[str | None, dict[int, object]] = {}
    for number, (text, screen) in enumerate(given):
        try:
            waiting.setdefault(screen, {})[number] = eval(text, names)
        except Exception as error:  # noqa: BLE001 - whatever is raised is a result here
            found[number] = _said(error)
    for screen, terms in waiting.items():
        passing = None if screen is None else eval(screen, names)
        listed = list(terms)
        for begin in range(0, len(listed), 20):
            part = {it: terms[it] for it in listed[begin : begin + 20]}
            found.update(_run(store, world, part, passing))
    yield from (found[it] for it in range(len(given)))


def _run(store: warehouse.Warehouse, world: World, terms: dict, screen: object) -> dict[int, Rows]:
    pipe = Pipeline({f"c{it}": term for it, term in terms.items()}, screen=screen)
    try:
        rows = pipe.run(*world.span, bundle=world.name, warehouse=store).arrow()
    except Exception as error:  # noqa: BLE001 - likewise
        if len(terms) == 1:
            return {next(iter(terms)): _said(error)}
        parts = [_run(store, world, {it: term}, screen) for it, term in terms.items()]
        return {it: rows for part in parts for it, rows in part.items()}
    frame = pl.DataFrame(rows)
    days = (frame["session"].to_numpy().astype("datetime64[D]") - EPOCH).astype("int64")
    keys = np.stack([days, frame["sid"].to_numpy().astype("int64")])
    return {it: Rows(keys, _plain(frame[f"c{it}"])) for it in terms}


def _said(error: Exception) -> Rows:
    return Rows(np.empty((2, 0)), np.empty(0), f"{type(error).__name__}: {error}")


def _plain(column: pl.Series) -> np.ndarray:
    if column.dtype in {pl.String, pl.Categorical}:
        return column.fill_null("").to_numpy().astype(str)
    return column.cast(pl.Float64).to_numpy()


def worlds(seed: int, only: "list[str] | None") -> Iterator[World]:
    """Yield the worlds of a seed."""
    reference = Path(os.environ["RUSTYBT_REFERENCE"])
    makers = {
        "stocks": lambda: stocks(reference, seed, 130),
        "acted": lambda: acted(reference, seed, 260),
        "made": lambda: made(seed, 130),
        "alone": lambda: made(seed, 60, assets=1),
    }
    for name, make in makers.items():
        if only is None or name in only:
            yield make()


def given_for(world: World, seed: int, options: argparse.Namespace) -> list[Case]:
    """Return the cases of a world, of those assets that it has."""
    given, count = cases(seed, options.compositions), world.bars["symbol"].n_unique()
    if count < 6:
        given = [it for it in given if "asset(" not in it[0] or "asset(0)" in it[0]]
    return [(text.replace("N - 1", str(count - 1)), screen) for text, screen in given]


def compare(tally: Tally, python: Path, world: World, given: list[Case], folder: Path) -> None:
    """Run the cases on both sides, and again in zipline with other roundings where one has no reason yet."""
    (folder / "root").mkdir()
    with commit(folder / "root", world.bars, world.actions, bundle=world.name) as store:
        said = Said(world)
        expected = of_zipline(python, world, given, folder / "zipline")
        said(f"{len(given):,} terms computed by zipline")
        found = list(of_ours(store, world, given))
        known = _known(store, world, given, [*map(differ, expected, found)])
        said(f"computed here, {len(known)} apart")
        for factor in FACTORS:
            left = [
                it for it in known if judged(given[it], expected[it], found[it], known[it]).wrong
            ]
            if not left:
                break
            said(f"{len(left)} to be computed by zipline with prices of {factor!r} times")
            again = [given[it] for it in left]
            rows = of_zipline(python, world, again, folder / "zipline", factor)
            for it, shaken in zip(left, rows, strict=True):
                known[it].shaken.append(shaken)
    for it, case in enumerate(given):
        tally.take(world, case, judged(case, expected[it], found[it], known.get(it)))


def _known(
    store: warehouse.Warehouse, world: World, given: list[Case], apart: list[bool]
) -> dict[int, Known]:
    """Return what is asked of each case whose sides are apart."""
    bars, names, found = Bars(world, _sessions(world)), names_of(store, world), {}
    for it in np.flatnonzero(apart).tolist():
        text, screen = given[it]
        lookback = Pipeline({"term": eval(text, names)}).plan().lookback
        other = taken_for(text), screen
        instead = next(of_ours(store, world, [other])) if other != given[it] else None
        found[it] = Known(bars, lookback, [], instead)
    return found


class Said:
    """Prints how far a world is, and when."""

    def __init__(self, world: World) -> None:
        self._world, self._began = world, time.perf_counter()

    def __call__(self, what: str) -> None:
        took = time.perf_counter() - self._began
        print(f"{self._world.name}, {took:4.0f} s: {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=FOLDER)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--compositions", type=int, default=200)
    parser.add_argument("--only", nargs="+")
    options = parser.parse_args()
    python, tally, began = (
        installed(ZIPLINE, options.peers) / "python",
        Tally(),
        time.perf_counter(),
    )
    ran = 0
    for seed in options.seeds:
        for world in worlds(seed, options.only):
            ran += 1
            with tempfile.TemporaryDirectory() as folder:
                compare(tally, python, world, given_for(world, seed, options), Path(folder))
    for reason, count in tally.reasons.most_common():
        print(f"{count:9,} {reason}")
    said = f"{ran} worlds, {tally.terms:,} terms, {tally.values:,} values"
    print(
        f"{said}: {tally.wrong} terms differ without a reason ({time.perf_counter() - began:.0f} s)"
    )
    return tally.wrong > 0


if __name__ == "__main__":
    sys.exit(main())
