"""Judges the answers of Alpaca, and makes rows of them."""

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
    quoted,
    rows_in,
    session_of,
    split_of,
)
from rustybt.data.adapters.request import Request
from rustybt.data.resolutions import TICK, is_daily
from rustybt.errors import DataParsingError

SOURCE: Final = "alpaca"
_COLUMNS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
_FIELDS: Final = {"bars": ("t", *_COLUMNS.values()), "trades": ("t", "p", "s", "i")}
_SPLITS: Final = ("forward_splits", "reverse_splits")
_DIVIDENDS: Final = "cash_dividends"

Row = dict[str, Any]
Action = tuple[date, str, Any, date | None]


def page(document: Any) -> Row:
    """Return an answer that is cut into pages, whose token says which is next."""
    if not isinstance(document, dict) or "next_page_token" not in document:
        raise DataParsingError(SOURCE, f"expected a next_page_token, found {quoted(document)}")
    return document


def rows_of_symbol(symbol: str, word: str, document: Row) -> list[Row]:
    """Return the rows of a page, which must be of one symbol; there are none if it is not named."""
    by_symbol = document.get(word) or {}
    if not isinstance(by_symbol, dict) or set(by_symbol) - {symbol}:
        raise DataParsingError(SOURCE, f"expected {word} of {symbol}, found {quoted(by_symbol)}")
    rows = rows_in(SOURCE, by_symbol.get(symbol, []), _FIELDS[word])
    if document["next_page_token"] and not rows:
        raise DataParsingError(
            SOURCE, f"expected {word} on a page that is not the last, found none"
        )
    return rows


def begin(request: Request, row: Row) -> datetime:
    """Return when a row begins; of days and longer bars the midnight of the date."""
    at = _instant(row["t"])
    if not is_daily(request.resolution):
        return at
    return begin_of(session_of(at, NEW_YORK), request.resolution)


def rows_frame(
    symbol: str, request: Request, times: Sequence[datetime], rows: Sequence[Row]
) -> pl.DataFrame:
    """Return rows as trades or bars; identical ones once."""
    if request.resolution == TICK:
        columns = {
            "price": [it["p"] for it in rows],
            "size": [it["s"] for it in rows],
            # Each exchange numbers its own trades.
            "id": [f"{it['x']}:{it['i']}" if it.get("x") else str(it["i"]) for it in rows],
        }
        return frame.trades(symbol, times, columns).unique(maintain_order=True)
    numbers = {name: [it[key] for it in rows] for name, key in _COLUMNS.items()}
    return frame.bars(symbol, times, numbers).unique(maintain_order=True)


def actions(symbol: str, document: Row) -> list[Action]:
    """Return the splits and dividends of a page, which must be of one symbol."""
    by_kind = document.get("corporate_actions") or {}
    if not isinstance(by_kind, dict):
        raise DataParsingError(SOURCE, f"expected corporate actions, found {quoted(by_kind)}")
    return [
        _action(symbol, row, is_split=kind in _SPLITS)
        for kind in (*_SPLITS, _DIVIDENDS)
        for row in rows_in(SOURCE, by_kind.get(kind) or [], ("symbol", "ex_date"))
    ]


def _action(symbol: str, row: Row, *, is_split: bool) -> Action:
    if row["symbol"] != symbol:
        raise DataParsingError(SOURCE, f"expected actions of {symbol}, found {row['symbol']}")
    day = day_of(SOURCE, row["ex_date"])
    if is_split:
        return day, "split", split_of(SOURCE, row.get("new_rate"), row.get("old_rate")), None
    paid = row.get("payable_date")
    cash = cash_of(SOURCE, row.get("rate"))
    return day, "dividend", cash, day_of(SOURCE, paid) if paid else None


def asset(symbol: str, document: Any) -> Row:
    """Return what is told of an asset, which must be the one that was asked for."""
    if not isinstance(document, dict) or document.get("symbol") != symbol:
        raise DataParsingError(SOURCE, f"expected the asset {symbol}, found {quoted(document)}")
    return document


def midnight_there(day: datetime) -> datetime:
    """Return the instant, UTC, when a date begins in New York."""
    return day.replace(tzinfo=NEW_YORK).astimezone(UTC).replace(tzinfo=None)


def _instant(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise DataParsingError(SOURCE, f"t: expected a time, found {text!r}") from None
