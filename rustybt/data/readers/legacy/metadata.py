"""Reads the JSON beside minute bars in the process of the user: which sessions the rows are of.

The files name a calendar and two sessions; the confined process knows no calendars, and is told when
each session opens.
"""

from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from rustybt.data.calendars import canonical, sessions
from rustybt.data.readers.legacy.layout import LayoutError, read_json

_MINUTE: Final = 60_000_000  # microseconds


def minutes_of(folder: Path) -> dict[str, Any]:
    """Return the calendar of a folder of minute bars and the openings of its sessions.

    Parameters
    ----------
    folder
        Such as ``minute_equities.bcolz``.

    Returns
    -------
    dict
        ``calendar``, and ``opens``: minutes since 1970, UTC, at which each session opens.

    Raises
    ------
    LayoutError
        There is no such file, or it tells other openings than its calendar has.
    UnknownCalendarError
        There is no calendar of the name that it has.
    """
    path = folder / "metadata.json"
    told = read_json(path)
    try:
        first, last = (date.fromisoformat(told[it]) for it in ("start_session", "end_session"))
    except (KeyError, TypeError, ValueError) as error:
        problem = f"expected days in start_session and end_session ({error!r:.80})"
        raise LayoutError(path, problem) from error
    calendar = canonical(str(told.get("calendar_name", "XNYS")))
    known = sessions(calendar, first, last)
    days, opened = known["session"].to_pylist(), _minutes(known)
    opens = [int(at) for day, at in zip(days, opened, strict=True) if first <= day <= last]
    # Older files tell the first minute of each session, which is named by its end.
    if "market_opens" in told and told["market_opens"] != [it + 1 for it in opens]:
        raise LayoutError(path, f"expected the openings of {calendar}, found others")
    return {"calendar": calendar, "opens": opens}


def _minutes(known: Any) -> Any:
    # The buffer itself: `to_pylist` of instants would import pandas.
    column = known["open_at"].combine_chunks()
    return np.frombuffer(column.buffers()[1], "<i8")[column.offset :][: len(column)] // _MINUTE
