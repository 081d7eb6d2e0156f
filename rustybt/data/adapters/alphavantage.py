"""Stocks, currencies and coins of Alpha Vantage."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import Reach
from rustybt.data.adapters.alphavantage_rows import (
    SOURCE,
    Action,
    Timed,
    actions,
    bars_frame,
    series,
)
from rustybt.data.adapters.answers import NEW_YORK, in_order, session_of
from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.limiter import Rate
from rustybt.data.adapters.net.negative import Unknown
from rustybt.data.adapters.quiet import Quiet
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.rest import Naming, PlanAdapter
from rustybt.errors import SymbolNotFoundError

Found = TypeVar("Found")
_DAY: Final = 86_400.0
_RATES: Final[Mapping[str, tuple[Rate, ...]]] = {
    "free": (Rate(25.0, _DAY, burst=25.0), Rate(5.0, 60.0)),
    "premium": (Rate(75.0, 60.0),),
}
_DAILY: Final = {
    "stocks": "TIME_SERIES_DAILY",
    "forex": "FX_DAILY",
    "crypto": "DIGITAL_CURRENCY_DAILY",
}
_INTERVALS: Final = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "60min"}
_PAIR: Final = re.compile(r"([A-Z]{2,10})[/-]([A-Z]{3,4})|([A-Z]{3})([A-Z]{3})")


class AlphaVantageAdapter(PlanAdapter):
    """Alpha Vantage as a source, with prices as they were traded.

    Parameters
    ----------
    tier
        The plan, for its limits: free 25 requests a day and 5 a minute, premium 75 a minute.
    asset_type
        Of all symbols: stocks; forex or crypto, whose symbols are pairs such as EUR/USD.
    api_key, base_url, options
        As of `PlanAdapter`.

    Notes
    -----
    Days go back to the listing. Bars of minutes, of stocks alone, are asked for month by month, and hold
    the hours of the session; they are named by their begin in New York. What a plan does not hold the
    vendor tells.
    """

    source: ClassVar[str] = SOURCE
    variables: ClassVar[Mapping[str, str]] = {"api_key": "ALPHAVANTAGE_API_KEY"}
    home: ClassVar[str] = "https://www.alphavantage.co"
    tiers: ClassVar[tuple[str, ...]] = tuple(_RATES)
    kinds: ClassVar[tuple[str, ...]] = tuple(_DAILY)

    @property
    def rates(self) -> Sequence[Rate]:
        """The limits of the plan."""
        return _RATES[self.tier]

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """Days, and of stocks minutes to an hour."""
        shorter = _INTERVALS if self.asset_type == "stocks" else ()
        return {name: Reach() for name in (*shorter, "1d")}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_AlphaVantage"]:
        """Return a connection; nothing is asked before."""
        async with self.client() as client:
            yield _AlphaVantage(self, client, Unknown(self.source))


@dataclass(frozen=True)
class _AlphaVantage(Naming):
    """A `Connection` to Alpha Vantage."""

    adapter: AlphaVantageAdapter
    client: Client
    unknown: Unknown

    def name_of(self, symbol: str) -> str | SymbolNotFoundError:
        """Return a symbol in large letters, a pair with a stroke."""
        name = symbol.upper()
        if self.adapter.asset_type != "stocks":
            pair = _PAIR.fullmatch(name)
            name = "/".join(it for it in pair.groups() if it) if pair else ""
        known = name and not self.unknown.has(name)
        return name if known else SymbolNotFoundError(SOURCE, symbol)

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars of a symbol: days at once, minutes month by month."""
        told = frame.actions(symbol, await self._actions(symbol, request))
        quiet = Quiet.of(self.adapter.calendar, request)
        async for times, rows in in_order(
            SOURCE, self._rows(symbol, request), request, lambda it: it[0]
        ):
            if rows:
                yield Page(bars_frame(symbol, rows), times[-1], told, gaps=quiet.passed(times))
        rest = quiet.rest(request.until)
        yield Page(bars_frame(symbol, []), request.until, told, gaps=rest)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return the kind of a pair and what it is priced in; of stocks nothing but the symbol."""
        kind = None if self.adapter.asset_type == "stocks" else self.adapter.asset_type
        pairs = ((it, it.partition("/")[2] or None) for it in symbols)
        return frame.assets(
            {"symbol": it, "asset_type": kind, "currency": quote} for it, quote in pairs
        )

    async def _rows(self, symbol: str, request: Request) -> AsyncIterator[list[Timed]]:
        """Yield the rows inside a request of each answer."""
        query = {"function": _DAILY[self.adapter.asset_type], **self._symbol(symbol)}
        months = [""]
        if request.resolution != "1d":
            query |= {"function": "TIME_SERIES_INTRADAY", "adjusted": "false"}
            query |= {"interval": _INTERVALS[request.resolution], "extended_hours": "false"}
            months = _months(request)
        for month in months:
            asked = query | ({"month": month} if month else {}) | {"outputsize": "full"}
            rows = await self._ask(symbol, asked, partial(series, symbol, month))
            yield [it for it in rows if request.start <= it[0] < request.until]

    async def _actions(self, symbol: str, request: Request) -> list[Action]:
        """Return the splits and dividends of the days of a request."""
        if self.adapter.asset_type != "stocks":
            return []
        found: list[Action] = []
        for function in ("SPLITS", "DIVIDENDS"):
            query = {"function": function, "symbol": symbol}
            found += await self._ask(symbol, query, partial(actions, symbol))
        last = (request.until - timedelta(microseconds=1)).date()
        return [it for it in found if request.start.date() <= it[0] <= last]

    async def _ask(
        self, symbol: str, query: Mapping[str, str], read: Callable[[Any], Found]
    ) -> Found:
        key = {"apikey": self.client.secrets["api_key"].reveal()}
        try:
            return await self.client.get(
                f"{self.adapter.base_url}/query", {**query, **key}, {}, read
            )
        except SymbolNotFoundError:
            await asyncio.to_thread(self.unknown.remember, symbol)
            raise

    def _symbol(self, symbol: str) -> Mapping[str, str]:
        base, _, quote = symbol.partition("/")
        match self.adapter.asset_type:
            case "forex":
                return {"from_symbol": base, "to_symbol": quote}
            case "crypto":
                return {"symbol": base, "market": quote}
        return {"symbol": symbol}


def _months(request: Request) -> list[str]:
    """Return the months of New York that a request touches, such as 2024-01."""
    month = session_of(request.start, NEW_YORK).replace(day=1)
    last = session_of(request.until - timedelta(microseconds=1), NEW_YORK)
    found = []
    while month <= last:
        found.append(f"{month:%Y-%m}")
        month = (month + timedelta(days=32)).replace(day=1)
    return found
