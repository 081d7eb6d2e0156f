"""What the readers of files are told, and what they answer."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rustybt.data.sources.columns import Columns
from rustybt.data.sources.source import Reject, Told, told_actions
from rustybt.data.sources.times import TimeForm

ENDINGS = (".csv", ".csv.gz", ".parquet")
ENDING = r"(?i:\.csv\.gz|\.csv|\.parquet)"  # behind the symbol in the name of a file


def ending(name: str) -> str:
    """Return the ending of a name of a file, in small letters; empty if it is of no known kind."""
    found = re.search(rf"{ENDING}\Z", name)
    return found[0].lower() if found else ""


def stem(name: str) -> str:
    """Return a name of a file without its ending, which is the symbol if no column tells it."""
    return name[: len(name) - len(ending(name))]


@dataclass(frozen=True)
class Options:
    """Options of a `FileSource`, under the same names."""

    date_format: str | None = None
    encoding: str | None = None
    actions_from: str | None = None
    delimiter: str | None = None
    zone: str | None = None
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Staged:
    """What reading some files came to."""

    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    told: Told | None = None


def staged(
    paths: Sequence[Path], columns: Columns, form: TimeForm, rejects: Iterable[Reject]
) -> Staged:
    """Say what was decided for files that were read together."""
    where = paths[0].name if len(paths) == 1 else f"{len(paths)} files, {paths[0].name} the first"
    notes = [f"{where}: times read as {form.text}."]
    if "symbol" not in columns.found:
        notes.append(f"{where}: no column of symbols, so the name of a file is its symbol.")
    if "adjusted" in columns.found:
        notes.append(f"{where}: splits and dividends derived from the adjusted close.")
    if columns.extra:
        notes.append(f"{where}: not stored: {', '.join(columns.extra)}.")
    return Staged(tuple(rejects), tuple(notes), told_actions(columns))
