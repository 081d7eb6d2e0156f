"""zipline's contract of a reader of daily bars, over a bcolz folder that is read once."""

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rustybt.data.calendars import sessions
from rustybt.data.readers.legacy.client import LegacyBars, read_bars
from rustybt.errors import NoBarsError

FIELDS: Final = ("open", "high", "low", "close", "volume")
_UNIT: Final = 1e8  # of DECIMAL(18,8)

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


class BcolzDailyBarReader:
    """Daily bars of a bcolz folder of zipline, as dense arrays.

    Parameters
    ----------
    path
        Such as ``…/daily_equities.bcolz``; read when the first value is asked for.

    Raises
    ------
    LegacyFileError
        At the first value: the folder is of another layout, half written or damaged.
    """

    data_frequency: Final = "session"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path

    @cached_property
    def _read(self) -> LegacyBars:
        return read_bars("bcolz_daily", self._path)

    @cached_property
    def _columns(self) -> Mapping[str, NDArray[Any]]:
        bars = self._read.bars.combine_chunks()
        found: dict[str, NDArray[Any]] = {
            name: np.frombuffer(bars[name].chunk(0).buffers()[1], "<i4")[: len(bars)]
            for name in ("sid", "session")
        }
        for name in FIELDS:
            # Units of the eighth decimal are exact doubles here, so one division is the nearest one.
            values = np.frombuffer(bars[name].chunk(0).buffers()[1], "<i8")[: len(bars)] / _UNIT
            found[name] = values if name == "volume" else np.where(values == 0, np.nan, values)
        return found

    @property
    def trading_calendar(self) -> str | None:
        """Name of the exchange calendar of the folder; None if it names none."""
        return self._read.calendar

    @cached_property
    def sessions(self) -> Days:
        """Sessions from the first bar to the last, datetime64[D]: those of the calendar, else of bars."""
        days = self._columns["session"].astype("datetime64[D]")
        if self.trading_calendar is None or not len(days):
            return np.unique(days)
        known = sessions(self.trading_calendar, days.min().item(), days.max().item())
        labels = np.array(known["session"].to_pylist(), dtype="datetime64[D]")
        return np.union1d(labels[(labels >= days.min()) & (labels <= days.max())], days)

    @property
    def first_trading_day(self) -> date:
        """First session with a bar."""
        return _day(self.sessions[0])

    @property
    def last_available_dt(self) -> date:
        """Last session with a bar."""
        return _day(self.sessions[-1])

    def load_raw_arrays(
        self, columns: Sequence[str], start: date, end: date, assets: Sequence[Any]
    ) -> list[Floats]:
        """Return one array a column, shape (sessions, assets), both ends of the span included.

        Parameters
        ----------
        columns
            Of ``open``, ``high``, ``low``, ``close`` and ``volume``.
        start, end
            Sessions, as dates or Timestamps.
        assets
            Sids, or objects with one; an unknown one has no bars.

        Returns
        -------
        list of numpy.ndarray
            float64: prices NaN and volumes 0 where there is no bar; as traded, not adjusted.

        Raises
        ------
        NoBarsError
            An end is no session of the reader, or there is no such column.
        """
        first, last = self._number(start), self._number(end)
        held, sids = self._columns, np.array([_sid(it) for it in assets], dtype=np.int64)
        order = np.argsort(sids, kind="stable")
        place = np.clip(np.searchsorted(sids, held["sid"], sorter=order), 0, max(len(sids) - 1, 0))
        rows = np.searchsorted(self.sessions, held["session"].astype("datetime64[D]")) - first
        inside = (rows >= 0) & (rows <= last - first)
        if len(sids):
            inside &= sids[order][place] == held["sid"]
        found = []
        for name in columns:
            if name not in FIELDS:
                raise NoBarsError(f"a column {name!r}", f"one of {', '.join(FIELDS)}")
            missing = 0.0 if name == "volume" else np.nan
            values = np.full((max(last - first + 1, 0), len(sids)), missing)
            if len(sids):
                values[rows[inside], order[place[inside]]] = held[name][inside]
            found.append(values)
        return found

    def get_value(self, sid: int, dt: date, field: str) -> float:
        """Return one field of one session: NaN for a price and 0 for a volume where there is no bar.

        Raises
        ------
        NoBarsError
            `dt` is no session of the reader, or the folder has no such sid or field.
        """
        if int(sid) not in self._read.rows:
            raise NoBarsError(f"sid {sid}", f"one of the {len(self._read.rows)} sids of the folder")
        (values,) = self.load_raw_arrays([field], dt, dt, [sid])
        return float(values[0, 0])

    def get_last_traded_dt(self, asset: Any, dt: date) -> date | None:
        """Return the newest session up to a day in which an asset traded; None if there is none."""
        held = self._columns
        traded = (held["sid"] == _sid(asset)) & (held["volume"] != 0)
        days = held["session"][traded].astype("datetime64[D]")
        before = days[days <= np.datetime64(_date(dt), "D")]
        return _day(before.max()) if len(before) else None

    def _number(self, day: date) -> int:
        label = np.datetime64(_date(day), "D")
        at = int(np.searchsorted(self.sessions, label))
        if at == len(self.sessions) or self.sessions[at] != label:
            raise NoBarsError(
                _date(day), f"a session of {self.first_trading_day} to {self.last_available_dt}"
            )
        return at


def _sid(asset: Any) -> int:
    return int(getattr(asset, "sid", asset))


def _date(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def _day(label: np.datetime64) -> date:
    found: date = label.astype("datetime64[D]").item()
    return found
