"""The same files give the same bytes, numbers and results, whatever the process is like."""

import json
import os
import random
import subprocess
import sys
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

LINE = Path(__file__).with_name("whole_line.py")
SEEDS, THREADS, ZONES = ("0", "1", "2", "random"), (1, 2), ("UTC", "Asia/Tokyo")
SYMBOLS, DAYS = 40, 366
BARS = "FROM line.bars_1d ORDER BY sid, session"
HEADER = "date,open,high,low,close,volume,dividend,split\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of prices that walk in steps of a quarter, so that many are equal; some are wrong."""
    chance = random.Random(20200102)
    made = tmp_path_factory.mktemp("prices")
    for number in range(SYMBOLS):
        price, lines = 20.0 + number % 5, []
        for day in range(DAYS):
            on = date(2020, 1, 1) + timedelta(days=day)
            if on.weekday() > 4 or chance.random() < 0.02:
                continue
            price = max(2.0, price + chance.randrange(-2, 3) / 4)
            volume = "many" if chance.random() < 0.002 else 100 * chance.randrange(1, 40)
            dividend = 0.25 if day % 90 == number else 0
            split = 2 if day == 200 + number and number % 7 == 0 else 1
            lines.append(
                f"{on},{price},{price + 0.5},{price - 0.5},{price},{volume},{dividend},{split}\n"
            )
        lines += lines[50:53]  # again, at the end of the file
        (made / f"S{number:02d}.csv").write_text(HEADER + "".join(lines))
    return made


def told(folder, root, *, seed="0", threads=1, zone="UTC"):
    done = subprocess.run(
        [sys.executable, LINE, folder, root, str(threads)],
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def first(folder, tmp_path_factory):
    return told(folder, tmp_path_factory.mktemp("first"))


@pytest.mark.slow
def test_a_pipeline_is_the_same_first_kept_and_without_a_cache(first):
    assert len({first[f"pipeline {it}"] for it in ("first", "kept", "uncached")}) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "threads", "zone"), [*product(SEEDS, THREADS, ZONES)][1:])
def test_hash_seed_threads_and_zone_change_nothing(folder, first, tmp_path, seed, threads, zone):
    assert told(folder, tmp_path, seed=seed, threads=threads, zone=zone) == first


@pytest.mark.slow
def test_a_day_less_changes_what_is_told(folder, first, tmp_path):
    for file in folder.iterdir():
        lines = file.read_text().splitlines(keepends=True)
        kept = [it for it in lines if not it.startswith("2020-06-15")]
        (tmp_path / file.name).write_text("".join(kept))
    again = told(tmp_path, tmp_path / "root")
    assert first.keys() == again.keys()
    for name in (BARS, "pipeline first", "backtest"):
        assert again[name] != first[name]
