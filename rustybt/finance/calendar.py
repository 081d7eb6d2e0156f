"""A session of the exchange: its label and its hours."""

from datetime import date, datetime, timedelta
from typing import NamedTuple


class Session(NamedTuple):
    """A trading session; its hours are instants in UTC, with their zone.

    `paused` and `resumed` are those of its midday break, None where it has none.
    """

    label: date
    opened: datetime
    closed: datetime
    paused: datetime | None = None
    resumed: datetime | None = None

    @property
    def length(self) -> timedelta:
        """How long trading goes on in it."""
        if self.paused is None or self.resumed is None:
            return self.closed - self.opened
        return self.closed - self.opened - (self.resumed - self.paused)
