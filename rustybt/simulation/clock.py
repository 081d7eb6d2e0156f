"""Where a run stands: the bar and its session, and which hook of the strategy is being called."""

from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from rustybt.finance.calendar import Session
from rustybt.finance.order import Placing
from rustybt.simulation.timeline import Timeline

_BEFORE: Final = time(8, 45)  # of zipline's `before_trading_start`
_NEW_YORK: Final = "America/New_York"


class Phase(StrEnum):
    """The hooks of a strategy, by their names."""

    INITIALIZE = "initialize"
    BEFORE = "before_trading_start"
    BAR = "handle_data"
    ANALYZE = "analyze"


class Clock:
    """The current session, bar and phase of a run.

    Parameters
    ----------
    session, number
        The first session, and its number in the bundle's calendar.
    timeline
        Numbers the bars.

    Attributes
    ----------
    session, number
        Current session; the first one of the run while it is being initialized.
    bar
        Number of the current bar, or of the one that comes next in ``before_trading_start``.
    until
        Number of the bar after the last of the session.
    """

    def __init__(self, session: Session, number: int, timeline: Timeline) -> None:
        self.session = session
        self.number = number
        self.bar, self.until = timeline.bars(number)
        self.phase = Phase.INITIALIZE
        self._timeline = timeline
        self._known = self.bar, timeline.instant(self.bar)
        self._placing = Placing(self._known[1], session.label)

    @property
    def now(self) -> datetime:
        """When the current bar is known, UTC; before trading the time of that hook."""
        if self.phase is Phase.BEFORE:
            return before_trading(self.session)
        bar, instant = self._known
        if bar != self.bar:  # asked by each order and fill of a bar
            instant = self._timeline.instant(self.bar)
            self._known = self.bar, instant
        return instant

    @property
    def placing(self) -> Placing:
        """When an order is placed that is placed now; without a price."""
        now = self.now
        if self._placing.dt is not now:
            self._placing = Placing(now, self.session.label)
        return self._placing


def before_trading(session: Session) -> datetime:
    """Return 08:45 in New York on the day of a session, or its opening if that is earlier; UTC."""
    local = datetime.combine(session.label, _BEFORE, ZoneInfo(_NEW_YORK))
    return min(local.astimezone(UTC), session.opened)
