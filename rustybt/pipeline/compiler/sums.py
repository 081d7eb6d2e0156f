"""Running sums of the fields of the bars, kept with the rows: the sum of a window is a difference of two.

Values are counted in their smallest unit, so that sums are whole numbers, which a DOUBLE holds exactly.
Apart from the spine, since a program is compiled from what is known about them alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS
from rustybt.pipeline.vocabulary.nanmath import Values

if TYPE_CHECKING:
    from warehouse import Warehouse

_EXACT: Final = 2.0**53  # below which each whole number is a DOUBLE
_LONGEST: Final = 2.0**62
_WIDEST: Final = 8  # decimals that an unpacked file holds

Units = Mapping[str, float]


@dataclass(frozen=True)
class Sums:
    """The running sums of a field.

    Parameters
    ----------
    total, count
        Columns of the sum of its values so far, in units, and of how many there were, times the units
        that make 1: a mean divides one difference by the other.
    unit
        How many units make 1.
    gap
        Sessions in a row that may be without a value; as many as an asset has if one begins so.
    """

    total: str
    count: str
    unit: float
    gap: int

    def also(self, other: "Sums") -> "Sums":
        """Return what holds for the rows of both."""
        return replace(self, gap=max(self.gap, other.gap))


def units_of(bundle: str, warehouse: "Warehouse") -> Units:
    """Return in how many units each field of the bars is stored, as the files have it."""
    decimals: dict[str, int] = {}
    for name, _, file in warehouse.snapshot(bundle).files():
        if name == "bars_1d":
            scales = {field: int(it[:-1].rpartition(",")[2]) for field, it in file.types}
            for field in ("open", "high", "low", "close", "volume"):
                decimals[field] = max(decimals.get(field, 0), scales.get(field, _WIDEST))
    return {field: 10.0**it for field, it in decimals.items()}


def with_sums(
    rows: pa.Table, fields: Iterable[BoundColumn], units: Units
) -> tuple[pa.Table, dict[str, Sums]]:
    """Return the rows with running sums, and which fields have exact ones, by their steady name.

    Parameters
    ----------
    rows
        Of a spine, by sid and session; each asset begins anew.
    fields
        Of the bars.
    units
        By name of the field.
    """
    sids, k = (rows[name].combine_chunks().to_numpy() for name in ("sid", "k"))
    starts = np.flatnonzero(np.diff(sids, prepend=sids[:1] - 1))
    sizes = np.diff(starts, append=len(sids))
    first = k == 0
    first[starts] = True
    found: dict[str, Sums] = {}
    for field in fields:
        values = rows[field.raw].combine_chunks().to_numpy(zero_copy_only=False)
        there, unit = ~np.isnan(values), units.get(field.name, 1.0)
        ticks = np.where(there, np.rint(values * unit), 0.0)
        largest = float(np.abs(ticks).max(initial=0))
        whole = largest < _EXACT and bool((ticks[there] / unit == values[there]).all())
        columns = f"{field.name}_total", f"{field.name}_count"
        totals = _running(ticks if whole else np.zeros_like(ticks), starts, sizes)
        counts = _running(np.where(there & (k >= 0), unit, 0.0), starts, sizes)
        # Integers of 64 bits hold a sum that is too large, unless the values are so large themselves.
        whole &= largest * sizes.max(initial=0) < _LONGEST and bool((np.abs(totals) < _EXACT).all())
        for name, column in zip(columns, (totals, counts), strict=True):
            rows = rows.append_column(name, pa.array(column.astype("f8")))
        whole &= bool((counts < _EXACT).all())
        if whole:
            found[field.steady] = Sums(*columns, unit, _gap(~there & (k >= 0), first))
    return rows, found


def _gap(missing: Values, first: Values) -> int:
    """Return the sessions in a row without a value, rounded up so that programs seldom change.

    `missing` and `first`, the first session of an asset, are truth values by row.
    """
    at = np.flatnonzero(missing)
    if not len(at):
        return 0
    if first[at].any():
        return ALL_SESSIONS
    ends = np.flatnonzero(np.diff(at, append=-1) != 1)
    longest = int(np.diff(ends, prepend=-1).max())
    return 1 << (longest - 1).bit_length()


def _running(values: Values, starts: Values, sizes: Values) -> Values:
    whole = values.astype("i8")
    running = np.cumsum(whole)
    before = running[starts] - whole[starts]
    found: Values = running - np.repeat(before, sizes)
    return found
