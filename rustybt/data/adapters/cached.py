"""A source whose pages are kept in the cache, so that only what no page answers is asked for."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import polars as pl

from rustybt.data.adapters.adapter import Connection, DataAdapter, Reach
from rustybt.data.adapters.kept import Kept, Shelf
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.cache import CacheManager
from rustybt.data.source_key import source_key
from rustybt.data.sources.freshness import (
    FreshnessPolicy,
    MarketCloseFreshnessPolicy,
    policy_of,
)
from rustybt.errors import SymbolNotFoundError

_UNTIL_CLOSE: Final = MarketCloseFreshnessPolicy()


@dataclass(frozen=True)
class CachedAdapter(DataAdapter):
    """A source that is asked only for what its cache does not cover.

    Parameters
    ----------
    adapter
        The source, or its name and parameters as `parameters` gives them.
    freshness
        How long an answer is taken for what the source would say now, or its parameters.
    cache
        Where answers are kept; the manager of the process if None, see `CacheManager.current`. It is
        no part of `parameters`.

    Notes
    -----
    An answer covers a span of a symbol and a length of bars: every part of the span is a hit, whatever
    request it came for, and of a longer one the gaps alone are asked for. What a source could not give,
    and a bar that may not be over, is never covered. An answer that the cache lost, or that is damaged, is
    asked for again. If all is covered, the source is not even connected to.
    """

    adapter: DataAdapter | Mapping[str, Any]
    freshness: FreshnessPolicy | Mapping[str, Any] = _UNTIL_CLOSE
    cache: CacheManager | None = field(default=None, compare=False)

    @cached_property
    def source(self) -> DataAdapter:
        """The adapter that is asked."""
        if isinstance(self.adapter, DataAdapter):
            return self.adapter
        return AdapterRegistry.rebuilt(self.adapter["name"], self.adapter["parameters"])

    @cached_property
    def policy(self) -> FreshnessPolicy:
        """How long an answer holds."""
        if isinstance(self.freshness, FreshnessPolicy):
            return self.freshness
        return policy_of(self.freshness)

    @property
    def concurrency(self) -> int:  # type: ignore[override]
        """As the source."""
        return self.source.concurrency

    @property
    def calendar(self) -> str:  # type: ignore[override]
        """As the source."""
        return self.source.calendar

    @property
    def name(self) -> str:
        """Such as ``ccxt binance, cached``."""
        return f"{self.source.name}, cached"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Name and parameters of the source, and how long its answers hold."""
        name, told = AdapterRegistry.name_of(self.source), dict(self.source.parameters)
        return {
            "adapter": {"name": name, "parameters": told},
            "freshness": dict(self.policy.parameters),
        }

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """As the source."""
        return self.source.resolutions

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Caching"]:
        """Return a connection, which connects to the source when something is to be asked of it."""
        async with AsyncExitStack() as stack:
            yield _Caching(self, stack)

    def shelf(self, symbol: str, resolution: str) -> Shelf:
        """Return what is kept of a symbol, as the source writes it."""
        kind = type(self.source)
        name = f"{kind.__module__}.{kind.__qualname__}"
        key = source_key(name, self.source.parameters, resolution)
        return Shelf(self.cache or CacheManager.current(), f"fetched/{key}/{symbol}", resolution)


class _Caching:
    """A `Connection` over a source that is asked for what is not kept."""

    def __init__(self, adapter: CachedAdapter, stack: AsyncExitStack) -> None:
        self._adapter, self._stack = adapter, stack
        self._source: Connection | None = None
        self._connecting = asyncio.Lock()

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return the names that are kept, and ask for the others."""
        shelves = {it: self._adapter.shelf(it, "names") for it in symbols}
        named: dict[str, str | SymbolNotFoundError] = {}
        for symbol, shelf in shelves.items():
            told = shelf.name(self._is_fresh)
            if told is not None:
                named[symbol] = told
        lacking = [it for it in symbols if it not in named]
        if lacking:
            found = await (await self._connected()).names(lacking)
            for symbol, name in found.items():
                if isinstance(name, str):
                    shelves[symbol].keep_name(name)
            named |= found
        return named

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """As the source, which is asked each time."""
        return await (await self._connected()).assets(symbols)

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield what is kept, and between it what the source answers, in order of time."""
        shelf = self._adapter.shelf(symbol, request.resolution)
        kept = shelf.kept(lambda at: self._is_fresh(at, request.resolution))
        begin = request.start
        while begin < request.until:
            page = _covering(shelf, kept, begin, request.until)
            if page is not None:
                yield page
                begin = page.until
                continue
            later = [it.begin for it in kept if it.begin > begin]
            gap = request.between(begin, min([*later, request.until]))
            async for page in self._asked(shelf, symbol, gap):
                yield page
            begin = gap.until

    async def _asked(self, shelf: Shelf, symbol: str, gap: Request) -> AsyncIterator[Page]:
        """Yield the pages of the source for a gap, and keep them."""
        begin, asked = gap.start, datetime.now(UTC).replace(tzinfo=None)
        source = await self._connected()
        try:
            async for page in source.pages(symbol, gap):
                end = min(page.until, gap.until)
                shelf.keep(begin, end, page, asked)
                yield page
                begin = end
            if begin < gap.until:  # the source has no more
                shelf.keep(begin, gap.until, None, asked)
        finally:
            shelf.write()

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._source is None:
                self._source = await self._stack.enter_async_context(self._adapter.source.connect())
        return self._source

    def _is_fresh(self, fetched: datetime, resolution: str = "1d") -> bool:
        return self._adapter.policy.is_fresh(fetched, resolution, self._adapter.calendar)


def _covering(shelf: Shelf, kept: list[Kept], begin: datetime, until: datetime) -> Page | None:
    """Return the page from an instant on as far as one that is kept goes; None if none has it.

    Pages that the cache has lost are taken from the list.
    """
    having = [it for it in kept if it.begin <= begin < it.until]
    for it in sorted(having, key=lambda it: it.until, reverse=True):
        page = shelf.page(it, begin, min(it.until, until))
        if page is not None:
            return page
        kept.remove(it)
    return None
