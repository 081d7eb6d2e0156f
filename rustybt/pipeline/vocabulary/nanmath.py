"""NumPy reductions over the first axis that skip NaN in silence.

NumPy's own warn about a column without values, which here is an answer: NaN.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Values: TypeAlias = NDArray[Any]
"""Numbers of a factor or truth values of a filter."""


def nansum(x: Array) -> Array:
    """Return the sum; 0 without values."""
    total: Array = np.nansum(x, axis=0)
    return total


def nanmean(x: Array) -> Array:
    """Return the mean; NaN without values."""
    return nansum(x) / nonzero((~np.isnan(x)).sum(axis=0, dtype=np.float64))


def nanstd(x: Array) -> Array:
    """Return the population standard deviation; NaN without values."""
    return np.sqrt(nanmean((x - nanmean(x)) ** 2))


def nanmax(x: Array) -> Array:
    """Return the largest value; NaN without values."""
    largest: Array = np.where(np.isnan(x), -np.inf, x).max(axis=0)
    return np.where(np.isnan(x).all(axis=0), np.nan, largest)


def nanmin(x: Array) -> Array:
    """Return the smallest value; NaN without values."""
    return -nanmax(-x)


def nonzero(x: Array) -> Array:
    """Return the values with NaN in place of 0, to divide by."""
    return np.where(x == 0, np.nan, x)


def finite(x: Array) -> Array:
    """Return the values with NaN in place of infinities."""
    return np.where(np.isfinite(x), x, np.nan)


def missing(x: Values) -> NDArray[np.bool_]:
    """Return where a number is NaN, or a label NaN or None."""
    if x.dtype == object:
        return np.array([it is None or it != it for it in x], dtype=bool)  # noqa: PLR0124 - NaN is unequal to itself
    return np.isnan(x)
