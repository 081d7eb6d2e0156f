"""Random runs by minutes beside zipline, where it is installed: what is seen, filled and worth."""

import json
import random
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))
sys.path.append(str(Path(__file__).parents[1] / "campaigns"))
from minutes_strategy import SIDS, Strategy
from peers import FOLDER, ZIPLINE, complete, place

from rustybt import api
from rustybt.runner import run_algorithm

PROGRAM = Path(__file__).parents[1] / "campaigns" / "zipline_minutes.py"
SESSIONS = ["2019-11-25", "2019-11-26", "2019-11-27", "2019-11-29", "2019-12-02"]
SHORT = "2019-11-29"  # until one o'clock
MINUTE = timedelta(minutes=1)


def hours(day):
    opened = datetime.fromisoformat(f"{day}T14:30")
    return opened, opened + (210 if day == SHORT else 390) * MINUTE


def bars_of(draw, level):
    """Return minutes (stamp, close, volume) with gaps, and the close of each session."""
    close, bars, days = level, [], []
    for day in SESSIONS:
        opened, until = hours(day)
        for number in range(1, (until - opened) // MINUTE + 1):
            if draw.random() < 0.15:
                continue
            close = round(min(max(close * draw.uniform(0.998, 1.002), 20), 400), 2)
            stamp = (opened + number * MINUTE).isoformat()
            bars.append((stamp, close, draw.randrange(100, 2_000)))
        days.append(close)
    return bars, days


def order_of(draw, closes):
    name, amount = draw.choice(list(SIDS)), draw.choice([-1, 1]) * draw.randint(1, 90)
    limit = stop = None
    style = draw.random()
    if style > 0.5:
        limit = round(closes[name] * draw.uniform(0.99, 1.01), 2)
    if style > 0.8:
        stop = round(closes[name] * draw.uniform(0.99, 1.01), 2)
    return [name, amount, limit, stop]


def made(seed):
    """Return five sessions of two shares, the fourth short, and what is ordered in which minute."""
    draw = random.Random(seed)
    made = {name: bars_of(draw, level) for name, level in (("A", 90.0), ("B", 40.0))}
    levels = {name: days[1] for name, (_, days) in made.items()}
    return {
        "sessions": SESSIONS,
        "bars": {name: bars for name, (bars, _) in made.items()},
        "days": {name: days for name, (_, days) in made.items()},
        "splits": [("A", SESSIONS[draw.choice([3, 4])], 0.5)],
        "dividends": [("B", SESSIONS[draw.choice([3, 4])], 0.25)],
        "capital": 100_000.0,
        "cancel": draw.random() < 0.5,
        "spread": draw.choice([None, 0.02]),
        "every": 17,
        "windows": [
            ("price", draw.randint(1, 500), "1m"),
            ("volume", draw.randint(1, 500), "1m"),
            ("high", draw.randint(1, 500), "1m"),
            ("close", draw.randint(1, 3), "1d"),
            ("price", draw.randint(1, 3), "1d"),
        ],
        "plan": {str(it): [order_of(draw, levels)] for it in draw.sample(range(980), 60)},
    }


def lived(make_minutes, world, root):
    stamps = {
        name: {datetime.fromisoformat(ts): (close, volume) for ts, close, volume in bars}
        for name, bars in world["bars"].items()
    }
    days = {
        name: dict(zip(map(date.fromisoformat, SESSIONS), closes, strict=True))
        for name, closes in world["days"].items()
    }
    acted = [
        (name, date.fromisoformat(day), "split", ratio, None, None)
        for name, day, ratio in world["splits"]
    ]
    for name, day, amount in world["dividends"]:
        on = date.fromisoformat(day)
        before = days[name][date.fromisoformat(SESSIONS[SESSIONS.index(day) - 1])]
        acted.append((name, on, "dividend", 1 - amount / before, amount, on))
    make_minutes([*map(hours, SESSIONS)], stamps, actions=acted, daily=days, root=root)
    strategy = Strategy(api, world)

    def initialize(context):
        strategy.assets = [context.symbol(it) for it in SIDS]
        strategy.initialize(context)

    perf = run_algorithm(
        SESSIONS[2],
        SESSIONS[-1],
        initialize,
        world["capital"],
        strategy.handle_data,
        root=root,
        data_frequency="minute",
        dividends="pay_date",
        price_decimals=3,
        compat="zipline",
    )
    return strategy.told, perf


def same(values, *, rounding=0.0):
    """Return what is equal to zipline's numbers; it rounds the windows that it adjusts to 0.001."""
    return pytest.approx(values, rel=1e-9, abs=rounding or 1e-6, nan_ok=True)


@pytest.mark.slow
@pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}")
def test_every_minute_is_that_of_zipline(make_minutes, tmp_path):
    worlds, told_there = [made(seed) for seed in range(4)], tmp_path / "told.json"
    command = [place(ZIPLINE) / "python", "-W", "ignore", PROGRAM, told_there]
    subprocess.run(command, input=json.dumps(worlds), capture_output=True, check=True, text=True)
    for number, wanted in enumerate(json.loads(told_there.read_text())):
        told, perf = lived(make_minutes, worlds[number], tmp_path / str(number))
        for row, expected in zip(told, wanted["told"], strict=True):
            assert (row[0], row[1]) == (expected[0], same(expected[1]))
            assert row[2] == same(expected[2], rounding=0.000501)
        assert fills_of(perf) == [[*it[:2], *map(same, it[2:])] for it in wanted["fills"]]
        assert orders_of(perf) == wanted["orders"]
        for name, values in wanted["money"].items():
            assert perf[name].tolist() == same(values), (number, name)
    assert {it["cancel"] for it in worlds} == {True, False}
    assert {it["spread"] for it in worlds} == {None, 0.02}


def fills_of(perf):
    return [
        [str(it["dt"]), it["sid"].sid, it["amount"], it["price"]]
        for day in perf["transactions"]
        for it in day
    ]


def orders_of(perf):
    return [
        sorted(
            [str(it["created"]), it["sid"].sid, it["amount"], it["filled"], int(it["status"])]
            for it in day
        )
        for day in perf["orders"]
    ]
