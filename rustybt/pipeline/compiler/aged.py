"""Columns made of what stands at fixed ages, computed over rows laid out by session.

Laid out, there is a cell for each session and asset, and what stood n sessions ago is the same array from n
times as many cells before as there are assets. A statement over such columns has no window, so all threads run
it, and its rows come in the order of the result: brought into order are the few columns that are read, not the
many that come out. What stands before the first row of an asset is what stands in its pad.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.spine import Piece
from rustybt.pipeline.compiler.stages import outermost_windows, text_of
from rustybt.pipeline.compiler.statement import Check, statement
from rustybt.pipeline.compiler.streaming import Pass
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Sql, nodes

if TYPE_CHECKING:
    from warehouse import Warehouse

_GIVEN: Final = "rows_given"
_CELL: Final = "cell"
_COMES_OUT: Final = "comes_out"
_DENSE: Final = 0.5  # of the cells: where fewer come out they are not worth their memory


@dataclass(frozen=True)
class Standing:
    """Where the rows of each asset stand, sorted by asset and session, and which of them come out.

    Parameters
    ----------
    first
        Number of the first session that comes out.
    there
        Whether a row comes out, of shape (sessions, assets).
    sids
        Of the assets.
    starts, lasts
        First and last row of each asset.
    offsets
        What makes the number of a session that of the row of an asset.
    pad
        A row of a pad; any where there is none.
    """

    first: int
    there: Values
    sids: Values
    starts: Values
    lasts: Values
    offsets: Values
    pad: int

    @classmethod
    def of(cls, rows: Mapping[str, pa.ChunkedArray], first: int, until: int) -> "Standing":
        """Return it for rows with sid, s, k and alive, and the numbers of the sessions, half open."""
        sid, s, k, alive = (_numbers(rows[it]) for it in ("sid", "s", "k", "alive"))
        # Each asset is alive in its last rows, one a session: no sort tells where they are.
        starts = np.append(0, np.flatnonzero(sid[1:] != sid[:-1]) + 1)[: len(sid)]
        lasts = np.append(starts[1:], len(sid))[: len(starts)] - 1
        living = np.add.reduceat(alive, starts, dtype="i4") if len(starts) else starts
        ends = np.minimum(s[lasts] + 1, until)
        begins = np.maximum(s[lasts] + 1 - living, first)
        labels = np.arange(first, until, dtype="i4")[:, None]
        there = (labels >= begins) & (labels < ends)
        padded = starts[k[starts] < 0]
        pad = int(padded[0]) if len(padded) else 0
        offsets = (lasts - s[lasts]).astype("i4")
        return cls(first, there, sid[starts], starts, lasts, offsets, pad)

    def keys(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Return session, sid (a dictionary) and place of the rows that come out, by session and sid."""
        assets = np.broadcast_to(np.arange(len(self.sids), dtype="i4"), self.there.shape)[
            self.there
        ]
        labels = np.arange(self.first, self.first + len(self.there), dtype="i4")
        numbers = np.repeat(labels, np.count_nonzero(self.there, axis=1))
        sids = pa.DictionaryArray.from_arrays(pa.array(assets), pa.array(self.sids))
        return pa.array(numbers), sids, pa.array(self.offsets[assets] + numbers)

    def cells(self, sessions_before: int) -> pa.Array:
        """Return the row of each cell, from so many sessions before the first that comes out."""
        begin = self.first - sessions_before
        labels = np.arange(begin, self.first + len(self.there), dtype="i4")[:, None]
        rows = labels + self.offsets
        rows[(rows < self.starts) | (rows > self.lasts)] = self.pad
        return pa.array(rows.ravel())

    @cached_property
    def numbers_of_cells(self) -> tuple[Values, Values]:
        """The numbers of all cells of the sessions that come out, and of those that do."""
        cells = np.arange(self.there.size, dtype="i4")
        return cells, cells if self.there.all() else cells[self.there.ravel()]

    def is_dense(self) -> bool:
        """Return whether about as many rows come out as there are cells."""
        return bool(np.count_nonzero(self.there) > _DENSE * self.there.size)


@dataclass(frozen=True)
class Aged:
    """The columns of a pass that are made of fixed ages.

    Parameters
    ----------
    names
        Those that come out.
    ages
        Of each column of the rows that is read, at which ages; 0 is among them.
    stages
        What is computed, with a column for each age.
    """

    names: Sequence[str]
    ages: Mapping[str, Collection[int]]
    stages: Pass

    @property
    def oldest(self) -> int:
        """The greatest age."""
        return max((age for ages in self.ages.values() for age in ages), default=0)

    def computed(
        self,
        names: Sequence[str],
        laid: Mapping[str, pa.Array],
        standing: Standing,
        warehouse: "Warehouse",
    ) -> pa.Table:
        """Return some columns, by session and sid.

        Parameters
        ----------
        names
            Of the columns.
        laid
            What is read, of the rows of `Standing.cells` from the oldest age on.
        standing
            Which of the cells come out.
        warehouse
            Whose engine computes.

        Raises
        ------
        RowOrderError
            The rows came out in another order.
        """
        cells, coming_out = standing.numbers_of_cells
        assets = len(standing.sids)
        given = {_CELL: pa.array(cells)}
        for name, ages in self.ages.items():
            for age in ages:
                begin = (self.oldest - age) * assets
                given[_at(name, age)] = laid[name].slice(begin, len(cells))
        whole = len(coming_out) == len(cells)
        if not whole:
            given[_COMES_OUT] = pa.array(standing.there.ravel())
        condition = None if whole else exp.column(_COMES_OUT)
        piece = Piece(exp.to_table(_GIVEN), {_GIVEN: pa.table(given)}, {}, condition)
        query = statement(self.stages, [_CELL, *names], piece, Check(None, None))
        found = warehouse.arrow(text_of(query), tables=piece.tables)
        if not np.array_equal(_numbers(found[_CELL]), coming_out):
            raise RowOrderError(_GIVEN, "by session and asset")
        return found.drop_columns([_CELL])


def aged(of: Pass, wanted: Iterable[str], needs: Mapping[str, frozenset[str]]) -> Aged | None:
    """Return the columns among those wanted of a pass that are made of fixed ages.

    None where as many columns are read as come out: to lay them out would save nothing.
    """
    computed = {name for stage in of.stages for name in stage}
    other = set(computed)
    for stage in of.stages:
        other -= {name for name, sql in stage.items() if _is_of_ages(sql, computed, other)}
    names = [it for it in wanted if it in computed and it not in other]
    behind = set(names)
    for stage in reversed(of.stages):
        behind.update(*(needs[name] for name in stage if name in behind))
    ages: dict[str, set[int]] = {it: {0} for it in sorted(behind - computed)}
    if len(names) <= len(ages):
        return None
    stages = [
        {name: _by_ages(sql, ages) for name, sql in stage.items() if name in behind}
        for stage in of.stages
    ]
    return Aged(names, ages, Pass(stages))


def _is_of_ages(sql: Sql, computed: Collection[str], other: Collection[str]) -> bool:
    """Return whether a column looks back on columns of the rows alone, none that is computed."""
    for node in nodes(sql, exp.Window, exp.Column, outermost=True):
        if isinstance(node, exp.Column) and node.name in other:
            return False
        if isinstance(node, exp.Window) and node.this.this.name in computed:
            return False
    return True


def _by_ages(sql: Sql, ages: Mapping[str, set[int]]) -> Sql:
    tree = sql.copy()
    for window in outermost_windows(tree):
        name, age = window.this.this.name, int(window.this.args["offset"].name)
        ages[name].add(age)
        column = exp.column(_at(name, age), quoted=True)
        if window is tree:
            return column
        window.replace(column)
    return tree


def _at(name: str, age: int) -> str:
    return f"{name}_ago_{age}" if age else name


def _numbers(values: pa.ChunkedArray) -> Values:
    found: Values = values.combine_chunks().to_numpy(zero_copy_only=False)
    return found
