"""Compares every term of pipelines with zipline's own engine, on bars that no stored result knows.

Run as ``RUSTYBT_REFERENCE=folder python tests/campaigns/zipline_pipeline.py [--seeds 1 2 3] [--only stocks]``.
zipline gets a virtual environment of its own in the folder of ``--peers``, once. Rows, missing values and
numbers (1e-9) must be equal; where we differ on purpose the closing lines name the reason and count the
values. It ends with 1 where a value differs without a reason.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

import warehouse
from rustybt.assets import AssetFinder
from rustybt.pipeline import Pipeline, classifiers, factors, filters
from rustybt.pipeline.data import EquityPricing

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline")]
from conftest import commit  # noqa: E402 - its folder is no package
from zipline_cases import cases  # noqa: E402 - likewise
from zipline_reasons import KEPT_ROWS, LAST_BIT, LAST_BITS, excused, raised_for  # noqa: E402 - likewise
from zipline_terms import namespace  # noqa: E402 - likewise
from zipline_worlds import World, acted, made, stocks  # noqa: E402 - likewise

PEER = "zipline-reloaded==3.2.1"
RTOL = 1e-9
# The last bits of a sum, as a part of the largest value: what is left where terms cancel.
ATOL = 1e-11
EPOCH = np.datetime64("1970-01-01")

Case = tuple[str, str | None]


@dataclass(frozen=True)
class Rows:
    """Values by session (days since 1970) and sid, or what was said instead."""

    keys: np.ndarray
    values: np.ndarray
    raised: str | None = None


def peer(folder: Path) -> Path:
    """Return the Python that has zipline, installing it the first time."""
    python = folder / PEER.replace("==", "-") / "bin/python"
    if not python.exists():
        subprocess.run(["python3.11", "-m", "venv", "--clear", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return python


def of_zipline(python: Path, world: World, given: list[Case], folder: Path) -> list[Rows]:
    """Return zipline's rows of each case."""
    _write(world, folder)
    job = {"span": [str(it) for it in world.span], "cases": given}
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


def of_ours(store: warehouse.Warehouse, world: World, given: list[Case]) -> Iterator[Rows]:
    """Yield our rows of each case; cases of one screen run together, twenty at a time."""
    finder = AssetFinder(store, world.name)
    names = namespace([factors, classifiers, filters], EquityPricing, finder.retrieve)
    names |= {"N": len(finder)}
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


def apart(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return where two columns differ; an infinity of zipline is a missing value."""
    if expected.dtype.kind in "UO" or found.dtype.kind in "UO":
        return expected != found
    expected = np.where(np.isinf(expected), np.nan, expected)
    missing = np.isnan(expected), np.isnan(found)
    allowed = RTOL * np.abs(expected) + ATOL * np.nanmax(np.abs(expected), initial=0)
    with np.errstate(invalid="ignore"):
        return (missing[0] != missing[1]) | (np.abs(found - expected) > allowed)


class Tally:
    """What was compared, what was excused and what was not."""

    def __init__(self) -> None:
        self.terms = self.values = self.wrong = 0
        self.reasons: Counter[str] = Counter()

    def take(self, world: World, case: Case, expected: Rows, found: Rows) -> None:
        self.terms += 1
        text = case[0] if case[1] is None else f"{case[0]} screened by {case[1]}"
        if expected.raised or found.raised:
            return self._raised(world, text, expected, found)
        if case[1]:
            expected, found = self._common(case[1], expected, found)
        if not np.array_equal(expected.keys, found.keys):
            return self._differs(
                world, text, f"{len(expected.values)} rows, not {len(found.values)}"
            )
        self.values += len(expected.values)
        wrong = apart(expected.values, found.values)
        if wrong.any() and (
            reason := excused(f"{world.name}: {text}", wrong, expected.values, found.values)
        ):
            self.reasons[reason] += int(wrong.sum())
        elif wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            session, sid = EPOCH + int(expected.keys[0, at]), int(expected.keys[1, at])
            here = f"{session} sid {sid}: {expected.values[at]!r}, not {found.values[at]!r}"
            self._differs(world, text, f"{wrong.sum()} of {wrong.size}, first {here}")
        return None

    def _common(self, screen: str, expected: Rows, found: Rows) -> tuple[Rows, Rows]:
        """Return both on the rows of both, where those of one side have a reason."""
        keys = [list(map(tuple, it.keys.T.tolist())) for it in (expected, found)]
        both = [
            np.array([it in set(keys[1 - side]) for it in keys[side]], dtype=bool)
            for side in (0, 1)
        ]
        apart = sum(int((~it).sum()) for it in both)
        if "downsample" in screen and both[1].all():
            self.reasons[KEPT_ROWS] += apart
        elif apart <= LAST_BITS * len(expected.values):
            self.reasons[LAST_BIT] += apart
        else:
            return expected, found
        return tuple(
            Rows(it.keys[:, mask], it.values[mask])
            for it, mask in zip((expected, found), both, strict=True)
        )

    def _raised(self, world: World, text: str, expected: Rows, found: Rows) -> None:
        if expected.raised and found.raised:
            self.reasons["both raise"] += 1
        elif expected.raised and (reason := raised_for(expected.raised)):
            self.reasons[reason] += 1
        else:
            said = f"zipline: {expected.raised or 'no error'}; here: {found.raised or 'no error'}"
            self._differs(world, text, said[:500])

    def _differs(self, world: World, text: str, what: str) -> None:
        self.wrong += 1
        print(f"{world.name} {world.span[0]} to {world.span[1]}: {text}\n    {what}", flush=True)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    cache = Path.home() / ".cache/rustybt-bench"
    parser.add_argument("--peers", type=Path, default=cache)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--compositions", type=int, default=200)
    parser.add_argument("--only", nargs="+")
    options = parser.parse_args()
    python, tally, began = peer(options.peers), Tally(), time.perf_counter()
    ran = 0
    for seed in options.seeds:
        for world in worlds(seed, options.only):
            ran += 1
            given = cases(seed, options.compositions)
            count = world.bars["symbol"].n_unique()
            if count < 6:
                given = [it for it in given if "asset(" not in it[0] or "asset(0)" in it[0]]
            given = [(text.replace("N - 1", str(count - 1)), screen) for text, screen in given]
            with contextlib.ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                (folder / "root").mkdir()
                actions = world.actions
                store = stack.enter_context(
                    commit(folder / "root", world.bars, actions, bundle=world.name)
                )
                expected = of_zipline(python, world, given, folder)
                for case, theirs, ours in zip(
                    given, expected, of_ours(store, world, given), strict=True
                ):
                    tally.take(world, case, theirs, ours)
    for reason, count in tally.reasons.most_common():
        print(f"{count:9,} {reason}")
    said = f"{ran} worlds, {tally.terms:,} terms, {tally.values:,} values"
    print(
        f"{said}: {tally.wrong} terms differ without a reason ({time.perf_counter() - began:.0f} s)"
    )
    return tally.wrong > 0


if __name__ == "__main__":
    sys.exit(main())
