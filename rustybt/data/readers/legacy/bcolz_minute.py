"""zipline's minute bars: a bcolz table a sid, the same number of rows for each session."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rustybt.data.readers.legacy.carray import Column
from rustybt.data.readers.legacy.columns import FIELDS, about_sids, minute_bars, scaled
from rustybt.data.readers.legacy.layout import (
    LayoutError,
    cut,
    read_json,
    told_int,
    told_numbers,
)

_MINUTE: Final = 60_000_000  # microseconds


class Minutes:
    """A folder of minute bars.

    Parameters
    ----------
    folder
        Such as ``minute_equities.bcolz``.

    Raises
    ------
    LayoutError
        A part of it is missing, or its parts contradict each other.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "metadata.json"
        told = read_json(path)
        self._ratio = told_int(path, told, "ohlc_ratio")
        self._ratios: dict[int, int] = {}
        if told.get("ohlc_ratios_per_sid") is not None:
            self._ratios = told_numbers(path, told, "ohlc_ratios_per_sid")
        self._a_day = told_int(path, told, "minutes_per_day")
        if not 0 < self._a_day <= 1440:
            raise LayoutError(path, f"expected minutes_per_day, found {self._a_day}")
        self._folders = {}
        for place in sorted(folder.glob("[0-9]*/[0-9]*/*.bcolz")):
            if not place.stem.isdecimal():
                raise LayoutError(place, "expected a sid for a name")
            self._folders[int(place.stem)] = place
        self._calendar: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return the calendar, as the parent named it."""
        return {"calendar": self._calendar}

    def tables(self, of: Mapping[str, Any]) -> Iterator[tuple[str, pa.Table]]:
        """Yield how many rows each sid has, the wanted sids that are left, and the bars of the others."""
        self._calendar = of["calendar"]
        opens = np.array(of["opens"], np.int64)
        rows = {sid: Column(place / "close").rows for sid, place in self._folders.items()}
        begun, left = cut(of, rows)
        yield from about_sids(rows, left)
        none = np.zeros(0, np.int64)
        yield "bars", minute_bars(none, none, dict.fromkeys(FIELDS, none))
        for sid in begun:
            yield "bars", self._bars(sid, opens)

    def _bars(self, sid: int, opens: np.ndarray[Any, Any]) -> pa.Table:
        place = self._folders[sid]
        columns = {name: Column(place / name) for name in FIELDS}
        lengths = {name: column.rows for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise LayoutError(place, f"expected columns of one length, found {lengths}")
        read = {name: column.read(0, column.rows) for name, column in columns.items()}
        held = np.flatnonzero(np.any([it != 0 for it in read.values()], axis=0))
        sessions, minutes = np.divmod(held, self._a_day)
        if len(held) and sessions[-1] >= len(opens):
            problem = f"expected rows of {len(opens)} sessions, found {int(sessions[-1]) + 1}"
            raise LayoutError(place, problem)
        units = {
            name: scaled(str(place / name), read[name][held], self._ratio_of(sid, name))
            for name in FIELDS
        }
        instants = (opens[sessions] + minutes) * _MINUTE
        return minute_bars(np.full(len(held), sid), instants, units)

    def _ratio_of(self, sid: int, name: str) -> int:
        return 1 if name == "volume" else self._ratios.get(sid, self._ratio)
