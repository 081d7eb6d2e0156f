"""How one text file is written: encoding, delimiter, header, form of its times.

Everything is decided from the first bytes of the file itself and stated in the report.
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

from rustybt.data.sources.times import TimeForm, decide, written
from rustybt.errors import SourceFileError

DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-16", "latin-1")  # those that DuckDB reads without an extension
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 200


@dataclass(frozen=True)
class Dialect:
    """What a reader must be told of a text file; equal for files that can be read together."""

    header: tuple[str, ...]
    delimiter: str
    encoding: str
    blank: int = 0  # lines before the header


@dataclass(frozen=True)
class Sample:
    """The dialect of a file and its first records, each as long as it stands."""

    dialect: Dialect
    records: tuple[tuple[str, ...], ...]

    def times(self, position: int, date_format: str | None) -> TimeForm:
        """Return the form of the times at a position of the records."""
        if date_format is not None:
            return written(date_format)
        return decide(record[position] for record in self.records if position < len(record))


def sniff(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Sample:
    """Read the beginning of a text file.

    Parameters
    ----------
    path
        A ``.csv`` or ``.csv.gz``.
    encoding
        As Python names it; UTF-8, with or without a mark, if None.
    delimiter
        One character; the one of `DELIMITERS` that the header has most if None.

    Raises
    ------
    SourceFileError
        The file is empty or is not text of that encoding.
    """
    text = _beginning(path, encoding)
    if not text.strip():
        raise SourceFileError(path, "the file is empty", "Expected a header and at least one row.")
    blank, first = next(
        (n, it) for n, it in enumerate(io.StringIO(text, newline=None)) if it != "\n"
    )
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    records = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    whole = [tuple(it) for it in islice(filter(None, records), _SAMPLE_ROWS + 1)]
    header = tuple(name.strip() for name in whole[0])
    return Sample(Dialect(header, delimiter, encoding or "utf-8", blank), tuple(whole[1:]))


def records(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str], int]]:
    """Yield number, fields and first line of every record of a file, all counted from 1."""
    csv.field_size_limit(sys.maxsize)  # a record of any length is shown as it stands
    with opened(path) as raw:
        encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
        reader = csv.reader(
            io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline=""),
            delimiter=dialect.delimiter,
        )
        line = 1
        for number, record in enumerate(reader, 1):
            yield number, record, line
            line = reader.line_num + 1


def as_written(record: Sequence[str], dialect: Dialect) -> str:
    """Return a record as a line of its file, quoted where it must be."""
    line = io.StringIO()
    csv.writer(line, delimiter=dialect.delimiter, lineterminator="").writerow(record)
    return line.getvalue()


def opened(path: Path) -> IO[bytes]:
    """Open a file for its bytes, unpacked."""
    packed = path.suffix.lower() == ".gz"
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _beginning(path: Path, encoding: str | None) -> str:
    try:
        with opened(path) as file:
            raw = file.read(_SAMPLE_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceFileError(path, f"it cannot be read ({error})", "Check the file.") from error
    if encoding is None and raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SourceFileError(path, "it is UTF-16, expected UTF-8", "Pass --encoding utf-16.")
    if encoding is None and b"\0" in raw:
        raise SourceFileError(path, "it is binary, expected text", "Is it really a CSV file?")
    try:
        # A sample may end inside a character, but not in more than its last three bytes.
        return _decode(raw, encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceFileError(
            path,
            f"it is no text in {encoding or 'utf-8'} ({error})",
            "Pass --encoding with the name of its encoding, such as latin-1.",
        ) from error


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if len(raw) == _SAMPLE_BYTES and error.start >= len(raw) - 3:
            return raw[: error.start].decode(encoding)
        raise
