"""Files as zipline writes them, small, made without zipline."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import blosc2
import numpy as np

FIELDS = ("open", "high", "low", "close", "volume")
NAT = -(2**63)


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def nanoseconds(day: str) -> int:
    return seconds(day) * 10**9


def write_column(folder: Path, values, kind: str, chunk: int = 4) -> None:
    """Write a column of bcolz in chunks of a few rows."""
    (folder / "meta").mkdir(parents=True)
    (folder / "data").mkdir()
    values = np.asarray(values, kind)
    told = {"dtype": kind, "chunklen": chunk, "expectedlen": len(values), "dflt": 0, "cparams": {}}
    (folder / "meta" / "storage").write_text(json.dumps(told))
    (folder / "meta" / "sizes").write_text(json.dumps({"shape": [len(values)]}))
    (folder / "__attrs__").write_text("{}")
    for number in range(-(-len(values) // chunk)):
        part = np.zeros(chunk, kind)
        piece = values[number * chunk : (number + 1) * chunk]
        part[: len(piece)] = piece
        content = blosc2.compress(part[: len(piece)].tobytes(), typesize=part.itemsize)
        (folder / "data" / f"__{number}.blp").write_bytes(b"blpk\x01" + bytes(11) + content)


def write_daily(folder: Path, bars: dict[int, dict[str, tuple]], calendar: str = "NYSE") -> None:
    """Write ``daily_equities.bcolz``: by sid and day, prices in thousandths and the volume."""
    rows = [(sid, seconds(day), *bars[sid][day]) for sid in bars for day in sorted(bars[sid])]
    columns = dict(zip(("id", "day", *FIELDS), zip(*rows, strict=True), strict=True))
    for name, values in columns.items():
        write_column(folder / name, values, "uint32")
    first, last, at = {}, {}, 0
    for sid, of in bars.items():
        first[str(sid)], last[str(sid)] = at, at + len(of) - 1
        at += len(of)
    told = {"first_row": first, "last_row": last, "calendar_name": calendar}
    (folder / "__attrs__").write_text(json.dumps(told))


def write_tables(path: Path, tables: dict[str, tuple[str, list[tuple]]]) -> None:
    """Write a SQLite file: by table its columns and rows."""
    with closing(sqlite3.connect(path)) as connection:
        for name, (columns, rows) in tables.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
            holes = ", ".join("?" * (columns.count(",") + 1))
            connection.executemany(f"INSERT INTO {name} VALUES ({holes})", rows)
        connection.commit()


def assets(equities=(), symbols=(), futures=(), version: int = 9) -> dict:
    """Tables of ``assets-N.sqlite``; days are given as text."""

    def listed(rows, at: tuple[int, ...]):
        return [tuple(nanoseconds(it) if n in at else it for n, it in enumerate(r)) for r in rows]

    return {
        "version_info": ("id, version", [(1, version)]),
        "exchanges": ("exchange, canonical_name, country_code", [("NY", "NEW YORK", "US")]),
        "equities": (
            "sid, asset_name, start_date, end_date, exchange",
            listed(equities, (2, 3)),
        ),
        "equity_symbol_mappings": (
            "id, sid, symbol, start_date, end_date",
            [(n, *row) for n, row in enumerate(listed(symbols, (2, 3)))],
        ),
        "futures_contracts": (
            (
                "sid, symbol, root_symbol, asset_name, start_date, end_date, exchange, "
                "expiration_date, auto_close_date, multiplier, tick_size"
            ),
            listed(futures, (4, 5, 7, 8)),
        ),
    }


def adjustments(splits=(), mergers=(), dividends=(), payouts=(), shares=()) -> dict:
    """Tables of ``adjustments.sqlite``; days are given as text."""

    def dated(rows):
        return [(sid, seconds(day), ratio) for sid, day, ratio in rows]

    return {
        "splits": ("sid, effective_date, ratio", dated(splits)),
        "mergers": ("sid, effective_date, ratio", dated(mergers)),
        "dividends": ("sid, effective_date, ratio", dated(dividends)),
        "dividend_payouts": (
            "sid, ex_date, pay_date, amount",
            [
                (sid, seconds(ex), NAT if pay is None else seconds(pay), it)
                for sid, ex, pay, it in payouts
            ],
        ),
        "stock_dividend_payouts": (
            "sid, ex_date, pay_date, payment_sid, ratio",
            [
                (sid, seconds(ex), NAT if pay is None else seconds(pay), of, it)
                for sid, ex, pay, of, it in shares
            ],
        ),
    }


def day_of(text: str) -> date:
    return date.fromisoformat(text)
