"""Panels: what a statement returns as dense arrays of sessions by assets, and the windows that are cut from them.

A window is a copy, since a `compute` may write into what it is given. Where an action falls inside, what stands
before it is multiplied by the ratio of the running products of both sessions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.standing import Standing
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, Values

Degrees: TypeAlias = tuple[tuple[str, int], ...]
"""Names of scales, and the power in which a value has each."""

_PRICES, _SPLITS = "price_scale", "split_scale"


@dataclass(frozen=True)
class Places:
    """Where the rows of a table stand in an array of labels by assets.

    Parameters
    ----------
    shape
        Labels and assets.
    pad
        Labels at the beginning of the array of which the table has no rows.
    there
        What picks the places that have a row from the array behind the pad.
    rows
        Of each of them, in their order, its row in the table.
    """

    shape: tuple[int, int]
    pad: int
    there: Any
    rows: Values

    @classmethod
    def of_standing(cls, standing: Standing, labels: range, pad: int, rows: LivingRows) -> "Places":
        """Return those of the rows of living assets in a table by asset and session."""
        there = rows.alive(labels.start, labels.stop)
        return cls((pad + there.shape[0], there.shape[1]), pad, there, standing.places())

    @classmethod
    def of_table(cls, table: pa.Table, labels: range, pad: int, rows: LivingRows) -> "Places":
        """Return those of a table with session and sid, by session."""
        days = array(table["session"]).astype("datetime64[D]")
        wanted = np.append(rows.days[labels.start : labels.stop], np.datetime64("9999-12-31"))
        label = np.repeat(np.arange(len(labels)), np.diff(np.searchsorted(days, wanted)))
        sids = np.asarray(rows.all_sids, np.int64)
        asset = np.searchsorted(sids, array(table["sid"]))
        return cls((pad + len(labels), len(sids)), pad, (label, asset), np.arange(len(table)))

    def dense(self, values: Values, empty: Any) -> Values:
        """Return the values at their places."""
        found = np.full(self.shape, empty, values.dtype)
        found[self.pad :][self.there] = values[self.rows]
        return found

    def of_column(self, values: pa.ChunkedArray, term: Term) -> Values:
        """Return the values of a term, with what stands for a missing one in all other places."""
        return self.dense(*_with_empty(values, term))

    def alive(self, table: pa.Table) -> Values:
        """Return which assets are alive at each label; a table of living assets does not say it."""
        if "alive" in table.column_names:
            return self.dense(array(table["alive"]).astype(np.bool_), empty=False)
        found = np.zeros(self.shape, np.bool_)
        found[self.pad :][self.there] = True
        return found

    def scale(self, values: pa.ChunkedArray) -> Array | None:
        """Return the running products of ratios at each label and asset; None if no action changes any."""
        known = array(values)
        if (known == known[:1]).all():
            return None
        scale = self.dense(known, np.nan)
        _carry(scale)
        return scale


@dataclass(frozen=True)
class Panel:
    """The inputs of a term over rows of labels and assets, the oldest rows being those before history.

    Parameters
    ----------
    inputs
        Arrays of rows by assets.
    degrees
        Of each input.
    scales
        The running products of ratios, by name; those that no action changes lack.
    moved
        Of each scale the newest row, up to the row, that has another value than the one before.
    """

    inputs: Sequence[Values]
    degrees: Sequence[Degrees]
    scales: Mapping[str, Values]
    moved: Mapping[str, Values]

    @classmethod
    def of(cls, places: Places, table: pa.Table, inputs: Sequence[Term]) -> "Panel":
        """Return that of a table with ``input_0``, ``input_1`` … and the scales of the inputs."""
        found = {it: places.scale(table[it]) for it in scales_of(inputs)}
        scales = {name: it for name, it in found.items() if it is not None}
        return cls(
            [places.of_column(table[f"input_{n}"], it) for n, it in enumerate(inputs)],
            [tuple(one for one in degrees_of(it) if one[0] in scales) for it in inputs],
            scales,
            {name: _moved(it) for name, it in scales.items()},
        )

    def part(self, begin: int, until: int, assets: Values) -> "Panel":
        """Return some rows of some assets, in arrays of their own unless they are all assets."""

        def cut(values: Values) -> Values:
            rows = values[begin:until]
            return rows if len(assets) == rows.shape[1] else rows.take(assets, axis=1)

        return Panel(
            [cut(it) for it in self.inputs],
            self.degrees,
            {name: cut(it) for name, it in self.scales.items()},
            {name: cut(it) - begin for name, it in self.moved.items()},
        )

    def windows(self, begin: int, length: int) -> Iterator[Values]:
        """Yield the window of each input that begins at a row."""
        until = begin + length
        for values, degrees in zip(self.inputs, self.degrees, strict=True):
            window = values[begin:until]
            if values.base is not None or len(values) > length:
                window = window.copy()
            for name, degree in degrees:
                inside = np.flatnonzero(self.moved[name][until - 1] > begin)
                if inside.size:
                    scales = self.scales[name][begin:until, inside]
                    window[:, inside] *= (scales[-1] / scales) ** degree
            yield window


def runs(passing: Values) -> Iterator[tuple[int, int]]:
    """Yield the rows, half open, in which the same assets pass."""
    changes = np.flatnonzero((passing[1:] != passing[:-1]).any(axis=1)) + 1
    return pairwise([0, *changes.tolist(), len(passing)])


def degrees_of(term: Term) -> Degrees:
    """Return the scales that the values of an input follow; those of other terms than columns do not."""
    if not isinstance(term, BoundColumn):
        return ()
    # A price before a split is halved with its ratio, a volume is doubled.
    found = ((_PRICES, term.price), (_SPLITS, -term.shares))
    return tuple((name, degree) for name, degree in found if degree)


def scales_of(inputs: Sequence[Term]) -> tuple[str, ...]:
    """Return the scales that some inputs follow."""
    return tuple(dict.fromkeys(name for it in inputs for name, _ in degrees_of(it)))


def array(values: pa.ChunkedArray) -> Values:
    """Return a column as an array, NaN where a number is missing."""
    found: Values = values.to_numpy()
    return found


def _moved(scale: Array) -> Values:
    moved = np.zeros(scale.shape, np.int64)
    moved[1:] = np.where(scale[1:] != scale[:-1], np.arange(1, len(scale))[:, None], 0)
    found: Values = np.maximum.accumulate(moved, axis=0)
    return found


def _with_empty(values: pa.ChunkedArray, term: Term) -> tuple[Values, Any]:
    kind = values.type
    if pa.types.is_boolean(kind):
        return values.fill_null(pa.scalar(value=False)).to_numpy(), False
    if pa.types.is_integer(kind):
        return values.fill_null(-1).to_numpy(), -1
    if pa.types.is_temporal(kind):
        return values.to_numpy().astype("datetime64[ns]"), np.datetime64("NaT")
    if pa.types.is_floating(kind):
        filled = isinstance(term, BoundColumn) and term.shares > 0
        return values.to_numpy(), 0.0 if filled else np.nan
    return values.cast(pa.string()).to_numpy(zero_copy_only=False), None


def _carry(known: Array) -> None:
    """Fill rows that are missing with the row before, and those at the beginning with the one after."""
    for row in range(1, len(known)):
        np.copyto(known[row], known[row - 1], where=np.isnan(known[row]))
    for row in range(len(known) - 2, -1, -1):
        np.copyto(known[row], known[row + 1], where=np.isnan(known[row]))
    np.nan_to_num(known, copy=False, nan=1.0)
