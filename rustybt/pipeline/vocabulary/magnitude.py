"""Between which powers of ten the values of a term lie: where one could be too large for a DOUBLE.

Such a value is missing, by the rule that no number is infinite. A test of every value of every term
would cost as much as the terms, and bars lie so far from the end that few terms can reach it.
"""

from math import inf
from typing import Final, NamedTuple

_LARGEST: Final = 308  # 1.8e308
_SMALLEST: Final = -324  # 4.9e-324
_DIGITS: Final = 16  # of a DOUBLE: what may be left of a difference
_FACTORS: Final = 4  # as many inputs are multiplied in a factor at most: a product of two variances


class Magnitude(NamedTuple):
    """Powers of ten: values lie below one, and above another unless they are 0."""

    below: float
    above: float

    @property
    def overflows(self) -> bool:
        """Whether a value may be too large for a DOUBLE."""
        return self.below > _LARGEST

    def of_numbers(self) -> "Magnitude":
        """Return the same for the values that are numbers."""
        return Magnitude(min(self.below, _LARGEST), max(self.above, _SMALLEST))

    def plus(self, other: "Magnitude") -> "Magnitude":
        """Return that of sums and differences."""
        below = max(self.below, other.below) + 0.5
        return Magnitude(below, min(self.above, other.above) - _DIGITS)

    def times(self, other: "Magnitude") -> "Magnitude":
        """Return that of products."""
        return Magnitude(self.below + other.below, self.above + other.above)

    def over(self, other: "Magnitude") -> "Magnitude":
        """Return that of quotients."""
        return Magnitude(self.below - other.above, self.above - other.below)

    def among(self, *others: "Magnitude") -> "Magnitude":
        """Return that of values each of which is one of several."""
        every = self, *others
        return Magnitude(max(it.below for it in every), min(it.above for it in every))


BARS: Final = Magnitude(10, -10)
"""That of prices and volumes."""
NUMBERS: Final = Magnitude(_LARGEST, _SMALLEST)
"""That of numbers of which nothing is known."""
ANY: Final = Magnitude(inf, -inf)
"""That of what may be no number at all."""


def of_factor(*inputs: Magnitude) -> Magnitude:
    """Return a magnitude that what a factor computes on its way does not leave."""
    whole = BARS.among(*inputs)
    farthest = _FACTORS * max(whole.below, -whole.above)
    return Magnitude(farthest, -farthest)
