"""zipline's side of `test_zipline_futures`: lives runs over a future and a share, and prints days as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import pandas as pd  # noqa: TID253 - zipline's own process
from sqlalchemy import create_engine
from zipline.algorithm import TradingAlgorithm
from zipline.api import order, set_commission, set_slippage
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.data.data_portal import DataPortal
from zipline.finance import commission, slippage
from zipline.finance.trading import SimulationParameters
from zipline.utils.calendar_utils import get_calendar

COLUMNS = (
    "portfolio_value",
    "ending_cash",
    "ending_value",
    "ending_exposure",
    "long_exposure",
    "short_exposure",
    "longs_count",
    "shorts_count",
    "gross_leverage",
    "net_leverage",
    "pnl",
    "returns",
    "capital_used",
    "starting_exposure",
)


def finder(folder, sessions, last):
    engine = create_engine(f"sqlite:///{folder / 'assets.db'}")
    exchanges = pd.DataFrame(
        {"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]}
    )
    first, end = sessions[0], sessions[-1]
    shares = pd.DataFrame(
        {"symbol": ["SHA"], "start_date": [first], "end_date": [end], "exchange": ["NYSE"]},
        index=[0],
    )
    futures = pd.DataFrame(
        {
            "symbol": ["ESH20"],
            "root_symbol": ["ES"],
            "start_date": [first],
            "end_date": [last],
            "notice_date": [last],
            "expiration_date": [last],
            "auto_close_date": [last],
            "tick_size": [0.01],
            "multiplier": [50.0],
            "exchange": ["NYSE"],
        },
        index=[1],
    )
    roots = pd.DataFrame({"root_symbol": ["ES"], "root_symbol_id": [1], "exchange": ["NYSE"]})
    AssetDBWriter(engine).write(
        equities=shares, futures=futures, root_symbols=roots, exchanges=exchanges
    )
    return AssetFinder(engine)


def reader(folder, name, calendar, sessions, sid, closes):
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), closes), index=sessions)
    frame["volume"] = 1_000_000
    path = str(folder / name)
    BcolzDailyBarWriter(path, calendar, sessions[0], sessions[-1]).write([(sid, frame)])
    return BcolzDailyBarReader(path)


def lived(world):
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions_in_range(
        pd.Timestamp(world["days"][0]), pd.Timestamp(world["days"][-1])
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        last = pd.Timestamp(world["expiry"] or "2020-03-20")
        assets = finder(folder, sessions, last)
        portal = DataPortal(
            assets,
            calendar,
            sessions[0],
            equity_daily_reader=reader(folder, "shares", calendar, sessions, 0, world["SHA"]),
            future_daily_reader=reader(folder, "futures", calendar, sessions, 1, world["FUT"]),
        )
        state = {"bar": -1}

        def initialize(_context):
            set_slippage(us_equities=slippage.NoSlippage(), us_futures=slippage.NoSlippage())
            set_commission(
                us_equities=commission.PerShare(0.01),
                us_futures=commission.PerContract(0.85, {"ES": 1.18}),
            )

        def handle_data(_context, _data):
            state["bar"] += 1
            for name, units in world["plan"].get(str(state["bar"]), ()):
                order(assets.retrieve_asset({"SHA": 0, "FUT": 1}[name]), units)

        parameters = SimulationParameters(
            start_session=sessions[0],
            end_session=sessions[-1],
            trading_calendar=calendar,
            capital_base=world["capital"],
            data_frequency="daily",
        )
        perf = TradingAlgorithm(
            sim_params=parameters,
            data_portal=portal,
            asset_finder=assets,
            trading_calendar=calendar,
            initialize=initialize,
            handle_data=handle_data,
            benchmark_returns=pd.Series(0.0, index=sessions),
        ).run()
        return {it: [float(value) for value in perf[it]] for it in COLUMNS}


if __name__ == "__main__":
    print(json.dumps([lived(it) for it in json.load(sys.stdin)]))
