"""Longer bars than a source has, out of its shorter ones, never across the edge of a session."""

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

import polars as pl
from typing_extensions import override

from rustybt.data.adapters.adapter import Connection, DataAdapter, Reach
from rustybt.data.adapters.frame import BARS, exact
from rustybt.data.adapters.net.limiter import Limiter
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.calendars import sessions
from rustybt.data.resolutions import (
    RESOLUTIONS,
    TICK,
    Resolution,
    end_of,
    finer,
    is_daily,
    period_of,
    step_of,
)
from rustybt.errors import RefusedError, SymbolNotFoundError

_ROUND_THE_CLOCK: Final = "24/7"
_LONGEST_IN_SESSIONS: Final = timedelta(minutes=15)  # longer ones may cross an opening at half past
_WINDOW: Final = {name: pl.Datetime("us") for name in ("begin", "end", "label")}


@dataclass(frozen=True)
class ResampledAdapter(DataAdapter):
    """A source whose longer bars, where it has none, are made of the longest shorter ones that fit.

    Parameters
    ----------
    adapter
        The source, or its name and parameters as `parameters` gives them. Bars that it has itself are
        passed on as they are.
    sessions_of
        The calendar whose sessions bound the bars; that of the source if None.

    Notes
    -----
    Bars within a session are counted from its opening, and the last of them ends with it. A day is
    the session from its opening to its close: what was traded outside of it is left out. Weeks, named by
    their Monday, and months are made of days.
    """

    adapter: DataAdapter | Mapping[str, Any]
    sessions_of: str | None = None

    @cached_property
    def source(self) -> DataAdapter:
        """The adapter whose bars are resampled."""
        if isinstance(self.adapter, DataAdapter):
            return self.adapter
        return AdapterRegistry.rebuilt(self.adapter["name"], self.adapter["parameters"])

    @property
    @override
    def innermost(self) -> DataAdapter:
        return self.source.innermost

    @property
    def concurrency(self) -> int:  # type: ignore[override]
        """As the source."""
        return self.source.concurrency

    @property
    def limiter(self) -> Limiter | None:
        """As the source."""
        return self.source.limiter

    @property
    def calendar(self) -> str:  # type: ignore[override]
        """As was said, or as the source."""
        return self.sessions_of or self.source.calendar

    @property
    def name(self) -> str:
        """Such as ``ccxt coinbase, resampled``."""
        return f"{self.source.name}, resampled"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Name and parameters of the source, and the calendar."""
        name, told = AdapterRegistry.name_of(self.source), dict(self.source.parameters)
        return {"adapter": {"name": name, "parameters": told}, "sessions_of": self.sessions_of}

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """Those of the source, and those that can be made of them, which reach as far back."""
        told = self.source.resolutions
        return {
            name: told[base]
            for name in RESOLUTIONS
            if (base := name if name in told else self.base_of(name)) is not None
        }

    def base_of(self, resolution: Resolution) -> Resolution | None:
        """Return the bars that those of a resolution are made of; None if the source has none."""
        for base in finer(resolution) if resolution != TICK else ():
            if base not in self.source.resolutions:
                continue
            if period_of(resolution):
                fits = base == "1d"
            elif self.calendar == _ROUND_THE_CLOCK:
                fits = step_of(resolution) % step_of(base) == timedelta()
            else:
                fits = step_of(base) <= _LONGEST_IN_SESSIONS
            if fits:
                return base
        return None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Resampling"]:
        """Return a connection over one to the source."""
        async with self.source.connect() as connection:
            yield _Resampling(self, connection)


@dataclass(frozen=True)
class _Resampling:
    """A `Connection` whose pages are resampled."""

    adapter: ResampledAdapter
    connection: Connection

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """As the source."""
        return await self.connection.names(symbols)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """As the source."""
        return await self.connection.assets(symbols)

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars whose windows are told in full by then."""
        resolution: Any = request.resolution
        if resolution in self.adapter.source.resolutions:
            async for page in self.connection.pages(symbol, request):
                yield page
            return
        base = self.adapter.base_of(resolution)
        windows = windows_of(self.adapter.calendar, request)
        if base is None or windows.is_empty():
            return
        shorter = Request((symbol,), windows["begin"][0], windows["end"][-1], base)
        kept = pl.DataFrame(schema=dict(BARS))
        async for page in self.connection.pages(symbol, shorter):
            rows = _placed(self.adapter.name, pl.concat([kept, page.rows]), windows, base)
            over = rows.filter(pl.col("end") <= page.until)
            kept = rows.filter(pl.col("end") > page.until).select(*BARS)
            waiting = windows.filter(pl.col("end") > page.until)["label"]
            until = request.until if waiting.is_empty() else waiting[0]
            rows = _summed(symbol, over)
            yield Page(rows, until, page.actions, page.missing, page.reason, page.gaps)


def windows_of(calendar: str, request: Request) -> pl.DataFrame:
    """Return the windows of the bars that begin in a request.

    Returns
    -------
    polars.DataFrame
        ``begin``, ``end`` (half open, UTC; of weeks and months midnights of dates) and ``label``, which
        names the bar, in order.
    """
    found = _periods(request) if period_of(request.resolution) else _sessions(calendar, request)
    rows = [it for it in found if request.start <= it[2] < request.until]
    return pl.DataFrame(rows, schema=_WINDOW, orient="row")


def _periods(request: Request) -> Iterator[tuple[datetime, datetime, datetime]]:
    begin = request.start
    back = begin.weekday() if period_of(request.resolution) == "week" else begin.day - 1
    begin -= timedelta(days=back)
    while begin < request.until:
        end = end_of(begin, request.resolution)
        yield begin, end, begin
        begin = end


def _sessions(calendar: str, request: Request) -> Iterator[tuple[datetime, datetime, datetime]]:
    day = timedelta(days=1)
    table = sessions(calendar, (request.start - day).date(), (request.until + day).date())
    step = step_of(request.resolution)
    for session, opens, closes in zip(
        *(table.column(it).to_pylist() for it in ("session", "open_at", "close_at")), strict=True
    ):
        begin, end = opens.replace(tzinfo=None), closes.replace(tzinfo=None)
        if end <= request.start - day or begin >= request.until + day:
            continue
        if is_daily(request.resolution):
            yield begin, end, datetime.combine(session, time())
            continue
        while begin < end:
            yield begin, min(begin + step, end), begin
            begin += step


def _placed(source: str, rows: pl.DataFrame, windows: pl.DataFrame, base: str) -> pl.DataFrame:
    """Return the rows that lie in a window, with its begin, end and label."""
    placed = rows.sort("timestamp").join_asof(
        windows, left_on="timestamp", right_on="begin", strategy="backward"
    )
    inside = placed.filter(pl.col("timestamp") < pl.col("end"))
    crossing = inside.filter(pl.col("timestamp") + step_of(base) > pl.col("end"))
    if crossing.height:
        at = crossing["timestamp"][0]
        raise RefusedError(source, f"its bar of {base} at {at} crosses the end of a session")
    return inside


def _summed(symbol: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return one bar for each label; a price is that of the bars that have one."""
    told = rows.group_by("label", maintain_order=True).agg(
        pl.col("open").drop_nulls().first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").drop_nulls().last(),
        pl.col("volume").sum(),
        pl.col("dividend").sum(),
        pl.col("split"),
    )
    splits = exact(symbol, "split", [math.prod(it) for it in told["split"]])
    named = told.with_columns(splits, pl.lit(symbol).alias("symbol"))
    return named.rename({"label": "timestamp"}).select(*BARS).cast(pl.Schema(BARS))
