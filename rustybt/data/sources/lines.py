"""Finds the lines of rejected rows of text files.

DuckDB reads text files in parallel and does not number their rows, so the few files that have
rejected rows are read a second time. A row is rejected for its content alone, so every record with
the texts of a rejected row is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rustybt.data.sources.columns import Fields
from rustybt.data.sources.dialect import Dialect, as_written, records
from rustybt.data.sources.source import Reject
from rustybt.data.sources.staging import Refused


@dataclass(frozen=True)
class Torn:
    """A record of a text file that is no row, counted from 1."""

    file: str
    record: int
    reason: str
    raw: str


def locate(
    dialect: Dialect,
    fields: Fields,
    positions: Mapping[str, int],
    refused: Iterable[Refused],
    torn: Iterable[Torn],
) -> list[Reject]:
    """Return rejects with the line at which each begins.

    Parameters
    ----------
    dialect
        Of all files concerned.
    fields
        What their rows have.
    positions
        Canonical column to position in a record.
    refused, torn
        What was rejected.
    """
    told = (*fields.numbers, *fields.words)
    columns = [name for name in ("symbol", "at", *told) if name in positions]
    reasons = {(it.file, _texts(it, told, columns)): it.reason for it in refused}
    broken = {(it.file, it.record): it for it in torn}
    rejects = []
    for file in sorted({file for file, _ in (*reasons, *broken)}):
        places = [positions[name] for name in columns]
        unseen = {record for of, record in broken if of == file}
        for number, record, line in records(Path(file), dialect):
            if (file, number) in broken:
                unseen.discard(number)
                it = broken[file, number]
                rejects.append(Reject(file, line, it.reason, it.raw.strip("\r\n")))
            elif number > dialect.blank + 1 and len(record) > max(places):
                reason = reasons.get((file, _fields(record, places)))
                if reason is not None:
                    rejects.append(Reject(file, line, reason, as_written(record, dialect)))
        rejects += [Reject(file, n, broken[file, n].reason, broken[file, n].raw) for n in unseen]
    return rejects


def _texts(row: Refused, told: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    texts = dict(zip(told, row.texts, strict=True)) | {"symbol": row.symbol, "at": row.at}
    return tuple((texts[name] or "").strip() for name in columns)


def _fields(record: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    return tuple(record[place].strip() for place in places)
