"""Correlations of ranks over sliding windows, which no window of SQL computes in less than the square of its length.

Of a window each value has its centred rank, twice: how many values are smaller less how many are larger. When a
session leaves and another comes, every rank changes by what these two say of it, so a step costs as much as the
window is long, for all assets at once and in whole numbers. Nothing is lost by rounding until the last division.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from rustybt.pipeline.vocabulary.nanmath import Array, Values

_CELLS: Final = 60_000  # of a window times assets: so much stays in the cache of a core


def rank_correlations(x: Values, y: Values, sids: Values, length: int) -> pa.Array:
    """Return the correlation of the ranks in the last rows of each asset.

    Parameters
    ----------
    x, y
        Two series of rows by asset and session, NaN where missing.
    sids
        The asset of each row.
    length
        Rows of a window; at least 2.

    Returns
    -------
    pyarrow.Array
        One number a row; NULL if a value of its window is missing or all of one series are equal.
    """
    begins = np.flatnonzero(np.append(True, sids[1:] != sids[:-1])[: len(sids)])
    asset = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(sids))))
    place = np.arange(len(sids)) - begins[asset]
    found = np.full(len(sids), np.nan)
    size = max(1, _CELLS // length)
    for first in range(0, len(begins), size):
        rows = slice(begins[first], begins[first + size] if first + size < len(begins) else None)
        at = place[rows], asset[rows] - first
        shape = int(at[0].max()) + 1, int(at[1].max()) + 1
        one, other = (_dense(it[rows], at, shape) for it in (x, y))
        found[rows] = _of_panel(one, other, length)[at]
    return pa.array(found, mask=np.isnan(found))


def _dense(values: Values, at: tuple[Values, Values], shape: tuple[int, int]) -> Array:
    found = np.full(shape, np.nan)
    found[at] = values
    return found


def _of_panel(x: Array, y: Array, length: int) -> Array:
    """Return the correlations of two arrays of rows by assets."""
    complete = _complete(np.isnan(x) | np.isnan(y), length)
    found = np.full(x.shape, np.nan)
    windows = _Ranks(_codes(x), length), _Ranks(_codes(y), length)
    for row in range(len(x)):
        one, other = (it.next(row) for it in windows)
        if complete[row].any():
            products = [_product(a, b) for a, b in ((one, other), (one, one), (other, other))]
            together, *apart = products
            with np.errstate(all="ignore"):
                value = together / (np.sqrt(apart[0]) * np.sqrt(apart[1]))
            found[row] = np.where(complete[row], value, np.nan)
    return found


class _Ranks:
    """The centred ranks of the last rows, twice, updated row by row."""

    def __init__(self, codes: Values, length: int) -> None:
        self._codes, self._length = codes, length
        shape = length, codes.shape[1]
        self._window = np.full(shape, -1, codes.dtype)  # rows of nothing are the smallest
        self._ranks = np.zeros(shape, np.int32)
        self._above, self._below = np.empty(shape, np.bool_), np.empty(shape, np.bool_)

    def next(self, row: int) -> Values:
        """Return the ranks of the window that ends with a row."""
        place, new = row % self._length, self._codes[row]
        self._compared(self._window[place].copy(), np.subtract)
        self._window[place] = new
        own = self._compared(new, np.add)
        self._ranks[place] = -own
        return self._ranks

    def _compared(self, value: Values, change: np.ufunc) -> Values:
        """Change the ranks by what a value says of each, and return the sum of that."""
        np.greater(self._window, value, out=self._above)
        np.less(self._window, value, out=self._below)
        signs = self._above.view(np.int8) - self._below.view(np.int8)
        change(self._ranks, signs, out=self._ranks)
        total: Values = signs.sum(axis=0, dtype=np.int32)
        return total


def _codes(values: Array) -> Values:
    """Return whole numbers that have the order of the values of each asset, equal for equal ones."""
    order = np.argsort(values, axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    steps = np.zeros(values.shape, np.int32)
    steps[1:] = (ordered[1:] != ordered[:-1]).cumsum(axis=0)
    codes = np.empty_like(steps)
    np.put_along_axis(codes, order, steps, axis=0)
    return codes.astype(np.int16) if len(values) < np.iinfo(np.int16).max else codes


def _complete(missing: Values, length: int) -> Values:
    """Return where the last rows, so many, are there and none is missing."""
    count = np.zeros((len(missing) + 1, missing.shape[1]), np.int64)
    np.cumsum(missing, axis=0, out=count[1:])
    found = np.zeros(missing.shape, np.bool_)
    if len(missing) >= length:
        found[length - 1 :] = count[length:] == count[:-length]
    return found


def _product(a: Values, b: Values) -> Array:
    product: Array = (a * b).sum(axis=0, dtype=np.int64).astype(np.float64)
    return product
