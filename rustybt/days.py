"""Days as users write them."""

from datetime import date, datetime

from rustybt.errors import OptionError

Day = str | date
"""ISO text, a date, a datetime or a pandas Timestamp."""


def day_of(option: str, day: Day) -> date:
    """Return the date of a day as users write it; the time of day is dropped.

    Parameters
    ----------
    option
        Named in the error.
    day
        The day.

    Raises
    ------
    OptionError
        It is no day.
    """
    found: object = day
    if isinstance(day, str):
        try:
            found = datetime.fromisoformat(day)
        except ValueError:
            found = None
    if isinstance(found, datetime) and found == found:  # noqa: PLR0124 - pandas' NaT
        return found.date()
    if isinstance(found, date) and not isinstance(found, datetime):
        return found
    raise OptionError(option, day, "a day such as '2020-01-31', a date or a Timestamp")
