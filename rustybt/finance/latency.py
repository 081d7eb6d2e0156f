"""How many bars pass before the market sees an order.

A model of a user's own derives from `LatencyModel` and is asked in the same way as these.
"""

from abc import ABC, abstractmethod

from rustybt.errors import OptionError
from rustybt.finance.order import Order


class LatencyModel(ABC):
    """Decides how long an order is on its way."""

    @abstractmethod
    def bars(self, order: Order) -> int:
        """Return for how many bars after it was placed an order is not seen, at least 0.

        With 0 it may fill at the next bar, with 1 at the one after. Bars are those of the run, not
        of the asset.
        """

    def __repr__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({told})"


class NoLatency(LatencyModel):
    """Have every order seen by the next bar; the default."""

    def bars(self, order: Order) -> int:  # noqa: ARG002 - the protocol's
        """Return 0."""
        return 0


class FixedLatency(LatencyModel):
    """Have every order seen some bars later.

    Parameters
    ----------
    bars
        Whole number of at least 0.
    """

    def __init__(self, bars: int) -> None:
        if not isinstance(bars, int) or isinstance(bars, bool) or bars < 0:
            raise OptionError("bars", bars, "a whole number of bars, at least 0")
        self.count = bars

    def bars(self, order: Order) -> int:  # noqa: ARG002 - the protocol's
        """Return the number."""
        return self.count
