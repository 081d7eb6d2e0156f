"""zipline's side of `test_zipline_minutes`: lives runs that step by minutes, and writes what they saw as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - zipline's own process
from minutes_strategy import SIDS, Strategy
from sqlalchemy import create_engine
from zipline import api
from zipline.algorithm import TradingAlgorithm
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.data.bcolz_minute_bars import BcolzMinuteBarReader, BcolzMinuteBarWriter
from zipline.data.data_portal import DataPortal
from zipline.finance.trading import SimulationParameters
from zipline.utils.calendar_utils import get_calendar

MONEY = (
    *("portfolio_value", "ending_cash", "ending_value", "long_exposure", "short_exposure"),
    *("pnl", "returns", "capital_used", "gross_leverage"),
)


def frame(bars):
    """Return the bars of one asset: open 1 below, high 2 above and low 3 below the close."""
    stamps = pd.to_datetime([it[0] for it in bars], utc=True)
    closes = np.array([it[1] for it in bars])
    steps = {"open": -1, "high": 2, "low": -3, "close": 0}
    made = pd.DataFrame({name: closes + it for name, it in steps.items()}, index=stamps)
    made["volume"] = [it[2] for it in bars]
    return made


def finder(folder, sessions):
    engine = create_engine(f"sqlite:///{folder / 'assets.db'}")
    exchanges = pd.DataFrame(
        {"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]}
    )
    shares = pd.DataFrame(
        {
            "symbol": list(SIDS),
            "start_date": sessions[0],
            "end_date": sessions[-1],
            "exchange": "NYSE",
        },
        index=list(SIDS.values()),
    )
    AssetDBWriter(engine).write(equities=shares, exchanges=exchanges)
    return AssetFinder(engine)


def adjustments(folder, days, world):
    splits = pd.DataFrame(
        [
            {"sid": SIDS[name], "ratio": ratio, "effective_date": pd.Timestamp(day)}
            for name, day, ratio in world["splits"]
        ]
    )
    dividends = pd.DataFrame(
        [
            {
                "sid": SIDS[name],
                "amount": amount,
                **dict.fromkeys(
                    ("ex_date", "declared_date", "record_date", "pay_date"), pd.Timestamp(day)
                ),
            }
            for name, day, amount in world["dividends"]
        ]
    )
    path = str(folder / "adjustments.sqlite")
    with SQLiteAdjustmentWriter(path, days) as writer:
        writer.write(splits=splits, dividends=dividends)
    return SQLiteAdjustmentReader(path)


def portal(folder, world, calendar, sessions):
    minutes, days = str(folder / "minutes"), str(folder / "days")
    frames = {SIDS[name]: frame(bars) for name, bars in world["bars"].items()}
    span = (calendar, sessions[0], sessions[-1])
    Path(minutes).mkdir()
    BcolzMinuteBarWriter(minutes, *span, 390).write(frames.items())
    closes = {
        SIDS[name]: pd.DataFrame(
            {**dict.fromkeys(("open", "high", "low", "close"), closes), "volume": 1_000_000},
            index=sessions,
        )
        for name, closes in world["days"].items()
    }
    BcolzDailyBarWriter(days, *span).write(closes.items())
    daily = BcolzDailyBarReader(days)
    return DataPortal(
        finder(folder, sessions),
        calendar,
        sessions[0],
        equity_daily_reader=daily,
        equity_minute_reader=BcolzMinuteBarReader(minutes),
        adjustment_reader=adjustments(folder, daily, world),
    )


def lived(world):
    calendar = get_calendar("XNYS")
    ends = (pd.Timestamp(world["sessions"][it]) for it in (0, -1))
    sessions = calendar.sessions_in_range(*ends)
    with tempfile.TemporaryDirectory() as place:
        data = portal(Path(place), world, calendar, sessions)
        assets = [data.asset_finder.retrieve_asset(it) for it in SIDS.values()]
        strategy = Strategy(api, world, assets)
        perf = TradingAlgorithm(
            sim_params=SimulationParameters(
                start_session=sessions[2],
                end_session=sessions[-1],
                trading_calendar=calendar,
                capital_base=world["capital"],
                data_frequency="minute",
            ),
            data_portal=data,
            asset_finder=data.asset_finder,
            trading_calendar=calendar,
            initialize=strategy.initialize,
            handle_data=strategy.handle_data,
            benchmark_returns=pd.Series(0.0, index=sessions),
        ).run()
    return {
        "told": strategy.told,
        "money": {it: [float(value) for value in perf[it]] for it in MONEY},
        "fills": [
            [str(it["dt"]), int(it["sid"]), float(it["amount"]), float(it["price"])]
            for day in perf["transactions"]
            for it in day
        ],
        "orders": [
            sorted(
                [str(it["created"]), int(it["sid"]), it["amount"], it["filled"], int(it["status"])]
                for it in day
            )
            for day in perf["orders"]
        ],
    }


if __name__ == "__main__":
    found = [lived(it) for it in json.load(sys.stdin)]
    Path(sys.argv[1]).write_text(json.dumps(found))  # stdout has what zipline says of orders
