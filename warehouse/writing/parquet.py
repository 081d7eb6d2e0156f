"""Writes rows that come in the order of their key into one sorted Parquet file a partition.

All partitions are filled in one pass over the rows, since a pass for each would read the rows as often
as there are partitions. The same rows give the same bytes, however many partitions are written.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import config
from warehouse.schema import DECIMALS, Dataset
from warehouse.writing.gather import gathered
from warehouse.writing.packing import INT64_DIGITS, packed

ROW_GROUP_ROWS = 122_880  # the unit that a filter on sid can skip
PASS_FILES = 24  # files that are open at once: each may hold a row group in memory

Span = tuple[date, date]


class DisorderError(Exception):
    """Rows that were proven to stand in order came in another; caught by `Writer`, which sorts them."""


_DAYS = np.dtype("datetime64[D]")


@dataclass(frozen=True)
class Target:
    """A new file: its path, the span [first, until) of its rows or None for all, and its schema."""

    path: Path
    span: Span | None
    schema: pa.Schema


@dataclass
class _File:
    """One file being written; rows wait until they fill a row group."""

    writer: pq.ParquetWriter
    schema: pa.Schema
    waiting: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self.waiting.append(batch)
        self.rows += batch.num_rows
        while self.rows >= ROW_GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        rows = pa.Table.from_batches(self.waiting)
        group = packed(rows[:ROW_GROUP_ROWS], self.schema)
        self.writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
        self.waiting = rows[ROW_GROUP_ROWS:].to_batches()
        self.rows = sum(it.num_rows for it in self.waiting)


def write_sorted(
    batches: Iterable[pa.RecordBatch], dataset: Dataset, files: Sequence[Target]
) -> None:
    """Write rows into the files that they belong to.

    Parameters
    ----------
    batches
        Rows in order of the dataset's key.
    files
        In order of time. Rows of no span are left out. A schema may narrow exact columns.

    Raises
    ------
    DisorderError
        The rows of a dataset with a time did not come in the order of their key.
    SchemaError
        A schema does not hold every value.
    """
    with ExitStack() as stack:
        opened = [_File(stack.enter_context(_opened(file)), file.schema) for file in files]
        spans = [file.span for file in files if file.span is not None]
        if spans:
            for number, rows in _routed(_in_order(_ahead(batches), dataset), dataset.time, spans):
                opened[number].add(rows)
        else:
            for batch in batches:
                opened[0].add(batch)
        for file in opened:
            if file.rows:
                file.flush()


def strictly_ordered(batches: Iterable[pa.RecordBatch]) -> bool:
    """Whether rows of whole numbers and times, the first column first, rise and are never NULL."""
    last: tuple[Any, ...] | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        if any(it.null_count for it in batch.columns):
            return False
        columns = [_whole(it) for it in batch.columns]
        rises = np.zeros(batch.num_rows - 1, bool)
        for column in reversed(columns):
            rises = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & rises)
        if not rises.all() or (last is not None and tuple(it[0] for it in columns) <= last):
            return False
        last = tuple(it[-1] for it in columns)
    return True


def _ahead(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the batches, while a thread makes the one that comes next."""
    left = iter(batches)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, left, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, left, None)
            yield batch


def _in_order(batches: Iterable[pa.RecordBatch], dataset: Dataset) -> Iterator[pa.RecordBatch]:
    last: pa.RecordBatch | None = None
    for batch in batches:
        keys = batch.select(dataset.key)
        if not strictly_ordered([keys] if last is None else [last, keys]):
            raise DisorderError
        last = keys[-1:] if keys.num_rows else last
        yield batch


def _routed(
    batches: Iterable[pa.RecordBatch], time: str, spans: Sequence[Span]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    for batch in batches:
        if not batch.num_rows:
            continue
        times = batch.column(time)
        unit = _DAYS if pa.types.is_date(times.type) else np.dtype("datetime64[us]")
        first, until = (np.array(it, _DAYS).astype(unit) for it in zip(*spans, strict=True))
        at = _whole(times).view(unit) if unit != _DAYS else _whole(times).astype(_DAYS)
        number = np.searchsorted(first, at, side="right") - 1
        number[(number < 0) | (at >= until[number])] = -1
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(spans) + 1))
        rows = gathered(batch, order)
        for of, (begin, end) in enumerate(pairwise(bounds)):
            if end > begin:
                yield of, rows.slice(begin, end - begin)


def _whole(column: pa.Array) -> Any:
    # The buffer itself: `to_numpy` would import pandas.
    kind = {32: np.int32, 64: np.int64}[column.type.bit_width]
    values = np.frombuffer(column.buffers()[1], dtype=kind)
    return values[column.offset : column.offset + len(column)]


def _opened(file: Target) -> pq.ParquetWriter:
    return pq.ParquetWriter(file.path, file.schema, **_encoded(file.schema))


def _encoded(schema: pa.Schema) -> dict[str, Any]:
    """Return how columns are packed: numbers by their differences, names and unusual prices recur.

    Values of which a few alone have many decimals differ in steps too large to pack; volumes and sizes
    of that kind do not recur either. Each id of a trade is another, and begins as the last one does.
    """
    encodings = {}
    for column in schema:
        if column.name == "id":
            encodings[column.name] = "DELTA_BYTE_ARRAY"
        elif not pa.types.is_decimal(column.type):
            if pa.types.is_integer(column.type) or pa.types.is_temporal(column.type):
                encodings[column.name] = "DELTA_BINARY_PACKED"
        elif column.type.scale < DECIMALS[-1]:
            encodings[column.name] = "DELTA_BINARY_PACKED"
        elif column.name in ("volume", "size") and column.type.precision <= INT64_DIGITS:
            encodings[column.name] = "BYTE_STREAM_SPLIT"  # DuckDB reads no decimals of more so
    compression = config.load()["data.compression"]
    return {
        "compression": compression,
        "compression_level": 3 if compression == "zstd" else None,
        "store_decimal_as_integer": True,
        "store_schema": False,
        "use_dictionary": [name for name in schema.names if name not in encodings],
        "column_encoding": encodings,
    }
