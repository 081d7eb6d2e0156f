"""zipline's daily bars in HDF5: a group a country, a row a sid, a column a session."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rustybt.data.readers.legacy.columns import (
    FIELDS,
    about_sids,
    daily_bars,
    no_daily_bars,
    scaled,
)
from rustybt.data.readers.legacy.hdf5 import opened
from rustybt.data.readers.legacy.layout import LayoutError, cut

_DAY_NANOSECONDS: Final = 86_400 * 10**9
_CELLS: Final = 2_000_000  # of one field that are read at once


class Countries:
    """A file of daily bars.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    LayoutError
        It is no HDF5, or not laid out as zipline does.
    """

    def __init__(self, path: Path) -> None:
        self._file = opened(path)
        self._path = path
        groups = [it for it in self._file.values() if isinstance(it, h5py.Group) and "data" in it]
        if not groups:
            raise LayoutError(path, f"expected groups of countries, found {list(self._file)[:5]}")
        self._countries = [_Country(path, it) for it in groups]
        sids = np.concatenate([it.sids for it in self._countries])
        if len(np.unique(sids)) != len(sids):
            raise LayoutError(path, "expected each sid once, found one twice")

    def facts(self) -> dict[str, Any]:
        """Return no calendar: the layout names none."""
        return {"calendar": None}

    def tables(self, of: Mapping[str, Any]) -> Iterator[tuple[str, pa.Table]]:
        """Yield how many rows each sid has, the wanted sids that are left, and the bars of the others."""
        rows = {int(sid): len(it.days) for it in self._countries for sid in it.sids}
        begun, left = cut(of, dict(sorted(rows.items())))
        yield from about_sids(rows, left)
        yield "bars", no_daily_bars()
        for country in self._countries:
            yield from (("bars", it) for it in country.bars(begun))


class _Country:
    def __init__(self, path: Path, group: h5py.Group) -> None:
        self._place = f"{path}:{group.name}"
        self.sids = self._whole(group, "index/sid", 1)
        days, rest = np.divmod(self._whole(group, "index/day", 1), _DAY_NANOSECONDS)
        self.days = days
        if rest.any() or (np.diff(days) <= 0).any():
            raise LayoutError(self._place, "expected days in nanoseconds that ascend")
        self._fields = {it: _dataset(self._place, group, f"data/{it}", 2) for it in FIELDS}
        shape = (len(self.sids), len(days))
        for name, field in self._fields.items():
            if field.shape != shape:
                problem = f"expected {shape} values in data/{name}, found {field.shape}"
                raise LayoutError(self._place, problem)

    def _whole(self, group: h5py.Group, name: str, dimensions: int) -> NDArray[np.int64]:
        values = _read(self._place, _dataset(self._place, group, name, dimensions))
        return values.astype(np.int64)

    def bars(self, wanted: list[int]) -> Iterator[pa.Table]:
        """Yield the bars of the sids that are wanted, some sids a table."""
        places = np.flatnonzero(np.isin(self.sids, wanted))
        at_once = max(1, _CELLS // max(len(self.days), 1))
        for begin in range(0, len(places), at_once):
            yield self._bars(places[begin : begin + at_once])

    def _bars(self, places: NDArray[np.int64]) -> pa.Table:
        units = {}
        for name, field in self._fields.items():
            values = _read(self._place, field, slice(places[0], places[-1] + 1))
            raw = values[places - places[0]].reshape(-1)
            units[name] = scaled(f"{self._place}/data/{name}", raw, self._ratio(name, field))
        sids = np.repeat(self.sids[places], len(self.days))
        return daily_bars(sids, np.tile(self.days, len(places)), units)

    def _ratio(self, name: str, field: h5py.Dataset) -> int:
        told = field.attrs.get("scaling_factor")
        if not isinstance(told, (int, np.integer)):
            problem = f"expected a whole scaling_factor of data/{name}, found {told!r:.40}"
            raise LayoutError(self._place, problem)
        return int(told)


def _dataset(place: str, group: h5py.Group, name: str, dimensions: int) -> h5py.Dataset:
    """Return a dataset of whole numbers; anything else, such as objects, is refused unread."""
    try:
        found = group[name]
    except (KeyError, OSError, RuntimeError) as error:
        raise LayoutError(place, f"expected {name} ({error})") from error
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "iu":
        kind = found.dtype if isinstance(found, h5py.Dataset) else "a group"
        raise LayoutError(place, f"expected whole numbers in {name}, found {kind}")
    if found.ndim != dimensions or found.external or found.is_virtual:
        raise LayoutError(place, f"expected {name} of {dimensions} dimensions, in the file itself")
    return found


def _read(place: str, field: h5py.Dataset, rows: Any = slice(None)) -> NDArray[Any]:
    try:
        values: NDArray[Any] = field[rows]
    except (OSError, RuntimeError, ValueError) as error:
        raise LayoutError(place, f"{field.name} cannot be read ({error})") from error
    return values
