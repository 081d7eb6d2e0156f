"""A checksum of a result, the same wherever and whenever the run is repeated."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from rustybt.metrics.tables import tables_of
from warehouse.backtests import FILLS

if TYPE_CHECKING:
    import pandas as pd

_NULL: Final = "\x00"
_END: Final = b"\x1e"
# Columns that older runs were stored without; so that the digest of an equal run stays theirs.
_LATER: Final = frozenset({(FILLS.name, "reason")})


def digest(perf: "pd.DataFrame") -> str:
    """Return the SHA-256 of a result frame's values, in hexadecimal.

    All numbers go in to the last bit, minus zero as zero; instants in UTC, assets by sid and symbol,
    recorded values as JSON. Nothing of the time, the machine or the folder of the run goes in, nor
    the reasons of fills.
    """
    return digest_of(tables_of(perf))


def digest_of(tables: Mapping[str, pa.Table]) -> str:
    """Return the SHA-256 of a result that is given as its tables, in hexadecimal."""
    sums = hashlib.sha256()
    for name in sorted(tables):
        sums.update(f"{name} {tables[name].num_rows}".encode() + _END)
        for column in (it for it in tables[name].column_names if (name, it) not in _LATER):
            sums.update(column.encode() + _END)
            for part in _bytes(tables[name].column(column).combine_chunks()):
                sums.update(part)
    return sums.hexdigest()


def _bytes(column: pa.Array) -> list[bytes]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        # By row, so that it does not matter how the texts are numbered.
        return _bytes(column.dictionary) + _bytes(column.indices)
    if pa.types.is_floating(kind):
        values = column.fill_null(np.nan).to_numpy(zero_copy_only=False) + 0.0
        values[np.isnan(values)] = np.nan
        return [values.astype("<f8").tobytes()]
    if pa.types.is_string(kind):
        return ["\x1f".join(_NULL if it is None else it for it in column.to_pylist()).encode()]
    whole = column.cast(pa.int32()) if pa.types.is_date(kind) else column
    whole = whole.cast(pa.int64())
    missing = whole.is_null().to_numpy(zero_copy_only=False).tobytes() if whole.null_count else b""
    return [missing, whole.fill_null(0).to_numpy().astype("<i8").tobytes()]
