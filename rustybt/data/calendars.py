"""Sessions of exchange calendars, as rows.

The only module that knows exchange_calendars; everything else reads the sessions that are stored with
a bundle, so a run never depends on the version of that package.
"""

import threading
import warnings
from datetime import date
from difflib import get_close_matches

import pyarrow as pa

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
        ``session`` (date), ``open_at`` and ``close_at`` (UTC, microseconds), in order. A session of
        24/7 closes when the next opens.

    Raises
    ------
    UnknownCalendarError
        There is no such calendar, or it is not known for these years.
    """
    require_calendar(calendar)
    with warnings.catch_warnings():
        # exchange_calendars 4.13 calls what pandas 3.1 deprecates.
        warnings.simplefilter("ignore")
        from exchange_calendars import get_calendar

        try:
            known = get_calendar(
                calendar, start=f"{first.year}-01-01", end=f"{last.year + 1}-12-31"
            )
        except ValueError as error:
            raise UnknownCalendarError(calendar, str(error)) from error
        opens = known.opens.dt.tz_convert(None).to_numpy()
        closes = known.closes.dt.tz_convert(None).to_numpy()
    instant = pa.timestamp("us")
    return pa.table(
        {
            "session": pa.array(known.sessions.to_numpy()).cast(pa.date32()),
            "open_at": pa.array(opens).cast(instant),
            "close_at": pa.array(closes).cast(instant),
        }
    )


def load_calendars_aside() -> None:
    """Begin to import what `sessions` needs, which takes half a second, beside what else is done.

    Nobody waits for the thread: an interrupted import may never give its lock back.
    """
    threading.Thread(target=_load, daemon=True).start()


def _load() -> None:
    import exchange_calendars  # noqa: F401 - found imported by whom needs it next


def require_calendar(name: str) -> None:
    """Refuse a name that no exchange calendar has.

    Raises
    ------
    UnknownCalendarError
        Names the nearest.
    """
    from exchange_calendars import get_calendar_names

    names = get_calendar_names()
    if name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f", the nearest is {near[0]!r}" if near else ""
        raise UnknownCalendarError(name, f"there is none of this name{hint}")
