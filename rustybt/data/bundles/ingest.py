"""Takes a source into a bundle: reads it, settles its duplicates, then merges it in one transaction."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import warehouse
from rustybt.data.bundles.merge import Merge, Merged
from rustybt.data.bundles.report import IngestReport
from rustybt.data.bundles.tables import merge_table
from rustybt.data.calendars import require_calendar, sessions
from rustybt.data.lineage import OfStretches, lineage_of
from rustybt.data.resolutions import resolution_of
from rustybt.data.sources import FileSource, OfPayDates, Reading, Source, Span, Staging
from rustybt.data.sources.reading import Crew, read
from rustybt.data.sources.temporary import temporary_staging
from rustybt.errors import (
    DuplicateRowsError,
    EmptySpanError,
    NothingReadError,
    RequestError,
    SymbolsFailedError,
)
from rustybt.interrupts import noting
from rustybt.secrets import without_secrets
from warehouse import BundleName, Snapshot, Transaction, Warehouse
from warehouse.schema import is_resampled
from warehouse.writing.transaction import committed_before

OnError = Literal["raise", "partial"]
Progress = Callable[[str], None]

DEFAULT_CALENDAR = "XNYS"


@dataclass(frozen=True)
class Request:
    """What to take of a source, and how.

    Parameters
    ----------
    symbols
        As the source writes them; all that it has if None.
    start_date, end_date
        Days, both included; None where there is no bound. Of minutes, days in UTC.
    n_workers
        Processes that read; 1 reads in this one. For more, a source whose class a script defines needs
        ``if __name__ == "__main__":`` in it.
    on_error
        ``raise``: a symbol that fails or is not found fails the ingest, and nothing is committed.
        ``partial``: the others are committed, and the report says what became of each.
    timeout_seconds
        A worker that has not answered a task, a few symbols, for so long is killed and has failed.
    assets
        Terms of assets by symbol, as `rustybt.data.bundles.add_table` takes them; those of symbols
        that the bundle does not have are left out.
    former_symbols
        Symbols that assets had before, as `rustybt.data.bundles.add_table` takes them; those of other
        assets are left out.
    actions
        Splits, dividends and mergers as a table: ``symbol``, ``session``, ``kind`` and any of ``ratio``,
        ``amount``, ``pay_date``, ``shares`` and ``payment_symbol``, as
        `rustybt.data.bundles.add_table` takes them; they replace the
        stored ones of the sessions that are taken. Ratios of dividends are computed from the bars.
    check
        Called with the transaction before it is committed; if it raises, nothing is committed.

    Raises
    ------
    RequestError
        `n_workers` or `on_error` cannot be.
    """

    symbols: tuple[str, ...] | None = None
    start_date: date | None = None
    end_date: date | None = None
    n_workers: int = 1
    on_error: OnError = "raise"
    timeout_seconds: float = 900.0
    assets: Any = None
    former_symbols: Any = None
    actions: Any = None
    check: Callable[[Transaction], None] = lambda _: None

    def __post_init__(self) -> None:
        whole = isinstance(self.n_workers, int) and not isinstance(self.n_workers, bool)
        if not whole or self.n_workers < 1:
            raise RequestError("n_workers", self.n_workers, "a whole number, at least 1")
        if self.on_error not in get_args(OnError):
            raise RequestError("on_error", self.on_error, "'raise' or 'partial'")

    @property
    def crew(self) -> Crew:
        """How the source is read."""
        return Crew(self.n_workers, self.on_error == "partial", self.timeout_seconds)

    def span(self, resolution: str) -> Span:
        """Return the rows that are wanted, half open."""
        until = None if self.end_date is None else self.end_date + timedelta(days=1)
        return Span(self.symbols, self.start_date, until, resolution_of(resolution))


EVERYTHING = Request()


def ingest(
    source: Source,
    bundle: str,
    request: Request = EVERYTHING,
    *,
    calendar: str | None = None,
    resolution: str = "1d",
    root: str | Path | None = None,
    progress: Progress = lambda _: None,
) -> IngestReport:
    """Take rows of a source into a bundle: one new snapshot, or none if nothing is new.

    Parameters
    ----------
    source
        Where the rows come from.
    bundle
        Name; created if new.
    request
        Which rows, and how they are read; all of them, in this process, by default.
    calendar
        Exchange calendar, ``XNYS`` or ``24/7``; that of the bundle if None, and XNYS for a new one.
    resolution
        What a row is. ``1d``: a session, and the time of day of its time is ignored. ``1m``, ``5m``,
        ``15m``, ``30m``, ``1h``, ``2h`` or ``4h``: what begins at its time, UTC. ``1w`` or ``1mo``: the
        week, Monday to Sunday, or month that holds its day; stored under the last session in it.
        ``tick``: a trade. Other usual names, as ``daily`` or ``1M``, are taken too.
    root
        Of the warehouse, as `warehouse.open` takes it.
    progress
        Is told each step, in words.

    Returns
    -------
    IngestReport

    Raises
    ------
    SourceError
        The source cannot be read, contradicts itself or holds no row that can be taken.
    SymbolsFailedError
        Some symbols failed, and the request is not ``partial``.
    EmptySpanError
        The calendar has no session in the span.
    BundleNameError
        The name cannot be a bundle's.
    SchemaError
        The bundle has another calendar.
    UnknownCalendarError
        There is no such calendar, or it is not known for the years of the rows.
    BundleTableError
        The terms of assets have other columns, or terms that contradict each other.
    """
    began = time.monotonic()
    name = BundleName(bundle)
    span = request.span(resolution)  # refused before anything is read
    committed: list[str] = []
    with (
        noting(committed),
        ThreadPoolExecutor(1) as aside,
        warehouse.open(root) as wh,
        temporary_staging(span) as staging,
    ):
        calendar = _calendar(wh, name, calendar)
        _require_sessions(calendar, request)
        progress(f"reading {without_secrets(source.name)}")
        fetched_at = datetime.now(UTC)
        reading = _read(source, staging, request)
        lineage = aside.submit(_lineage, source, staging.span, fetched_at, reading)
        duplicates = _settle_duplicates(source, staging, reading)
        progress(f"merging {reading.rows:,} rows")
        with wh.begin(name, calendar=calendar) as txn:
            merge = Merge(
                txn,
                staging,
                calendar,
                told=reading.tells_actions,
                actions=request.actions,
                paid=_pay_dates(source, reading),
            )
            merged = merge.run(reading.rejects)
            if request.assets is not None:
                merge_table(txn, "assets", request.assets)
            if request.former_symbols is not None:
                merge_table(txn, "former_symbols", request.former_symbols)
            request.check(txn)
            new = txn.touched or txn.head is None
            progress("committing" if new else "nothing is new")
            snapshot = txn.head
            if snapshot is None or new:
                snapshot = txn.commit(lineage.result())
                committed.append(committed_before(name, snapshot.version))
    if merged.changes.added or merged.changes.changed:
        reading = replace(reading, notes=(*reading.notes, *_not_resampled(snapshot)))
    return _report(
        name, snapshot.version, new, reading, merged, duplicates, seconds=time.monotonic() - began
    )


def _not_resampled(snapshot: Snapshot) -> list[str]:
    """Say which stored bars are of before, for who reads them instead of the views."""
    made = sorted(filter(is_resampled, snapshot.datasets))
    if not made:
        return []
    command = (
        f"`rustybt bundle resample {snapshot.bundle} …`, with the words by which each was stored"
    )
    return [f"{', '.join(made)}: not made anew; {command}, does it. The views are of today."]


def _calendar(wh: Warehouse, name: str, wanted: str | None) -> str:
    stored = wh.snapshot(name).calendar if name in wh.bundles() else None
    calendar = (stored or DEFAULT_CALENDAR) if wanted is None else wanted
    if calendar not in (stored, DEFAULT_CALENDAR):
        require_calendar(calendar)
    return calendar


def _require_sessions(calendar: str, request: Request) -> None:
    first, last = request.start_date, request.end_date
    if first is None or last is None:
        return
    days = [] if last < first else sessions(calendar, first, last)["session"].to_pylist()
    if not any(first <= day <= last for day in days):
        raise EmptySpanError(calendar, first, last)


def _read(source: Source, staging: Staging, request: Request) -> Reading:
    reading = _without_secrets(read(source, staging, request.crew))
    resolution = staging.span.resolution
    if resolution == "1d" or reading.tells_actions is None:
        return reading
    unsaid = (
        "Splits and dividends are taken from daily rows only; those of rows of "
        f"{resolution} are not stored."
    )
    return replace(reading, notes=(*reading.notes, unsaid))


def _without_secrets(reading: Reading) -> Reading:
    outcomes = (
        replace(it, reason=without_secrets(it.reason)) if it.reason else it
        for it in reading.outcomes
    )
    notes = tuple(without_secrets(reading.notes))
    return replace(reading, notes=notes, outcomes=tuple(outcomes))


def _settle_duplicates(source: Source, staging: Staging, reading: Reading) -> int:
    if reading.rows == len(reading.rejects):
        failed = {it.symbol: it.reason for it in reading.outcomes if it.ending == "failed"}
        if failed and not reading.rejects:
            raise SymbolsFailedError(source.name, failed)
        first = reading.rejects[0].text if reading.rejects else None
        span = staging.span.told
        raise NothingReadError(source.name, len(reading.rejects), first, span=span)
    repeated = staging.repeated()
    if repeated.contradictions:
        resolution = staging.span.resolution
        raise DuplicateRowsError(repeated.contradictions, repeated.examples, resolution=resolution)
    return repeated.count


def _pay_dates(source: Source, reading: Reading) -> Any:
    return source.pay_dates(reading.outcomes) if isinstance(source, OfPayDates) else None


def _lineage(
    source: Source, span: Span, fetched_at: datetime, reading: Reading
) -> dict[str, object]:
    covers = {}
    if isinstance(source, OfStretches):
        covers["covered"] = source.covered(reading.outcomes)
    return lineage_of(source, span, fetched_at) | {
        **covers,
        "resolution": span.resolution,
        "rows": reading.rows,
        "rejected": len(reading.rejects),
        "notes": list(reading.notes),
    }


def _report(
    bundle: str,
    snapshot: int,
    new: bool,  # noqa: FBT001 - private, and named at its one call
    reading: Reading,
    merged: Merged,
    duplicates: int,
    *,
    seconds: float,
) -> IngestReport:
    return IngestReport(
        bundle=bundle,
        snapshot=snapshot,
        new=new,
        read=reading.rows,
        added=merged.changes.added,
        changed=merged.changes.changed,
        same=merged.changes.same,
        duplicates=duplicates,
        rejected=len(reading.rejects),
        flagged=merged.flagged,
        symbols=merged.symbols,
        actions=merged.actions,
        failed=sum(it.lost for it in reading.outcomes),
        seconds=round(seconds, 3),
        rejects=reading.rejects,
        notes=reading.notes,
        outcomes=reading.outcomes,
    )


def ingest_files(
    path: str | Path,
    bundle: str,
    *,
    calendar: str | None = None,
    resolution: str = "1d",
    actions_from: str | None = None,
    root: str | Path | None = None,
) -> IngestReport:
    """Take a file or a folder of files into a bundle; see `ingest` and `FileSource`."""
    source = FileSource(Path(path), actions_from=actions_from)
    return ingest(source, bundle, calendar=calendar, resolution=resolution, root=root)
