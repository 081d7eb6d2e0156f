"""Takes a source into a bundle: reads it, settles its duplicates, then merges it in one transaction."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import warehouse
from rustybt.data.bundles.merge import Merge, Merged
from rustybt.data.bundles.report import IngestReport
from rustybt.data.calendars import require_calendar
from rustybt.data.sources import FileSource, Reading, Source, Staging
from rustybt.errors import DuplicateRowsError, NothingReadError
from warehouse import BundleName, Warehouse, sqltext
from warehouse.session import Session

Resolution = Literal["1d", "1m"]
Progress = Callable[[str], None]

DEFAULT_CALENDAR = "XNYS"
_MEMORY = "300MB"  # for staging; more is spilled


def ingest(
    source: Source,
    bundle: str,
    *,
    calendar: str | None = None,
    resolution: Resolution = "1d",
    root: str | Path | None = None,
    progress: Progress = lambda _: None,
) -> IngestReport:
    """Take all rows of a source into a bundle: one new snapshot, or none if nothing is new.

    Parameters
    ----------
    source
        Where the rows come from.
    bundle
        Name; created if new.
    calendar
        Exchange calendar, ``XNYS`` or ``24/7``; that of the bundle if None, and XNYS for a new one.
    resolution
        ``1d``: a row is a session, and the time of day of its time is ignored. ``1m``: a row is the
        minute that begins at its time, UTC.
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
    BundleNameError
        The name cannot be a bundle's.
    SchemaError
        The bundle has another calendar.
    UnknownCalendarError
        There is no such calendar, or it is not known for the years of the rows.
    """
    began = time.monotonic()
    name = BundleName(bundle)
    with warehouse.open(root) as wh, _staging(daily=resolution == "1d") as staging:
        calendar = _calendar(wh, name, calendar)
        progress(f"reading {source.name}")
        reading = _read(source, staging)
        duplicates = _settle_duplicates(source, staging, reading)
        progress(f"merging {reading.rows:,} rows")
        with wh.begin(name, calendar=calendar) as txn:
            merge = Merge(txn, staging, calendar, told=reading.tells_actions)
            merged = merge.run(reading.rejects)
            new = txn.touched or txn.head is None
            progress("committing" if new else "nothing is new")
            lineage = _lineage(source, resolution, reading)
            snapshot = txn.commit(lineage) if txn.head is None or new else txn.head
    return _report(
        name, snapshot.version, new, reading, merged, duplicates, seconds=time.monotonic() - began
    )


@contextmanager
def _staging(*, daily: bool) -> Iterator[Staging]:
    with tempfile.TemporaryDirectory(prefix="rustybt-ingest-") as place:
        folder = Path(place)
        session = Session(memory_limit=_MEMORY, spill_dir=folder / "spill")
        try:
            yield Staging(session, folder, daily=daily)
        finally:
            session.close()


def _calendar(wh: Warehouse, name: str, wanted: str | None) -> str:
    stored = wh.snapshot(name).calendar if name in wh.bundles() else None
    calendar = wanted or stored or DEFAULT_CALENDAR
    require_calendar(calendar)
    return calendar


def _read(source: Source, staging: Staging) -> Reading:
    reading = source.stage(staging)
    if staging.daily or reading.tells_actions is None:
        return reading
    unsaid = (
        "Splits and dividends are taken from daily rows only; those of the minutes are not stored."
    )
    return replace(reading, notes=(*reading.notes, unsaid))


def _settle_duplicates(source: Source, staging: Staging, reading: Reading) -> int:
    if reading.rows == len(reading.rejects):
        first = reading.rejects[0].text if reading.rejects else None
        raise NothingReadError(source.name, len(reading.rejects), first)
    session = staging.session
    session.execute(sqltext.load("ingest/repeated"))
    duplicates = int(session.rows(sqltext.load("ingest/duplicates"))[0][0])
    contradictions = session.rows(sqltext.load("ingest/contradictions")) if duplicates else []
    if contradictions:
        examples = [
            f"{symbol} {at}: {found} ({file})" for _, symbol, at, file, found in contradictions
        ]
        raise DuplicateRowsError(contradictions[0][0], examples)
    return duplicates


def _lineage(source: Source, resolution: str, reading: Reading) -> dict[str, object]:
    return {
        "source": source.name,
        "resolution": resolution,
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
        seconds=round(seconds, 3),
        rejects=reading.rejects,
        notes=reading.notes,
    )


def ingest_files(
    path: str | Path,
    bundle: str,
    *,
    calendar: str | None = None,
    resolution: Resolution = "1d",
    actions_from: str | None = None,
    root: str | Path | None = None,
) -> IngestReport:
    """Take a file or a folder of files into a bundle; see `ingest` and `FileSource`."""
    source = FileSource(Path(path), actions_from=actions_from)
    return ingest(source, bundle, calendar=calendar, resolution=resolution, root=root)
