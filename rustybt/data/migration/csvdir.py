"""A folder of CSV files as zipline's ``csvdir`` takes them, as origins: daily files, and minutes."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rustybt.data.migration.verify import FIELDS, Checked, check_actions, check_bars
from rustybt.data.resolutions import Resolution, is_daily
from rustybt.data.sources import FileSource, Outcome, Reading, Reject, Source, Span, Staging
from rustybt.data.sources.columns import find_columns
from rustybt.data.sources.options import ending
from rustybt.data.sources.times import TYPED
from rustybt.errors import SourceFileError
from warehouse import Transaction, sqltext
from warehouse.session import Session

_FILES: Final = 200  # that are read at once
_NUMBERS: Final = (*FIELDS, "dividend", "split")
_FOLDERS: Final[dict[str, Resolution]] = {"daily": "1d", "minute": "1m"}
_UNSAID: Final = "Splits and dividends are taken from the folder daily alone."


@dataclass(frozen=True)
class CsvMinutes:
    """Files of minutes that are named by their end, one a symbol, as a source.

    Parameters
    ----------
    folder
        That holds them.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.folder)

    @property
    def parameters(self) -> None:
        """None: a migration is not repeated by itself."""
        return

    def symbols(self) -> list[str]:
        """Return the names of the files, sorted."""
        return sorted(it.stem for it in self.folder.glob("*.csv"))

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it, some files at a time."""
        rejects: list[Reject] = []
        for paths, header in _alike(self.folder):
            _read(staging.session, paths, header, into="fetched", daily=False, typed=False)
            names = ("symbol", "symbol"), ("at", "ts"), *((it, it) for it in FIELDS)
            incoming = sqltext.render(
                "ingest/incoming_table", file=self.name, table="fetched", columns=names
            )
            rejects += (Reject.of(it) for it in staging.add(incoming, TYPED, files=[self.name]))
        rows = staging.gather() + len(rejects)
        outcomes = (Outcome(it, "complete", taken) for it, (taken, _) in staging.counts().items())
        return Reading(rows, tuple(rejects), outcomes=tuple(outcomes))


@dataclass(frozen=True)
class CsvDirectory:
    """The files of a folder, one a symbol; the daily ones with columns of splits and dividends.

    Parameters
    ----------
    folder
        That holds the files.
    resolution
        What a row is.
    """

    folder: Path
    resolution: Resolution
    calendar: None = None
    terms: None = None
    former_symbols: None = None

    @property
    def source(self) -> Source:
        """The files."""
        daily = is_daily(self.resolution)
        return FileSource(self.folder) if daily else CsvMinutes(self.folder)

    def actions(self, _: Span) -> None:
        """Return None: the columns of the files tell them."""
        return

    def check(self, txn: Transaction, span: Span) -> Checked:
        """Compare what a transaction holds with the files, read again; see `Origin`."""
        counts: dict[str, int] = {}
        notes: list[str] = []
        symbols = bars = 0
        daily = is_daily(self.resolution)
        for paths, header in _alike(self.folder):
            again = _again(txn.session, paths, header, daily=daily)
            read, rows = check_bars(txn, str(self.folder), span, again)
            symbols, bars = symbols + read, bars + rows
            if not daily:
                continue
            txn.session.execute(
                sqltext.render("migration/csv_actions", first=span.first, until=span.until)
            )
            found, said = check_actions(txn, str(self.folder))
            counts = {kind: counts.get(kind, 0) + number for kind, number in found.items()}
            notes += said
        return Checked(symbols, bars, counts, tuple(notes) if daily else (_UNSAID,))


def _alike(folder: Path) -> Iterator[tuple[list[Path], list[str]]]:
    """Yield files with one header, some at once, and the header."""
    groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            groups[tuple(next(csv.reader(file), ()))].append(path)
    for header, paths in groups.items():
        for begin in range(0, len(paths), _FILES):
            yield paths[begin : begin + _FILES], list(header)


def _again(
    session: Session, paths: Sequence[Path], header: Sequence[str], *, daily: bool
) -> Iterator[None]:
    _read(session, paths, header, into="again_bars", daily=daily, typed=True)
    yield


def _read(
    session: Session,
    paths: Sequence[Path],
    header: Sequence[str],
    *,
    into: str,
    daily: bool,
    typed: bool,
) -> None:
    held = find_columns(str(paths[0]), header).found
    session.execute(
        sqltext.render(
            "migration/csv_bars",
            into=into,
            daily=daily,
            typed=typed,
            paths=[str(it) for it in paths],
            columns=[f"c{at}" for at in range(len(header))],
            at=f"c{held['at']}",
            numbers=[(it, f"c{held[it]}" if it in held else None) for it in _NUMBERS],
            delimiter=",",
        )
    )


def directories_of(path: Path) -> list[CsvDirectory]:
    """Return the folders ``daily`` and ``minute`` of a folder as origins, those that are there.

    Raises
    ------
    SourceFileError
        It holds neither, or files of another kind are in one.
    """
    found = [CsvDirectory(path / it, of) for it, of in _FOLDERS.items() if (path / it).is_dir()]
    kinds = {ending(it.name) for of in found for it in of.folder.iterdir()} - {None}
    if kinds != {".csv"}:
        problem = f"expected daily/SYMBOL.csv or minute/SYMBOL.csv alone, found {sorted(map(str, kinds)) or 'none'}"
        raise SourceFileError(path, problem, "Name the folder that holds the folder daily.")
    return [it for it in found if any(it.folder.glob("*.csv"))]
