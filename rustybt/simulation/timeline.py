"""Bars in time: which number belongs to which session and instant.

The bars of one resolution are numbered through all sessions of a bundle's calendar, whether or not
an asset traded in them. A bar of a day is a session; each session has as many minutes as its hours.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rustybt.finance.calendar import Session

Resolution = Literal["1d", "1m"]
Numbers = NDArray[np.int64]
Stamps = NDArray[np.datetime64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = 60_000_000  # microseconds
_A_MINUTE: Final = timedelta(minutes=1)
_NOWHERE: Final = -1


class Timeline(Protocol):
    """The bars of one resolution, by number."""

    @property
    def resolution(self) -> Resolution:
        """The length of a bar."""

    def bars(self, session: int) -> tuple[int, int]:
        """Return the bars of a session, first and until."""

    def resumes(self, session: int) -> int:
        """Return the first bar after the midday break; the one after the last where there is none."""

    def begins(self, days: Sequence[date]) -> Numbers:
        """Return, of each day, the first bar of the first session on or after it."""

    @property
    def count(self) -> int:
        """How many bars the sessions have."""

    def session(self, bar: int) -> int:
        """Return the number of the session of a bar."""

    def sessions(self, bars: Numbers) -> Numbers:
        """Return the number of the session of each bar."""

    def instant(self, bar: int) -> datetime:
        """Return when a bar is known, UTC."""

    def at(self, instant: datetime) -> int | None:
        """Return the bar of a label, UTC, days being their midnight; None where there is none."""

    def stamps(self, bars: Numbers) -> Stamps:
        """Return the labels of bars: days, or minutes in UTC."""

    def place(self, batch: pa.RecordBatch) -> Numbers:
        """Return the number of each bar of a batch, -1 where it has no place."""


class Days:
    """One bar a session, known at its close.

    Parameters
    ----------
    sessions
        All sessions of the calendar, ascending.
    """

    resolution: Resolution = "1d"

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions
        self._labels = np.array([it.label for it in sessions], dtype="datetime64[D]")
        self._numbers = _Numbered(self._labels)
        self.count = len(sessions)

    def bars(self, session: int) -> tuple[int, int]:
        """Return the one bar of a session, first and until."""
        return session, session + 1

    def resumes(self, session: int) -> int:
        """Return the next session: a day is not cut."""
        return session + 1

    def begins(self, days: Sequence[date]) -> Numbers:
        """Return, of each day, the first session on or after it."""
        return np.searchsorted(self._labels, np.array(days, dtype="datetime64[D]"))

    def session(self, bar: int) -> int:
        """Return the number of the session, which is that of its bar."""
        return bar

    def sessions(self, bars: Numbers) -> Numbers:
        """Return the numbers of the sessions, which are those of their bars."""
        return bars

    def instant(self, bar: int) -> datetime:
        """Return the close of the session."""
        return self._sessions[bar].closed

    def at(self, instant: datetime) -> int | None:
        """Return the session of a day; None where it is none."""
        day = np.datetime64(instant.replace(tzinfo=None), "us")
        place = int(np.searchsorted(self._labels, day))
        return place if place < self.count and self._labels[place] == day else None

    def stamps(self, bars: Numbers) -> Stamps:
        """Return the labels of sessions."""
        found: Stamps = self._labels[bars]
        return found

    def place(self, batch: pa.RecordBatch) -> Numbers:
        """Return the number of the session of each bar, -1 on days that are none."""
        return self._numbers.of(_whole(batch["session"], "<i4"))


class Minutes:
    """One bar a minute of each session but for its midday break, under the stamp it is stored with.

    Parameters
    ----------
    sessions
        All sessions of the calendar, ascending.
    opens
        Whether a bar is stamped with the start of its minute, so that one stands at the opening.
    closes
        Whether one stands at the close, so that a bar is stamped with the end of its minute; never
        where the next session opens at that instant.
    """

    resolution: Resolution = "1m"

    def __init__(self, sessions: Sequence[Session], *, opens: bool, closes: bool) -> None:
        self._labels = np.array([it.label for it in sessions], dtype="datetime64[D]")
        self._numbers = _Numbered(self._labels)
        opened, closed = (
            np.array([_micros(it) for it in instants])
            for instants in ([it.opened for it in sessions], [it.closed for it in sessions])
        )
        self._first = opened if opens else opened + _MINUTE
        last = closed if closes else closed - _MINUTE
        last[:-1] = np.where(closed[:-1] == opened[1:], closed[:-1] - _MINUTE, last[:-1])
        if len(sessions) and _touching(sessions):
            self._first, last[-1] = opened, closed[-1] - _MINUTE
        counts = np.maximum((last - self._first) // _MINUTE + 1, 0)
        # Minutes before the break, all where there is none, and how many are left out in it.
        self._before, self._skipped = counts.copy(), np.zeros_like(counts)
        for number, it in enumerate(sessions):
            if it.paused is not None and it.resumed is not None:
                pause, resume = (
                    (_micros(at) - int(self._first[number])) // _MINUTE
                    for at in (it.paused, it.resumed)
                )
                self._before[number] = pause + closes
                self._skipped[number] = resume + (not opens) - self._before[number]
        self._breaks = bool(self._skipped.any())
        counts -= self._skipped
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._bounds: list[int] = self._starts.tolist()
        # The session asked for last: its first minute, the one after the break, the one after its
        # last, and the instant of the first.
        self._last = (0, 0, 0, _EPOCH)
        self.count = self._bounds[-1]

    def bars(self, session: int) -> tuple[int, int]:
        """Return the minutes of a session, first and until."""
        return self._bounds[session], self._bounds[session + 1]

    def resumes(self, session: int) -> int:
        """Return the first minute after the midday break; the one after the last if there is none."""
        return self._bounds[session] + int(self._before[session])

    def begins(self, days: Sequence[date]) -> Numbers:
        """Return, of each day, the first minute of the first session on or after it."""
        session = np.searchsorted(self._labels, np.array(days, dtype="datetime64[D]"))
        found: Numbers = self._starts[session]
        return found

    def session(self, bar: int) -> int:
        """Return the number of the session of a minute."""
        return bisect_right(self._bounds, bar) - 1

    def sessions(self, bars: Numbers) -> Numbers:
        """Return the number of the session of each minute."""
        return np.searchsorted(self._starts, bars, side="right") - 1

    def instant(self, bar: int) -> datetime:
        """Return the stamp of a minute, UTC."""
        first, pause, until, instant = self._last
        if not first <= bar < until:
            session = self.session(bar)
            first, until = self.bars(session)
            pause = first + int(self._before[session])
            instant = _EPOCH + timedelta(microseconds=int(self._first[session]))
            self._last = first, pause, until, instant
        minute = bar - first
        if bar >= pause:
            minute += int(self._skipped[self.session(bar)])
        return instant + minute * _A_MINUTE

    def at(self, instant: datetime) -> int | None:
        """Return the minute of a stamp, UTC; None outside the sessions and off whole minutes."""
        micros = _micros(instant)
        session = int(np.searchsorted(self._first, micros, side="right")) - 1
        if session < 0:
            return None
        minute, rest = divmod(micros - int(self._first[session]), _MINUTE)
        before, skipped = int(self._before[session]), int(self._skipped[session])
        if before <= minute < before + skipped:
            return None
        bar = self._bounds[session] + minute - (skipped if minute >= before else 0)
        return bar if rest == 0 and bar < self._bounds[session + 1] else None

    def stamps(self, bars: Numbers) -> Stamps:
        """Return the stamps of minutes, UTC."""
        session = self.sessions(bars)
        minute = bars - self._starts[session]
        if self._breaks:
            minute = minute + np.where(minute >= self._before[session], self._skipped[session], 0)
        micros = self._first[session] + minute * _MINUTE
        found: Stamps = micros.astype("datetime64[us]")
        return found

    def place(self, batch: pa.RecordBatch) -> Numbers:
        """Return the number of each minute, -1 outside the sessions and off whole minutes."""
        session = self._numbers.of(_whole(batch["session"], "<i4"))
        passed = _whole(batch["ts"], "<i8") - self._first[session]
        minute = passed // _MINUTE
        inside = (session >= 0) & (passed >= 0) & (minute * _MINUTE == passed)
        if self._breaks:
            before, skipped = self._before[session], self._skipped[session]
            later = minute >= before
            inside &= ~later | (minute >= before + skipped)
            minute = minute - np.where(later, skipped, 0)
        found = self._starts[session] + minute
        return np.where(inside & (found < self._starts[session + 1]), found, _NOWHERE)


class _Numbered:
    """Finds days among ascending labels, by their distance from the first."""

    def __init__(self, labels: NDArray[np.datetime64]) -> None:
        days = labels.astype(np.int64)
        self._first = int(days[0]) if len(days) else 0
        length = int(days[-1]) - self._first + 1 if len(days) else 0
        # One more on either side: what lies outside is clipped there.
        self._number = np.full(length + 2, _NOWHERE, dtype=np.int64)
        self._number[days - self._first + 1] = np.arange(len(days))

    def of(self, days: Numbers) -> Numbers:
        """Return the number of each day, counted from 1970; -1 for one that is no label."""
        place = days.astype(np.int64) - (self._first - 1)
        found: Numbers = self._number[np.clip(place, 0, len(self._number) - 1)]
        return found


def _micros(instant: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _touching(sessions: Sequence[Session]) -> bool:
    """Return whether each session opens when the one before closes."""
    return len(sessions) > 1 and sessions[0].closed == sessions[1].opened


def _whole(column: pa.Array, kind: str) -> Numbers:
    """Return a column of dates or of instants in microseconds as whole numbers."""
    found: Numbers = np.frombuffer(column.buffers()[1], dtype=kind)[column.offset :][: len(column)]
    return found
