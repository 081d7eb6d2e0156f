"""Continuous futures beside zipline, where it is installed: contracts, chains, prices and history."""

import json
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from peers import FOLDER, ZIPLINE, complete, place

from rustybt import api
from rustybt.data.bundles import add_table, ingest_files
from rustybt.runner import run_algorithm

PROGRAM = Path(__file__).parents[1] / "campaigns" / "zipline_continuous.py"
FUTURES = [
    [0, "calendar", "mul"],
    [0, "volume", "mul"],
    [0, "volume", "add"],
    [1, "calendar", None],
    [1, "volume", None],
]
FIRST, LAST = date(2020, 2, 18), date(2020, 4, 9)  # no holiday between them
DAYS = [FIRST + timedelta(days=it) for it in range((LAST - FIRST).days + 1)]
DAYS = [str(it) for it in DAYS if it.weekday() < 5]
GRACE = 7  # sessions before an expiry from which on zipline, too, holds to a roll

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}"),
]


def made(seed):
    """Return a chain of contracts whose volume moves to the next one early, late or not at all.

    A contract that lost its lead before the grace days never has it back, since zipline looks ahead for
    that; two more stand behind the last, since zipline has no history without them.
    """
    draw = random.Random(seed)
    expiries = [draw.randint(3, 6)]
    while len(expiries) < 4:
        expiries.append(expiries[-1] + draw.randint(5, 9))
    expiries += [60, 70, 80]
    leads = []
    for number, expiry in enumerate(expiries):
        front = expiries[number - 1] + 1 if number else 0
        early = draw.random() < 0.4
        turn = draw.randint(front, expiry) if early else max(front, expiry - GRACE)
        leads.append((turn, early))
    contracts = []
    for number, expiry in enumerate(expiries):
        first = draw.randint(0, expiries[number - 3]) if number >= 3 else 0
        days = [it for it in range(len(DAYS)) if first <= it <= expiry]
        closes, level = [], draw.uniform(50, 150)
        for _ in days:
            closes.append(round(level, 2))
            level *= draw.uniform(0.97, 1.03)
        contracts.append({"symbol": f"XX{'FGHJKMN'[number]}20", "number": number, "first": first})
        contracts[-1] |= {"days": [DAYS[it] for it in days], "closes": closes}
        day = date.fromisoformat(DAYS[0]) + timedelta(days=100 + number)
        contracts[-1]["expiry"] = DAYS[expiry] if expiry < len(DAYS) else str(day)
        contracts[-1]["volumes"] = [volume(draw, leads, number, it) for it in days]
    return {
        "contracts": contracts,
        "futures": FUTURES,
        "bars": 12,
        "first": DAYS[0],
        "last": DAYS[-1],
    }


def volume(draw, leads, number, day):
    """Return a volume: the further a contract is from the front the less, until it takes the lead."""
    level = 1000 // 2**number
    turn, early = leads[number - 1] if number else (0, True)
    if day < turn or number > 4:
        return level
    return 2 * level + 500 if early else draw.choice([level // 2, 4 * level])


def ours(folder, world):
    rows = ["symbol,date,open,high,low,close,volume"]
    for it in world["contracts"]:
        for day, close, traded in zip(it["days"], it["closes"], it["volumes"], strict=True):
            rows.append(f"{it['symbol']},{day},{close},{close},{close},{close},{traded}")
    folder.mkdir()
    (folder / "bars.csv").write_text("\n".join(rows) + "\n")
    root = folder / "root"
    ingest_files(folder / "bars.csv", "fut", calendar="XNYS", root=root)
    terms = {
        "symbol": [it["symbol"] for it in world["contracts"]],
        "expiry": [date.fromisoformat(it["expiry"]) for it in world["contracts"]],
    }
    alike = {"asset_type": "future", "root_symbol": "XX"}
    table = {**terms, **{name: [it] * len(terms["symbol"]) for name, it in alike.items()}}
    add_table("fut", "assets", pa.table(table), root=root)
    seen = []

    def handle_data(context, data):
        count = min(len(seen) + 1, world["bars"])
        now = []
        for asked in world["futures"]:
            future = api.continuous_future("XX", *asked)
            history = data.history(future, ["close", "volume"], count, "1d")
            now.append(
                {
                    "contract": data.current(future, "contract").symbol,
                    "close": data.current(future, "close"),
                    "volume": data.current(future, "volume"),
                    "chain": [it.symbol for it in data.current_chain(future)],
                    "closes": history["close"].tolist(),
                    "volumes": history["volume"].tolist(),
                }
            )
        seen.append(now)

    span = (world["first"], world["last"])
    run_algorithm(*span, lambda _: None, 1000.0, handle_data, root=root, bundle="fut", store=False)
    return seen


def theirs(worlds):
    command = [place(ZIPLINE) / "python", "-W", "ignore", PROGRAM]
    text = json.dumps(worlds)
    done = subprocess.run(command, input=text, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def reverting(*, back):
    """Return contracts of which the second leads in session 5, and ever after or never again."""
    days = DAYS[:12]
    late = [10 if back else 150] * 6
    volumes = {"F": [100] * 12, "G": [10] * 5 + [150] + late, "H": [1] * 12, "J": [1] * 12}
    contracts = [
        {"symbol": f"XX{it}20", "days": days, "closes": [100.0] * 12, "volumes": traded}
        | {"expiry": str(date(2020, 4 + number, 1))}
        for number, (it, traded) in enumerate(volumes.items())
    ]
    future = [[0, "volume", None]]
    return {
        "contracts": contracts,
        "futures": future,
        "bars": 1,
        "first": days[0],
        "last": days[-1],
    }


def test_all_that_is_told_of_continuous_futures_is_what_zipline_tells(tmp_path):
    worlds = [made(0)]
    reverted = [reverting(back=it) for it in (True, False)]
    *told, back, lasting = theirs([*worlds, *reverted])
    for number, (world, wanted) in enumerate(zip(worlds, told, strict=True)):
        found = ours(tmp_path / str(number), world)
        contradicted = False
        for session, (here, there) in enumerate(zip(found, wanted, strict=True)):
            for asked, a, b in zip(FUTURES, here, there, strict=True):
                where = (number, session, asked)
                primary = here[FUTURES.index([0, asked[1], "mul"])]
                assert a["contract"] == primary["chain"][asked[0]], where
                if asked[:2] == [1, "volume"]:
                    # zipline compares the volume of a contract with that of the one after the next, so
                    # that its second contract is not the one after its first.
                    contradicted |= b["contract"] != a["contract"]
                    continue
                for name in ("contract", "chain", "volume", "volumes"):
                    assert a[name] == b[name], (*where, name)
                assert a["close"] == pytest.approx(b["close"], rel=1e-12), where
                # zipline rounds history to the digits of the tick, thousandths.
                assert a["closes"] == pytest.approx(b["closes"], abs=5.1e-4), where
        assert contradicted
        turns = {it[3]["contract"] for it in found}
        assert len(turns) >= 4, "no world without rolls"
    # zipline knows in session 6 whether the contract that led in session 5 goes on leading; here
    # nothing knows, and a roll is a roll.
    assert [it[6][0]["contract"] for it in (back, lasting)] == ["XXF20", "XXG20"]
    for number, world in enumerate(reverted):
        found = ours(tmp_path / f"reverting {number}", world)
        assert [it[0]["contract"] for it in found] == ["XXF20"] * 6 + ["XXG20"] * 6
