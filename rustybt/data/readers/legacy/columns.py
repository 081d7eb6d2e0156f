"""Arrow columns out of NumPy arrays, by their buffers, and whole numbers as exact decimals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rustybt.data.readers.legacy.layout import LayoutError

FIELDS: Final = ("open", "high", "low", "close", "volume")
DECIMALS: Final = 8
EXACT: Final = pa.decimal64(18, DECIMALS)

Whole = NDArray[np.int64]


def scaled(path: str, raw: NDArray[np.unsignedinteger[Any]], ratio: int) -> Whole:
    """Return stored numbers divided by their ratio, in units of the eighth decimal.

    Raises
    ------
    LayoutError
        A quotient has more than 8 decimals, or the ratio is not positive.
    """
    if ratio <= 0:
        raise LayoutError(path, f"expected a positive ratio of prices, found {ratio}")
    units, rest = np.divmod(raw.astype(np.int64) * 10**DECIMALS, ratio)
    if rest.any():
        raise LayoutError(path, f"expected prices of at most 8 decimals, found the ratio {ratio}")
    found: Whole = units
    return found


def exact(units: Whole, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return units of the eighth decimal as DECIMAL(18,8); NULL where missing."""
    present = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    values = pa.py_buffer(np.ascontiguousarray(units, dtype="<i8"))
    return pa.Array.from_buffers(EXACT, len(units), [present, values])


def column(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Return an array as a column of a type of the same width, without missing values."""
    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def about_sids(rows: Mapping[int, int], left: Sequence[int]) -> Iterator[tuple[str, pa.Table]]:
    """Yield how many rows each sid has, and the sids that are left unread."""
    sids = np.fromiter(rows, np.int64, len(rows))
    counts = np.fromiter(rows.values(), np.int64, len(rows))
    yield "sids", pa.table({"sid": column(sids, pa.int64()), "rows": column(counts, pa.int64())})
    yield "unread", pa.table({"sid": column(np.array(left, np.int64), pa.int64())})


def no_daily_bars() -> pa.Table:
    """Return a table as of `daily_bars` without rows."""
    none = np.zeros(0, np.int64)
    return daily_bars(none, none, dict.fromkeys(FIELDS, none))


def daily_bars(sids: Whole, sessions: Whole, units: Mapping[str, Whole]) -> pa.Table:
    """Return bars of sessions (days since 1970); see `_bars`."""
    return _bars(sids, ("session", sessions.astype("<i4"), pa.date32()), units)


def minute_bars(sids: Whole, instants: Whole, units: Mapping[str, Whole]) -> pa.Table:
    """Return bars of instants (microseconds since 1970) at which they begin; see `_bars`."""
    return _bars(sids, ("ts", instants.astype("<i8"), pa.timestamp("us")), units)


def _bars(
    sids: Whole, label: tuple[str, NDArray[Any], pa.DataType], units: Mapping[str, Whole]
) -> pa.Table:
    """Return bars as a table: sid, label and `FIELDS`, without those that are all zero.

    A price of zero is missing, as its writers have it. A volume of zero is zero.
    """
    name, labels, kind = label
    present = np.zeros(len(sids), dtype=bool)
    for values in units.values():
        present |= values != 0
    kept = np.flatnonzero(present)
    columns = {
        "sid": column(sids[kept].astype("<i4"), pa.int32()),
        name: column(labels[kept], kind),
    }
    for field in FIELDS:
        values = units[field][kept]
        columns[field] = exact(values, None if field == "volume" else values == 0)
    return pa.table(columns)
