"""Columns made of what stands at fixed ages, computed over rows laid out by session.

Laid out, there is a cell for each session and asset, and what stood n sessions ago is the same array from n
times as many cells before as there are assets. A statement over such columns has no window, so all threads run
it, and its rows come in the order of the result: brought into order are the few columns that are read, not the
many that come out. What stands before the first row of an asset is what stands in its pad.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.spine import Piece
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.standing import Standing, numbers
from rustybt.pipeline.compiler.statement import Check, statement
from rustybt.pipeline.compiler.streaming import MASKED, Pass
from rustybt.pipeline.vocabulary.quantity import Sql, nodes

if TYPE_CHECKING:
    from warehouse import Warehouse

_GIVEN: Final = "rows_given"
_CELL: Final = "cell"
_COMES_OUT: Final = "comes_out"


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
        assets = len(standing.blocks.sids)
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
        if not np.array_equal(numbers(found[_CELL]), coming_out):
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
    ages: dict[str, set[int]] = {}
    stages = [
        {name: _by_ages(sql, computed, ages) for name, sql in stage.items() if name in behind}
        for stage in of.stages
    ]
    if len(names) <= len(ages):
        return None
    return Aged(names, dict(sorted(ages.items())), Pass(stages))


def _is_of_ages(sql: Sql, computed: Collection[str], other: Collection[str]) -> bool:
    """Return whether a column looks back on columns of the rows alone, none that is computed."""
    for node in nodes(sql, exp.Window, exp.Column, outermost=True):
        if isinstance(node, exp.Column) and node.name in other:
            return False
        if isinstance(node, exp.Window) and node.this.this.name in computed:
            return False
    return True


def _by_ages(sql: Sql, computed: Collection[str], ages: dict[str, set[int]]) -> Sql:
    """Return a column of what stands at ages, which it adds to those that are read."""
    tree = _unmasked(sql.copy())
    for read in nodes(tree, exp.Window, exp.Column, outermost=True):
        if isinstance(read, exp.Column):
            if read.name not in computed:
                ages.setdefault(read.name, {0})
            continue
        name, age = read.this.this.name, int(read.this.args["offset"].name)
        ages.setdefault(name, {0}).add(age)
        column = exp.column(_at(name, age), quoted=True)
        if read is tree:
            return column
        read.replace(column)
    return tree


def _unmasked(tree: Sql) -> Sql:
    # A cell before the first row of an asset is its pad, which a mask would stand for.
    for case in list(tree.find_all(exp.Case)):
        if case.meta.get(MASKED):
            window: Sql = case.args["ifs"][0].args["true"]
            if case is tree:
                return window
            case.replace(window)
    return tree


def _at(name: str, age: int) -> str:
    return f"{name}_ago_{age}" if age else name
