"""What borrowing the units of a short costs."""

import math

from rustybt.assets import Asset
from rustybt.errors import OptionError


class BorrowCost:
    """Charge shorts of what is paid in full for each night, as a year of 365 days has it.

    Parameters
    ----------
    rate
        Fraction of the value a year, at least 0, of assets that have no ``borrow_rate`` of their own.

    Raises
    ------
    OptionError
        The rate is negative or not finite.
    """

    def __init__(self, rate: float = 0.0) -> None:
        number = isinstance(rate, (int, float)) and math.isfinite(rate)
        if not number or rate < 0:
            raise OptionError("borrow_cost", rate, "a finite fraction of at least 0 a year")
        self.rate = rate

    def yearly(self, asset: Asset) -> float:
        """Return the fraction of the value that a short of an asset costs a year."""
        return self.rate if asset.borrow_rate is None else asset.borrow_rate

    def __repr__(self) -> str:
        return f"BorrowCost({self.rate!r})"
