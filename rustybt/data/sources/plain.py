"""Reads the text files whose rows need no care: dates, digits, points and delimiters, nothing else.

Apart from the reading of all other text, because it is several times as fast: what would make a fast
parser round, guess or skip is excluded by the bytes of a file before they are parsed.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import polars as pl

from rustybt.data.sources.columns import NUMBERS, Columns
from rustybt.data.sources.dialect import Dialect
from rustybt.data.sources.options import stem
from rustybt.data.sources.staging import Part, Staging
from rustybt.data.sources.times import ISO, TimeForm

_THREADS = 2
_PASS_BYTES = 6 << 20  # of text that is parsed at once, by each thread
_LARGEST = 64 << 20  # bytes of a file; a larger one is read as a stream
_DIGITS = b"0123456789"
_ZEROS = bytes.maketrans(_DIGITS, b"0" * len(_DIGITS))
_NINE_DECIMALS = b"." + b"0" * 9
_FIRST, _UNTIL = date(1900, 1, 1), date(2101, 1, 1)  # days that are taken for days of bars
_EXACT = pl.Decimal(18, 8)


def stage_plain(
    files: Sequence[Path], dialect: Dialect, columns: Columns, form: TimeForm, staging: Staging
) -> list[Path]:
    """Add all rows of the files that are plain to a staging, and return the other files.

    A file is taken whole or not at all. In a plain one every line has all its fields; a time is a date
    as YYYY-MM-DD, and a number is missing or written with at most 8 decimals and no exponent.
    """
    could_be = (
        staging.daily
        and form == ISO
        and (dialect.encoding, dialect.blank) == ("utf-8", 0)
        and not {"symbol", "adjusted"} & set(columns.found)
    )
    if not could_be:
        return list(files)
    reader = _Reader(dialect, columns, staging, count(len(staging.parts)))
    left = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for parts, others in threads.map(reader.taken, _passes(files)):
            staging.parts += parts
            left += others
    return left


def _passes(files: Sequence[Path]) -> list[list[Path]]:
    passes: list[list[Path]] = [[]]
    size = 0
    for file in files:
        if size > _PASS_BYTES:
            passes.append([])
            size = 0
        passes[-1].append(file)
        size += file.stat().st_size
    return passes


@dataclass(frozen=True)
class _Body:
    """The lines of a file below its header."""

    path: Path
    text: bytes

    @property
    def rows(self) -> int:
        return self.text.count(b"\n")


@dataclass(frozen=True)
class _Reader:
    dialect: Dialect
    columns: Columns
    staging: Staging
    numbers: Iterator[int]  # of files that are not written yet

    def taken(self, files: Sequence[Path]) -> tuple[list[Part], list[Path]]:
        """Return the parts that some files gave, and the files that are not plain."""
        read = {file: self._body(file) for file in files}
        bodies = [body for body in read.values() if body is not None]
        parts = list(self._parts(bodies))
        done = {Path(path) for _, paths in parts for path in paths}
        return [part for part, _ in parts], [file for file in files if file not in done]

    def _body(self, file: Path) -> _Body | None:
        """Return the lines of a file if all its characters are plain, and no number too long."""
        symbol = stem(file.name)
        if not symbol.isascii() or symbol != symbol.strip() or not symbol:
            return None
        if file.suffix.lower() == ".gz" or file.stat().st_size > _LARGEST:
            return None
        header, _, text = file.read_bytes().partition(b"\n")
        if not text or b'"' in header or b"\r" in header:  # which may end a line, or be part of one
            return None
        if not text.endswith(b"\n"):
            text += b"\n"
        if text.translate(None, _DIGITS + b".-\n" + self.dialect.delimiter.encode()):
            return None
        return None if _NINE_DECIMALS in text.translate(_ZEROS) else _Body(file, text)

    def _parts(self, bodies: Sequence[_Body]) -> Iterator[tuple[Part, list[str]]]:
        """Halve what cannot be parsed, until the files that cannot are alone and left out."""
        if not bodies:
            return
        rows = self._parsed(bodies)
        if rows is not None:
            yield self._part(bodies, rows), [str(it.path) for it in bodies]
        elif len(bodies) > 1:
            half = len(bodies) // 2
            yield from self._parts(bodies[:half])
            yield from self._parts(bodies[half:])

    def _parsed(self, bodies: Sequence[_Body]) -> pl.DataFrame | None:
        """Return the typed rows of some files, or None if a line of them is not plain."""
        positions = {place: name for name, place in self.columns.found.items()}
        names = [positions.get(i, f"extra{i}") for i in range(len(self.dialect.header))]
        text = b"".join(it.text for it in bodies)
        lines, delimiter = text.count(b"\n"), self.dialect.delimiter
        # The parser refuses a field too many; with none too many, a count shows that none is too few.
        if text.count(delimiter.encode()) != lines * (len(names) - 1):
            return None
        try:
            rows = pl.read_csv(
                text,
                has_header=False,
                separator=delimiter,
                quote_char=None,
                schema={it: _EXACT if it in NUMBERS else pl.String for it in names},
            ).with_columns(pl.col("at").str.to_date("%Y-%m-%d", strict=True))
        except pl.exceptions.PolarsError:
            return None
        if rows.height != lines or rows["at"].null_count():
            return None
        return rows if rows.select(_between(_FIRST, _UNTIL).all()).item() else None

    def _part(self, bodies: Sequence[_Body], rows: pl.DataFrame) -> Part:
        span = self.staging.span
        wanted = rows.with_columns(
            _repeated([str(it.path) for it in bodies], bodies).alias("file"),
            _repeated([stem(it.path.name) for it in bodies], bodies).alias("symbol"),
        ).filter(_between(span.first or _FIRST, span.until or _UNTIL))
        columns = tuple(name for name in NUMBERS if name in self.columns.found)
        target = self.staging.folder / f"plain{next(self.numbers)}.parquet"
        wanted.select(
            "file", "symbol", pl.col("at").cast(pl.Datetime("us")), *columns
        ).write_parquet(target, compression="uncompressed", statistics=False)
        return Part(str(target), None, None, columns, adjusted=False, numbered=False)


def _repeated(names: Sequence[str], bodies: Sequence[_Body]) -> pl.Series:
    each = pl.Series(names, dtype=pl.Categorical)
    return each.repeat_by(pl.Series([it.rows for it in bodies])).explode()


def _between(first: date, until: date) -> pl.Expr:
    return pl.col("at").is_between(first, until, closed="left")
