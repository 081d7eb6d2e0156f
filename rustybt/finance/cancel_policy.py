"""Which open orders the end of a session cancels."""

from abc import ABC, abstractmethod


class CancelPolicy(ABC):
    """Decides whether the end of a session cancels open orders.

    Attributes
    ----------
    warn_on_cancel
        Whether each order it cancels is logged as a warning.
    """

    warn_on_cancel: bool = False

    @abstractmethod
    def at_session_end(self) -> bool:
        """Return whether open orders are cancelled when a session ends."""


class NeverCancel(CancelPolicy):
    """Orders stay open until they are filled or cancelled by the strategy; the default."""

    def at_session_end(self) -> bool:
        """Return False."""
        return False


class EODCancel(CancelPolicy):
    """Open orders are cancelled when their session ends.

    On daily bars an order that was placed after the session's bar is for the next session, whose
    end cancels it: it has one bar in which to fill.

    Parameters
    ----------
    warn_on_cancel
        Whether each order it cancels is logged as a warning.
    """

    def __init__(self, warn_on_cancel: bool = True) -> None:  # noqa: FBT001, FBT002 - zipline's
        self.warn_on_cancel = warn_on_cancel

    def at_session_end(self) -> bool:
        """Return True."""
        return True
