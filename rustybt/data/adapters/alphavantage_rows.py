"""Judges the answers of Alpha Vantage, whose status is 200 whatever they say, and makes rows of them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.answers import cash_of, day_of, quoted, rows_in, split_of
from rustybt.errors import (
    AuthenticationError,
    DataAdapterError,
    DataParsingError,
    QuotaExceededError,
    RateLimitError,
    RefusedError,
    SymbolNotFoundError,
)

SOURCE: Final = "alphavantage"
_REFUSALS: Final = ("Error Message", "Information", "Note")
_PRICE: Final = re.compile(r"\d+[a-z]?\. (open|high|low|close|volume)\b.*")

Action = tuple[date, str, Any, date | None]
Timed = tuple[datetime, dict[str, Any]]  # when a bar begins, UTC, and its numbers by name


def series(symbol: str, month: str, document: Any) -> list[Timed]:
    """Return the bars of an answer in any order.

    Parameters
    ----------
    symbol
        That was asked for.
    month
        That was asked for, such as 2024-01; empty for days.
    document
        The answer.

    Raises
    ------
    DataAdapterError
        It says why it has none, or is not what was asked for.
    """
    head, rows = _judged(symbol, document)
    zone = ZoneInfo(_of(head, "Time Zone"))
    if "Compact" in head.values():
        raise DataParsingError(SOURCE, f"expected all rows, found the last alone: {quoted(head)}")
    found = []
    for text, row in rows.items():
        if not text.startswith(month) or not isinstance(row, dict):
            raise DataParsingError(SOURCE, f"expected rows of {month}, found {quoted((text, row))}")
        found.append((_begin(text, zone, daily=not month), _numbers(row)))
    return found


def bars_frame(symbol: str, rows: Sequence[Timed]) -> pl.DataFrame:
    """Return bars as a frame; one without a volume has None."""
    numbers = {name: [row.get(name) for _, row in rows] for name in frame.PRICES}
    return frame.bars(symbol, [at for at, _ in rows], numbers)


def actions(symbol: str, document: Any) -> list[Action]:
    """Return the splits or dividends of an answer, which must be of the symbol."""
    _judge_words(symbol, document)
    if document.get("symbol") != symbol:
        raise DataParsingError(SOURCE, f"expected actions of {symbol}, found {quoted(document)}")
    found: list[Action] = []
    for row in rows_in(SOURCE, document.get("data"), ()):
        if "effective_date" in row:
            ratio = split_of(SOURCE, row.get("split_factor"))
            found.append((day_of(SOURCE, row["effective_date"]), "split", ratio, None))
        else:
            paid = row.get("payment_date")
            known = day_of(SOURCE, paid) if paid not in (None, "None", "") else None
            day = day_of(SOURCE, row.get("ex_dividend_date"))
            cash = cash_of(SOURCE, row.get("amount"))
            found.append((day, "dividend", cash, known))
    return found


def _judged(symbol: str, document: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    _judge_words(symbol, document)
    head = document.get("Meta Data")
    names = [it for it in document if "Time Series" in it]
    if not isinstance(head, dict) or len(names) != 1 or not isinstance(document[names[0]], dict):
        raise DataParsingError(SOURCE, f"expected a time series, found {quoted(document)}")
    base, _, quote = symbol.partition("/")
    whose = {str(value) for name, value in head.items() if "Symbol" in name or "Code" in name}
    if not {base, *filter(None, [quote])} <= whose:
        raise DataParsingError(SOURCE, f"expected a series of {symbol}, found {quoted(head)}")
    return head, document[names[0]]


def _judge_words(symbol: str, document: Any) -> None:
    if not isinstance(document, dict):
        raise DataParsingError(SOURCE, f"expected an object, found {quoted(document)}")
    for name in _REFUSALS:
        if name in document:
            raise _refusal(symbol, name, str(document[name]))


def _refusal(symbol: str, name: str, words: str) -> DataAdapterError:
    """Return what a refusal in words means."""
    low = words.lower()
    if "apikey" in low and name == "Error Message":
        return AuthenticationError(SOURCE, "its answer is that the key is invalid or missing")
    if name == "Error Message":
        if "invalid api call" in low:  # all that it says of a symbol that it does not have
            return SymbolNotFoundError(SOURCE, symbol)
        return RefusedError(SOURCE, "it refuses the request with an error message")
    # Its words are not told: they quote the key.
    if "per day" in low:
        return QuotaExceededError(SOURCE, "the requests of this day are used up")
    if re.search(r"per (second|minute)|sparingly|call frequency", low):
        return RateLimitError(SOURCE, "it wants fewer requests a minute")
    if "premium" in low or "demo" in low:
        return AuthenticationError(SOURCE, "the plan of the key does not hold this")
    return RefusedError(SOURCE, "it refuses the request in words that are not known")


def _of(head: dict[str, Any], what: str) -> str:
    found = next((value for name, value in head.items() if name.endswith(what)), None)
    if not isinstance(found, str):
        raise DataParsingError(SOURCE, f"expected {what} in the head, found {quoted(head)}")
    return found


def _begin(text: str, zone: ZoneInfo, *, daily: bool) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DataParsingError(SOURCE, f"expected a time, found {text!r}") from None
    return at if daily else at.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    there = {name: value for name, value in row.items() if value is not None}
    named = {match[1]: value for name, value in there.items() if (match := _PRICE.fullmatch(name))}
    if not set(frame.PRICES[:4]) <= set(named):
        raise DataParsingError(SOURCE, f"expected open, high, low and close, found {quoted(row)}")
    return named
