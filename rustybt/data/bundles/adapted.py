"""An adapter as a source of bars: what is wanted is fetched into a journal, and typed from there."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

import polars as pl

from rustybt.data.adapters.adapter import Connection, DataAdapter
from rustybt.data.adapters.blocking import run
from rustybt.data.adapters.frame import ACTIONS, joined, with_actions
from rustybt.data.adapters.report import Page, Stretch
from rustybt.data.adapters.request import Request
from rustybt.data.bundles.journal import Journal, Kept
from rustybt.data.bundles.stretches import union, without
from rustybt.data.sources import Outcome, Reading, Reject, Staging
from rustybt.data.sources.source import Told
from rustybt.data.sources.table import TableSource, outcomes_of
from rustybt.errors import DataAdapterError, SymbolNotFoundError

_ROWS_AT_ONCE: Final = 250_000


@dataclass(frozen=True)
class AdapterSource:
    """An adapter as a source; workers share its journal, and each has a connection of its own.

    Parameters
    ----------
    adapter
        Is asked.
    journal
        Takes the pages as they come; what it has is not asked again.
    wanted
        The stretches that are wanted of each symbol, as the source writes it.
    resolution
        Of the rows.
    """

    adapter: DataAdapter
    journal: Journal
    wanted: Mapping[str, tuple[Stretch, ...]]
    resolution: str

    @property
    def name(self) -> str:
        """That of the adapter."""
        return self.adapter.name

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Those of the adapter."""
        return {"kind": "adapter", "class": type(self.adapter).__qualname__} | dict(
            self.adapter.parameters
        )

    def symbols(self) -> list[str]:
        """Return those of which something is wanted, sorted."""
        return sorted(self.wanted)

    def stage(self, staging: Staging) -> Reading:
        """Fetch what the journal lacks of the staging's symbols, and add all their rows."""
        symbols = staging.span.symbols or tuple(self.symbols())
        lost = run(self._fetch(symbols))
        told: Told | None = None
        rejects: tuple[Reject, ...] = ()
        for rows in self._frames([it for it in symbols if it not in lost]):
            refused, columns = TableSource(self.name, rows.to_arrow()).add(staging)
            rejects += refused
            told = "columns" if "split" in columns.found else None
        count = len(rejects) + (staging.gather() if staging.parts else 0)
        typed = {it.symbol: it for it in outcomes_of(staging)} if staging.parts else {}
        outcomes = (lost.get(it) or self._outcome(it, typed.get(it)) for it in symbols)
        return Reading(count, rejects, told, outcomes=tuple(outcomes))

    def answered(self, symbol: str) -> list[Stretch]:
        """Return the stretches of a symbol that the pages in the journal answer, without gaps."""
        pages = self.journal.pages(symbol)
        answered = [(it.begin, it.until) for it in pages]
        return without(answered, [stretch for it in pages for stretch in it.missing])

    async def _fetch(self, symbols: tuple[str, ...]) -> dict[str, Outcome]:
        """Fetch symbols side by side; return those that could not be fetched whole."""
        lacking = {it: self._lacking(it) for it in symbols}
        if not any(lacking.values()):
            return {}
        lost: dict[str, Outcome] = {}
        gate = asyncio.Semaphore(self.adapter.concurrency)

        async def fetched(symbol: str, name: str | SymbolNotFoundError) -> None:
            async with gate:
                try:
                    if isinstance(name, SymbolNotFoundError):
                        raise name
                    for stretch in lacking[symbol]:
                        await self._fetch_stretch(connection, name, stretch)
                except SymbolNotFoundError as error:
                    lost[symbol] = Outcome(symbol, "not found", reason=str(error))
                except DataAdapterError as error:
                    lost[symbol] = Outcome(symbol, "failed", reason=str(error))

        async with self.adapter.connect() as connection:
            try:
                names = await connection.names(symbols)
            except DataAdapterError as error:
                return {it: Outcome(it, "failed", reason=str(error)) for it in symbols}
            async with asyncio.TaskGroup() as group:
                for symbol in symbols:
                    group.create_task(fetched(symbol, names[symbol]))
        return lost

    async def _fetch_stretch(self, connection: Connection, symbol: str, stretch: Stretch) -> None:
        begin, until = stretch
        request = Request((symbol,), begin, until, self.resolution)
        async with aclosing(connection.pages(symbol, request)) as pages:  # type: ignore[type-var]
            async for page in pages:
                end = min(page.until, until)
                self.journal.keep(symbol, begin, replace(page, until=end))
                begin = end
        if begin < until:  # the source has no more
            self.journal.keep(symbol, begin, Page(pl.DataFrame(), until))

    def _lacking(self, symbol: str) -> list[Stretch]:
        kept = [(it.begin, it.until) for it in self.journal.pages(symbol)]
        return without(self.wanted[symbol], kept)

    def _frames(self, symbols: list[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows of symbols, so many at once that they are typed fast and fit into memory."""
        waiting: list[pl.DataFrame] = []
        for symbol in symbols:
            for rows in self._rows(self.journal.pages(symbol)):
                waiting.append(rows)
                if sum(it.height for it in waiting) >= _ROWS_AT_ONCE:
                    yield pl.concat(waiting, how="vertical_relaxed")
                    waiting = []
        if waiting:
            yield pl.concat(waiting, how="vertical_relaxed")

    def _rows(self, pages: list[Kept]) -> Iterator[pl.DataFrame]:
        """Yield the rows of the pages of a symbol, days with their actions."""
        if self.resolution != "1d":
            for page in pages:
                rows = page.rows()
                if rows.height:
                    yield rows.drop("dividend", "split")
            return
        frames = [rows for page in pages if (rows := page.rows()).height]
        if frames:
            told = joined(self.name, [it.actions() for it in pages], ACTIONS)
            yield with_actions(joined(self.name, frames), told, "1d")

    def _outcome(self, symbol: str, typed: Outcome | None) -> Outcome:
        pages = self.journal.pages(symbol)
        gaps = union(stretch for it in pages for stretch in it.missing)
        reasons = dict.fromkeys(it.reason for it in pages if it.reason)
        rows = typed.rows if typed else 0
        if typed and typed.ending == "partial":
            return typed
        if gaps:
            spans = ", ".join(f"{first} to {until}" for first, until in gaps[:3])
            reason = "; ".join((*reasons, f"missing: {spans}"))
            return Outcome(symbol, "partial", rows, reason)
        return Outcome(symbol, "complete" if rows else "empty", rows, "; ".join(reasons))


def midnight(day: date) -> datetime:
    """Return the first instant of a day, as all instants here without a zone."""
    return datetime.combine(day, time())
