"""Kills ingests at random moments: ``kill_ingest.py FOLDER [KILLS] [SEED]`` prints what was found.

FOLDER holds one CSV file a symbol. Two sets are made of it that differ in every close; each ingest
gives the set that is not stored. After each kill the bundle must hold one of them, whole.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import polars as pl

import warehouse

WORKERS = (1, 2, 4, 8)
STATE = "SELECT count(*), sum(close), count(DISTINCT symbol) FROM t.bars_1d"


def command(root: Path, source: Path, workers: int) -> list[str]:
    words = ["rustybt", "ingest", "csv", source, "--bundle", "t", "--root", root]
    words[0] = Path(sys.executable).with_name("rustybt")
    return [str(it) for it in (*words, "--workers", workers, "--no-progress")]


def state(root: Path) -> tuple:
    with warehouse.open(root) as wh:
        return wh.sql(STATE).rows()[0]


def raised(source: Path, target: Path) -> None:
    """Write every file with closes that are higher by 1."""
    target.mkdir()
    for file in source.glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        higher = pl.col("close").cast(pl.Decimal(18, 8)) + 1
        frame.with_columns(higher.cast(pl.String)).write_csv(target / file.name)


def quiet(*words: object, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, check=check, capture_output=True)


def left(group: int) -> list[str]:
    listed = quiet("ps", "-eo", "pgid=,args=").stdout.decode()
    return [it for it in listed.splitlines() if it.split()[0] == str(group)]


def campaign(folder: Path, kills: int, seed: int) -> Counter[str]:
    choose = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        root, other = Path(place, "warehouse"), Path(place, "raised")
        raised(folder, other)
        sources, states = [folder, other], []
        for source in sources:
            quiet(*command(root, source, 1))
            states.append(state(root))
        began = time.monotonic()
        quiet(*command(root, sources[0], 1))
        longest = (time.monotonic() - began) * 1.3
        for number in range(kills):
            now = states.index(state(root))
            workers = WORKERS[number % len(WORKERS)]
            process = subprocess.Popen(
                command(root, sources[1 - now], workers),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(choose.uniform(0.05, longest))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            deadline = time.monotonic() + 30
            while left(process.pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            after = state(root)
            told = "old" if after == states[now] else "new" if after == states[1 - now] else "MIXED"
            found[f"{told}, {workers} workers"] += 1
            found["processes left"] += len(left(process.pid))
            if (number + 1) % 20 == 0:
                print(f"{number + 1} of {kills} kills: {told_of(found)}", flush=True)
        quiet(*command(root, sources[0], 1))
        found["usable after all"] = int(state(root) == states[0])
        shutil.rmtree(root)
    return found


def told_of(found: Counter[str]) -> str:
    return ", ".join(f"{what}: {times}" for what, times in sorted(found.items()))


def main() -> None:
    folder, *rest = sys.argv[1:]
    kills, seed = (*map(int, rest), *(200, 0)[len(rest) :])
    found = campaign(Path(folder), kills, seed)
    print(told_of(found))
    mixed = sum(times for what, times in found.items() if what.startswith("MIXED"))
    sys.exit(bool(mixed or found["processes left"] or not found["usable after all"]))


if __name__ == "__main__":
    main()
