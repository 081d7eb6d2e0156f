"""Fetches what a bundle lacks of its source: new bars, and the last ones again.

What is lacking is what no snapshot says that it covers. A source revises its last bars at times, so
the last `AGAIN` stored ones are always asked again, and what differs becomes a new snapshot.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import polars as pl

import warehouse
from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import DataAdapter
from rustybt.data.adapters.blocking import run
from rustybt.data.adapters.report import Stretch
from rustybt.data.adapters.request import Request as Wanted
from rustybt.data.adapters.stretches import union, without
from rustybt.data.bundles.adapted import AdapterSource, Covered
from rustybt.data.bundles.ingest import Progress, Request, ingest
from rustybt.data.bundles.journal import Journal
from rustybt.data.bundles.part import Fetch
from rustybt.data.bundles.report import IngestReport
from rustybt.data.bundles.specification import Specification
from rustybt.data.bundles.tables import add_table
from rustybt.data.bundles.watching import Watch, watched
from rustybt.data.resolutions import dataset_of, is_daily, period_of, resolution_of
from rustybt.errors import DataAdapterError, NoFailureError, SymbolsFailedError
from warehouse import BundleName, Warehouse, sqltext
from warehouse.errors import UnknownSnapshotError
from warehouse.layout import BundleDir, root_of

AGAIN: Final = 5  # stored rows of each symbol


@runtime_checkable
class OfFunding(Protocol):
    """An adapter that tells the funding of perpetuals."""

    async def funding(self, symbols: Sequence[str], start_date: Any, end_date: Any) -> pl.DataFrame:
        """Return ``ts``, ``symbol`` and ``rate`` of a span, both dates included."""
        ...


def fetch(
    specification: Specification,
    wanted: Fetch,
    *,
    root: str | Path | None = None,
    progress: Progress = lambda _: None,
    watch: Watch | None = None,
) -> IngestReport:
    """Take what a bundle lacks of its source into it: one new snapshot, or none if nothing is new.

    Pages that came are kept until a snapshot holds them, whatever ends this process. `progress` is told
    each step in words; `watch` how far the fetch is, from another thread.

    Raises
    ------
    NoFailureError
        Failed symbols alone are wanted, and there are none.
    SymbolsFailedError
        Some symbols could not be fetched, and not only those that could are wanted.
    SourceError
        As `rustybt.data.bundles.ingest.ingest`.
    """
    place = BundleDir(root_of(root), BundleName(specification.bundle))
    journal = Journal(place.fetched / specification.key)
    with journal.held():
        failed = tuple(journal.failed())
        if wanted.failed_only and not failed:
            raise NoFailureError(specification.bundle)
        if wanted.failed_only:
            wanted = replace(wanted, symbols=failed)
        return _Fetching(specification, wanted, journal, place.root, progress, watch).run()


@dataclass(frozen=True)
class _Fetching:
    specification: Specification
    wanted: Fetch
    journal: Journal
    root: Path
    progress: Progress
    watch: Watch | None

    def run(self) -> IngestReport:
        told, adapter = self.specification, self.specification.source
        first = self.wanted.start_date or told.first
        last = self.wanted.end_date or told.last
        asked = self.wanted.symbols or told.symbols
        reached, _ = adapter.reached(Wanted.of(asked, first, last, told.resolution))
        symbols = "1 symbol" if len(asked) == 1 else f"{len(asked):,} symbols"
        self.progress(f"asking {adapter.name} for {symbols}")
        names = run(self._names(adapter, asked))
        span = reached.start, reached.until
        with warehouse.open(self.root) as wh:
            before = _covered(wh, told.bundle)
            tails = self._tails(wh, names, reached.until)
        mine = {} if self.wanted.refetch else before.get(told.key, {})
        source = AdapterSource(
            adapter,
            self.journal,
            {it: _lacking(span, mine.get(it, ()), tails.get(it)) for it in names},
            told.resolution,
            told.key,
            before,
        )
        terms = run(_assets(adapter, [it for it in names if it not in tails]))
        request = Request(
            tuple(names),
            first,
            last,
            n_workers=self.wanted.n_workers,
            on_error=self.wanted.on_error,
            assets=terms.to_arrow() if terms.height else None,
        )
        report = self._ingested(source, request)
        teller = adapter.innermost
        if isinstance(teller, OfFunding):
            return replace(report, snapshot=self._add_funding(teller, names, first, last))
        return report

    def _add_funding(
        self, adapter: OfFunding, symbols: Sequence[str], first: date, last: date
    ) -> int:
        """Store what is new of the funding of perpetuals; return the newest snapshot."""
        bundle = self.specification.bundle
        with warehouse.open(self.root) as wh:
            head = wh.snapshot(bundle)
            query = sqltext.render(
                "ingest/perpetuals", bundle=bundle, funded="funding_1h" in head.datasets
            )
            known = dict(wh.sql(query, {"symbols": list(symbols)}).rows())
        if not known:
            return head.version
        self.progress(f"asking for the funding of {len(known)} perpetuals")
        begin = min(first if at is None else max(first, at.date()) for at in known.values())
        told = run(adapter.funding(sorted(known), min(begin, last), last))
        return add_table(bundle, "funding_1h", told.to_arrow(), root=self.root).version

    def _ingested(self, source: AdapterSource, request: Request) -> IngestReport:
        told = self.specification
        try:
            with watched(self.journal, len(source.wanted), self.watch, source.adapter.limiter):
                report = ingest(
                    source,
                    told.bundle,
                    request,
                    calendar=told.calendar,
                    resolution=told.resolution,
                    root=self.root,
                    progress=self.progress,
                )
        except SymbolsFailedError as error:
            self.journal.note_failed(error.reasons)
            raise
        lost = {it.symbol: it.reason or it.ending for it in report.outcomes if it.lost}
        self.journal.note_failed(lost)
        self.journal.drop(it.symbol for it in report.outcomes if not it.lost)
        return report

    async def _names(self, adapter: DataAdapter, symbols: Sequence[str]) -> list[str]:
        """Return symbols as the source writes them, each once; one that it does not have as it is."""
        try:
            async with adapter.connect() as connection:
                names = await connection.names(symbols)
        except DataAdapterError as error:
            self.journal.note_failed(dict.fromkeys(symbols, str(error)))
            raise
        found = (it if isinstance(names[it], Exception) else str(names[it]) for it in symbols)
        return list(dict.fromkeys(found))

    def _tails(
        self, wh: Warehouse, symbols: Collection[str], until: datetime
    ) -> dict[str, datetime]:
        """Return for each symbol that is stored when its last few bars begin."""
        told = self.specification
        dataset = dataset_of(resolution_of(told.resolution))
        if told.bundle not in wh.bundles() or dataset not in wh.snapshot(told.bundle).datasets:
            return {}
        query = sqltext.render(
            "ingest/last_bars",
            bundle=told.bundle,
            dataset=dataset,
            period=period_of(told.resolution),
            time="session" if is_daily(told.resolution) else "ts",
            count=AGAIN,
        )
        given = {"until": until, "symbols": list(symbols)}
        return dict(wh.sql(query, given).rows())


async def _assets(adapter: DataAdapter, symbols: Sequence[str]) -> pl.DataFrame:
    if not symbols:
        return pl.DataFrame(schema=dict(frame.ASSETS))
    return await adapter.assets(symbols)


def _lacking(
    span: Stretch, covered: Sequence[Stretch], tail: datetime | None
) -> tuple[Stretch, ...]:
    """Return the stretches of a span to ask for; of a symbol without stored bars all of it."""
    if tail is None:
        return (span,)
    again = max(tail, span[0]), span[1]
    return tuple(union([*without([span], covered), again]))


def _covered(wh: Warehouse, bundle: str) -> Covered:
    """Return what the newest snapshot that tells of it covers."""
    newest = wh.snapshot(bundle).version if bundle in wh.bundles() else 0
    for version in range(newest, 0, -1):
        try:
            with wh.at(snapshot={bundle: version}) as old:
                told: Mapping[str, Any] = old.snapshot(bundle).lineage.get("covered") or {}
        except UnknownSnapshotError:  # removed by a vacuum, as all before it
            break
        if told:
            return {
                key: {symbol: [_stretch(it) for it in spans] for symbol, spans in symbols.items()}
                for key, symbols in told.items()
            }
    return {}


def _stretch(told: Sequence[str]) -> Stretch:
    first, until = map(datetime.fromisoformat, told)
    return first, until
