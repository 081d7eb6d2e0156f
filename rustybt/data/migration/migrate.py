"""Takes files of zipline into a bundle, in one transaction that is checked before it is committed."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

from rustybt.data.bundles import IngestReport
from rustybt.data.bundles.ingest import Request, ingest
from rustybt.data.calendars import canonical
from rustybt.data.migration.csvdir import directories_of
from rustybt.data.migration.frames import FramesOrigin
from rustybt.data.migration.origin import Origin
from rustybt.data.migration.report import MigrationReport
from rustybt.data.migration.verify import ACTIONS, FIELDS, Checked
from rustybt.data.migration.zipline import bars_of, bundle_of
from rustybt.data.readers.legacy.client import BarKind, read_tables, wanted_bars
from rustybt.errors import LegacyFileError
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
_ORIGINS: Final[dict[Kind, Callable[[Path], Sequence[Origin]]]] = {
    "bcolz": lambda path: [bars_of(_bcolz_kind(path), path)],
    "csvdir": directories_of,
    "hdf5": lambda path: [_of_hdf5(path)],
    "zipline-bundle": bundle_of,
}


def _bcolz_kind(path: Path) -> BarKind:
    return "bcolz_minute" if (path / "metadata.json").exists() else "bcolz_daily"


def _of_hdf5(path: Path) -> Origin:
    """Return a file of zipline's daily bars, or else of frames of pandas."""
    try:
        read_tables([wanted_bars("hdf5_daily", path, [])])
    except LegacyFileError as other:
        frames = FramesOrigin(path)
        try:
            _ = frames.rows
        except LegacyFileError as error:
            problem = f"it is neither of zipline ({other.problem}) nor of pandas ({error.problem})"
            raise LegacyFileError(path, problem, "Nothing was taken of it.") from error
        return frames
    return bars_of("hdf5_daily", path)


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

    Minutes beside daily bars are a second snapshot, after that of its daily bars.

    The files are only read. Every value is read a second time and compared with what would be
    committed; if one differs, nothing is.

    Parameters
    ----------
    kind
        ``zipline-bundle``: a folder with ``daily_equities.bcolz``, ``adjustments.sqlite`` and
        ``assets-N.sqlite``; the folder above, of which the newest ingestion is taken; or the name of a
        bundle under ``$ZIPLINE_ROOT``. ``bcolz``: a folder of daily or of minute bars alone;
        ``hdf5``: a file of daily bars; symbols are the sids. ``csvdir``: a folder with ``daily`` and ``minute``, of one CSV file a
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
    origins = _ORIGINS[kind](Path(path))
    with ExitStack() as stack:
        if options.dry_run:
            root = stack.enter_context(tempfile.TemporaryDirectory(prefix="rustybt-dry-run-"))
        parts = [_migrated(it, bundle, options, root, progress) for it in origins]
    checked = [of for _, _, of in parts]
    reports = [report for _, report, _ in parts]
    counts = {kind: sum((it.actions or {}).get(kind, 0) for it in checked) for kind in ACTIONS}
    notes = (note for _, report, of in parts for note in (*report.notes, *of.notes))
    bars = sum(it.bars for it in checked)
    return MigrationReport(
        bundle=bundle,
        snapshot=None if options.dry_run else reports[-1].snapshot,
        new=any(it.new for it in reports) and not options.dry_run,
        calendar=parts[0][0],
        assets=max(it.symbols for it in checked),
        bars=bars,
        values=bars * len(FIELDS),
        splits=counts["split"],
        dividends=counts["dividend"],
        mergers=counts["merger"],
        stock_dividends=counts["stock_dividend"],
        notes=tuple(dict.fromkeys(notes)),
        seconds=round(time.monotonic() - began, 3),
    )


def _migrated(
    origin: Origin, bundle: str, options: Options, root: str | Path | None, progress: Progress
) -> tuple[str, IngestReport, Checked]:
    """Take one origin over; return the calendar, what the ingest says, and what was compared."""
    named = options.calendar or origin.calendar
    request = Request(start_date=options.start_date, end_date=options.end_date)
    span = request.span(origin.resolution)
    checked: list[tuple[str, Checked]] = []

    def check(txn: Transaction) -> None:
        progress("reading it again, and comparing")
        checked.append((txn.calendar, origin.check(txn, span)))

    report = ingest(
        origin.source,
        bundle,
        replace(
            request,
            assets=origin.terms,
            former_symbols=origin.former_symbols,
            actions=origin.actions(span),
            check=check,
        ),
        calendar=None if named is None else canonical(named),
        resolution=origin.resolution,
        root=root,
        progress=progress,
    )
    ((calendar, found),) = checked
    return calendar, report, found
