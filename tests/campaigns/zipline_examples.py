"""zipline's own example algorithms, and shapes that its users publish, in zipline and in rustybt, on one bundle.

Run as ``python tests/campaigns/zipline_examples.py [INGESTION] [--count 3] [--seed 1]``. The text of each example
is read from the installed zipline, and run unchanged but for the name of the package in its imports; over the
span that it gives itself, and `--count` random ones with random capital, symbols and lengths of windows. The
strategies in `zipline_shapes` are likewise run. Compared are every daily column, what was recorded, and every
order, fill and position. It ends with 1 if one differs, or if nothing was traded.
"""

import argparse
import json
import logging
import math
import os
import random
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from backtest_results import results
from examples_text import namespace

import warehouse
from rustybt.data.migration import migrate
from rustybt.errors import RustyBTError
from rustybt.runner import run_algorithm

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "bench"))
from peers import FOLDER, ZIPLINE, installed  # noqa: E402 - its folder is no package

LISTS = {"orders": 0, "fills": 1, "positions": 0}  # where the sid of a row stands
RISK = ("alpha", "beta", "sharpe", "sortino", "algo_volatility", "benchmark_volatility")
TOLERANCE = {True: (1e-6, 1e-9), False: (1e-9, 1e-12)}  # relative, and by the largest of the column
LIVED = date(2004, 1, 2), date(2014, 12, 31)  # what the bundle holds
SYMBOLS = ("AAPL", "AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM", "MSFT")


def examples(python: Path) -> dict[str, str]:
    """Return the texts of zipline's examples, by name; not that which asks for zipline's own magic."""
    (folder,) = python.parents[1].glob("lib/python*/site-packages/zipline/examples")
    found = {it.stem: it.read_text() for it in sorted(folder.glob("*.py"))}
    return {
        name: text for name, text in found.items() if "_test_args" in text and name != "__init__"
    }


def shapes() -> dict[str, str]:
    """Return the texts of the strategies of this folder, by name."""
    return {it.stem: it.read_text() for it in sorted((HERE / "zipline_shapes").glob("*.py"))}


def jobs(texts: dict[str, str], count: int, seed: int) -> list[dict]:
    """Return runs: each text over its own span, where it has one, and over random ones."""
    found = []
    for name, text in texts.items():
        if "_test_args" in text:
            job = {"name": name, "text": text, "set": {}, "bundle": "mended"}
            own = namespace(job, "rustybt")["_test_args"]()
            span = {it: own[it].date().isoformat() for it in ("start", "end")}
            found.append(job | span | {"capital": own.get("capital_base", 1e7)})
        found += [drawn(name, text, random.Random(f"{name} {seed + it}")) for it in range(count)]
    return found


def drawn(name: str, text: str, draw: random.Random) -> dict:
    """Return a run of a text over a random span, with a random capital, other symbols and windows."""
    first = LIVED[0] + timedelta(draw.randint(30, 3000))
    last = min(first + timedelta(draw.randint(40, 700)), LIVED[1])
    chosen = draw.sample(SYMBOLS, draw.randint(2, 6))
    lists = {"SYMBOLS": chosen, "STOCKS": chosen, "stocks": chosen, "LENGTH": draw.randint(6, 60)}
    return {
        "name": name,
        "text": text,
        "set": {it: value for it, value in lists.items() if f"\n{it} = " in text},
        "bundle": "mended",
        "start": first.isoformat(),
        "end": last.isoformat(),
        "capital": draw.choice([1e4, 1e5, 1e6, 1e7]),
    }


def lived(job: dict, wh: warehouse.Warehouse) -> dict:
    """Return what a strategy came to here."""
    hooks = namespace(job, "rustybt")
    names = ("initialize", "handle_data", "before_trading_start", "analyze")
    try:
        perf = run_algorithm(
            job["start"],
            job["end"],
            capital_base=job["capital"],
            **{it: hooks.get(it) for it in names},
            warehouse=wh,
            dividends="pay_date",
            price_decimals=3,
            compat="zipline",
            store=False,
        )
    except RustyBTError as error:
        return {"raised": f"{type(error).__name__} {error}"}
    return {"raised": None, **results(perf)}


def ours(ingestion: Path, asked: list[dict]) -> Iterator[dict]:
    """Migrate the ingestion, and yield what each run comes to."""
    with tempfile.TemporaryDirectory() as root:
        migrate("zipline-bundle", ingestion, "old", root=root)
        with warehouse.open(root) as wh:
            rows = wh.sql("SELECT sid, symbol FROM old.assets").rows()
            symbols = {str(sid): symbol for sid, symbol in rows}
            for job in asked:
                yield lived(job, wh) | {"symbols": symbols}


def theirs(python: Path, ingestion: Path, asked: list[dict]) -> list[dict]:
    """Return what zipline makes of the runs."""
    with tempfile.TemporaryDirectory() as folder:
        given, answered = Path(folder) / "jobs.json", Path(folder) / "results.json"
        given.write_text(json.dumps(asked))
        command = [python, "-W", "ignore", HERE / "zipline_examples_lives.py"]
        subprocess.run([*command, ingestion, given, answered], check=True)
        return json.loads(answered.read_text())


def same(mine, other, tolerance: tuple[float, float]) -> bool:
    """Return whether two plain values are equal, numbers up to the tolerance, NaN and None being one."""
    if isinstance(mine, list) and isinstance(other, list):
        pairs = zip(mine, other, strict=False)
        return len(mine) == len(other) and all(same(*it, tolerance) for it in pairs)
    mine, other = (None if it != it else it for it in (mine, other))
    if isinstance(mine, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(mine, other, rel_tol=tolerance[0], abs_tol=tolerance[1])
    return mine == other


def named(run: dict) -> dict[str, list]:
    """Return all that is compared by name and session.

    Assets are named by their symbols, and the rows of a day are in their order: that of a pipeline's output, in
    which orders are placed, is of sids, and a migrated asset has another sid.
    """
    lists = {}
    for name, place in LISTS.items():
        days = [
            [[run["symbols"][str(it[place])], *it[:place], *it[place + 1 :]] for it in day]
            for day in run[name]
        ]
        lists[name] = [sorted(day, key=lambda it: it[0]) for day in days]
    return run["columns"] | lists


def differing(mine: dict, other: dict) -> tuple[int, list[str]]:
    """Return how many columns were compared, and lines that say where runs differ first, by column."""
    if mine["raised"] or other["raised"]:
        told = f"ends: ours {mine['raised']}, zipline's {other['raised']}"
        return 0, [] if mine["raised"] and other["raised"] else [told]
    found, wanted = [], named(other)
    held = named(mine)
    for name, column in wanted.items():
        numbers = (abs(it) for it in column if isinstance(it, (int, float)) and it == it)
        relative, absolute = TOLERANCE[name in RISK]
        tolerance = relative, absolute * max([1.0, *numbers])
        got = held.get(name, ["no such column"] * len(column))
        if len(got) != len(column):
            found.append((0, f"{name}: {len(got)} sessions, zipline's {len(column)}"))
            continue
        for day, pair in enumerate(zip(got, column, strict=True)):
            if not same(*pair, tolerance):
                found.append((day, f"{name} of day {day}: ours {pair[0]}, zipline's {pair[1]}"))
                break
    return len(wanted), [told for _, told in sorted(found)]


def main() -> int:
    """Compare the runs asked for, print each that differs, a table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ingestion", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="names of examples and shapes")
    parser.add_argument("--lines", type=int, default=6, help="of each run that differs")
    parser.add_argument("--peers", type=Path, default=FOLDER)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ["MPLBACKEND"] = "agg"
    python = installed(ZIPLINE, asked.peers) / "python"
    ingestion = asked.ingestion
    if ingestion is None:
        (ingestion,) = (Path(os.environ["RUSTYBT_REFERENCE"]) / "data/zipline_bundle").iterdir()
    texts = examples(python) | shapes()
    todo = jobs({it: texts[it] for it in asked.only or texts}, asked.count, asked.seed)
    wanted = theirs(python, ingestion, todo)
    wrong = fills = columns = 0
    for job, mine, other in zip(todo, ours(ingestion, todo), wanted, strict=True):
        compared, differ = differing(mine, other)
        filled = sum(map(len, other.get("fills", ())))
        fills, columns, wrong = fills + filled, columns + compared, wrong + bool(differ)
        about = f"{job['name']:20} {job['start']} to {job['end']} {job['set'] or ''}"
        print(f"{about}: {compared} columns, {filled} fills, {len(differ)} differ", flush=True)
        for line in differ[: asked.lines]:
            print(f"  {line[:600]}")
    print(f"{len(todo)} runs, {columns} columns, {fills} fills, {wrong} runs differ")
    return 1 if wrong or not fills else 0


if __name__ == "__main__":
    sys.exit(main())
