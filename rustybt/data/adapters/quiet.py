"""The bars that a calendar lets expect and a source does not have, so that no stretch is passed over in silence.

A bar in which nothing was traded is absent, so an absence is no fault; but it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.data.adapters.report import Stretch
from rustybt.data.adapters.request import Request
from rustybt.data.calendars import sessions
from rustybt.data.resolutions import is_daily, step_of
from rustybt.errors import UnknownCalendarError

_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(minutes=30)  # longer bars begin at other times than sessions do


@dataclass
class Quiet:
    """What of a span has no bar, found page by page.

    Parameters
    ----------
    labels
        When the bars begin that are expected, ascending: instants in UTC, of days midnights.
    step
        The length of a bar.
    """

    labels: Any
    step: timedelta
    _told: int = 0  # labels that pages have reached

    @classmethod
    def of(cls, calendar: str, request: Request) -> "Quiet":
        """Return what the sessions of a calendar let expect of a request.

        That is a bar a session, or, of 30 minutes and shorter ones, a bar for each step of it; of other
        lengths nothing is known.
        """
        step = step_of(request.resolution)
        if request.resolution != "1d" and (is_daily(request.resolution) or step > _LONGEST):
            return cls(np.empty(0, "datetime64[us]"), step)
        try:
            first, last = (request.start - _DAY).date(), request.until.date()
            table = pl.DataFrame(sessions(calendar, first, last))
        except UnknownCalendarError:  # of those years
            return cls(np.empty(0, "datetime64[us]"), step)
        if request.resolution == "1d":
            begins = table["session"].cast(pl.Datetime("us")).to_numpy()
        else:
            spans = table.select(pl.col("open_at", "close_at").cast(pl.Datetime("us"))).rows()
            length = np.timedelta64(step, "us")
            parts = [np.arange(_us(a), _us(b), length) for a, b in spans if step]
            begins = np.concatenate(parts) if parts else np.empty(0, "datetime64[us]")
        start, until = np.datetime64(request.start, "us"), np.datetime64(request.until, "us")
        return cls(begins[(begins >= start) & (begins < until)], step)

    def passed(self, times: Sequence[datetime]) -> tuple[Stretch, ...]:
        """Return the stretches without a bar up to the last of the bars of a page, which is in order."""
        return self._lacking(times, int(np.searchsorted(self.labels, _us(times[-1]), "right")))

    def rest(self, until: datetime) -> tuple[Stretch, ...]:
        """Return the stretches after the last page in which bars are over, and none came."""
        over = min(until, datetime.now(UTC).replace(tzinfo=None) - self.step + timedelta.resolution)
        return self._lacking((), int(np.searchsorted(self.labels, _us(over), "left")))

    def _lacking(self, times: Sequence[datetime], until: int) -> tuple[Stretch, ...]:
        expected = self.labels[self._told : until]
        self._told = max(self._told, until)
        there = np.isin(expected, np.array([_us(it) for it in times], "datetime64[us]"))
        edges = np.flatnonzero(np.diff(np.concatenate([[True], there, [True]]).astype(np.int8)))
        found = (expected[[a, b - 1]].tolist() for a, b in list(pairwise(edges))[::2])
        return tuple((first, last + self.step) for first, last in found)


def _us(moment: datetime) -> Any:
    return np.datetime64(moment, "us")
