"""The contract of a reader of bars, the same over every format: dense arrays of labels by assets.

The label of a bar is its session or, below a day, the instant at which it begins, in UTC; zipline
labels minutes by their end.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from rustybt.data.calendars import sessions
from rustybt.data.resolutions import Resolution, is_daily, step_of
from rustybt.errors import NoBarsError

FIELDS: Final = ("open", "high", "low", "close", "volume")

Floats = NDArray[np.float64]
Labels = NDArray[np.datetime64]
Label = date | datetime


@dataclass(frozen=True)
class Rows:
    """Bars as columns of one length.

    Parameters
    ----------
    sid, label
        Of each bar; labels are datetime64[D], or [us] below a day.
    values
        By field, float64: a missing price is NaN, a missing volume 0.
    """

    sid: NDArray[np.int64]
    label: Labels
    values: Mapping[str, Floats]


class BarReader(ABC):
    """Bars of one resolution as dense arrays; what holds them says how in a few methods.

    Parameters
    ----------
    resolution
        What a bar spans.
    """

    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self._daily = is_daily(resolution)
        self._unit = "D" if self._daily else "us"

    @property
    def data_frequency(self) -> Literal["session", "minute"]:
        """Whether labels are sessions or instants."""
        return "session" if self._daily else "minute"

    @property
    @abstractmethod
    def trading_calendar(self) -> str | None:
        """Name of the exchange calendar; None if none is named."""

    @property
    @abstractmethod
    def extent(self) -> tuple[np.datetime64, np.datetime64]:
        """The first and the last label of bars.

        Raises
        ------
        NoBarsError
            There are no bars at all.
        """

    @abstractmethod
    def sids(self) -> Collection[int]:
        """Return all sids that have bars."""

    @abstractmethod
    def rows(self, sids: Sequence[int], first: np.datetime64, last: np.datetime64) -> Rows:
        """Return the bars of some sids between two labels, both included, in any order."""

    @abstractmethod
    def labels_of_bars(self) -> Labels:
        """Return the labels that any bar has, ascending; asked where no calendar gives them."""

    @abstractmethod
    def _last_traded(self, sid: int, last: np.datetime64) -> np.datetime64 | None:
        """Return the last label up to another at which a sid has a volume."""

    @cached_property
    def _calendar_sessions(self) -> Any:
        first, last = (it.astype("datetime64[D]").item() for it in self.extent)
        return sessions(str(self.trading_calendar), first, last)

    @cached_property
    def labels(self) -> Labels:
        """All labels from the first bar to the last: those of the calendar, else those of bars.

        Bars outside the sessions of the calendar are left out of arrays of instants; a daily bar on a
        day without a session has a label.
        """
        first, last = self.extent
        if self.trading_calendar is None or self.resolution in ("1w", "1mo"):
            return self.labels_of_bars()
        if self._daily:
            known = _column(self._calendar_sessions, "session", "D")
            return np.union1d(known[(known >= first) & (known <= last)], self.labels_of_bars())
        begins = _column(self._calendar_sessions, "open_at", "us")
        ends = _column(self._calendar_sessions, "close_at", "us")
        step = np.timedelta64(step_of(self.resolution), "us")
        wanted = (ends > first) & (begins <= last)
        parts = [np.arange(a, b, step) for a, b in zip(begins[wanted], ends[wanted], strict=True)]
        found = np.concatenate(parts) if parts else np.empty(0, "datetime64[us]")
        return found[(found >= first) & (found <= last)]

    @cached_property
    def sessions(self) -> Labels:
        """Sessions from that of the first bar to that of the last, datetime64[D]."""
        if self._daily:
            return self.labels
        first, last = self.extent
        if self.trading_calendar is None:
            return np.unique(self.labels.astype("datetime64[D]"))
        known = _column(self._calendar_sessions, "session", "D")
        begins = _column(self._calendar_sessions, "open_at", "us")
        ends = _column(self._calendar_sessions, "close_at", "us")
        return known[(ends > first) & (begins <= last)]

    @property
    def first_trading_day(self) -> date:
        """First session with a bar."""
        found: date = self.sessions[0].item()
        return found

    @property
    def last_available_dt(self) -> Label:
        """Last session or, below a day, instant (UTC) that a bar has."""
        return self._told(self.extent[1])

    def load_raw_arrays(
        self, columns: Sequence[str], start: Label, end: Label, assets: Sequence[Any]
    ) -> list[Floats]:
        """Return one array a column, shape (labels, assets), both ends of the span included.

        Parameters
        ----------
        columns
            Of ``open``, ``high``, ``low``, ``close`` and ``volume``.
        start, end
            Labels: sessions as dates or Timestamps, or instants, UTC where they name no zone.
        assets
            Sids, or objects with one; an unknown one has no bars.

        Returns
        -------
        list of numpy.ndarray
            float64: prices NaN and volumes 0 where there is no bar; as traded, not adjusted.

        Raises
        ------
        NoBarsError
            An end is no label of the reader, or there is no such column.
        """
        for name in columns:
            if name not in FIELDS:
                raise NoBarsError(f"a column {name!r}", f"one of {', '.join(FIELDS)}")
        first, last = self._place(start), self._place(end)
        labels = self.labels[first : last + 1]
        sids = np.array([_sid(it) for it in assets], dtype=np.int64)
        missing = [0.0 if name == "volume" else np.nan for name in columns]
        found = [np.full((len(labels), len(sids)), it) for it in missing]
        if not len(labels) or not len(sids):
            return found
        held = self.rows(list(dict.fromkeys(sids.tolist())), labels[0], labels[-1])
        row = np.searchsorted(labels, held.label)
        inside = labels[np.minimum(row, len(labels) - 1)] == held.label
        for at, sid in enumerate(sids):  # an asset may be asked for twice
            mine = inside & (held.sid == sid)
            for name, values in zip(columns, found, strict=True):
                values[row[mine], at] = held.values[name][mine]
        return found

    def get_value(self, sid: int, dt: Label, field: str) -> float:
        """Return one field of one label: NaN for a price and 0 for a volume where there is no bar.

        Raises
        ------
        NoBarsError
            `dt` is no label of the reader, or it has no such sid or field.
        """
        if int(sid) not in self.sids():
            raise NoBarsError(f"sid {sid}", f"one of the {len(self.sids())} sids of the reader")
        (values,) = self.load_raw_arrays([field], dt, dt, [sid])
        return float(values[0, 0])

    def get_last_traded_dt(self, asset: Any, dt: Label) -> Label | None:
        """Return the newest label up to another at which an asset traded; None if there is none."""
        found = self._last_traded(_sid(asset), self._label(dt))
        return None if found is None else self._told(found)

    def _place(self, dt: Label) -> int:
        label = self._label(dt)
        at = int(np.searchsorted(self.labels, label))
        if at == len(self.labels) or self.labels[at] != label:
            ends = " to ".join(str(self._told(it)) for it in (self.labels[0], self.labels[-1]))
            raise NoBarsError(self._told(label), f"a label of {ends}")
        return at

    def _label(self, dt: Label) -> np.datetime64:
        if self._daily:
            return np.datetime64(dt.date() if isinstance(dt, datetime) else dt, "D")
        if isinstance(dt, datetime) and dt.tzinfo is not None:
            dt = dt.astimezone(UTC).replace(tzinfo=None)
        return np.datetime64(dt, "us")

    def _told(self, label: np.datetime64) -> Label:
        found: Label = label.astype(f"datetime64[{self._unit}]").item()
        return found.replace(tzinfo=UTC) if isinstance(found, datetime) else found


def _column(table: Any, name: str, unit: str) -> Labels:
    # The buffer itself: `to_numpy` would import pandas.
    kind = "<i4" if unit == "D" else "<i8"
    column = table[name].combine_chunks()
    values = np.frombuffer(column.buffers()[1], kind)[column.offset :][: len(column)]
    return values.astype(np.int64).astype(f"datetime64[{unit}]")


def _sid(asset: Any) -> int:
    return int(getattr(asset, "sid", asset))
