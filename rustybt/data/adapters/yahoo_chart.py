"""Asks the real yfinance for one chart, and says in the words of this package what came of it.

yfinance keeps one session, one cookie and one memory of answers a process, which remembers failures
too; it hides errors and calls every silence a delisting. Here one call runs at a time, the memory is
emptied before it, and what it knows of the cause of a failure is told.
"""

import atexit
import json
import logging
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from rustybt.errors import (
    DataAdapterError,
    DataParsingError,
    NetworkError,
    RateLimitError,
    RefusedError,
    SymbolNotFoundError,
)

SOURCE: Final = "yahoo"
_ONE: Final = threading.Lock()  # yfinance has one session and one memory a process
_COLUMNS: Final = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "volume": "Volume",
    "dividends": "Dividends",
    "splits": "Stock Splits",
}
_FETCHED_AS: Final = {"30m": "15m"}  # by yfinance, which resamples it
_META: Final = (
    "symbol",
    "currency",
    "instrumentType",
    "longName",
    "exchangeName",
    "exchangeTimezoneName",
    "dataGranularity",
    "firstTradeDate",
    "regularMarketTime",
    "currentTradingPeriod",
)
_UNKNOWN: Final = ("may be delisted", "no data found", "not found")
_NOT_FOUND: Final = 404


@dataclass(frozen=True)
class Chart:
    """A chart as yfinance tells it: prices in the shares of today.

    Parameters
    ----------
    begins
        Begin of each bar in milliseconds since 1970, UTC; of a daily one midnight of its date.
    days
        The date of each bar where it is traded.
    columns
        Floats by name: open, high, low, close, volume, dividends, splits (0 where there is none).
    meta
        What Yahoo tells beside: currency, instrumentType, longName and others, as it names them.
    """

    begins: tuple[int, ...]
    days: tuple[date, ...]
    columns: Mapping[str, np.ndarray]
    meta: Mapping[str, Any]


def ask(symbol: str, interval: str, start: datetime, until: datetime, *, timeout: float) -> Chart:
    """Return the bars of a symbol that begin in a span; blocks, one call at a time.

    Parameters
    ----------
    symbol
        As Yahoo writes it.
    interval
        ``1m``, ``5m``, ``15m``, ``30m``, ``1h`` or ``1d``.
    start, until
        Half open: instants in UTC with their zone; of ``1d`` midnights without one, which stand for
        dates where the symbol is traded.
    timeout
        Seconds for one answer.

    Raises
    ------
    SymbolNotFoundError
        Yahoo has no such symbol.
    RateLimitError
        It wants fewer requests.
    NetworkError
        It could not be reached, or is out of order.
    DataParsingError
        It answered something else than was asked for.
    RefusedError
        It refuses the request.
    """
    with _ONE, _yfinance() as yfinance:
        ticker = yfinance.Ticker(symbol)
        try:
            frame = ticker.history(
                interval=interval,
                start=start,
                end=until,
                auto_adjust=False,
                actions=True,
                repair=False,
                prepost=False,
                keepna=interval == "1d",  # of minutes, one without prices is one without a trade
                timeout=timeout,
            )
        except Exception as error:
            if not isinstance(error, yfinance.exceptions.YFPricesMissingError):
                raise _problem(yfinance, error, symbol) from error
            if error.yahoo_reason is not None:
                raise _told(symbol, error.yahoo_reason) from error
            frame = None  # there is none of these days; or an answer without a head, judged next
        meta = _judged(ticker.history_metadata, symbol, interval)
    return _chart(frame, meta, daily=interval == "1d")


def _chart(frame: Any, meta: Mapping[str, Any], *, daily: bool) -> Chart:
    if frame is None:
        return Chart((), (), {name: np.empty(0) for name in _COLUMNS}, meta)
    there = frame.index.tz_localize(None)  # the clock of the exchange
    begins = there if daily else frame.index.tz_convert("UTC").tz_localize(None)
    empty = np.zeros(len(frame))
    return Chart(
        tuple(begins.as_unit("ms").asi8.tolist()),
        tuple(there.date.tolist()),
        {
            name: frame[told].to_numpy(float) if told in frame else empty
            for name, told in _COLUMNS.items()
        },
        meta,
    )


def _judged(meta: Any, symbol: str, interval: str) -> Mapping[str, Any]:
    """Return what is kept of the head of an answer, which must be that of the question."""
    told = {name: meta.get(name) for name in _META}
    if not told["symbol"] or not told["exchangeTimezoneName"]:
        raise DataParsingError(SOURCE, f"{symbol}: expected a chart, found no symbol in its head")
    if str(told["symbol"]).upper() != symbol.upper():
        raise DataParsingError(SOURCE, f"expected {symbol}, found {told['symbol']}")
    if told["dataGranularity"] != _FETCHED_AS.get(interval, interval):
        found = told["dataGranularity"]
        raise DataParsingError(SOURCE, f"{symbol}: expected bars of {interval}, found {found}")
    return told


def _told(symbol: str, reason: str) -> DataAdapterError:
    """Return the error of an answer in which Yahoo says why it has nothing."""
    if any(words in reason.lower() for words in _UNKNOWN):
        return SymbolNotFoundError(SOURCE, symbol)
    return RefusedError(SOURCE, f"{symbol}: {reason}")


def _problem(yfinance: ModuleType, error: Exception, symbol: str) -> DataAdapterError:
    """Return what an exception of yfinance, or of its HTTP library, means."""
    from curl_cffi.requests import exceptions as curl

    known = yfinance.exceptions
    match error:
        case known.YFRateLimitError():
            return RateLimitError(SOURCE, "it wants fewer requests")
        case known.YFTzMissingError():
            return SymbolNotFoundError(SOURCE, symbol)
        case curl.SSLError():
            return RefusedError(SOURCE, f"its certificate is not trusted ({error})")
        case curl.HTTPError() if getattr(error.response, "status_code", 0) == _NOT_FOUND:
            return SymbolNotFoundError(SOURCE, symbol)  # asked for its time zone
        case json.JSONDecodeError():
            return DataParsingError(SOURCE, f"{symbol}: expected JSON ({error})")
        case curl.RequestException() | known.YFDataException():
            return NetworkError(SOURCE, f"{symbol}: {error}")
    found = f"{type(error).__name__}: {error}"
    return DataParsingError(
        SOURCE, f"{symbol}: expected a chart, found what yfinance refuses ({found})"
    )


@contextmanager
def _yfinance() -> Iterator[ModuleType]:
    """Lend yfinance with its errors shown and its memory of answers empty."""
    yfinance = _imported(os.getpid())
    # Each time, since a test or a caller may have put other filters before: see `warnings.catch_warnings`.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"yfinance\b")
    debug = yfinance.config.debug
    hidden = debug.hide_exceptions
    debug.hide_exceptions = False
    yfinance.data.YfData.cache_get.cache_clear()
    try:
        yield yfinance
    finally:
        debug.hide_exceptions = hidden


@cache
def _imported(_: int) -> ModuleType:
    """Import yfinance, once a process, with a folder of its own for its databases."""
    import yfinance

    module: ModuleType = yfinance
    folder = tempfile.mkdtemp(prefix="rustybt-yahoo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    yfinance.set_tz_cache_location(folder)
    logging.getLogger("yfinance").addHandler(logging.NullHandler())
    return module
