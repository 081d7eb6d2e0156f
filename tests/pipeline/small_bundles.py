"""Writes bundles for the tests of the pipeline, and has the small one that most of them use."""

import datetime as dt
import warnings
from collections.abc import Iterable
from pathlib import Path

import polars as pl

import warehouse


def xnys(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Sessions of XNYS in whole years around a span, as the dataset has them."""
    import exchange_calendars

    with warnings.catch_warnings():  # exchange_calendars is behind pandas in its deprecations
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar(
            "XNYS", start=f"{first.year}-01-01", end=f"{last.year + 1}-12-31"
        )
    frame = pl.from_pandas(calendar.schedule.reset_index())
    return frame.select(
        session=pl.col(frame.columns[0]).cast(pl.Date),
        open_at=pl.col("open").dt.replace_time_zone(None).cast(pl.Datetime("us")),
        close_at=pl.col("close").dt.replace_time_zone(None).cast(pl.Datetime("us")),
    )


def commit(
    root: Path, bars: pl.DataFrame, actions: Iterable[dict] = (), *, bundle: str = "small"
) -> warehouse.Warehouse:
    """Write a bundle of bars (symbol, date, prices, volume) and of actions, and open it."""
    symbols = sorted(bars["symbol"].unique())
    sids = {symbol: sid for sid, symbol in enumerate(symbols)}
    exact = pl.Decimal(18, 8)
    prices = ["open", "high", "low", "close", "volume"]
    daily = bars.select(
        pl.col("date").alias("session"),
        pl.col("symbol").replace_strict(sids, return_dtype=pl.Int32).alias("sid"),
        "symbol",
        *[pl.col(name).cast(exact) for name in prices],
    )
    assets = daily.group_by("sid", "symbol").agg(
        exchange=pl.lit("XNYS"),
        asset_type=pl.lit("equity"),
        first_session=pl.col("session").min(),
        last_session=pl.col("session").max(),
    )
    adjustments = pl.DataFrame(
        [{"sid": sids[it["symbol"]], **it} for it in actions],
        schema={
            "sid": pl.Int32,
            "symbol": pl.String,
            "session": pl.Date,
            "kind": pl.String,
            "ratio": pl.Float64,
            "amount": exact,
            "pay_date": pl.Date,
        },
    )
    with warehouse.open(root) as writer, writer.begin(bundle, calendar="XNYS") as txn:
        txn.upsert("bars_1d", daily)
        txn.replace("assets", assets.sort("sid"))
        txn.replace("adjustments", adjustments)
        txn.replace("sessions", xnys(bars["date"].min(), bars["date"].max()))
        txn.commit(lineage={"source": "test"})
    return warehouse.open(root)


# A split of A, a dividend of C; B has a gap, C comes late, D goes early; E and F trade alike.
ACTIONS = (
    {
        "symbol": "A",
        "session": dt.date(2024, 1, 12),
        "kind": "split",
        "ratio": 0.5,
        "amount": None,
        "pay_date": None,
    },
    {
        "symbol": "C",
        "session": dt.date(2024, 1, 18),
        "kind": "dividend",
        "ratio": 0.97,
        "amount": 0.9,
        "pay_date": None,
    },
)


def small_bars() -> pl.DataFrame:
    """Six assets over 22 sessions of January and February 2024, prices of two decimals."""
    sessions = xnys(dt.date(2024, 1, 1), dt.date(2024, 1, 1))["session"].to_list()[:22]
    rows = []
    for number, symbol in enumerate("ABCDEF"):
        steps = min(number, 4)
        for day, session in enumerate(sessions):
            wave = (day * (7 + steps) + 3 * steps) % 11 - 5
            close = 50 + 10 * steps + wave * 0.75 + day * 0.1
            if symbol == "A" and session >= ACTIONS[0]["session"]:
                close /= 2
            close = round(close, 2)
            rows.append(
                {
                    "symbol": symbol,
                    "date": session,
                    "open": round(close - 0.3, 2),
                    "high": round(close + 0.8, 2),
                    "low": round(close - 0.9, 2),
                    "close": close,
                    "volume": 1000.0 + 37 * ((day * (3 + steps)) % 13),
                }
            )
    bars = pl.DataFrame(rows)
    gone = (
        ((pl.col("symbol") == "B") & (pl.col("date") == sessions[9]))
        | ((pl.col("symbol") == "C") & (pl.col("date") < sessions[6]))
        | ((pl.col("symbol") == "D") & (pl.col("date") > sessions[15]))
    )
    missing = (pl.col("symbol") == "A") & (pl.col("date") == sessions[13])
    return bars.filter(~gone).with_columns(close=pl.when(~missing).then(pl.col("close")))
