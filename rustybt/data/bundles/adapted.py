"""An adapter as a source of bars: what is wanted is fetched into a journal, and typed from there."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from rustybt.data.adapters.adapter import Connection, DataAdapter
from rustybt.data.adapters.blocking import run
from rustybt.data.adapters.frame import ACTIONS, BARS, joined, latest, schema_of, with_actions
from rustybt.data.adapters.report import Page, Stretch, quiet_text, shown
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.stretches import union, without
from rustybt.data.bundles.journal import Journal, Kept
from rustybt.data.resolutions import step_of
from rustybt.data.sources import Outcome, Reading, Reject, Staging
from rustybt.data.sources.source import Told
from rustybt.data.sources.table import TableSource, outcomes_of
from rustybt.errors import DataAdapterError, SymbolNotFoundError

_ROWS_AT_ONCE: Final = 250_000

Covered = Mapping[str, Mapping[str, Sequence[Stretch]]]


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
    key
        Of the source in `before`.
    before
        What snapshots hold already: for each source the stretches of each symbol.
    """

    adapter: DataAdapter
    journal: Journal
    wanted: Mapping[str, tuple[Stretch, ...]]
    resolution: str
    key: str
    before: Covered

    def __reduce__(self) -> tuple[Any, ...]:
        """Give workers the adapter by its parameters, so that each finds its keys by itself."""
        told = replace(self, adapter=None)  # type: ignore[arg-type]
        return _remade, (type(self.adapter), dict(self.adapter.parameters), vars(told))

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

    def covered(self, outcomes: Iterable[Outcome]) -> dict[str, Any]:
        """Return what a snapshot covers with the rows of these symbols in it, as JSON.

        Gaps that the source told are not covered, so they are asked again, nor is the time in which
        bars may still be under way.
        """
        over = datetime.now(UTC).replace(tzinfo=None) - step_of(self.resolution)
        mine = dict(self.before.get(self.key, {}))
        for symbol in (it.symbol for it in outcomes if not it.lost):
            pages = self.journal.pages(symbol)
            answered = [(it.begin, min(it.until, over)) for it in pages]
            gaps = [stretch for it in pages for stretch in it.missing]
            mine[symbol] = union([*mine.get(symbol, ()), *without(answered, gaps)])
        return {
            key: {symbol: [_texts(it) for it in told] for symbol, told in symbols.items()}
            for key, symbols in {**self.before, self.key: mine}.items()
        }

    def pay_dates(self, outcomes: Iterable[Outcome]) -> Any:
        """Return when the dividends of these symbols are paid, as `OfPayDates` says."""
        if self.resolution != "1d":
            return None
        symbols = (it.symbol for it in outcomes if not it.lost)
        told = [page.actions() for it in symbols for page in self.journal.pages(it) if page.told]
        if not told:
            return None
        paid = latest(told).filter(kind="dividend").drop_nulls("pay_date")
        return paid.select("symbol", "session", "pay_date").to_arrow() if paid.height else None

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
                    self.journal.note_done(symbol)
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
            nothing = pl.DataFrame(schema=dict(schema_of(self.resolution)))
            self.journal.keep(symbol, begin, Page(nothing, until))

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
                    yield pl.concat(waiting)
                    waiting = []
        if waiting:
            yield pl.concat(waiting)

    def _rows(self, pages: list[Kept]) -> Iterator[pl.DataFrame]:
        """Yield the rows of the pages of a symbol, days with their actions; trades have none."""
        if self.resolution != "1d":
            for page in pages:
                rows = page.rows()
                if rows.height:
                    yield rows.drop("dividend", "split", strict=False)
            return
        frames = [rows for page in pages if (rows := page.rows()).height]
        if frames:
            told = joined(self.name, [latest([it.actions() for it in pages])], ACTIONS)
            rows = with_actions(joined(self.name, frames), told, "1d")
            yield rows.cast(dict(BARS))  # type: ignore[arg-type]

    def _outcome(self, symbol: str, typed: Outcome | None) -> Outcome:
        pages = self.journal.pages(symbol)
        missing = union(stretch for it in pages for stretch in it.missing)
        reasons = dict.fromkeys(it.reason for it in pages if it.reason)
        gaps = union(stretch for it in pages for stretch in it.gaps)
        if gaps:
            reasons[quiet_text(gaps)] = None
        rows = typed.rows if typed else 0
        if typed and typed.ending == "partial":
            return typed
        if missing:
            reason = "; ".join((*reasons, f"missing: {shown(missing)}"))
            return Outcome(symbol, "partial", rows, reason)
        return Outcome(symbol, "complete" if rows else "empty", rows, "; ".join(reasons))


def _remade(
    kind: type[DataAdapter], parameters: Mapping[str, Any], told: Mapping[str, Any]
) -> AdapterSource:
    return AdapterSource(**{**told, "adapter": kind(**parameters)})


def _texts(stretch: Stretch) -> list[str]:
    return [it.isoformat() for it in stretch]
