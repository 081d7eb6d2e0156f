"""Massive, which was Polygon.io until October 2025: stocks, coins, currencies and options."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

import polars as pl
from yarl import URL

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import Reach
from rustybt.data.adapters.answers import NEW_YORK, in_order, microseconds, paged, session_of
from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.limiter import Rate
from rustybt.data.adapters.net.negative import Unknown
from rustybt.data.adapters.polygon_rows import (
    SOURCE,
    TRADE,
    Action,
    Row,
    actions,
    aggregates,
    asset,
    begin,
    result,
    results,
    rows_frame,
)
from rustybt.data.adapters.quiet import Quiet
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.rest import Naming, PlanAdapter
from rustybt.data.resolutions import TICK, is_daily
from rustybt.errors import RefusedError, SymbolNotFoundError

Found = TypeVar("Found")
_A_MINUTE: Final = {"free": 5.0, "starter": 100.0, "developer": 100.0, "advanced": 100.0}
_PREFIXES: Final = {"stocks": "", "crypto": "X:", "forex": "C:", "options": "O:"}
_SPANS: Final = {
    "1m": "1/minute",
    "5m": "5/minute",
    "15m": "15/minute",
    "30m": "30/minute",
    "1h": "1/hour",
    "2h": "2/hour",
    "4h": "4/hour",
    "1d": "1/day",
    "1w": "1/week",
    "1mo": "1/month",
}
_HOSTS: Final = frozenset({"api.massive.com", "api.polygon.io"})  # the vendor's, now and before
_PAGE: Final = "50000"
_ACTION_PAGE: Final = "1000"
_NOT_FOUND: Final = 404

Asked = tuple[str, tuple[tuple[str, str], ...]]  # URL and query of one page


class PolygonAdapter(PlanAdapter):
    """Polygon as a source, with prices as they were traded.

    Parameters
    ----------
    tier
        The plan, for its limit: free 5 requests a minute; starter, developer and advanced 100.
    asset_type
        Of all symbols: stocks, crypto, forex or options. AAPL; BTCUSD or X:BTCUSD; EURUSD or C:EURUSD;
        O:SPY251219C00650000.
    api_key, base_url, options
        As of `PlanAdapter`.

    Notes
    -----
    How far back a plan reaches the vendor alone knows: what it refuses is told. Bars of minutes and hours
    hold trades before and after the session, too, and minutes without a trade are absent.
    """

    source: ClassVar[str] = SOURCE
    variables: ClassVar[Mapping[str, str]] = {"api_key": "POLYGON_API_KEY"}
    home: ClassVar[str] = "https://api.massive.com"
    tiers: ClassVar[tuple[str, ...]] = tuple(_A_MINUTE)
    kinds: ClassVar[tuple[str, ...]] = tuple(_PREFIXES)

    @property
    def rates(self) -> Sequence[Rate]:
        """The limit of the plan."""
        return (Rate(_A_MINUTE[self.tier], 60.0),)

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """All; as far back as the plan."""
        return {name: Reach() for name in (TICK, *_SPANS)}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Polygon"]:
        """Return a connection; nothing is asked before."""
        async with self.client() as client:
            yield _Polygon(self, client, Unknown(self.source))


@dataclass(frozen=True)
class _Polygon(Naming):
    """A `Connection` to Polygon."""

    adapter: PolygonAdapter
    client: Client
    unknown: Unknown

    def name_of(self, symbol: str) -> str | SymbolNotFoundError:
        """Return how Polygon writes a symbol; whether it has it shows when it is asked."""
        prefix = _PREFIXES[self.adapter.asset_type]
        plain = symbol.upper().removeprefix(prefix)
        if self.adapter.asset_type in ("crypto", "forex"):
            plain = plain.replace("/", "").replace("-", "")
        known = not self.unknown.has(prefix + plain)
        return prefix + plain if known else SymbolNotFoundError(self.client.source, symbol)

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars or trades of a symbol, page by page."""
        actions = frame.actions(symbol, await self._actions(symbol, request))
        quiet = Quiet.of(self.adapter.calendar, request)
        empty = True
        async for times, rows in in_order(
            self.client.source,
            self._rows(symbol, request),
            request,
            partial(begin, self.adapter.asset_type, request),
        ):
            empty = empty and not rows
            if rows:
                page = rows_frame(symbol, request, times, rows)
                yield Page(page, times[-1], actions, gaps=quiet.passed(times))
        if empty:
            await self._ticker(symbol)  # unknown, or without a trade?
        rest = quiet.rest(request.until)
        yield Page(rows_frame(symbol, request, [], []), request.until, actions, gaps=rest)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return the kind of each asset, its name and its currency."""
        rows = []
        for symbol in symbols:
            with suppress(SymbolNotFoundError):
                rows.append(asset(symbol, await self._ticker(symbol)))
        return frame.assets(rows)

    def _rows(self, symbol: str, request: Request) -> AsyncIterator[list[Row]]:
        if request.resolution == TICK:
            query = {
                "timestamp.gte": f"{microseconds(request.start)}000",
                "timestamp.lt": f"{microseconds(request.until)}000",
                "order": "asc",
                "sort": "timestamp",
                "limit": _PAGE,
            }
            return self._pages(f"/v3/trades/{symbol}", query, partial(results, TRADE))
        first, last = request.start, request.until - timedelta(microseconds=1)
        span = f"{microseconds(first) // 1000}/{microseconds(last) // 1000}"
        if is_daily(request.resolution):
            span = f"{first.date()}/{last.date()}"
        path = f"/v2/aggs/ticker/{symbol}/range/{_SPANS[request.resolution]}/{span}"
        query = {"adjusted": "false", "sort": "asc", "limit": _PAGE}
        return self._pages(path, query, partial(aggregates, symbol))

    async def _actions(self, symbol: str, request: Request) -> list[Action]:
        """Return the splits and dividends of the days of a request."""
        if self.adapter.asset_type != "stocks":
            return []
        found: list[Action] = []
        first = request.start
        if not is_daily(request.resolution):
            first = session_of(first, NEW_YORK)
        last = request.until - timedelta(microseconds=1)
        for kind, day in (("splits", "execution_date"), ("dividends", "ex_dividend_date")):
            query = {
                "ticker": symbol,
                f"{day}.gte": str(first.date()),
                f"{day}.lte": str(last.date()),
                "limit": _ACTION_PAGE,
            }
            async for rows in self._pages(f"/stocks/v1/{kind}", query, partial(actions, symbol)):
                found += rows
        return found

    async def _ticker(self, symbol: str) -> Row:
        """Return what is told of a symbol.

        Raises
        ------
        SymbolNotFoundError
            There is none of that name.
        """
        try:
            url = f"{self.adapter.base_url}/v3/reference/tickers/{symbol}"
            told: Row = await self.client.get(url, {}, self._headers, result)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            await asyncio.to_thread(self.unknown.remember, symbol)
            raise SymbolNotFoundError(self.client.source, symbol) from error
        return told

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.client.secrets['api_key'].reveal()}"}

    def _pages(
        self, path: str, query: Mapping[str, str], read: Callable[[Any], list[Found]]
    ) -> AsyncIterator[list[Found]]:
        async def ask(page: Asked) -> tuple[list[Found], Asked | None]:
            url, asked = page
            return await self.client.get(
                url, dict(asked), self._headers, lambda it: (read(it), self._next(it))
            )

        begin = (self.adapter.base_url + path, tuple(query.items()))
        return paged(self.client.source, begin, ask)

    def _next(self, document: Row) -> Asked | None:
        """Return the page that an answer says is next, if it is of the same vendor."""
        told = document.get("next_url")
        if not told:
            return None
        url, own = URL(str(told)), URL(self.adapter.base_url)
        same = url.origin() == own.origin() or (
            own.host in _HOSTS and url.host in _HOSTS and url.scheme == "https"
        )
        if not same:
            problem = f"its next page is at another host, {url.host}"
            raise RefusedError(self.client.source, problem)
        if url.host != own.host:
            self.client.named(str(url.host))
        query = {name: value for name, value in url.query.items() if name != "apiKey"}
        return str(url.with_query(None)), tuple(query.items())
