"""Where a run stands: the session, and which hook of the strategy is being called."""

from enum import StrEnum

from rustybt.finance.calendar import Session


class Phase(StrEnum):
    """The hooks of a strategy, by their names."""

    INITIALIZE = "initialize"
    BEFORE = "before_trading_start"
    BAR = "handle_data"
    ANALYZE = "analyze"


class Clock:
    """The current session and phase of a run.

    Attributes
    ----------
    session
        Current session; the first one of the run while it is being initialized.
    number
        Its number in the bundle's calendar.
    """

    def __init__(self, session: Session, number: int) -> None:
        self.session = session
        self.number = number
        self.phase = Phase.INITIALIZE
