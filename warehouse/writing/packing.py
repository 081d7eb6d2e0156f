"""Narrows exact columns to the type of their file, and proves that nothing is lost.

What they need is counted over all rows of a partition, never some of them; see `periods.sql.j2`.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.errors import SchemaError
from warehouse.schema import DECIMALS, EXACT, Needs, Types, size_of

INT32_DIGITS, INT64_DIGITS = 9, 18

# A value has no more decimals than n if it is a multiple of 10^-n.
STEPS = tuple((Decimal(1).scaleb(-it), it) for it in DECIMALS)
BEYOND = size_of(EXACT[1])[1]


def needs_of(names: Sequence[str], found: Sequence[Any]) -> Needs:
    """Return what columns need, of which each has its most decimals and its largest absolute value."""
    return tuple(
        (name, _whole_digits(largest), decimals)
        for name, decimals, largest in zip(names, found[::2], found[1::2], strict=True)
    )


def packed_schema(schema: pa.Schema, types: Types) -> pa.Schema:
    """Return a schema whose exact columns have the types of a file."""
    for name, exact in types:
        at = schema.get_field_index(name)
        schema = schema.set(at, schema.field(at).with_type(_arrow_type(exact)))
    return schema


def packed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows in the types of a schema.

    Raises
    ------
    SchemaError
        A type does not hold every value of its column.
    """
    return pa.table(list(_columns(rows.combine_chunks(), schema)), schema=schema)


def _columns(rows: pa.Table, schema: pa.Schema) -> Iterator[pa.ChunkedArray]:
    for column, field in zip(rows.columns, schema, strict=True):
        if column.type == field.type:
            yield column
        else:
            yield pa.chunked_array([_packed(it, field) for it in column.chunks], field.type)


def _packed(values: pa.Array, field: pa.Field) -> pa.Array:
    to = field.type
    if values.type.bit_width > 64:
        try:
            values = values.cast(pa.decimal64(to.precision, to.scale))
        except pa.ArrowInvalid as error:
            raise _loses(field) from error
    given = _whole(values)
    bitmap = None
    if values.null_count:
        bits = np.frombuffer(values.buffers()[0], np.uint8)
        valid = np.unpackbits(bits, bitorder="little")[values.offset :][: len(values)]
        given = np.where(valid, given, 0)
        bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
    step = 10 ** (values.type.scale - to.scale)
    kept = (given // step).astype(np.int32 if to.bit_width == 32 else np.int64)
    if (np.multiply(kept, step, dtype=np.int64) != given).any():
        raise _loses(field)
    return pa.Array.from_buffers(to, len(values), [bitmap, pa.py_buffer(kept)], values.null_count)


def _whole(values: pa.Array) -> Any:
    # The buffer itself: `to_numpy` would import pandas.
    kind = {32: np.int32, 64: np.int64}[values.type.bit_width]
    return np.frombuffer(values.buffers()[1], kind)[values.offset :][: len(values)]


def _whole_digits(largest: Decimal | None) -> int:
    return len(str(int(largest or 0)))


def _arrow_type(exact: str) -> pa.DataType:
    digits, decimals = size_of(exact)
    if digits <= INT32_DIGITS:
        return pa.decimal32(digits, decimals)
    return (pa.decimal64 if digits <= INT64_DIGITS else pa.decimal128)(digits, decimals)


def _loses(field: pa.Field) -> SchemaError:
    problem = f"the type {field.type} was chosen for column {field.name!r} and loses a value of it"
    return SchemaError(field.name, problem)
