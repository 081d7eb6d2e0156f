"""A bundle of zipline by zipline's own readers, and by ours after its migration: every value.

``.venv/bin/python tests/campaigns/zipline_migration.py PATH``: PATH is the folder of one ingestion. Its
last line counts the values that were compared and those that differ by more than the noise of a product
with 0.001.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import warehouse
from rustybt.data.migration import migrate
from rustybt.data.readers.stored import WarehouseBarReader

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from peers import ZIPLINE, installed

FIELDS = ("open", "high", "low", "close", "volume")
NOISE = 1e-12
THEIRS = """
import json, sys
import numpy as np
import pandas as pd
from zipline.assets import AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader
folder, target = sys.argv[1:]
reader = BcolzDailyBarReader(folder + "/daily_equities.bcolz")
sids = sorted(reader._first_rows)
days, found = reader.sessions, {}
for field in ("open", "high", "low", "close", "volume"):
    for sid in sids:
        found[f"{field}-{sid}"] = reader.load_raw_arrays([field], days[0], days[-1], [sid])[0][:, 0]
tables = SQLiteAdjustmentReader(folder + "/adjustments.sqlite").unpack_db_to_component_dfs(True)
for name in ("splits", "mergers", "dividends"):
    of = tables[name]
    found[name] = np.array([of["sid"], of["effective_date"].astype("int64"), of["ratio"]], float)
np.savez(target, days=days.values.astype("datetime64[D]").astype("int64"), **found)
print(json.dumps(sids))
"""
NAMES = "SELECT sid, symbol FROM equity_symbol_mappings"


def theirs(path: Path, target: Path) -> tuple[list[int], dict[str, np.ndarray]]:
    """Return the sids and arrays that zipline reads."""
    python = installed(ZIPLINE) / "python"
    command = [python, "-W", "ignore", "-c", THEIRS, path, target]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    with np.load(target) as file:
        return json.loads(done.stdout), dict(file)


def names_of(path: Path) -> dict[int, str]:
    """Return the symbols of sids, read here."""
    import sqlite3

    (file,) = path.glob("assets-*.sqlite")
    with sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True) as connection:
        return dict(connection.execute(NAMES))


def main() -> None:
    """Compare, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    names = names_of(path)
    with tempfile.TemporaryDirectory() as folder:
        sids, found = theirs(path, Path(folder) / "theirs.npz")
        migrate("zipline-bundle", path, "old", root=folder)
        with warehouse.open(folder) as wh:
            bars = compare_bars(wh, sids, names, found)
            actions = compare_actions(wh, names, found, bars[0])
    shifted, bars = bars[0], bars[1:]
    compared, differing = (sum(it) for it in zip(bars, actions, strict=True))
    for symbol in sorted(shifted):
        print(
            f"{symbol} has a row on a day without a session; zipline gives the rows from there on other days"
        )
    print(f"{compared:,} values compared, {differing:,} differ")
    sys.exit(differing > 0)


def compare_bars(wh, sids, names, found) -> tuple[set[str], int, int]:
    """Return symbols that zipline reads by other days, how many values were compared and how many differ.

    zipline takes the n-th row of a sid for that of the n-th session since its first, whatever day stands
    in it.
    """
    reader = WarehouseBarReader(wh, "old")
    known = {symbol: sid for sid, symbol in wh.sql("SELECT sid, symbol FROM old.assets").rows()}
    days, labels = found["days"].astype("datetime64[D]"), reader.labels
    shifted, compared, differing = set(), 0, 0
    for sid in sids:
        rows = reader.rows([known[names[sid]]], labels[0], labels[-1])
        order = np.argsort(rows.label)
        of, begin = rows.label[order], int(np.searchsorted(days, rows.label.min()))
        places = begin + np.arange(len(of))
        if (days[places] != of).any():
            shifted.add(names[sid])
        for field in FIELDS:
            values = np.full(len(days), 0.0 if field == "volume" else np.nan)
            values[places] = rows.values[field][order]
            wanted = found[f"{field}-{sid}"]
            same = np.isclose(values, wanted, rtol=NOISE, atol=0, equal_nan=True)
            compared, differing = compared + len(same), differing + int((~same).sum())
            if not same.all():
                first = int(np.flatnonzero(~same)[0])
                told = f"{(~same).sum()} differ, first on {days[first]}"
                print(f"{names[sid]} {field}: {told}: {values[first]} is {wanted[first]} there")
    return shifted, compared, differing


def compare_actions(wh, names, found, shifted) -> tuple[int, int]:
    """Return how many ratios of actions were compared, and how many differ; dividends follow from bars."""
    rows = wh.sql("SELECT symbol, session, kind, ratio FROM old.adjustments").rows()
    ours = {(symbol, np.datetime64(day, "D"), kind): ratio for symbol, day, kind, ratio in rows}
    compared = differing = 0
    for table in ("splits", "mergers", "dividends"):
        for sid, at, ratio in found[table].T:
            if table == "dividends" and names[int(sid)] in shifted:
                continue
            day = np.datetime64(int(at), "ns").astype("datetime64[D]")
            held = ours.get((names[int(sid)], day, table[:-1]))
            compared += 1
            if held is None or not np.isclose(held, ratio, rtol=NOISE, atol=0):
                differing += 1
                print(f"{names[int(sid)]} {table} of {day}: {held} is {ratio} there")
    return compared, differing


if __name__ == "__main__":
    main()
