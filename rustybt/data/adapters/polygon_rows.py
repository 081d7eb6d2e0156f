"""Judges the answers of Polygon, and makes rows of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.answers import (
    NEW_YORK,
    begin_of,
    cash_of,
    day_of,
    instant,
    quoted,
    rows_in,
    session_of,
    split_of,
)
from rustybt.data.adapters.request import Request
from rustybt.data.resolutions import TICK, is_daily
from rustybt.errors import DataParsingError

SOURCE: Final = "polygon"
_COLUMNS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
AGGREGATE: Final = ("t", *_COLUMNS.values())
TRADE: Final = ("sip_timestamp", "price", "size", "id")
_DONE: Final = ("OK", "DELAYED")
_TYPES: Final = {"CS": "equity", "ETF": "etf", "ADRC": "adr"}
_MARKETS: Final = {"crypto": "crypto", "fx": "forex"}

Row = dict[str, Any]
Action = tuple[date, str, Any, date | None]


def begin(kind: str, request: Request, row: Row) -> datetime:
    """Return when a row begins; of days and longer bars the midnight of the date."""
    if request.resolution == TICK:
        return instant(_whole(row, "sip_timestamp") // 1000)
    at = instant(_whole(row, "t") * 1000)
    if not is_daily(request.resolution):
        return at
    stocks = kind in ("stocks", "options")
    return begin_of(session_of(at, NEW_YORK if stocks else UTC), request.resolution)


def rows_frame(
    symbol: str, request: Request, times: Sequence[datetime], rows: Sequence[Row]
) -> pl.DataFrame:
    """Return rows as trades or bars; identical ones once."""
    if request.resolution == TICK:
        columns = {
            "price": [it["price"] for it in rows],
            "size": [it["size"] for it in rows],
            "id": [_trade_id(it) for it in rows],
            "seq": [it.get("sequence_number") for it in rows],
        }
        return frame.trades(symbol, times, columns).unique(maintain_order=True)
    numbers = {name: [it[key] for it in rows] for name, key in _COLUMNS.items()}
    return frame.bars(symbol, times, numbers).unique(maintain_order=True)


def results(names: Sequence[str], document: Any) -> list[Row]:
    """Return the rows of an answer, each with all these fields; without a word for them there is none."""
    if not isinstance(document, dict) or document.get("status") not in _DONE:
        raise DataParsingError(SOURCE, f"expected status OK, found {quoted(document)}")
    return rows_in(SOURCE, document.get("results", []), names)


def aggregates(symbol: str, document: Any) -> list[Row]:
    """Return the bars of an answer, which must be of the symbol, as traded, and as many as it says."""
    rows = results(AGGREGATE, document)
    found = document.get("ticker"), document.get("adjusted"), document.get("resultsCount", 0)
    if found != (symbol, False, len(rows)):
        expected = f"({symbol}, False, {len(rows)})"
        problem = f"expected ticker, adjusted and resultsCount to be {expected}, found {found}"
        raise DataParsingError(SOURCE, problem)
    return rows


def result(document: Any) -> Row:
    """Return what an answer tells of one thing."""
    found: Row | None = document.get("results") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise DataParsingError(SOURCE, f"expected a ticker, found {quoted(document)}")
    return found


def actions(symbol: str, document: Any) -> list[Action]:
    """Return the splits or dividends of an answer, which must be of the symbol."""
    return [_action(symbol, it) for it in results(("ticker",), document)]


def _action(symbol: str, row: Row) -> Action:
    if row["ticker"] != symbol:
        raise DataParsingError(SOURCE, f"expected actions of {symbol}, found {row['ticker']}")
    if "execution_date" in row:
        ratio = split_of(SOURCE, row.get("split_to"), row.get("split_from"))
        return day_of(SOURCE, row["execution_date"]), "split", ratio, None
    paid = row.get("pay_date")
    day = day_of(SOURCE, row.get("ex_dividend_date"))
    cash = cash_of(SOURCE, row.get("cash_amount"))
    return day, "dividend", cash, day_of(SOURCE, paid) if paid else None


def asset(symbol: str, found: Row) -> dict[str, Any]:
    """Return what is told of a ticker, as a row of `frame.ASSETS`."""
    kind = _TYPES.get(found.get("type", "")) or _MARKETS.get(found.get("market", ""))
    currency = str(found.get("currency_name") or "").upper()
    return {
        "symbol": symbol,
        "asset_type": kind,
        "name": found.get("name"),
        "currency": currency if len(currency) == 3 else None,
    }


def _trade_id(row: Row) -> str:
    """Return what tells a trade from all others: an exchange, and a facility at it, number their own."""
    places = (row.get("exchange"), row.get("trf_id"), row["id"])
    return ":".join(str(it) for it in places if it is not None)


def _whole(row: Row, name: str) -> int:
    number = row[name]
    if not isinstance(number, int):
        raise DataParsingError(SOURCE, f"{name}: expected a whole number, found {number!r}")
    return number
