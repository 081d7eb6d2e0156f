"""zipline's daily bars in a bcolz table: one block of rows a sid, a row a session of its life."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rustybt.data.readers.legacy.carray import Column
from rustybt.data.readers.legacy.columns import (
    FIELDS,
    about_sids,
    daily_bars,
    no_daily_bars,
    scaled,
)
from rustybt.data.readers.legacy.layout import LayoutError, cut, read_json, told_numbers

RATIO: Final = 1000  # of prices
_DAY_SECONDS: Final = 86_400


class Daily:
    """A folder of daily bars.

    Parameters
    ----------
    folder
        Such as ``daily_equities.bcolz``.

    Raises
    ------
    LayoutError
        A part of it is missing, or its parts contradict each other.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        told = folder / "__attrs__"
        self._attributes = read_json(told)
        if "first_row" not in self._attributes:
            raise LayoutError(
                told, "expected the rows of each sid, found none: was it written whole?"
            )
        self._first = told_numbers(told, self._attributes, "first_row")
        self._last = told_numbers(told, self._attributes, "last_row")
        self._columns = {it: Column(folder / it) for it in (*FIELDS, "day", "id")}
        lengths = {name: column.rows for name, column in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise LayoutError(folder, f"expected columns of one length, found {lengths}")
        if self._first.keys() != self._last.keys():
            raise LayoutError(told, "expected a first and a last row of the same sids")
        self._check_blocks(told, lengths["id"])

    def facts(self) -> dict[str, Any]:
        """Return the calendar that the folder names."""
        calendar = self._attributes.get("calendar_name")
        return {"calendar": calendar if isinstance(calendar, str) else None}

    def tables(self, of: Mapping[str, Any]) -> Iterator[tuple[str, pa.Table]]:
        """Yield how many rows each sid has, the wanted sids that are left, and the bars of the others."""
        rows = {sid: self._last[sid] - self._first[sid] + 1 for sid in sorted(self._first)}
        begun, left = cut(of, rows)
        yield from about_sids(rows, left)
        yield "bars", no_daily_bars()
        for begin, end, sids in self._blocks(begun):
            yield "bars", self._bars(begin, end, sids)

    def _check_blocks(self, path: Path, rows: int) -> None:
        """Refuse rows of two sids, of none, or beyond the columns."""
        ends = sorted((self._first[sid], self._last[sid] + 1) for sid in self._first)
        bounds = [0, *(it for end in ends for it in end), rows]
        if any(first >= until for first, until in ends) or bounds[::2] != bounds[1::2]:
            raise LayoutError(
                path, f"expected each of {rows} rows to be of one sid, found {ends[:5]}"
            )

    def _blocks(self, sids: Sequence[int]) -> Iterator[tuple[int, int, list[int]]]:
        """Yield stretches of rows without a gap, and their sids in order of rows."""
        ordered = sorted(sids, key=self._first.__getitem__)
        held: list[int] = []
        for sid in ordered:
            if held and self._first[sid] != self._last[held[-1]] + 1:
                yield self._first[held[0]], self._last[held[-1]] + 1, held
                held = []
            held.append(sid)
        if held:
            yield self._first[held[0]], self._last[held[-1]] + 1, held

    def _bars(self, begin: int, end: int, of: list[int]) -> pa.Table:
        read = {name: column.read(begin, end) for name, column in self._columns.items()}
        expected = np.repeat(of, [self._last[sid] - self._first[sid] + 1 for sid in of])
        if (read["id"] != expected).any():
            at = begin + int(np.flatnonzero(read["id"] != expected)[0])
            raise LayoutError(
                self._folder / "id", f"row {at} is of another sid than __attrs__ says"
            )
        numbers, rest = np.divmod(read["day"].astype(np.int64), _DAY_SECONDS)
        if rest.any():
            raise LayoutError(self._folder / "day", "expected seconds of midnights, found others")
        if ((np.diff(numbers) <= 0) & (np.diff(expected) == 0)).any():
            raise LayoutError(self._folder / "day", "expected the days of each sid to ascend")
        units = {
            name: scaled(str(self._folder / name), read[name], 1 if name == "volume" else RATIO)
            for name in FIELDS
        }
        return daily_bars(expected, numbers, units)
