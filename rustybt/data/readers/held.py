"""Readers that hold all bars of their files in memory, read when the first value is asked for."""

import os
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from rustybt.data.readers.legacy.client import (
    BarKind,
    Found,
    LegacyBars,
    Wanted,
    read_bars,
    read_tables,
)
from rustybt.data.readers.reader import FIELDS, BarReader, Floats, Labels, Rows
from rustybt.data.resolutions import Resolution
from rustybt.data.sources import Span
from rustybt.data.sources.temporary import temporary_staging
from rustybt.errors import NoBarsError
from warehouse import sqltext

_UNIT: Final = 1e8  # of DECIMAL(18,8)


class HeldBarReader(BarReader):
    """A reader that has all its bars as columns."""

    @abstractmethod
    def _read(self) -> Rows:
        """Return all bars, in any order."""

    @cached_property
    def _held(self) -> Rows:
        return self._read()

    @property
    @override
    def extent(self) -> tuple[np.datetime64, np.datetime64]:
        labels = self._held.label
        if not len(labels):
            raise NoBarsError("any day", "files with bars")
        return labels.min(), labels.max()

    @override
    def sids(self) -> Collection[int]:
        return frozenset(np.unique(self._held.sid).tolist())

    @override
    def rows(self, sids: Sequence[int], first: np.datetime64, last: np.datetime64) -> Rows:
        held = self._held
        wanted = (held.label >= first) & (held.label <= last) & np.isin(held.sid, sids)
        values = {name: held.values[name][wanted] for name in FIELDS}
        return Rows(held.sid[wanted], held.label[wanted], values)

    @override
    def labels_of_bars(self) -> Labels:
        return np.unique(self._held.label)

    @override
    def _last_traded(self, sid: int, last: np.datetime64) -> np.datetime64 | None:
        held = self._held
        traded = (held.sid == sid) & (held.values["volume"] != 0) & (held.label <= last)
        return held.label[traded].max() if traded.any() else None


class LegacyBarReader(HeldBarReader):
    """Bars of a file or folder of zipline.

    Parameters
    ----------
    kind, path
        As `rustybt.data.readers.legacy.client.read_bars` takes them.

    Raises
    ------
    LegacyFileError
        At the first value: the file is of another layout, half written or damaged.
    """

    def __init__(self, kind: BarKind, path: str | os.PathLike[str]) -> None:
        super().__init__("1m" if kind == "bcolz_minute" else "1d")
        self._kind, self._path = kind, path

    @cached_property
    def _legacy(self) -> LegacyBars:
        return read_bars(self._kind, self._path)

    @property
    @override
    def trading_calendar(self) -> str | None:
        return self._legacy.calendar

    @override
    def sids(self) -> Collection[int]:
        return self._legacy.rows.keys()

    @override
    def _read(self) -> Rows:
        bars = self._legacy.bars.combine_chunks()
        # Units of the eighth decimal are exact doubles here, so one division is the nearest one.
        values = {name: _buffer(bars, name, "<i8") / _UNIT for name in FIELDS}
        stamps = _buffer(bars, "session", "<i4") if self._daily else _buffer(bars, "ts", "<i8")
        labels = stamps.astype(f"datetime64[{self._unit}]")
        return Rows(_buffer(bars, "sid", "<i4").astype(np.int64), labels, _missing(values))


class BcolzDailyBarReader(LegacyBarReader):
    """Daily bars of a bcolz folder of zipline, such as ``…/daily_equities.bcolz``."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__("bcolz_daily", path)


class BcolzMinuteBarReader(LegacyBarReader):
    """Minute bars of a bcolz folder of zipline, such as ``…/minute_equities.bcolz``."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__("bcolz_minute", path)


class HDF5DailyBarReader(LegacyBarReader):
    """Daily bars of an HDF5 file of zipline; sessions are the days that it has bars of."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__("hdf5_daily", path)


class NamedBarReader(HeldBarReader):
    """A reader of files that tell names, for which sids stand, from 1 in order of the names.

    Parameters
    ----------
    source
        Where the bars are; derived readers say what it is.
    resolution
        What a row is.
    calendar
        Exchange calendar whose sessions give the labels; those of the bars if None.
    """

    def __init__(
        self, source: Any, resolution: Resolution = "1d", calendar: str | None = None
    ) -> None:
        super().__init__(resolution)
        self._source, self._calendar = source, calendar

    @property
    @override
    def trading_calendar(self) -> str | None:
        return self._calendar

    @property
    @abstractmethod
    def symbols(self) -> Mapping[int, str]:
        """Names by sid."""


class PandasHDF5BarReader(NamedBarReader):
    """Bars of frames that pandas stored in HDF5, fixed or table format, a frame a symbol.

    The source is the path of a file; see `NamedBarReader` for the other parameters.

    Raises
    ------
    LegacyFileError
        At the first value: it is no such file, is damaged, or has no numbers in a column of prices.

    Notes
    -----
    A frame has the columns open, high, low, close and volume, in any case, and its times (UTC) as index
    or in a column. Nothing in the file is unpickled; columns of objects are left out.
    """

    @property
    @override
    def symbols(self) -> Mapping[int, str]:
        return dict(enumerate(self._found.tables["symbols"]["symbol"].to_pylist(), 1))

    @cached_property
    def _found(self) -> Found:
        (found,) = read_tables([Wanted("hdf5_pandas", str(Path(self._source).resolve()), {})])
        return found

    @override
    def _read(self) -> Rows:
        bars = self._found.tables["bars"].rename_columns(["sid", "label", *FIELDS])
        found = rows_of(bars, daily=False)
        return Rows(found.sid, found.label.astype(f"datetime64[{self._unit}]"), found.values)


class FileBarReader(NamedBarReader):
    """Bars of a plain Parquet or CSV file, or of a folder of them.

    The source is a `FileSource`, which says how they are written; see `NamedBarReader` for the other
    parameters.
    """

    @property
    @override
    def symbols(self) -> Mapping[int, str]:
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[Rows, dict[int, str]]:
        with temporary_staging(Span(resolution=self.resolution)) as staging:
            self._source.stage(staging)
            session = staging.session
            query = sqltext.render("readers/staged_bars", daily=staging.daily, fields=FIELDS)
            symbols = session.rows(sqltext.load("readers/staged_symbols"))
            named = {sid: symbol for sid, (symbol,) in enumerate(symbols, 1)}
            return rows_of(session.arrow(query), daily=staging.daily), named

    @override
    def _read(self) -> Rows:
        return self._found[0]


def rows_of(table: pa.Table, *, daily: bool) -> Rows:
    """Return a table of ``sid`` (BIGINT or INTEGER), ``label`` and `FIELDS` (DOUBLE) as `Rows`."""
    whole = table.combine_chunks()
    numbers = "<i8" if whole["sid"].type == pa.int64() else "<i4"
    labels = _buffer(whole, "label", "<i4" if daily else "<i8")
    stamps = labels.astype(np.int64).astype("datetime64[D]" if daily else "datetime64[us]")
    values = {name: _doubles(whole, name) for name in FIELDS}
    return Rows(_buffer(whole, "sid", numbers).astype(np.int64), stamps, values)


def _doubles(table: pa.Table, name: str) -> Floats:
    column = table[name].fill_null(0.0 if name == "volume" else np.nan).combine_chunks()
    values = np.frombuffer(column.buffers()[1], "<f8")[column.offset :][: len(column)]
    return np.nan_to_num(values, posinf=np.inf, neginf=-np.inf) if name == "volume" else values


def _buffer(table: pa.Table, name: str, kind: str) -> NDArray[Any]:
    # The buffer itself: `to_numpy` would import pandas.
    column = table[name].combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return np.frombuffer(column.buffers()[1], kind)[column.offset :][: len(column)]


def _missing(values: Mapping[str, Floats]) -> dict[str, Floats]:
    return {
        name: it if name == "volume" else np.where(it == 0, np.nan, it)
        for name, it in values.items()
    }
