"""A folder of CSV files as zipline's ``csvdir`` takes them, as an origin."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rustybt.data.migration.verify import FIELDS, Checked, check_actions, check_bars
from rustybt.data.resolutions import Resolution
from rustybt.data.sources import FileSource, Span
from rustybt.data.sources.columns import find_columns
from rustybt.data.sources.options import ending
from rustybt.errors import SourceFileError
from warehouse import Transaction, sqltext
from warehouse.session import Session

_FILES: Final = 200  # that are read again at once
_NUMBERS: Final = (*FIELDS, "dividend", "split")
_MINUTES: Final = "The folder minute is left out: its times end a bar, and are not taken yet."


@dataclass(frozen=True)
class CsvDirectory:
    """The daily files of a folder, one a symbol, with columns of splits and dividends.

    Parameters
    ----------
    folder
        That holds the folder ``daily``.
    """

    folder: Path
    resolution: Resolution = "1d"
    calendar: None = None
    terms: None = None

    @property
    def source(self) -> FileSource:
        """The files."""
        return FileSource(self.folder / "daily")

    def actions(self, _: Span) -> None:
        """Return None: the columns of the files tell them."""
        return

    def check(self, txn: Transaction, span: Span) -> Checked:
        """Compare what a transaction holds with the files, read again; see `Origin`."""
        session = txn.session
        counts: dict[str, int] = {}
        notes: list[str] = []
        symbols = bars = 0
        for paths, header in self._alike():
            read, rows = check_bars(txn, str(self.folder), span, _again(session, paths, header))
            symbols, bars = symbols + read, bars + rows
            session.execute(
                sqltext.render("migration/csv_actions", first=span.first, until=span.until)
            )
            found, said = check_actions(txn, str(self.folder))
            counts = {kind: counts.get(kind, 0) + number for kind, number in found.items()}
            notes += said
        if (self.folder / "minute").is_dir():
            notes.append(_MINUTES)
        return Checked(symbols, bars, counts, tuple(notes))

    def _alike(self) -> Iterator[tuple[list[Path], list[str]]]:
        """Yield files with one header, some at once."""
        groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
        for path in sorted((self.folder / "daily").glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as file:
                groups[tuple(next(csv.reader(file), ()))].append(path)
        for header, paths in groups.items():
            for begin in range(0, len(paths), _FILES):
                yield paths[begin : begin + _FILES], list(header)


def _again(session: Session, paths: list[Path], header: list[str]) -> Iterator[None]:
    held = find_columns(str(paths[0]), header).found
    session.execute(
        sqltext.render(
            "migration/csv_bars",
            paths=[str(it) for it in paths],
            columns=[f"c{at}" for at in range(len(header))],
            at=f"c{held['at']}",
            numbers=[(it, f"c{held[it]}" if it in held else None) for it in _NUMBERS],
            delimiter=",",
        )
    )
    yield


def directory_of(path: Path) -> CsvDirectory:
    """Return a folder as an origin.

    Raises
    ------
    SourceFileError
        It holds no daily files, or files of another kind among them.
    """
    daily = path / "daily"
    found = {ending(it.name) for it in daily.iterdir()} - {None} if daily.is_dir() else set()
    if found != {".csv"}:
        problem = (
            f"expected files daily/SYMBOL.csv alone, found {sorted(map(str, found)) or 'none'}"
        )
        raise SourceFileError(path, problem, "Name the folder that holds the folder daily.")
    return CsvDirectory(path)
