"""zipline's side of `zipline_backtests`: lives random strategies over random markets, and writes what came of them.

Run as ``python zipline_lives.py JOBS RESULTS``, both JSON: markets with the source of a strategy each, and for
each what the strategy was told, every daily column, orders, fills and positions.
"""

import json
import logging
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - zipline's own process
from backtest_results import plain, results
from sqlalchemy import create_engine
from zipline import api
from zipline.algorithm import TradingAlgorithm
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.data.bcolz_minute_bars import BcolzMinuteBarReader, BcolzMinuteBarWriter
from zipline.data.data_portal import DataPortal
from zipline.errors import NoFurtherDataError  # noqa: F401 - imported before a strategy may raise it
from zipline.finance.trading import SimulationParameters
from zipline.utils.calendar_utils import get_calendar

FIELDS = ("open", "high", "low", "close", "volume")


def finder(folder, market):
    """Return the assets of a market; a symbol that has changed is two rows of one sid."""
    engine = create_engine(f"sqlite:///{folder / 'assets.db'}")
    exchanges = pd.DataFrame(
        [["NYSE", "NYSE", "US"]], columns=["exchange", "canonical_name", "country_code"]
    )
    shares, contracts = [], []
    for sid, it in enumerate(market["assets"]):
        begin, end = pd.Timestamp(it["begin"]), pd.Timestamp(it["end"])
        row = {
            "sid": sid,
            "symbol": it["symbol"],
            "start_date": begin,
            "end_date": end,
            "exchange": "NYSE",
        }
        row["auto_close_date"] = end + pd.Timedelta(days=1)
        if it["type"] == "future":
            dates = dict.fromkeys(("notice_date", "expiration_date", "auto_close_date"), end)
            row |= {
                **dates,
                "root_symbol": it["root"],
                "multiplier": it["multiplier"],
                "tick_size": it["tick"],
            }
            contracts.append(row)
            continue
        if it["former"] is not None:
            former, until = it["former"][0], pd.Timestamp(it["former"][1])
            shares.append({**row, "symbol": former, "end_date": until - pd.Timedelta(days=1)})
            row["start_date"] = until
        shares.append(row)
    found = {"equities": pd.DataFrame(shares).set_index("sid")}
    if contracts:
        roots = [[it["root_symbol"], number, "NYSE"] for number, it in enumerate(contracts, 1)]
        found["futures"] = pd.DataFrame(contracts).set_index("sid")
        found["root_symbols"] = pd.DataFrame(
            roots, columns=["root_symbol", "root_symbol_id", "exchange"]
        )
    AssetDBWriter(engine).write(**found, exchanges=exchanges)
    return AssetFinder(engine)


def days(folder, name, market, sessions, kind):
    """Return a reader of the daily bars of one type of assets; a session without a bar is a row of zeros."""

    def frames():
        for sid, it in enumerate(market["assets"]):
            if it["type"] == kind:
                frame = pd.DataFrame.from_dict(
                    it["bars"], orient="index", columns=list(FIELDS), dtype=float
                )
                frame.index = pd.DatetimeIndex(frame.index)
                inside = sessions[(sessions >= it["begin"]) & (sessions <= it["end"])]
                yield sid, frame.reindex(inside).fillna(0.0)

    path = str(folder / name)
    BcolzDailyBarWriter(path, get_calendar("XNYS"), sessions[0], sessions[-1]).write(frames())
    return BcolzDailyBarReader(path)


def minutes(folder, market, sessions):
    """Return a reader of the minutes of a market; None where it has none."""
    if not market["minutes"]:
        return None
    path = folder / "minutes"
    path.mkdir()
    writer = BcolzMinuteBarWriter(str(path), get_calendar("XNYS"), sessions[0], sessions[-1], 390)
    for sid, it in enumerate(market["assets"]):
        rows = market["minutes"][it["symbol"]]
        if rows:
            frame = pd.DataFrame(list(rows.values()), columns=list(FIELDS), dtype=float)
            frame.index = pd.to_datetime(list(rows), utc=True)
            writer.write_sid(sid, frame)
    return BcolzMinuteBarReader(str(path))


def adjustments(folder, market, daily):
    sids = {it["symbol"]: sid for sid, it in enumerate(market["assets"])}
    splits = [
        {"sid": sids[name], "effective_date": pd.Timestamp(day), "ratio": ratio}
        for name, day, ratio in market["splits"]
    ]
    dividends = [
        {
            "sid": sids[name],
            "amount": amount,
            "ex_date": pd.Timestamp(day),
            "pay_date": pd.Timestamp(paid),
            **dict.fromkeys(("declared_date", "record_date"), pd.Timestamp(day)),
        }
        for name, day, amount, paid in market["dividends"]
    ]
    path = str(folder / "adjustments.sqlite")
    with SQLiteAdjustmentWriter(path, daily) as writer:
        writer.write(
            splits=pd.DataFrame(splits, columns=["sid", "effective_date", "ratio"])
            if splits
            else None,
            dividends=pd.DataFrame(dividends) if dividends else None,
        )
    return SQLiteAdjustmentReader(path)


def algorithm(folder, market, source, told):
    calendar = get_calendar("XNYS")
    sessions = pd.DatetimeIndex([it[0] for it in market["hours"]])
    assets = finder(folder, market)
    daily = days(folder, "days", market, sessions, "equity")
    portal = DataPortal(
        assets,
        calendar,
        sessions[0],
        equity_daily_reader=daily,
        equity_minute_reader=minutes(folder, market, sessions),
        future_daily_reader=days(folder, "futures", market, sessions, "future")
        if market["kind"] == "futures"
        else None,
        adjustment_reader=adjustments(folder, market, daily),
    )
    hooks = {"api": api, "pd": pd, "np": np, "tell": lambda *it: told.append(plain(it))}
    exec(compile(source, "strategy", "exec"), hooks)
    benchmark = {
        "asset": {},
        "returns": {"benchmark_returns": pd.Series(market["returns"]).set_axis(sessions)},
        "zero": {"benchmark_returns": pd.Series(0.0, index=sessions)},
    }[market["benchmark"]]
    return TradingAlgorithm(
        sim_params=SimulationParameters(
            start_session=pd.Timestamp(market["first"]),
            end_session=pd.Timestamp(market["last"]),
            trading_calendar=calendar,
            capital_base=market["capital"],
            data_frequency="minute" if market["kind"] == "minutes" else "daily",
        ),
        data_portal=portal,
        asset_finder=assets,
        trading_calendar=calendar,
        capital_changes={pd.Timestamp(day, tz="UTC"): it for day, it in market["changes"].items()},
        **{it: hooks.get(it) for it in ("initialize", "handle_data", "before_trading_start")},
        **benchmark,
    )


def lived(market, source):
    """Return what a strategy was told, and the result of its run if it came to an end."""
    told = []
    with tempfile.TemporaryDirectory() as place:
        run = algorithm(Path(place), market, source, told)
        try:
            perf = run.run()
        except Exception as error:  # noqa: BLE001 - what ends a run is compared, too
            last = traceback.extract_tb(error.__traceback__)[-1]
            return {"told": told, "raised": f"{type(error).__name__} {error} in {last.name}"}
    return {"told": told, "raised": None, **results(perf)}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([lived(*it) for it in jobs]))
