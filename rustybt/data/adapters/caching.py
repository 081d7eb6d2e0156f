"""The connection that asks a source for what no kept answer covers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.kept import Kept, Shelf
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.cache import CacheManager
from rustybt.data.source_key import source_key
from rustybt.data.sources.freshness import FreshnessPolicy, MarketCloseFreshnessPolicy
from rustybt.errors import SymbolNotFoundError

if TYPE_CHECKING:
    from rustybt.data.adapters.adapter import Connection, DataAdapter

UNTIL_CLOSE: Final = MarketCloseFreshnessPolicy()


def shelf_of(source: "DataAdapter", cache: CacheManager | None, symbol: str, what: str) -> Shelf:
    """Return what is kept of a symbol, as the source writes it: bars of a length, names or terms."""
    kind = type(source)
    key = source_key(f"{kind.__module__}.{kind.__qualname__}", source.parameters, what)
    return Shelf(cache or CacheManager.current(), f"answers/{key}/{symbol}", what)


@asynccontextmanager
async def caching(
    source: "DataAdapter",
    policy: FreshnessPolicy = UNTIL_CLOSE,
    cache: CacheManager | None = None,
) -> AsyncIterator["Caching"]:
    """Return a connection, which connects to the source when something is to be asked of it.

    Parameters
    ----------
    source
        That is asked.
    policy
        How long an answer holds.
    cache
        Where answers are kept; the manager of the process if None.
    """
    async with AsyncExitStack() as stack:
        yield Caching(source, policy, cache, stack)


@dataclass
class Caching:
    """A `Connection` over a source that is asked for what is not kept; see `caching`."""

    adapter: "DataAdapter"
    policy: FreshnessPolicy
    cache: CacheManager | None
    stack: AsyncExitStack
    _source: "Connection | None" = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return the names that are kept, and ask for the others."""
        shelves = {it: self._shelf(it, "names") for it in symbols}
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
        """Return the terms that are kept, and ask for those of the others."""
        shelves = {it: self._shelf(it, "assets") for it in symbols}
        told = {it: shelf.terms(self._is_fresh) for it, shelf in shelves.items()}
        lacking = [it for it, terms in told.items() if terms is None]
        if lacking:
            found = await (await self._connected()).assets(lacking)
            for symbol in lacking:
                terms = found.filter(pl.col("symbol") == symbol)
                shelves[symbol].keep_terms(terms)
                told[symbol] = terms
        kept = [it for it in told.values() if it is not None]
        return frame.assets(row for it in kept for row in it.to_dicts())

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield what is kept, and between it what the source answers, in order of time."""
        shelf = self._shelf(symbol, request.resolution)
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
        schema = pl.Schema(frame.schema_of(gap.resolution))
        early = pl.DataFrame(
            schema=schema
        )  # rows that came with a page which ends where they begin
        source = await self._connected()
        try:
            async for page in source.pages(symbol, gap):
                end = min(page.until, gap.until)
                rows = pl.concat([early, page.rows.cast(schema)])
                inside = pl.col("timestamp") < end
                shelf.keep(begin, end, replace(page, rows=rows.filter(inside)), asked)
                early = rows.filter(~inside)
                yield page
                begin = end
            if begin < gap.until:  # the source has no more
                rest = Page(early, gap.until) if early.height else None
                shelf.keep(begin, gap.until, rest, asked)
        finally:
            shelf.write()

    async def _connected(self) -> "Connection":
        async with self._connecting:
            if self._source is None:
                self._source = await self.stack.enter_async_context(self.adapter.connect())
        return self._source

    def _is_fresh(self, fetched: datetime, resolution: str = "1d") -> bool:
        return self.policy.is_fresh(fetched, resolution, self.adapter.calendar)

    def _shelf(self, symbol: str, what: str) -> Shelf:
        return shelf_of(self.adapter, self.cache, symbol, what)


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
