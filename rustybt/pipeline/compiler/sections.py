"""The assets of one session next to each other, those with the same label together: lists of values, and ranks."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rustybt.pipeline.compiler.places import taken
from rustybt.pipeline.vocabulary.nanmath import Array, Values

_SHORT: Final = np.iinfo(np.uint16).max  # numpy sorts what fits 16 bits without comparing
_NEGATIVE: Final = np.int64(
    np.iinfo(np.int64).max
)  # the bits that order negative numbers the other way


@dataclass(frozen=True)
class Ranks:
    """The values of each section in order, which their ranks from 1 follow from.

    Parameters
    ----------
    rows
        The row of each value, by section, value and sid.
    keys
        Whole numbers in the order of the values.
    edges
        At which place each section begins; the last is the number of values.
    there
        Whether a row has a value.
    """

    rows: Values
    keys: Values
    edges: Values
    there: Values

    def ordinal(self) -> Values:
        """Return the place of each row among those of its section; it is of any number without a value."""
        return self._by_row(np.arange(1, len(self.keys) + 1) - self._before)

    def lowest(self) -> Values:
        """Return the first place of those that are equal, as `ordinal` does."""
        return self._by_row(self._firsts[self._run] - self._before + 1)

    def highest(self) -> Values:
        """Return the last place of those that are equal, as `ordinal` does."""
        return self._by_row(self._firsts[self._run + 1] - self._before)

    def dense(self) -> Values:
        """Return how many different values are not after that of a row, as `ordinal` does."""
        begins, sizes = self.edges[:-1], np.diff(self.edges)
        first = self._run[begins[sizes > 0]]
        return self._by_row(self._run - np.repeat(first, sizes[sizes > 0]) + 1)

    def percentile(self, values: Array, percentile: float) -> pa.Array:
        """Return the value below which so much of each section lies, to the bit of NumPy.

        Parameters
        ----------
        values
            Those that are ranked, one a row.
        percentile
            Of 0 to 100.

        Returns
        -------
        pyarrow.Array
            One number a section; NULL if it has no value.
        """
        ordered, counts = values[self.rows], np.diff(self.edges)
        some = counts > 0
        at = (counts[some] - 1.0) * (percentile / 100)
        below, above = (self.edges[:-1][some] + it(at).astype("i8") for it in (np.floor, np.ceil))
        low, high, part = ordered[below], ordered[above], at - np.floor(at)
        found = np.zeros(len(counts))
        with np.errstate(invalid="ignore", over="ignore"):
            apart = high - low
            found[some] = np.where(part < 0.5, low + apart * part, high - apart * (1 - part))
        return pa.array(found, mask=~some)

    @cached_property
    def _before(self) -> Values:
        before: Values = np.repeat(self.edges[:-1], np.diff(self.edges))
        return before

    @cached_property
    def _new(self) -> Values:
        """Whether another value begins at a place, or ends at the one before."""
        new = np.zeros(len(self.keys) + 1, np.bool_)
        new[self.edges] = True
        new[1:-1] |= self.keys[1:] != self.keys[:-1]
        return new

    @cached_property
    def _firsts(self) -> Values:
        firsts: Values = np.flatnonzero(self._new)
        return firsts

    @cached_property
    def _run(self) -> Values:
        run: Values = np.cumsum(self._new[:-1]) - 1
        return run

    def _by_row(self, ranks: Values) -> Values:
        found = np.zeros(len(self.there), np.int64)
        found[self.rows] = ranks
        return found


@dataclass(frozen=True)
class Sections:
    """Where the rows of each section are, by sid.

    Parameters
    ----------
    order
        The rows, by section and sid.
    edges
        At which place of that order each section begins; the last is the number of rows.
    """

    order: Values
    edges: Values

    @classmethod
    def of(cls, s: Values, label: pa.ChunkedArray | None = None) -> "Sections":
        """Return the sections of rows that come by sid: one a session, or one for each label in it."""
        keys = [s] if label is None else [s, _codes(label)]
        order = np.arange(len(s))
        for key in reversed(keys):
            order = order[_sorted(key[order])]
        begins = np.zeros(len(s), np.bool_)
        begins[:1] = True
        for key in keys:
            begins[1:] |= key[order[1:]] != key[order[:-1]]
        return cls(order.astype("i4"), np.append(np.flatnonzero(begins), len(s)).astype("i4"))

    def lists(self, values: pa.ChunkedArray) -> pa.ListArray:
        """Return the values of each section, in the order of sid."""
        ordered = taken(values, pa.array(self.order)).combine_chunks()
        return pa.ListArray.from_arrays(pa.array(self.edges), ordered)

    def places(self) -> pa.Array:
        """Return the number of the section of each row."""
        found = np.empty(len(self.order), "i4")
        found[self.order] = np.repeat(
            np.arange(len(self.edges) - 1, dtype="i4"), np.diff(self.edges)
        )
        return pa.array(found)

    def ranks(self, values: pa.ChunkedArray, *, descending: bool) -> Ranks:
        """Return the ranks of numbers, a missing one having none.

        Parameters
        ----------
        values
            One a row. NaN is above all numbers, as in DuckDB.
        descending
            Whether the largest has rank 1.
        """
        there = values.is_valid().to_numpy()
        kept = there[self.order]
        order = self.order[kept]
        edges = np.append(0, np.cumsum(kept))[self.edges]
        keys = _ordered_as_whole_numbers(values.to_numpy()[order])
        keys = ~keys if descending else keys
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            within = _by_value(keys[begin:end])
            keys[begin:end], order[begin:end] = keys[begin:end][within], order[begin:end][within]
        return Ranks(order, keys, edges, there)


def _codes(label: pa.ChunkedArray) -> Values:
    codes: Values = pc.dictionary_encode(label.combine_chunks(), "encode").indices.to_numpy()
    return codes


def _sorted(key: Values) -> Values:
    """Return a stable order of whole numbers."""
    least = key.min(initial=0)
    short = key.max(initial=0) - least <= _SHORT
    order: Values = np.argsort((key - least).astype("u2") if short else key, kind="stable")
    return order


def _ordered_as_whole_numbers(values: Array) -> Values:
    """Return 64-bit integers that have the order of numbers: equal for equal ones, NaN above all."""
    one_nan = np.where(np.isnan(values), np.nan, values + 0.0)  # and one zero
    bits = one_nan.astype(np.float64).view(np.int64)
    ordered: Values = np.where(bits < 0, bits ^ _NEGATIVE, bits)
    return ordered


def _by_value(keys: Values) -> Values:
    """Return the order of a section, equal ones as they come."""
    order = np.argsort(keys)
    ordered = keys[order]
    if (ordered[1:] == ordered[:-1]).any():  # a stable sort takes three times as long
        order = np.argsort(keys, kind="stable")
    found: Values = order
    return found
