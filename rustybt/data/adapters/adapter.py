"""What an adapter is: a source of bars and trades that is asked over a network or read from files.

An adapter is a value without secrets and without open sockets, so it can be pickled and stored. It
connects for the time of a request; a `Connection` belongs to one event loop.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from rustybt.data.adapters.blocking import run
from rustybt.data.adapters.frame import ACTIONS, BARS, joined, schema_of, with_actions
from rustybt.data.adapters.net.limiter import Limiter
from rustybt.data.adapters.report import (
    Ending,
    Fetched,
    FetchReport,
    Page,
    Stretch,
    SymbolReport,
)
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.stretches import union
from rustybt.errors import (
    DataAdapterError,
    FetchError,
    RateLimitError,
    RequestError,
    SourceError,
    SymbolNotFoundError,
    UnsupportedResolutionError,
)

if TYPE_CHECKING:
    from rustybt.data.bundles.report import IngestReport
    from rustybt.data.sources.freshness import FreshnessPolicy

    Cache = bool | FreshnessPolicy


@dataclass(frozen=True)
class Reach:
    """How far back a source has bars of one length; without limit if `back` is None."""

    back: timedelta | None = None

    def begin(self, now: datetime) -> datetime:
        """Return the first instant that can be asked for."""
        return datetime.min if self.back is None else now - self.back  # noqa: DTZ901 - as all here


class Connection(Protocol):
    """A source while it is asked, in one event loop."""

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return for each symbol how the source writes it, or that it has none of that name."""
        ...

    def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the rows of a symbol, as the source writes it, page by page in order of time.

        The span and resolution are those of `request`, whose symbols are ignored.

        Raises
        ------
        DataAdapterError
            The rows from the last page's `until` on could not be had.
        """
        ...

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return what the source knows of assets; see `DataAdapter.assets`."""
        ...


class DataAdapter(ABC):
    """A source of bars under one contract; adapters derive from it."""

    concurrency: int = 4  # symbols that are fetched side by side
    calendar: str = "XNYS"  # by which a bundle of its bars trades, unless another is named

    @property
    @abstractmethod
    def name(self) -> str:
        """The source in words, without secrets, such as ``ccxt binance``."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """What `AdapterRegistry.rebuilt` makes the adapter of again: JSON without secrets."""

    @property
    @abstractmethod
    def resolutions(self) -> Mapping[str, Reach]:
        """The lengths of bars that the source has, and how far back; no request is made."""

    @property
    def limiter(self) -> Limiter | None:
        """What keeps the requests of all processes below the limit of the source; None without one."""
        return None

    @property
    def innermost(self) -> "DataAdapter":
        """The source itself, behind what caches or resamples its bars."""
        return self

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Connection]:
        """Return a connection, open inside ``async with``; nothing is asked before."""

    async def fetch(
        self,
        symbols: str | Iterable[str],
        start_date: Any = None,
        end_date: Any = None,
        resolution: Any = None,
        *,
        cache: "Cache" = False,
        **aliases: Any,
    ) -> pl.DataFrame:
        """Return the bars of some symbols as one frame by symbol and time, all of them complete.

        Parameters
        ----------
        symbols, start_date, end_date, resolution, aliases
            As `Request.of`: both dates are included, ``start``, ``end``, ``frequency`` and ``timeframe``
            may stand in the place of the others.
        cache
            Whether answers are kept in the cache of the process (the settings ``cache.*``, or the
            `CacheManager` that was made last) and the source asked only for what they do not cover, as
            `rustybt.data.adapters.CachedAdapter` does. They hold until the market closes next, or as
            long as a policy of `rustybt.data.sources.freshness` says that is given.

        Returns
        -------
        polars.DataFrame
            In the schema of `rustybt.data.adapters.BARS`: prices as traded, with the dividend and
            split of the bar; of ticks in that of `rustybt.data.adapters.TRADES`.

        Raises
        ------
        RequestError
            The request cannot be; nothing was asked of the source.
        UnsupportedResolutionError
            The source has no bars of that length, or none of that span.
        FetchError
            A symbol is not complete: it has the rows that came and the report.
        """
        fetched = await self.fetch_all(
            symbols, start_date, end_date, resolution, cache=cache, **aliases
        )
        if not fetched.complete:
            raise FetchError(self.name, fetched.bars, fetched.report)
        return fetched.bars

    def fetch_sync(
        self,
        symbols: str | Iterable[str],
        start_date: Any = None,
        end_date: Any = None,
        resolution: Any = None,
        *,
        cache: "Cache" = False,
        **aliases: Any,
    ) -> pl.DataFrame:
        """Return the same as `fetch` and block until it is there, inside a running loop too."""
        return run(self.fetch(symbols, start_date, end_date, resolution, cache=cache, **aliases))

    async def fetch_all(
        self,
        symbols: str | Iterable[str],
        start_date: Any = None,
        end_date: Any = None,
        resolution: Any = None,
        *,
        cache: "Cache" = False,
        **aliases: Any,
    ) -> Fetched:
        """Return what came of some symbols, and a report that says of each what is missing.

        As `fetch`, but a symbol that is not complete does not raise.
        """
        request = Request.of(symbols, start_date, end_date, resolution, **aliases)
        reached, beyond = self.reached(request)
        async with self.asking(cache) as connection:
            names = await _names(connection, request.symbols)
            gate = asyncio.Semaphore(self.concurrency)

            async def guarded(symbol: str) -> _Symbol:
                async with gate:
                    return await _fetched(connection, symbol, names[symbol], reached)

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(guarded(it)) for it in _once(request.symbols, names)]
        return _together(self.name, request, [it.result() for it in tasks], beyond)

    async def assets(self, symbols: str | Iterable[str], *, cache: "Cache" = False) -> pl.DataFrame:
        """Return what the source knows of assets: one row a symbol that it has.

        Parameters
        ----------
        symbols
            As the user writes them.
        cache
            As for `fetch`.

        Returns
        -------
        polars.DataFrame
            In the schema of `rustybt.data.adapters.ASSETS`; what the source does not tell is None.
        """
        async with self.asking(cache) as connection:
            wanted = (symbols,) if isinstance(symbols, str) else tuple(symbols)
            names = await connection.names(wanted)
            known = dict.fromkeys(it for it in names.values() if isinstance(it, str))
            return await connection.assets(tuple(known))

    def ingest_to_bundle(
        self,
        bundle_name: str,
        symbols: str | Iterable[str],
        start: Any = None,
        end: Any = None,
        frequency: Any = None,
        *,
        root: str | Path | None = None,
        **aliases: Any,
    ) -> "IngestReport":
        """Register a bundle of this source and fetch what it lacks, under RustyBT's name for both.

        Parameters
        ----------
        bundle_name
            Created if new.
        symbols, start, end, frequency, aliases
            As for `fetch`; of the span days are registered.
        root
            Of the warehouse, as `warehouse.open` takes it.

        Returns
        -------
        IngestReport
            When all is committed, inside a running loop too; ``await`` gives it as well.

        Raises
        ------
        RequestError
            The request cannot be; nothing was registered.
        SourceError
            As `rustybt.data.bundles.ingest`.
        """
        # Bundles stand on adapters, so they are found by name here.
        bundles = import_module("rustybt.data.bundles")
        named = {"start": start, "end": end, "frequency": frequency}
        given = {name: it for name, it in named.items() if it is not None}
        request = Request.of(symbols, **{**given, **aliases})
        bundles.register(
            bundle_name=bundle_name,
            adapter=self,
            symbols=request.symbols,
            start_date=request.start.date(),
            end_date=(request.until - timedelta(microseconds=1)).date(),
            resolution=request.resolution,
            root=root,
        )
        report: IngestReport = bundles.ingest(bundle_name, root=root)
        return report

    def asking(self, cache: "Cache") -> AbstractAsyncContextManager[Connection]:
        """Return a connection, over the cache if that is wanted; see `fetch`.

        Raises
        ------
        RequestError
            `cache` is neither True, False nor a policy.
        """
        from rustybt.data.adapters.caching import UNTIL_CLOSE, caching
        from rustybt.data.sources.freshness import FreshnessPolicy

        if cache is False:
            return self.connect()
        policy = UNTIL_CLOSE if cache is True else cache
        if not isinstance(policy, FreshnessPolicy):
            raise RequestError("cache", cache, "True, False or a policy of freshness")
        return caching(self, policy)

    def reached(self, request: Request) -> tuple[Request, Stretch | None]:
        """Return what of a request the source can answer, and the stretch before it that it cannot.

        Raises
        ------
        UnsupportedResolutionError
            It has no bars of that length, or none of that span; nothing was asked of it.
        """
        reach = self.resolutions.get(request.resolution)
        if reach is None:
            problem = "it has no other; a finer one can be resampled"
            raise UnsupportedResolutionError(
                self.name, request.resolution, tuple(self.resolutions), problem
            )
        begin = reach.begin(datetime.now(UTC).replace(tzinfo=None, microsecond=0))
        if begin <= request.start:
            return request, None
        if begin >= request.until:
            problem = f"of {request.resolution} it has nothing before {begin}"
            raise UnsupportedResolutionError(
                self.name, request.resolution, tuple(self.resolutions), problem
            )
        return request.between(begin, request.until), (request.start, begin)


@dataclass
class _Symbol:
    """The pages of a symbol as they come."""

    asked: str
    name: str
    pages: list[Page] = field(default_factory=list)
    problem: SourceError | None = None

    def report(self, request: Request, beyond: Stretch | None) -> SymbolReport:
        rows = sum(page.rows.height for page in self.pages)
        reasons = [page.reason for page in self.pages if page.reason]
        missing = [stretch for page in self.pages for stretch in page.missing]
        if beyond is not None:
            missing.insert(0, beyond)
            reasons.append(f"the source has nothing of {request.resolution} before {beyond[1]}")
        if self.problem is not None:
            begin = self.pages[-1].until if self.pages else request.start
            missing.append((begin, request.until))
            reasons.append(str(self.problem))
        return SymbolReport(
            self.asked,
            self._ending(rows, lacks=bool(missing)),
            name=self.name,
            rows=rows,
            reason="; ".join(dict.fromkeys(reasons)),
            missing=tuple(missing),
            gaps=tuple(union(gap for page in self.pages for gap in page.gaps)),
        )

    def _ending(self, rows: int, *, lacks: bool) -> Ending:
        match self.problem:
            case SymbolNotFoundError():
                return "not found"
            case RateLimitError():
                return "rate limited"
            case None:
                if lacks:
                    return "partial"
                return "complete" if rows else "empty"
        return "partial" if rows else "failed"


async def _names(connection: Connection, symbols: Sequence[str]) -> Mapping[str, str | SourceError]:
    """Return the names of the source; if it cannot tell them, all symbols end by that error."""
    try:
        return await connection.names(symbols)
    except DataAdapterError as error:
        return dict.fromkeys(symbols, error)


def _once(symbols: Sequence[str], names: Mapping[str, str | SourceError]) -> list[str]:
    """Return the symbols without those that another one already stands for."""
    first: dict[str, str] = {}
    for symbol in symbols:
        name = names[symbol]
        first.setdefault(name if isinstance(name, str) else symbol, symbol)
    return list(first.values())


async def _fetched(
    connection: Connection, asked: str, name: str | SourceError, request: Request
) -> _Symbol:
    if isinstance(name, SourceError):
        return _Symbol(asked, asked, problem=name)
    symbol = _Symbol(asked, name)
    try:
        async with aclosing(connection.pages(name, request)) as pages:  # type: ignore[type-var]
            async for page in pages:
                symbol.pages.append(page)
    except DataAdapterError as error:
        symbol.problem = error
    return symbol


def _together(
    source: str, request: Request, symbols: Sequence[_Symbol], beyond: Stretch | None
) -> Fetched:
    pages = [page for symbol in symbols for page in symbol.pages]
    schema = schema_of(request.resolution)
    rows = joined(source, [page.rows for page in pages], schema)
    told = joined(source, [it.actions for it in pages if it.actions is not None], ACTIONS)
    if schema is BARS:
        rows = with_actions(rows, told, request.resolution)
    reports = tuple(symbol.report(request, beyond) for symbol in symbols)
    return Fetched(rows, told, FetchReport(source, reports))
