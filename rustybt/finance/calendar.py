"""A session of the exchange: its label and its hours."""

from datetime import date, datetime
from typing import NamedTuple


class Session(NamedTuple):
    """A trading session; `opened` and `closed` are instants in UTC, with their zone."""

    label: date
    opened: datetime
    closed: datetime
