"""Takes files of zipline into a bundle, in one transaction that is checked before it is committed."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from rustybt.data.bundles.ingest import Request, ingest
from rustybt.data.calendars import canonical
from rustybt.data.migration.csvdir import directory_of
from rustybt.data.migration.origin import Origin
from rustybt.data.migration.report import MigrationReport
from rustybt.data.migration.verify import FIELDS, Checked
from rustybt.data.migration.zipline import bars_of, bundle_of
from warehouse import Transaction

Kind = Literal["bcolz", "csvdir", "hdf5", "zipline-bundle"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How to migrate.

    Parameters
    ----------
    calendar
        Exchange calendar of the bundle; that which the files name if None, else XNYS.
    start_date, end_date
        Days, both included; None where there is no bound.
    dry_run
        Do all of it, in a warehouse that is thrown away.
    """

    calendar: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    dry_run: bool = False


AS_IT_IS: Final = Options()
_ORIGINS: Final[dict[Kind, Callable[[Path], Origin]]] = {
    "bcolz": lambda path: bars_of("bcolz_daily", path),
    "csvdir": directory_of,
    "hdf5": lambda path: bars_of("hdf5_daily", path),
    "zipline-bundle": bundle_of,
}


def migrate(
    kind: Kind,
    path: str | Path,
    bundle: str,
    options: Options = AS_IT_IS,
    *,
    root: str | Path | None = None,
    progress: Progress = lambda _: None,
) -> MigrationReport:
    """Take files of zipline into a bundle: one new snapshot, or none if nothing is new.

    The files are only read. Every value is read a second time and compared with what would be
    committed; if one differs, nothing is.

    Parameters
    ----------
    kind
        ``zipline-bundle``: a folder with ``daily_equities.bcolz``, ``adjustments.sqlite`` and
        ``assets-N.sqlite``; the folder above, of which the newest ingestion is taken; or the name of a
        bundle under ``$ZIPLINE_ROOT``. ``bcolz``: a folder of daily bars alone; ``hdf5``: a file of
        them; symbols are the sids. ``csvdir``: a folder with the folder ``daily``, of one CSV file a
        symbol.
    path
        Of the files.
    bundle
        Name; created if new.
    options
        Which part, and how.
    root
        Of the warehouse, as `warehouse.open` takes it.
    progress
        Is told each step, in words.

    Returns
    -------
    MigrationReport

    Raises
    ------
    LegacyFileError, SourceFileError
        The files are missing, of another layout or damaged.
    MigrationError
        What would be committed is not what the files hold.
    MissingExtraError
        The extra ``legacy`` is not installed.
    SourceError, SchemaError
        As `rustybt.data.bundles.ingest`.

    Notes
    -----
    The snapshot before is what to go back to; README.md of this package says how.
    """
    began = time.monotonic()
    progress(f"reading {path}")
    origin = _ORIGINS[kind](Path(path))
    named = options.calendar or origin.calendar
    calendar = None if named is None else canonical(named)
    request = Request(start_date=options.start_date, end_date=options.end_date)
    span = request.span(origin.resolution)
    checked: list[Checked] = []

    def check(txn: Transaction) -> None:
        progress("reading it again, and comparing")
        checked.append(origin.check(txn, span))

    with ExitStack() as stack:
        if options.dry_run:
            root = stack.enter_context(tempfile.TemporaryDirectory(prefix="rustybt-dry-run-"))
        report = ingest(
            origin.source,
            bundle,
            Request(
                start_date=options.start_date,
                end_date=options.end_date,
                assets=origin.terms,
                actions=origin.actions(span),
                check=check,
            ),
            calendar=calendar,
            resolution=origin.resolution,
            root=root,
            progress=progress,
        )
    (found,) = checked
    actions = found.actions or {}
    return MigrationReport(
        bundle=bundle,
        snapshot=None if options.dry_run else report.snapshot,
        new=report.new and not options.dry_run,
        calendar=calendar or "XNYS",
        assets=found.symbols,
        bars=found.bars,
        values=found.bars * len(FIELDS),
        splits=actions.get("split", 0),
        dividends=actions.get("dividend", 0),
        mergers=actions.get("merger", 0),
        notes=(*report.notes, *found.notes),
        seconds=round(time.monotonic() - began, 3),
    )
