"""Pages through trades by their numbers, and through funding rates by time."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any, Final

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.ccxt_client import Exchange
from rustybt.data.adapters.request import Request
from rustybt.errors import DataParsingError, RefusedError

BY_ID: Final = ("binance", "binanceus", "binanceusdm", "binancecoinm")  # numbered without a gap
_PAGE: Final = 1000
_SECOND: Final = 1_000
_HOUR: Final = 3_600 * _SECOND  # the longest span of one request by time
_RATES: Final = {**dict.fromkeys(BY_ID, 1000), "bybit": 200}  # of a page of funding
_USUAL_RATES: Final = 100


async def trades(
    exchange: Exchange, symbol: str, start: int, end: int
) -> AsyncIterator[tuple[pl.DataFrame, int]]:
    """Yield the trades in [start, end) milliseconds, and before when all are told by now.

    The first is found by time, the others by the number that follows: none can be left out.

    Raises
    ------
    DataAdapterError
        The rest cannot be had.
    """
    following: int | None = None
    while start < end:
        since, number = start, following

        async def page(since: int = since, number: int | None = number) -> list[Any]:
            by = {"until": min(since + _HOUR, end) - 1} if number is None else {"fromId": number}
            given = since if number is None else None
            call = exchange.ccxt.fetch_trades(symbol, given, _PAGE, by)
            return _numbered(exchange, symbol, await exchange.whole(call), number)

        # None at all is asked for twice: after it comes the end, or an hour later.
        told = await exchange.ask(symbol, page) or await exchange.ask(symbol, page)
        wanted = [it for it in told if since <= it["timestamp"] < end]
        if told:
            following = int(told[-1]["id"]) + 1
            start = end if len(wanted) < len(told) else told[-1]["timestamp"]
        else:
            start = end if following is not None else min(since + _HOUR, end)
        yield _frame(symbol, wanted), start


async def funding(exchange: Exchange, symbol: str, request: Request) -> pl.DataFrame:
    """Return the funding rates of a perpetual in the span of a request, by time.

    Raises
    ------
    RefusedError
        The symbol is none, or the exchange does not tell its rates.
    DataAdapterError
        They cannot be had.
    """
    if not exchange.ccxt.market(symbol).get("swap"):
        raise RefusedError(exchange.source, f"{symbol} is no perpetual, so it has no funding")
    found: dict[int, str] = {}
    # A page has the oldest rates of a stretch or the newest: there may be more on either side.
    pending = [(frame.milliseconds(request.start), frame.milliseconds(request.until))]
    while pending:
        begin, until = pending.pop()
        rates = await _rates(exchange, symbol, begin, until)
        if not rates:
            continue
        found |= rates
        first, last = min(rates), max(rates)
        interval = min((b - a for a, b in pairwise(sorted(rates))), default=_HOUR)
        pending += [(begin, first)] if first - begin > interval else []
        pending += [(last + _SECOND, until)] if until - last > interval else []
    times = [frame.instant(at) for at in sorted(found)]
    values = [float(found[at]) for at in sorted(found)]
    columns = {"ts": times, "symbol": [symbol] * len(times), "rate": values}
    return pl.DataFrame(columns, schema=dict(frame.FUNDING))


async def _rates(exchange: Exchange, symbol: str, start: int, end: int) -> dict[int, str]:
    """Return some of the rates in a span by their instants; none if there are none, asked twice."""
    name = exchange.ccxt.id
    page_rows = _RATES.get(name, _USUAL_RATES)
    until = {"after": str(end)} if name == "okx" else {"until": end - 1}

    async def page() -> list[Any]:
        history = exchange.ccxt.fetch_funding_rate_history
        return await exchange.whole(history(symbol, start, page_rows, until))

    told = await exchange.ask(symbol, page) or await exchange.ask(symbol, page)
    # Some milliseconds after the full second: not of the market, but of when it was written.
    rates = {it["timestamp"] // _SECOND * _SECOND: it["fundingRate"] for it in told}
    return {at: rate for at, rate in rates.items() if start <= at < end}


def _numbered(exchange: Exchange, symbol: str, told: list[Any], number: int | None) -> list[Any]:
    """Return trades by number, after a look that none is missing."""
    ordered = sorted({int(it["id"]): it for it in told}.items())
    begin = ordered[0][0] if number is None and ordered else number
    for expected, (found, _) in enumerate(ordered, begin or 0):
        if found != expected:
            problem = f"{symbol}: expected trade {expected}, found {found}"
            raise DataParsingError(exchange.source, problem)
    return [it for _, it in ordered]


def _frame(symbol: str, told: list[Any]) -> pl.DataFrame:
    names = {"price": "price", "size": "amount", "side": "side", "id": "id"}
    columns = {ours: [it[theirs] for it in told] for ours, theirs in names.items()}
    return frame.trades(symbol, [it["timestamp"] for it in told], columns)
