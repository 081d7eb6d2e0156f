"""zipline's side of `test_zipline_continuous`: what it says of continuous futures, session by session, as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import pandas as pd  # noqa: TID253 - zipline's own process
from sqlalchemy import create_engine
from zipline.algorithm import TradingAlgorithm
from zipline.api import continuous_future
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.data.data_portal import DataPortal
from zipline.finance.trading import SimulationParameters
from zipline.utils.calendar_utils import get_calendar


def finder(folder, contracts):
    engine = create_engine(f"sqlite:///{folder / 'assets.db'}")
    exchanges = pd.DataFrame(
        {"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]}
    )
    expiry = [pd.Timestamp(it["expiry"]) for it in contracts]
    futures = pd.DataFrame(
        {
            "symbol": [it["symbol"] for it in contracts],
            "root_symbol": ["XX"] * len(contracts),
            "start_date": [pd.Timestamp(it["days"][0]) for it in contracts],
            "end_date": [pd.Timestamp(it["days"][-1]) for it in contracts],
            "notice_date": expiry,
            "expiration_date": expiry,
            "auto_close_date": expiry,
            "tick_size": [0.001] * len(contracts),
            "multiplier": [1.0] * len(contracts),
            "exchange": ["NYSE"] * len(contracts),
        },
        index=range(len(contracts)),
    )
    roots = pd.DataFrame({"root_symbol": ["XX"], "root_symbol_id": [1], "exchange": ["NYSE"]})
    AssetDBWriter(engine).write(futures=futures, root_symbols=roots, exchanges=exchanges)
    return AssetFinder(engine)


def reader(folder, calendar, sessions, contracts):
    def frames():
        for sid, it in enumerate(contracts):
            index = pd.DatetimeIndex(it["days"])
            columns = dict.fromkeys(("open", "high", "low", "close"), it["closes"])
            yield sid, pd.DataFrame({**columns, "volume": it["volumes"]}, index=index)

    path = str(folder / "futures")
    BcolzDailyBarWriter(path, calendar, sessions[0], sessions[-1]).write(frames())
    return BcolzDailyBarReader(path)


def lived(world):
    calendar = get_calendar("XNYS")
    sessions = calendar.sessions_in_range(pd.Timestamp(world["first"]), pd.Timestamp(world["last"]))
    seen = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        assets = finder(folder, world["contracts"])
        portal = DataPortal(
            assets,
            calendar,
            sessions[0],
            future_daily_reader=reader(folder, calendar, sessions, world["contracts"]),
        )

        def handle_data(_context, data):
            futures = [continuous_future("XX", *it) for it in world["futures"]]
            count = min(len(seen) + 1, world["bars"])
            for future in futures:
                contract = data.current(future, "contract")
                chain = data.current_chain(future) if contract is not None else []
                history = data.history(future, ["close", "volume"], count, "1d")
                now.append(
                    {
                        "contract": contract and contract.symbol,
                        "close": data.current(future, "close"),
                        "volume": float(data.current(future, "volume")),
                        "chain": [it.symbol for it in chain],
                        "closes": history["close"].tolist(),
                        "volumes": [float(it) for it in history["volume"]],
                    }
                )

        def each(context, data):
            now.clear()
            handle_data(context, data)
            seen.append(list(now))

        now = []
        parameters = SimulationParameters(
            start_session=sessions[0],
            end_session=sessions[-1],
            trading_calendar=calendar,
            capital_base=1000.0,
            data_frequency="daily",
        )
        TradingAlgorithm(
            sim_params=parameters,
            data_portal=portal,
            asset_finder=assets,
            trading_calendar=calendar,
            handle_data=each,
            benchmark_returns=pd.Series(0.0, index=sessions),
        ).run()
    return seen


if __name__ == "__main__":
    print(json.dumps([lived(it) for it in json.load(sys.stdin)]))
