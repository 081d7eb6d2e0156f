"""Bars of a longer frequency out of shorter ones, never across the edge of a session.

The last bar is of as many shorter ones as are known. A bar is stamped with the last short bar in
it, so that no stamp lies in the future.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Final, NamedTuple

import numpy as np

from rustybt.simulation.feed import Floats
from rustybt.simulation.timeline import Numbers, Resolution, Timeline


def _month(label: date) -> Hashable:
    return label.year, label.month


def _week(label: date) -> Hashable:
    return label.isocalendar()[:2]


class Frequency(NamedTuple):
    """What `data.history` may be asked for: bars of the base, or so many minutes or periods of them.

    Sessions for which `period` gives the same belong to one bar.
    """

    base: Resolution
    minutes: int | None = None
    period: Callable[[date], Hashable] | None = None

    @property
    def plain(self) -> bool:
        """Whether the bars are those of the base."""
        return self.minutes is None and self.period is None


FREQUENCIES: Final = {
    "1m": Frequency("1m"),
    "5m": Frequency("1m", minutes=5),
    "15m": Frequency("1m", minutes=15),
    "30m": Frequency("1m", minutes=30),
    "1h": Frequency("1m", minutes=60),
    "1d": Frequency("1d"),
    "1w": Frequency("1d", period=_week),
    "1mo": Frequency("1d", period=_month),
}
_SAME: Final = {"d": "1d", "D": "1d", "1D": "1d", "m": "1m", "1min": "1m", "60m": "1h", "1W": "1w"}


def frequency_of(name: object) -> Frequency | None:
    """Return the frequency of a name; None if there is none."""
    if not isinstance(name, str):
        return None
    return FREQUENCIES.get(_SAME.get(name, name))


def starts_of(
    frequency: Frequency, timeline: Timeline, labels: Sequence[date], until: int, count: int
) -> Numbers:
    """Return the first short bar of each of the last bars, fewer where the calendar begins.

    Minutes are counted from the opening of each session, and from the end of its midday break.

    Parameters
    ----------
    labels
        All sessions of the calendar.
    until
        Number of the short bar after the last that is seen.
    """
    found: list[int] = []
    minutes, period = frequency.minutes, frequency.period
    while len(found) < count and until > 0:
        session = timeline.session(until - 1)
        first, _ = timeline.bars(session)
        if minutes is not None:
            resumed = timeline.resumes(session)
            for begin, end in ((resumed, until), (first, min(resumed, until))):
                if end > begin:
                    last = end - 1 - (end - 1 - begin) % minutes
                    found.extend(range(last, begin - 1, -minutes))
        elif (
            period is None or not session or period(labels[session - 1]) != period(labels[session])
        ):
            found.append(first)
        until = first
    return np.array(found[:count][::-1], dtype=np.int64)


def merged(field: str, window: Floats, starts: Numbers) -> Floats:
    """Return one field of the longer bars.

    Parameters
    ----------
    field
        One of the fields of a bar.
    window
        The field of the short bars, bars x assets.
    starts
        Row of the first short bar of each longer one, ascending, the first 0.
    """
    match field:
        case "high":
            return np.fmax.reduceat(window, starts)
        case "low":
            return np.fmin.reduceat(window, starts)
        case "volume":
            return np.add.reduceat(window, starts)
        case "open":
            return _known(window, starts, np.minimum, len(window) - 1)
    return _known(window, starts, np.maximum, 0)


def _known(window: Floats, starts: Numbers, edge: np.ufunc, otherwise: int) -> Floats:
    """Return the first or last value of each longer bar that is not missing; NaN if all are."""
    rows = np.arange(len(window))[:, None]
    known = ~np.isnan(window)
    found = edge.reduceat(np.where(known, rows, otherwise), starts)
    values = np.take_along_axis(window, found, axis=0)
    return np.where(np.logical_or.reduceat(known, starts), values, np.nan)
