"""An adapter as another package would write it: hours and days of coins, from one server."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import aiohttp
import polars as pl

from rustybt.data.adapters import ASSETS, DataAdapter, Page, Reach, Request, frame
from rustybt.errors import NetworkError, SymbolNotFoundError

PAGE = 24


@dataclass(frozen=True)
class Coins(DataAdapter):
    """Bars of the klines of a server."""

    base_url: str
    page: int = PAGE

    calendar = "24/7"

    @property
    def name(self) -> str:
        return "coins"

    @property
    def parameters(self) -> Mapping[str, Any]:
        return asdict(self)

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        return {it: Reach() for it in ("1m", "1h", "1d", "1w")}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Open"]:
        async with aiohttp.ClientSession() as session:
            yield _Open(self, session)


@dataclass
class _Open:
    adapter: Coins
    session: aiohttp.ClientSession

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        found: dict[str, str | SymbolNotFoundError] = {}
        for it in symbols:
            name = it if "/" in it else it.replace("-", "/")
            gone = it.startswith("GONE")
            found[it] = SymbolNotFoundError("coins", it) if gone else name
        return found

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        begin = request.start
        while begin < request.until:
            rows = await self._klines(symbol, request.resolution, begin, request.until)
            if not rows:
                return
            numbers = {name: [it[i + 1] for it in rows] for i, name in enumerate(frame.PRICES)}
            until = frame.instant(rows[-1][6] + 1)
            yield Page(frame.bars(symbol, [it[0] for it in rows], numbers), until)
            begin = until

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        rows = [
            {"symbol": it, "tick_size": 0.01, "currency": it.partition("/")[2]} for it in symbols
        ]
        return pl.DataFrame(rows, schema=dict(ASSETS))

    async def _klines(
        self, symbol: str, interval: str, begin: datetime, until: datetime
    ) -> list[list[Any]]:
        asked = {
            "symbol": symbol.replace("/", ""),
            "interval": interval,
            "startTime": frame.milliseconds(begin),
            "endTime": frame.milliseconds(until) - 1,
            "limit": self.adapter.page,
        }
        url = f"{self.adapter.base_url}/api/v3/klines"
        async with self.session.get(url, params=asked) as answer:
            if answer.status != 200:
                raise NetworkError("coins", f"{symbol}: HTTP {answer.status}")
            return await answer.json()
