"""Stocks of the United States by Alpaca's market data."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, Literal, TypeVar, get_args

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import Reach
from rustybt.data.adapters.alpaca_rows import (
    SOURCE,
    Action,
    Row,
    actions,
    asset,
    begin,
    midnight_there,
    page,
    rows_frame,
    rows_of_symbol,
)
from rustybt.data.adapters.answers import NEW_YORK, in_order, paged, session_of
from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.keys import Secret
from rustybt.data.adapters.net.limiter import Rate
from rustybt.data.adapters.net.negative import Unknown
from rustybt.data.adapters.quiet import Quiet
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.rest import Naming, RestAdapter
from rustybt.data.resolutions import TICK, is_daily
from rustybt.errors import RefusedError, RequestError, SymbolNotFoundError

Feed = Literal["iex", "sip"]
Found = TypeVar("Found")
_FRAMES: Final = {
    "1m": "1Min",
    "5m": "5Min",
    "15m": "15Min",
    "30m": "30Min",
    "1h": "1Hour",
    "2h": "2Hour",
    "4h": "4Hour",
    "1d": "1Day",
    "1w": "1Week",
    "1mo": "1Month",
}
_TYPES: Final = "forward_split,reverse_split,cash_dividend"
_PAGE: Final = "10000"
_ACTION_PAGE: Final = "1000"
_RECENT: Final = timedelta(
    minutes=16
)  # that the free plan must not ask of all exchanges, and one more
_UNKNOWN: Final = (404, 422)


class AlpacaAdapter(RestAdapter):
    """Alpaca as a source, with prices as they were traded.

    Parameters
    ----------
    is_paper
        Whose keys: those of the paper account, or of the live one.
    feed
        ``iex``, of one exchange, whose volumes are a few percent of all; or ``sip``, of all exchanges,
        which the free plan answers but for the last 15 minutes, so that those are left out.
    api_key, api_secret
        Else the variables ALPACA_API_KEY and ALPACA_API_SECRET, the keyring, or ``[alpaca_paper]``,
        ``[alpaca_live]`` or ``[alpaca]`` of the file of keys.
    base_url, trading_url
        Where it answers of prices, and of assets; the latter is that of the account if None.
    options
        Others of `RestAdapter`.

    Notes
    -----
    Bars of minutes and hours hold trades before and after the session, too, and minutes without a trade
    are absent.
    """

    source: ClassVar[str] = SOURCE
    variables: ClassVar[Mapping[str, str]] = {
        "api_key": "ALPACA_API_KEY",
        "api_secret": "ALPACA_API_SECRET",
    }

    def __init__(
        self,
        is_paper: bool = True,  # noqa: FBT001, FBT002 - as users of the name know it
        feed: Feed = "iex",
        *,
        api_key: str | Secret | None = None,
        api_secret: str | Secret | None = None,
        base_url: str = "https://data.alpaca.markets",
        trading_url: str | None = None,
        **options: Any,
    ) -> None:
        if feed not in get_args(Feed):
            raise RequestError("feed", feed, f"one of {', '.join(get_args(Feed))}")
        super().__init__({"api_key": api_key, "api_secret": api_secret}, base_url, **options)
        host = "https://paper-api.alpaca.markets" if is_paper else "https://api.alpaca.markets"
        self.is_paper, self.feed, self.trading_url = (
            is_paper,
            feed,
            (trading_url or host).rstrip("/"),
        )

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The arguments of the call without the keys."""
        own = {it: getattr(self, it) for it in ("is_paper", "feed", "trading_url")}
        return {**own, **super().parameters}

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the section of the file of keys."""
        return ("alpaca_paper" if self.is_paper else "alpaca_live", "alpaca")

    @property
    def rates(self) -> Sequence[Rate]:
        """200 requests a minute, as of the basic plan."""
        return (Rate(200.0, 60.0),)

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """All, from 2016 on."""
        return {name: Reach() for name in (TICK, *_FRAMES)}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Alpaca"]:
        """Return a connection; nothing is asked before."""
        async with self.client() as client:
            yield _Alpaca(self, client, Unknown(self.source))


@dataclass(frozen=True)
class _Alpaca(Naming):
    """A `Connection` to Alpaca."""

    adapter: AlpacaAdapter
    client: Client
    unknown: Unknown

    def name_of(self, symbol: str) -> str | SymbolNotFoundError:
        """Return a symbol in large letters; whether Alpaca has it shows when it is asked."""
        name = symbol.upper()
        return SymbolNotFoundError(SOURCE, symbol) if self.unknown.has(name) else name

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars or trades of a symbol, page by page."""
        told = frame.actions(symbol, await self._actions(symbol, request))
        quiet = Quiet.of(self.adapter.calendar, request)
        empty = True
        word = "trades" if request.resolution == TICK else "bars"
        read = partial(rows_of_symbol, symbol, word)
        pages = self._pages(f"/v2/stocks/{word}", self._query(symbol, request), read)
        async for times, rows in in_order(SOURCE, pages, request, partial(begin, request)):
            empty = empty and not rows
            if rows:
                page = rows_frame(symbol, request, times, rows)
                yield Page(page, times[-1], told, gaps=quiet.passed(times))
        if empty:
            await self._asset(symbol)  # unknown, or without a trade?
        rest = quiet.rest(request.until)
        yield Page(rows_frame(symbol, request, [], []), request.until, told, gaps=rest)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return the name of each asset; all are equities, since Alpaca does not tell funds apart."""
        rows = []
        for symbol in symbols:
            with suppress(SymbolNotFoundError):
                found = await self._asset(symbol)
                rows.append({"symbol": symbol, "name": found.get("name"), "currency": "USD"})
        return frame.assets(rows)

    def _query(self, symbol: str, request: Request) -> dict[str, str]:
        first, until = request.start, request.until
        if is_daily(request.resolution):  # a day is stamped the midnight of New York
            first, until = midnight_there(first), midnight_there(until)
        last = until - timedelta(microseconds=1)
        if self.adapter.feed == "sip":
            last = min(last, datetime.now(UTC).replace(tzinfo=None) - _RECENT)
        query = {
            "symbols": symbol,
            "start": f"{first.isoformat()}Z",
            "end": f"{last.isoformat()}Z",
            "limit": _PAGE,
            "feed": self.adapter.feed,
            "sort": "asc",
        }
        if request.resolution != TICK:
            query |= {"timeframe": _FRAMES[request.resolution], "adjustment": "raw"}
        return query

    async def _actions(self, symbol: str, request: Request) -> list[Action]:
        """Return the splits and dividends of the days of a request."""
        first = request.start
        if not is_daily(request.resolution):
            first = session_of(first, NEW_YORK)
        query = {
            "symbols": symbol,
            "types": _TYPES,
            "start": str(first.date()),
            "end": str((request.until - timedelta(microseconds=1)).date()),
            "limit": _ACTION_PAGE,
            "sort": "asc",
        }
        pages = self._pages("/v1/corporate-actions", query, partial(actions, symbol))
        return [action async for found in pages for action in found]

    async def _asset(self, symbol: str) -> Row:
        """Return what the account is told of a symbol.

        Raises
        ------
        SymbolNotFoundError
            There is none of that name.
        """
        try:
            url = f"{self.adapter.trading_url}/v2/assets/{symbol}"
            found: Row = await self.client.get(url, {}, self._headers, partial(asset, symbol))
        except RefusedError as error:
            if error.status not in _UNKNOWN:
                raise
            await asyncio.to_thread(self.unknown.remember, symbol)
            raise SymbolNotFoundError(SOURCE, symbol) from error
        return found

    @property
    def _headers(self) -> Mapping[str, str]:
        secrets = self.client.secrets
        return {
            "APCA-API-KEY-ID": secrets["api_key"].reveal(),
            "APCA-API-SECRET-KEY": secrets["api_secret"].reveal(),
        }

    def _pages(
        self, path: str, query: Mapping[str, str], read: Callable[[Row], list[Found]]
    ) -> AsyncIterator[list[Found]]:
        url = self.adapter.base_url + path

        def judged(document: Any) -> tuple[list[Found], str | None]:
            return read(page(document)), document["next_page_token"] or None

        async def ask(token: str) -> tuple[list[Found], str | None]:
            asked = {**query, "page_token": token} if token else query
            return await self.client.get(url, asked, self._headers, judged)

        return paged(SOURCE, "", ask)
