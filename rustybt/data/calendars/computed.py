"""Sessions as exchange_calendars computes them, which takes the better part of a second.

Apart from the calendars that are shipped, so that who finds one of those imports neither that package
nor pandas.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from rustybt.errors import UnknownCalendarError


def whole(name: str) -> Any:
    """Return a calendar with its usual first and last session."""
    with _library(name):
        from exchange_calendars import get_calendar

        return get_calendar(name)


def names() -> list[str]:
    """Return the names of all calendars, sorted, second names of one included."""
    from exchange_calendars import get_calendar_names

    return list(get_calendar_names())


def aliases() -> dict[str, str]:
    """Return the calendar that each second name stands for."""
    from exchange_calendars import get_calendar_names, resolve_alias

    first_names = get_calendar_names(include_aliases=False)
    return {name: resolve_alias(name) for name in names() if name not in first_names}


def sessions(calendar: str, first: int, last: int) -> pa.Table:
    """Return the sessions of some years and the one after, where it is known.

    Raises
    ------
    UnknownCalendarError
        exchange_calendars does not know these years, or cannot compute them.
    """
    try:
        return between(calendar, first, last + 1)
    except UnknownCalendarError:
        return between(calendar, first, last)


def between(calendar: str, first: int, last: int) -> pa.Table:
    """Return the sessions of some years, both ends included; errors as of `sessions`."""
    with _library(calendar):
        from exchange_calendars import get_calendar

        known = get_calendar(calendar, start=f"{first}-01-01", end=f"{last}-12-31")
        hours = {
            "open_at": known.opens,
            "close_at": known.closes,
            "break_at": known.break_starts,
            "resume_at": known.break_ends,
        }
    days = pa.array(known.sessions.to_numpy()).cast(pa.date32())
    return pa.table({"session": days, **{name: _instants(it) for name, it in hours.items()}})


def whole_years(calendar: str) -> tuple[int | None, int | None]:
    """Return the first and the last year of which all is known, None where there is no end."""
    with _library(calendar):
        from exchange_calendars import get_calendar

        known = get_calendar(calendar)
        first, last = known.bound_min(), known.bound_max()
    return (
        None if first is None else first.year + (first.dayofyear > 1),
        None if last is None else last.year - ((last.month, last.day) < (12, 31)),
    )


@contextmanager
def _library(calendar: str) -> Iterator[None]:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 calls what pandas 3.1 deprecates.
        warnings.simplefilter("ignore")
        try:
            yield
        except (ValueError, NotImplementedError) as error:  # the latter of pandas, for some Easters
            raise UnknownCalendarError(calendar, str(error)) from error


def _instants(times: Any) -> pa.Array:
    return pa.array(times.dt.tz_convert(None).to_numpy()).cast(pa.timestamp("us"))
