"""Lives random strategies over random markets in zipline and in rustybt, and compares all that comes of them.

Run as ``python tests/campaigns/zipline_backtests.py [--count 60] [--seed 1] [--kinds daily futures minutes]``.
A seed is a market (listings, delistings, gaps, splits, dividends, changed symbols, half days at the ends of the
run) and a strategy written for it, which ``--show`` prints. Compared are what the strategy was told, every
daily column, every order, fill and position. It ends with 1 if one differs.
"""

import argparse
import json
import logging
import math
import subprocess
import sys
import tempfile
import warnings
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - strategies use it
import pyarrow as pa
from backtest_markets import calendar, made
from backtest_results import plain, results
from backtest_strategies import written

import warehouse
from rustybt import api
from rustybt.errors import RustyBTError
from rustybt.runner import run_algorithm

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "bench"), str(HERE.parent / "backtest")]
from conftest import ADJUSTMENTS, BARS, MINUTES, SESSIONS, columns, exact  # noqa: E402 - its folder is no package
from peers import FOLDER, ZIPLINE, installed  # noqa: E402 - likewise

KINDS = ("daily", "futures", "minutes")
FORMER = pa.schema(
    [
        ("sid", pa.int32()),
        ("symbol", pa.string()),
        *((it, pa.date32()) for it in ("first_session", "last_session")),
    ]
)
ASSETS = pa.schema(
    [
        ("sid", pa.int32()),
        *((it, pa.string()) for it in ("symbol", "exchange", "asset_type")),
        *((it, pa.date32()) for it in ("first_session", "last_session", "expiry")),
        *((it, pa.float64()) for it in ("multiplier", "tick_size")),
        ("root_symbol", pa.string()),
    ]
)
LISTS = ("orders", "fills", "positions")
MONEY = 1e-9, 1e-6  # relative and absolute tolerance of amounts, prices and ratios
WINDOW = 0.000501  # before a session of minutes zipline rounds windows, then takes in its actions
# A small deviation magnifies what is rounded off where cash is a float.
RISK = ("algo_volatility", "alpha", "beta", "sharpe", "sortino")
RISK_DIGITS = 1e-6


def stored(market, root):
    """Write a market as the bundle ``random``."""
    sids = {it["symbol"]: sid for sid, it in enumerate(market["assets"])}
    assets, bars, minutes, former = [], [], [], []
    for asset in market["assets"]:
        name, sid = asset["symbol"], sids[asset["symbol"]]
        begin, end = (date.fromisoformat(asset[it]) for it in ("begin", "end"))
        future = asset["type"] == "future"
        terms = (end, asset["multiplier"], asset["tick"], asset["root"]) if future else (None,) * 4
        assets.append((sid, name, "XNYS", asset["type"], begin, end, *terms))
        if asset["former"]:
            until = date.fromisoformat(asset["former"][1])
            former.append((sid, asset["former"][0], begin, date.fromordinal(until.toordinal() - 1)))
        bars += [
            (date.fromisoformat(day), sid, name, *map(exact, bar))
            for day, bar in asset["bars"].items()
        ]
        for ts, bar in market["minutes"].get(name, {}).items():
            stamp = datetime.fromisoformat(ts)
            minutes.append((stamp, stamp.date(), sid, name, *map(exact, bar)))
    years = [market["hours"][it][0][:4] for it in (0, -1)]
    hours = [
        (date.fromisoformat(day), *map(datetime.fromisoformat, span))
        for day, *span in calendar(f"{years[0]}-01-01", f"{int(years[1]) + 1}-12-31")
    ]
    with warehouse.open(root) as wh, wh.begin("random", calendar="XNYS") as txn:
        txn.upsert("bars_1d", columns(BARS, bars))
        if minutes:
            txn.upsert("bars_1m", columns(MINUTES, minutes))
        txn.replace("assets", columns(ASSETS, assets))
        if former:
            txn.replace("former_symbols", columns(FORMER, former))
        txn.replace("adjustments", columns(ADJUSTMENTS, actions(market, sids)))
        txn.replace("sessions", columns(SESSIONS, hours))
        txn.commit(lineage={"source": "a campaign"})


def actions(market, sids):
    """Return splits and dividends; the ratio of a dividend is of the session before."""
    rows = [
        (sids[name], name, date.fromisoformat(day), "split", ratio, None, None)
        for name, day, ratio in market["splits"]
    ]
    bars = {it["symbol"]: it["bars"] for it in market["assets"]}
    days = [it[0] for it in market["hours"]]
    for name, day, amount, paid in market["dividends"]:
        before = bars[name].get(days[days.index(day) - 1])
        ratio = None if before is None else 1.0 - amount / before[3]
        days_of = (date.fromisoformat(day), date.fromisoformat(paid))
        rows.append((sids[name], name, days_of[0], "dividend", ratio, exact(amount), days_of[1]))
    return rows


def lived(market, source):
    """Return what a strategy was told, and the result of its run if it came to an end."""
    told = []
    hooks = {"api": api, "pd": pd, "np": np, "tell": lambda *it: told.append(plain(it))}
    exec(compile(source, "strategy", "exec"), hooks)
    with tempfile.TemporaryDirectory() as root:
        stored(market, root)
        try:
            perf = run_algorithm(
                market["first"],
                market["last"],
                capital_base=market["capital"],
                **{
                    it: hooks.get(it)
                    for it in ("initialize", "handle_data", "before_trading_start")
                },
                root=root,
                data_frequency="minute" if market["kind"] == "minutes" else "daily",
                benchmark_returns=market["returns"] if market["benchmark"] == "returns" else None,
                capital_changes=market["changes"],
                dividends="pay_date",
                price_decimals=3,
                compat="zipline",
                store=False,
            )
        except RustyBTError as error:
            return {"told": told, "raised": f"{type(error).__name__} {error}"}
    return {"told": told, "raised": None, **results(perf)}


def theirs(python, jobs):
    """Return what zipline makes of markets and strategies."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "jobs.json", Path(folder) / "results.json"
        asked.write_text(json.dumps(jobs))
        command = [python, "-W", "ignore", HERE / "zipline_lives.py", asked, answered]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(answered.read_text())


def same(mine, other, absolute=MONEY[1], relative=MONEY[0]):
    """Return whether two plain values are equal, numbers up to the tolerance, NaN and None being one."""
    if isinstance(mine, list) and isinstance(other, list):
        return len(mine) == len(other) and all(
            same(*it, absolute, relative) for it in zip(mine, other, strict=True)
        )
    mine, other = (None if it != it else it for it in (mine, other))
    if isinstance(mine, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(mine, other, rel_tol=relative, abs_tol=absolute)
    return mine == other


def parts(mine, other, place=""):
    """Yield the places at which two plain values differ, with both values."""
    if isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
        for number, pair in enumerate(zip(mine, other, strict=True)):
            yield from parts(*pair, f"{place}[{number}]")
    elif not same(mine, other):
        yield f"{place} is {mine}, zipline's {other}"


def differing(mine, other, window):
    """Return lines that say where two runs differ first in each part of what came of them.

    `window` is the absolute tolerance of histories.
    """
    found = []
    if (mine["raised"] is None) != (other["raised"] is None):
        found.append(f"ends: ours {mine['raised']}, zipline's {other['raised']}")
    for number, pair in enumerate(zip(mine["told"], other["told"], strict=False)):
        if not same(*pair, window if pair[0][0] == "history" else MONEY[1]):
            found.append(f"told {number} {pair[0][:2]}: {'; '.join(parts(*pair))}")
            break
    if len(mine["told"]) != len(other["told"]):
        found.append(f"told: ours {len(mine['told'])}, zipline's {len(other['told'])}")
    if mine["raised"] or other["raised"]:
        return found
    return [*found, *different_days(mine, other)]


def different_days(mine, other):
    """Return lines that say on which day results differ first, by column and list."""
    theirs, ours = ({**it["columns"], **{name: it[name] for name in LISTS}} for it in (other, mine))
    found = []
    for name, wanted in theirs.items():
        column = ours.get(name, ["no such column"] * len(wanted))
        for day, pair in enumerate(zip(column, wanted, strict=True)):
            if not same(*pair, relative=RISK_DIGITS if name in RISK else MONEY[0]):
                found.append((day, name, "; ".join(parts(*pair))))
                break
    return [f"{name} of day {day}: {told}" for day, name, told in sorted(found)]


def main():
    """Compare the runs asked for, print each that differs and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--show", action="store_true", help="print the strategies")
    parser.add_argument("--lines", type=int, default=6, help="of each run that differs")
    parser.add_argument("--peers", type=Path, default=FOLDER)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    python, wrong, fills, told, orders = installed(ZIPLINE, asked.peers) / "python", 0, 0, 0, 0
    for kind in asked.kinds:
        markets = [made(seed, kind) for seed in range(asked.seed, asked.seed + asked.count)]
        jobs = [(it, written(it)) for it in markets]
        window = WINDOW if kind == "minutes" else MONEY[1]
        for (market, source), other in zip(jobs, theirs(python, jobs), strict=True):
            if asked.show:
                print(source)
            differ = differing(lived(market, source), other, window)
            wrong += bool(differ)
            told += len(other["told"])
            orders += sum(map(len, other.get("orders", ())))
            fills += sum(map(len, other.get("fills", ())))
            if differ:
                print(f"{kind} {market['seed']}, {market['first']} to {market['last']}, differs:")
            for line in differ[: asked.lines]:
                print(f"  {line[:600]}")
    runs = asked.count * len(asked.kinds)
    print(
        f"seeds {asked.seed} to {asked.seed + asked.count - 1}: {runs} runs, {told} things told, "
        f"{orders} orders, {fills} fills, {wrong} runs differ"
    )
    return 1 if wrong or not fills else 0


if __name__ == "__main__":
    sys.exit(main())
