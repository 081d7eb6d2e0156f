"""A quick look at whether a margin is there: in floats, once a bar; the exact one only when it is close."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

_CLOSE: Final = 1e-6  # of the sums compared; floats are exact to a billionth of that

Floats = NDArray[np.float64]


class MarginLine(NamedTuple):
    """What is left beside a margin, as a function of the prices of some assets.

    Parameters
    ----------
    columns
        Numbers of the assets that the prices are of.
    left
        What is left at prices of 0, account's currency.
    slope
        By how much it grows with each price.
    size, steepness
        The same of the sum of all its parts without their signs.
    idle
        Whether no margin is asked for.
    """

    columns: NDArray[np.intp]
    left: float
    slope: Floats
    size: float
    steepness: Floats
    idle: bool

    @classmethod
    def of(
        cls, columns: NDArray[np.intp], there: float, needed: float, parts: tuple[Floats, Floats]
    ) -> Self:
        """Return the line of what is there and what is needed.

        Parameters
        ----------
        there, needed
            At prices of 0.
        parts
            By how much either grows with each price.
        """
        gained, asked = parts
        idle = not needed and not asked.any()
        size, steepness = abs(there) + needed, np.abs(gained) + asked
        return cls(columns, there - needed, gained - asked, size, steepness, idle)

    def holds(self, prices: Floats) -> bool:
        """Return whether something is left, beyond any doubt of floats."""
        left = self.left + float(self.slope @ prices)
        return left > _CLOSE * (self.size + float(self.steepness @ prices))
