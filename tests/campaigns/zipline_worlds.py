"""The bars of the campaign against zipline: real ones, real ones with actions, and made ones that are odd."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

PRICES = "open", "high", "low", "close"
LARGEST_VOLUME = 4_000_000_000  # that zipline's store can hold


@dataclass(frozen=True)
class World:
    """Bars with actions, and the span of sessions that is computed, both ends inclusive."""

    name: str
    bars: pl.DataFrame
    span: tuple[dt.date, dt.date]
    actions: list[dict] = field(default_factory=list)


def stored(bars: pl.DataFrame) -> pl.DataFrame:
    """Round as zipline's store does: prices to 3 decimals, volumes to whole shares."""
    return bars.select(
        "symbol",
        "date",
        *[(pl.col(it) * 1000).round().truediv(1000).alias(it) for it in PRICES],
        pl.col("volume").floor().clip(0, LARGEST_VOLUME),
    )


def spanned(sessions: list[dt.date], rng: np.random.Generator, length: int) -> tuple:
    """Return a random span of sessions, now and then the first or the last of all."""
    # zipline needs a session before the first, and ours a session after it.
    last = max(len(sessions) - length, 2)
    at = int(rng.choice([1, last - 1, *rng.integers(1, last, 4)]))
    return sessions[at], sessions[min(at + length, len(sessions)) - 1]


def stocks(reference: Path, seed: int, length: int) -> World:
    """Thirty stocks of the S&P 500, none of which is in the oracle."""
    rng = np.random.default_rng(seed)
    bars = pl.read_parquet(reference / "data/sp500_5yr.parquet")
    symbols = sorted(bars["symbol"].unique())
    others = [it for number, it in enumerate(symbols) if number % 13]
    # Those that come late or leave early are worth more than their share.
    sizes = dict(bars.group_by("symbol").len().iter_rows())
    short = [it for it in others if sizes[it] < max(sizes.values())]
    chosen = {*rng.choice(others, 24, replace=False), *rng.choice(short, 6, replace=False)}
    bars = bars.filter(pl.col("symbol").is_in(chosen)).unique(["symbol", "date"], keep="first")
    bars = stored(bars.sort("symbol", "date"))
    return World("stocks", bars, spanned(sorted(bars["date"].unique()), rng, length))


def acted(reference: Path, seed: int, length: int) -> World:
    """Twelve stocks with splits and dividends."""
    rng = np.random.default_rng(seed)
    raw = pl.read_parquet(reference / "data/us_equities_with_actions.parquet").sort(
        "symbol", "date"
    )
    bars = stored(raw)
    joined = raw.select("symbol", "date", "split", "dividend").join(bars, on=["symbol", "date"])
    joined = joined.sort("symbol", "date").with_columns(
        before=pl.col("close").shift(1).over("symbol")
    )
    actions = []
    for row in joined.filter((pl.col("split") != 1) | (pl.col("dividend") != 0)).iter_rows(
        named=True
    ):
        made = {"symbol": row["symbol"], "session": row["date"], "pay_date": None}
        if row["split"] != 1:
            actions.append({**made, "kind": "split", "ratio": 1 / row["split"], "amount": None})
        if row["dividend"] != 0 and row["before"] is not None:
            ratio = 1 - row["dividend"] / row["before"]
            amount = row["dividend"]
            actions.append({**made, "kind": "dividend", "ratio": ratio, "amount": amount})
    span = spanned(sorted(bars["date"].unique()), rng, length)
    return World("acted", bars, span, actions)


def made(seed: int, length: int, assets: int = 14) -> World:
    """Walks in eighths, which both sides hold exactly, with all that real bars seldom have."""
    rng = np.random.default_rng(seed)
    sessions = weekdays(length + 120)
    rows = [
        row for number in range(assets) for row in _walk(rng, f"S{number:02}", number, sessions)
    ]
    bars = pl.DataFrame(
        rows,
        schema={"symbol": str, "date": pl.Date, **dict.fromkeys((*PRICES, "volume"), float)},
        orient="row",
    )
    actions = _actions(rng, bars, sessions) if assets > 1 else []
    name = "made" if assets > 1 else "alone"
    return World(name, bars, spanned(sessions, rng, length), actions)


def weekdays(count: int) -> list[dt.date]:
    """Return the first sessions of XNYS from 2015 on."""
    import exchange_calendars

    found = exchange_calendars.get_calendar("XNYS").sessions_window("2015-01-02", count)
    return [it.date() for it in found]


def _walk(rng: np.random.Generator, symbol: str, number: int, sessions: list) -> list[tuple]:
    count = len(sessions)
    close = 400 + 8 * np.cumsum(rng.integers(-6, 7, count)) // 2  # in eighths
    kind = number % 7
    if kind == 1:  # constant
        close[:] = 400
    if kind == 2:  # seldom moves
        close = np.repeat(close[::9], 9)[:count]
    close = np.maximum(close, 8) / 8
    high = close + rng.integers(0, 5, count) / 8 * (kind != 1)
    low = close - rng.integers(0, 5, count) / 8 * (kind != 1)
    opened = low + (high - low) * rng.integers(0, 3, count) / 2
    opened = np.round(opened * 8) / 8
    volume = 100.0 * rng.integers(1, 50, count)
    volume[rng.random(count) < 0.1] = 0
    if kind == 3:
        volume[:] = 0
    begin = int(rng.integers(5, 90)) if kind == 4 else 0
    end = int(rng.integers(60, count - 5)) if kind == 5 else count
    holes = rng.random((count, 4)) < (0.04 if kind in {2, 6} else 0)
    gaps = rng.random(count) < (0.06 if kind == 6 else 0)
    values = [
        np.where(holes[:, it], np.nan, part) for it, part in enumerate((opened, high, low, close))
    ]
    return [
        (
            symbol,
            sessions[day],
            *[None if np.isnan(it[day]) else float(it[day]) for it in values],
            float(volume[day]),
        )
        for day in range(begin, end)
        if not gaps[day] or day in {begin, end - 1}
    ]


def _actions(rng: np.random.Generator, bars: pl.DataFrame, sessions: list) -> list[dict]:
    """Splits and dividends on assets without gaps, so that a bar is the session before."""
    found = []
    close = {(row[0], row[1]): row[2] for row in bars.select("symbol", "date", "close").iter_rows()}
    for symbol in ("S00", "S01", "S04", "S07"):
        for day in sorted(rng.choice(range(100, len(sessions)), 4, replace=False)):
            made = {"symbol": symbol, "session": sessions[day], "pay_date": None}
            if rng.random() < 0.5:
                ratio = float(rng.choice([0.5, 0.25, 2.0]))
                found.append({**made, "kind": "split", "ratio": ratio, "amount": None})
            else:
                # Half of the price, so that the ratio is exact and equal values stay equal.
                half = close[symbol, sessions[day - 1]] / 2
                amount = {"kind": "dividend", "ratio": 0.5, "amount": half}
                found.append({**made, **amount})
    return found
