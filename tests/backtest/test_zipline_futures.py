"""Random runs over a future and a share beside zipline, where it is installed: every column of money."""

import json
import random
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "bench"))
from peers import FOLDER, ZIPLINE, complete, place
from terms import orders, told

from rustybt.finance.commission import PerContract, PerShare
from rustybt.finance.slippage import NoSlippage

PROGRAM = Path(__file__).parents[1] / "campaigns" / "zipline_futures.py"


def made(seed, sessions=10):
    """Return two weeks before a holiday: closes, orders by bar, and maybe an expiry."""
    draw = random.Random(seed)
    days = [f"2020-01-{it:02}" for it in (6, 7, 8, 9, 10, 13, 14, 15, 16, 17)]

    def walk(level):
        closes = [level]
        while len(closes) < sessions:
            closes.append(round(closes[-1] * draw.uniform(0.95, 1.05), 2))
        return closes

    return {
        "days": days,
        "FUT": walk(100.0),
        "SHA": walk(40.0),
        "capital": 100_000.0,
        "expiry": draw.choice([None, days[draw.randrange(4, 9)]]),
        "plan": {
            str(it): [["FUT", draw.randint(-5, 5)], ["SHA", draw.randint(-50, 50)]]
            for it in range(sessions - 1)
        },
    }


def ours(make_bundle, world):
    root = make_bundle({name: world[name] for name in ("FUT", "SHA")})
    expiry = world["expiry"] and date.fromisoformat(world["expiry"])
    terms = {"asset_type": "future", "multiplier": 50.0, "root_symbol": "ES"}
    terms |= {"expiry": expiry} if expiry else {}
    told(root, symbol=["FUT"], **{name: [it] for name, it in terms.items()})

    def prepare(context):
        context.set_slippage(us_futures=NoSlippage())
        context.set_commission(us_futures=PerContract(0.85, {"ES": 1.18}))

    return orders(
        root,
        {int(bar): placed for bar, placed in world["plan"].items()},
        sessions=len(world["days"]),
        capital=world["capital"],
        commission=PerShare(0.01),
        prepare=prepare,
        price_decimals=3,
    ).perf


@pytest.mark.slow
@pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}")
def test_every_column_of_money_is_that_of_zipline(make_bundle, tmp_path):
    worlds = [made(seed) for seed in range(6)]
    command = [place(ZIPLINE) / "python", "-W", "ignore", PROGRAM]
    done = subprocess.run(
        command, input=json.dumps(worlds), capture_output=True, check=True, text=True
    )
    for number, (world, wanted) in enumerate(zip(worlds, json.loads(done.stdout), strict=True)):
        perf = ours(lambda closes, n=number: make_bundle(closes, root=tmp_path / str(n)), world)
        for name, values in wanted.items():
            assert perf[name].tolist() == pytest.approx(values, rel=1e-9, abs=1e-6), (number, name)
    assert {it["expiry"] is None for it in worlds} == {True, False}
