"""Takes rows of a batch by their numbers.

Arrow's own `take` lies in `pyarrow.compute`, whose import takes as long as many a whole upsert.
"""

from typing import Any

import numpy as np
import pyarrow as pa


def gathered(batch: pa.RecordBatch, order: Any) -> pa.RecordBatch:
    """Return rows by an array of their numbers; columns are texts, booleans or of a fixed width."""
    columns = [_gathered(it, order) for it in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _gathered(column: pa.Array, order: Any) -> pa.Array:
    present = _bits(column, 0, order) if column.null_count else None
    if pa.types.is_boolean(column.type):
        values = [_bits(column, 1, order)]
    else:
        values = (_letters if pa.types.is_string(column.type) else _fixed)(column, order)
    return pa.Array.from_buffers(column.type, len(order), [present, *values])


def _bits(column: pa.Array, buffer: int, order: Any) -> pa.Buffer:
    bits = np.unpackbits(np.frombuffer(column.buffers()[buffer], np.uint8), bitorder="little")
    return pa.py_buffer(np.packbits(bits[column.offset :][: len(column)][order], bitorder="little"))


def _fixed(column: pa.Array, order: Any) -> list[pa.Buffer]:
    kind = np.dtype({32: "i4", 64: "i8", 128: "V16"}[column.type.bit_width])
    values = np.frombuffer(column.buffers()[1], kind)[column.offset :][: len(column)]
    return [pa.py_buffer(values[order])]


def _letters(column: pa.Array, order: Any) -> list[pa.Buffer]:
    ends = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1]
    lengths = np.diff(ends)[order]
    new_ends = np.zeros(len(order) + 1, np.int32)
    np.cumsum(lengths, out=new_ends[1:])
    places = np.repeat(ends[:-1][order] - new_ends[:-1], lengths) + np.arange(new_ends[-1])
    letters = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    return [pa.py_buffer(new_ends), pa.py_buffer(letters[places])]
