"""Sessions of exchange calendars, as rows.

The only package that knows exchange_calendars; everything else reads the sessions that are stored with
a bundle, so a run never depends on the version of that package.
"""

from datetime import date
from difflib import get_close_matches
from typing import Any

import pyarrow as pa

from rustybt.data.calendars import computed, shipped
from rustybt.errors import UnknownCalendarError


def sessions(calendar: str, first: date, last: date) -> pa.Table:
    """Return all sessions from the year of one day to the year after another.

    Parameters
    ----------
    calendar
        As exchange_calendars names it: ``XNYS``, ``24/7``.
    first, last
        Days of bars, in any order of sessions.

    Returns
    -------
    pyarrow.Table
        ``session`` (date), ``open_at`` and ``close_at`` (UTC, microseconds), and where there is a midday
        break ``break_at`` and ``resume_at``, in order. A session of
        24/7 closes when the next opens. Ends with the year of `last` where the calendar is known no
        further.

    Raises
    ------
    UnknownCalendarError
        There is no such calendar, or it is not known for these years.
    """
    require_calendar(calendar)
    stored = shipped.sessions(calendar, first.year, last.year + 1)
    return computed.sessions(calendar, first.year, last.year) if stored is None else stored


def canonical(name: str) -> str:
    """Return the first of the names of a calendar: ``XNYS`` for ``NYSE``.

    Raises
    ------
    UnknownCalendarError
        There is no such calendar.
    """
    require_calendar(name)
    known = shipped.aliases()
    return (computed.aliases() if known is None else known).get(name, name)


def exchange_calendar(name: str) -> Any:
    """Return a calendar of exchange_calendars, as functions of zipline take it.

    Raises
    ------
    UnknownCalendarError
        There is none of that name.
    """
    return computed.whole(canonical(name))


def require_calendar(name: str) -> None:
    """Refuse a name that no exchange calendar has.

    Raises
    ------
    UnknownCalendarError
        Names the nearest.
    """
    known = shipped.names() or computed.names()
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f", the nearest is {near[0]!r}" if near else ""
        raise UnknownCalendarError(name, f"there is none of this name{hint}")
