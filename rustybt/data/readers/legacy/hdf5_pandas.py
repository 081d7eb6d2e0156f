"""Frames that pandas stored in HDF5, of fixed and of table format, a frame a symbol.

pandas keeps names of columns as pickles. Here a pickle is never loaded: a list of plain names is recognised
by its text, and anything else is refused.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import h5py
import hdf5plugin  # noqa: F401 - registers the filters that PyTables compresses with
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rustybt.data.readers.legacy.columns import FIELDS, column
from rustybt.data.readers.legacy.hdf5 import opened
from rustybt.data.readers.legacy.layout import LayoutError

_TIMES: Final = (
    "ts",
    "timestamp",
    "datetime",
    "date",
    "time",
)  # of a column, if the index has none
_KIND: Final = re.compile(r"datetime64(?:\[(s|ms|us|ns)(?:, UTC)?\])?")
_NAME: Final = rb"V([^\n\\]*)\np\d+\na"
_NAMES: Final = re.compile(rb"\(lp\d+\n(?:" + _NAME + rb")*\.")
_INDEX: Final = "index"


class Frames:
    """A file of frames with columns of prices and a time, as index or column.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    LayoutError
        It is no HDF5 or holds no frame.
    """

    def __init__(self, path: Path) -> None:
        self._file = opened(path)
        self._path = path
        self._frames: dict[str, h5py.Group] = {}
        self._file.visititems(self._visit)
        if not self._frames:
            raise LayoutError(path, "expected frames of pandas, found none")

    def _visit(self, name: str, found: Any) -> None:
        if isinstance(found, h5py.Group) and _text(found, "pandas_type") in _READERS:
            self._frames[name] = found

    def facts(self) -> dict[str, Any]:
        """Return nothing: all is in the tables."""
        return {}

    def tables(self, _: Mapping[str, Any]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the names of the frames in order, and the bars of each, numbered from 1."""
        names = sorted(self._frames)
        yield "symbols", pa.table({"symbol": pa.array(names, pa.string())})
        for sid, name in enumerate(names, 1):
            group = self._frames[name]
            place = f"{self._path}:{group.name}"
            try:
                columns = dict(_READERS[_text(group, "pandas_type")](place, group))
            except (KeyError, OSError, RuntimeError, ValueError, TypeError) as error:
                raise LayoutError(place, f"expected a frame of pandas ({error})") from error
            yield "bars", _bars(place, sid, columns)


def _bars(place: str, sid: int, columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    missing = [name for name in FIELDS if name not in columns]
    if missing:
        problem = f"expected numbers in {', '.join(missing)}, found none (objects are not read)"
        raise LayoutError(place, problem)
    listed = (columns[it] for it in (_INDEX, *_TIMES) if it in columns)
    times = next((it for it in listed if it.dtype.kind == "M"), None)
    if times is None:
        raise LayoutError(place, f"expected times in the index or in one of {', '.join(_TIMES)}")
    instants = times.astype("datetime64[us]")
    if np.isnat(times).any() or (instants != times).any():
        raise LayoutError(place, "expected times in microseconds, found others")
    found = {
        "sid": column(np.full(len(times), sid, "<i4"), pa.int32()),
        "ts": column(instants.astype("<i8"), pa.timestamp("us")),
    }
    for name in FIELDS:
        found[name] = column(columns[name].astype("<f8"), pa.float64())
    return pa.table(found)


def _fixed(place: str, group: h5py.Group) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the columns of a frame of fixed format, those of objects left out unread."""
    axis = group["axis1"]
    yield _INDEX, _typed(axis[()], _text(axis, "kind"))
    for number in range(int(group.attrs["nblocks"])):
        names = [it.decode().lower() for it in group[f"block{number}_items"][()].tolist()]
        values = group[f"block{number}_values"]
        if values.dtype.kind not in "iuf":
            continue
        if values.shape != (len(axis), len(names)):
            problem = f"expected {len(axis)} rows of {names}, found {values.shape}"
            raise LayoutError(place, problem)
        kind, read = _text(values, "value_type"), values[()]
        yield from ((name, _typed(read[:, at], kind)) for at, name in enumerate(names))


def _table(place: str, group: h5py.Group) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the columns of a frame of table format, those of texts left out."""
    table = group["table"]
    rows = table[()]
    for field in table.dtype.names:
        values = rows[field]
        if values.dtype.kind not in "iuf":
            continue
        if field == _INDEX:
            yield _INDEX, _typed(values, _text(table, "index_kind"))
            continue
        names, kind = _listed(place, table, f"{field}_kind"), _text(table, f"{field}_dtype")
        read = values.reshape(len(rows), -1)
        if read.shape[1] != len(names):
            raise LayoutError(place, f"expected {names} in {field}, found {read.shape[1]} columns")
        yield from ((name, _typed(read[:, at], kind)) for at, name in enumerate(names))


_READERS: Final = {"frame": _fixed, "frame_table": _table}


def _listed(place: str, table: h5py.Dataset, name: str) -> list[str]:
    """Return a list of names that was pickled as text, by that text alone."""
    told = bytes(table.attrs[name])
    if not _NAMES.fullmatch(told):
        raise LayoutError(place, f"expected a list of plain names in {name}, found {told[:40]!r}")
    return [it.decode().lower() for it in re.findall(_NAME, told)]


def _text(of: h5py.Group | h5py.Dataset, name: str) -> str:
    """Return an attribute that is a text, or nothing."""
    told = of.attrs.get(name)
    return told.decode(errors="replace") if isinstance(told, bytes) else ""


def _typed(values: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return whole numbers that pandas calls times as times."""
    match = _KIND.fullmatch(kind)
    if match is None or values.dtype.kind != "i":
        return values
    return values.astype(np.int64).view(f"datetime64[{match[1] or 'ns'}]")
