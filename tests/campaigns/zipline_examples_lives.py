"""zipline's side of `zipline_examples`: lives strategies on an ingested bundle, by zipline's own `run_algorithm`.

Run as ``python zipline_examples_lives.py INGESTION JOBS RESULTS``. The bundle is taken as it is, and once more
without the rows on days that are no sessions: zipline gives the n-th row of an asset to the n-th session since its
first, so that each such row moves all later ones to another day. The ratios of dividends are then those of the bars.
"""

import json
import logging
import shutil
import sqlite3
import sys
import tempfile
import traceback
import warnings
from contextlib import closing
from pathlib import Path

import bcolz
import pandas as pd  # noqa: TID253 - zipline's own process
from backtest_results import results
from examples_text import namespace
from zipline import run_algorithm
from zipline.data import bundles
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.utils.calendar_utils import get_calendar

FIELDS = ["open", "high", "low", "close", "volume"]
HOOKS = ("initialize", "handle_data", "before_trading_start")


def without_odd_days(path: Path) -> None:
    """Write the daily bars of an ingestion anew, without rows on days that are no sessions."""
    reader, table = BcolzDailyBarReader(str(path)), bcolz.open(str(path), mode="r")
    sessions = reader.sessions
    frame = pd.DataFrame({it: table[it][:] for it in ("id", "day", *FIELDS)})
    frame["day"] = pd.to_datetime(frame["day"], unit="s")
    frame = frame[frame["day"].isin(sessions)]
    frame[FIELDS[:4]] *= 0.001
    parts = [(int(sid), rows.set_index("day")[FIELDS]) for sid, rows in frame.groupby("id")]
    shutil.rmtree(path)
    writer = BcolzDailyBarWriter(str(path), get_calendar("XNYS"), sessions[0], sessions[-1])
    writer.write(parts)


def with_ratios(path: Path, bars: Path) -> None:
    """Write the ratios of dividends anew, from the closes before them."""
    reader = BcolzDailyBarReader(str(bars))
    with closing(sqlite3.connect(path)) as connection, connection:
        told = connection.execute("SELECT sid, ex_date, amount FROM dividend_payouts").fetchall()
        for sid, at, amount in told:
            place = reader.sessions.searchsorted(pd.Timestamp(at, unit="s")) - 1
            close = reader.get_value(sid, reader.sessions[place], "close")
            row = (1.0 - amount / close, sid, at)
            connection.execute(
                "UPDATE dividends SET ratio = ? WHERE sid = ? AND effective_date = ?", row
            )


def lived(job: dict, environ: dict[str, str]) -> dict:
    """Return what a strategy came to."""
    hooks = namespace(job, "zipline")
    try:
        perf = run_algorithm(
            pd.Timestamp(job["start"]),
            pd.Timestamp(job["end"]),
            capital_base=job["capital"],
            bundle=job["bundle"],
            environ=environ,
            default_extension=False,
            **{it: hooks.get(it) for it in HOOKS},
        )
    except Exception as error:  # noqa: BLE001 - what ends a run is compared, too
        last = traceback.extract_tb(error.__traceback__)[-1]
        return {"raised": f"{type(error).__name__} {error} in {last.name}"}
    return {"raised": None, **results(perf)}


def main() -> None:
    """Copy the ingestion, live the jobs, write what came of them."""
    ingestion, asked, answered = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as root:
        for name in ("found", "mended"):
            place = Path(root) / "data" / name / ingestion.name
            shutil.copytree(ingestion, place, copy_function=shutil.copyfile)
            bundles.register(name, lambda *_: None, calendar_name="XNYS")
        without_odd_days(place / "daily_equities.bcolz")
        with_ratios(place / "adjustments.sqlite", place / "daily_equities.bcolz")
        finder = bundles.load("found", {"ZIPLINE_ROOT": root}).asset_finder
        symbols = {it.sid: it.symbol for it in finder.retrieve_all(finder.sids)}
        jobs = json.loads(asked.read_text())
        runs = [lived(it, {"ZIPLINE_ROOT": root}) | {"symbols": symbols} for it in jobs]
    answered.write_text(json.dumps(runs))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    main()
