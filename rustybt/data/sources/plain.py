"""Reads the text files whose rows need no care: dates, digits, points and delimiters, and words apart.

Apart from the reading of all other text, because it is several times as fast: what would make a fast
parser round, guess or skip is excluded by the bytes of a file, which are counted again once parsed.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from rustybt.data.sources.buffers import are_words, exact, instants, kept, odd, repeated, within
from rustybt.data.sources.columns import Columns
from rustybt.data.sources.dialect import Dialect, opened
from rustybt.data.sources.options import stem
from rustybt.data.sources.staging import Part, Staging
from rustybt.data.sources.times import ISO, TimeForm

_THREADS = 2
_BLOCK = 6 << 20  # bytes of text that are parsed at once, by each thread
_LONGEST_LINE = 1 << 16
_DIGITS = b"0123456789"
_USUAL = _DIGITS + b".-\n"
_WORDS = bytes({*range(0x20, 0x7F)} - {ord('"')})  # what names and times of day may hold beside
_ZEROS = bytes.maketrans(_DIGITS, b"0" * len(_DIGITS))
_NINE_DECIMALS = b"." + b"0" * 9
_GROUP_ROWS = 122_880
_FIRST, _UNTIL = date(1900, 1, 1), date(2101, 1, 1)  # days that are taken for days of bars


def stage_plain(
    files: Sequence[Path],
    dialect: Dialect,
    columns: Columns,
    form: TimeForm,
    staging: Staging,
    *,
    head: bytes | None = None,
) -> list[Path]:
    """Add all rows of the files that are plain to a staging, and return the other files.

    A file is taken whole or not at all. In a plain one every line has all its fields; a time is
    written as YYYY-MM-DD, of minutes with hh:mm or hh:mm:ss behind it, and a number is missing or
    written with at most 8 decimals and no exponent. Letters stand in names alone.

    Parameters
    ----------
    files
        Written as `dialect` and `form` say, or of any kind if `head` is given.
    head
        The first line of a file of that dialect; a file with another is not taken.
    """
    could_be = (
        form == ISO
        and (dialect.encoding, dialect.blank) == ("utf-8", 0)
        and not staging.ticks  # whose ids are words
        and "adjusted" not in columns.found
        and ("symbol" not in columns.found or staging.span.symbols is None)
    )
    if not could_be:
        return list(files)
    reader = _Reader(dialect, columns, staging, count(len(staging.parts)), head)
    left = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for parts, others in threads.map(reader.taken, _passes(files)):
            staging.parts += parts
            left += others
    return left


def head_of(file: Path) -> bytes:
    """Return the first line of a file, with its end."""
    with opened(file) as lines:
        return lines.readline(_LONGEST_LINE)


def _passes(files: Sequence[Path]) -> list[list[Path]]:
    """Return the files in groups to be parsed at once; a large file is alone."""
    passes: list[list[Path]] = [[]]
    size = 0
    for file in files:
        own = file.stat().st_size
        if passes[-1] and size + own > _BLOCK:
            passes.append([])
            size = 0
        passes[-1].append(file)
        size += own
    return passes


@dataclass(frozen=True)
class _Body:
    """Some whole lines of a file below its header, and how many of their bytes are not usual."""

    path: Path
    text: bytes
    odd: int

    @property
    def rows(self) -> int:
        return self.text.count(b"\n")


class _NotPlainError(Exception):
    """A file needs care."""


@dataclass(frozen=True)
class _Reader:
    dialect: Dialect
    columns: Columns
    staging: Staging
    numbers: Iterator[int]  # of files that are not written yet
    head: bytes | None

    def taken(self, files: Sequence[Path]) -> tuple[list[Part], list[Path]]:
        """Return the parts that some files gave, and the files that are not plain."""
        small: list[_Body] = []
        parts: list[Part] = []
        done: set[Path] = set()
        for file in files:
            with suppress(_NotPlainError):
                bodies = self._bodies(file)
                first, second = next(bodies, None), next(bodies, None)
                if first and second:
                    parts += self._large(chain([first, second], bodies))
                    done.add(file)
                elif first:
                    small.append(first)
        for part, of in self._parts(small):
            parts.append(part)
            done |= {it.path for it in of}
        return parts, [file for file in files if file not in done]

    def _bodies(self, file: Path) -> Iterator[_Body]:
        """Yield the lines of a file, block by block, if all their characters are plain."""
        symbol = stem(file.name)
        if not symbol.isascii() or symbol != symbol.strip() or not symbol:
            raise _NotPlainError
        try:
            with opened(file) as lines:
                head = lines.readline(_LONGEST_LINE)
                if b'"' in head or self.head not in (None, head):
                    raise _NotPlainError
                end = b"\r\n" if head.endswith(b"\r\n") else b"\n"
                if not head.endswith(end) or b"\r" in head.removesuffix(end):
                    raise _NotPlainError
                while text := _block(lines, end):
                    yield self._body(file, text)
        except (OSError, EOFError, zlib.error) as error:  # the careful way tells of it
            raise _NotPlainError from error

    def _body(self, file: Path, text: bytes) -> _Body:
        found = text.translate(None, self._usual)
        if found.translate(None, _WORDS) or _NINE_DECIMALS in text.translate(_ZEROS):
            raise _NotPlainError
        return _Body(file, text, len(found))

    def _large(self, bodies: Iterator[_Body]) -> list[Part]:
        parts: list[Part] = []
        try:
            for body in bodies:
                parts.append(self._part([body]))  # noqa: PERF401 - those before a failure are removed
        except _NotPlainError:
            for part in parts:
                Path(part.typed).unlink()
            raise
        return parts

    def _parts(self, bodies: Sequence[_Body]) -> Iterator[tuple[Part, Sequence[_Body]]]:
        """Halve what is not plain, until the files that are not are alone and left out."""
        if not bodies:
            return
        try:
            yield self._part(bodies), bodies
        except _NotPlainError:
            if len(bodies) > 1:
                half = len(bodies) // 2
                yield from self._parts(bodies[:half])
                yield from self._parts(bodies[half:])

    def _part(self, bodies: Sequence[_Body]) -> Part:
        """Write the rows of some lines, if not one of them is in doubt."""
        rows = self._parsed(bodies)
        columns = {"file": repeated([str(it.path) for it in bodies], [it.rows for it in bodies])}
        if "symbol" in rows.column_names:
            columns["symbol"] = rows["symbol"]
        else:
            names = [stem(it.path.name) for it in bodies]
            columns["symbol"] = repeated(names, [it.rows for it in bodies])
        columns["at"] = self._times(rows["at"].chunk(0))
        told = tuple(name for name in self.staging.fields.numbers if name in self.columns.found)
        columns |= {name: _proven(exact(rows[name].chunk(0))) for name in told}
        span = self.staging.span
        wanted = kept(pa.table(columns), within(columns["at"], span.first, span.until))
        target = self.staging.folder / f"plain{next(self.numbers)}.parquet"
        pq.write_table(
            wanted,
            target,
            compression="none",
            use_dictionary=["file", "symbol"],
            write_statistics=False,
            store_schema=False,
            store_decimal_as_integer=True,
            row_group_size=_GROUP_ROWS,
        )
        return Part(str(target), None, None, told, adjusted=False, numbered=False)

    def _parsed(self, bodies: Sequence[_Body]) -> pa.Table:
        """Return a row a line, each column whole, with letters in columns of text alone."""
        text = b"".join(it.text for it in bodies)
        letters = sum(it.odd for it in bodies)
        rows = _read(text, self.dialect, self._types(pa.int64(), extra=letters > 0))
        if rows is None:
            rows = _read(text, self.dialect, self._types(pa.float64(), extra=letters > 0))
        if rows is None or rows.num_rows != sum(it.rows for it in bodies):
            raise _NotPlainError
        rows = rows.combine_chunks()
        texts = [it.chunk(0) for it in rows.columns if pa.types.is_string(it.type)]
        if letters != sum(odd(it, self._usual) for it in texts):
            raise _NotPlainError
        if "symbol" in rows.column_names and not are_words(rows["symbol"].chunk(0)):
            raise _NotPlainError
        return rows

    def _times(self, column: pa.Array) -> pa.Array:
        times = column if self.staging.daily else _proven(instants(column))
        if times.null_count or not within(times, _FIRST, _UNTIL).all():
            raise _NotPlainError
        return times

    def _types(self, volume: pa.DataType, *, extra: bool) -> dict[str, pa.DataType | None]:
        """Return the types of the columns in their order; None for one that needs no look."""
        typed = dict.fromkeys(self.staging.fields.numbers, pa.float64())
        typed |= {
            "symbol": pa.string(),
            "volume": volume,
            "at": pa.date32() if self.staging.daily else pa.string(),
        }
        names = {place: name for name, place in self.columns.found.items()}
        unnamed = pa.string() if extra else None
        return {
            names.get(i, f"extra{i}"): typed[names[i]] if i in names else unnamed
            for i in range(len(self.dialect.header))
        }

    @property
    def _usual(self) -> bytes:
        return _USUAL + self.dialect.delimiter.encode()


def _block(lines: IO[bytes], end: bytes) -> bytes:
    """Return the next whole lines, each ended by a newline alone; nothing at the end of the file."""
    text = lines.read(_BLOCK)
    if not text.endswith(b"\n") and len(text) == _BLOCK:
        text += lines.readline(_LONGEST_LINE)
        if not text.endswith(b"\n") and len(text) == _BLOCK + _LONGEST_LINE:
            raise _NotPlainError
    if end == b"\r\n":
        if not text.count(end) == text.count(b"\r") == text.count(b"\n"):
            raise _NotPlainError
        text = text.replace(end, b"\n")
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _read(
    text: bytes, dialect: Dialect, types: Mapping[str, pa.DataType | None]
) -> pa.Table | None:
    wanted = {name: it for name, it in types.items() if it is not None}
    try:
        return pcsv.read_csv(
            pa.BufferReader(text),
            read_options=pcsv.ReadOptions(column_names=list(types)),
            parse_options=pcsv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=False, ignore_empty_lines=False
            ),
            convert_options=pcsv.ConvertOptions(
                column_types=wanted, include_columns=list(wanted), null_values=[""]
            ),
        )
    except pa.ArrowInvalid:
        return None


def _proven(column: pa.Array | None) -> pa.Array:
    if column is None:
        raise _NotPlainError
    return column
