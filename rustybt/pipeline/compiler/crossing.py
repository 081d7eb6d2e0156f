"""Windows that do not stream, on the columns they need alone: those over other partitions than one asset.

The wide rows never meet such a window: it would copy every column they have. A value of a whole section is
an aggregate of a list, which is given back to each of its rows; ranks and their correlations are computed
without SQL, in less than the time of its sorts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from sqlglot import exp

from rustybt.pipeline.compiler.places import taken
from rustybt.pipeline.compiler.ranked import rank_correlations
from rustybt.pipeline.compiler.sections import Ranks, Sections
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.streaming import PERCENTILE, RANK_CORRELATION
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Sql

if TYPE_CHECKING:
    from warehouse import Warehouse

Windows = Mapping[str, exp.Window]

_GIVEN: Final = "rows_given"
_PLACE: Final = "place"
_OVER_LISTS: Final[Mapping[type[object], str]] = {
    exp.Avg: "avg",
    exp.Count: "count",
    exp.Max: "max",
    exp.Min: "min",
    exp.PercentileCont: "quantile_cont",
    exp.StddevPop: "stddev_pop",
    exp.Sum: "sum",
}
_WITHOUT_SQL: Final = {RANK_CORRELATION: "rank correlation", PERCENTILE: "percentile"}


def together(windows: Windows) -> list[Windows]:
    """Return the windows in groups that are computed at once.

    They are of one partition each, and ranks of one value.
    """
    groups: dict[tuple[object, ...], dict[str, exp.Window]] = {}
    for name, window in windows.items():
        kind = _kind(window)
        sorted_by = _ordered(window) if kind in {"rank", "percentile"} else ()
        groups.setdefault((kind, *_partition(window), *sorted_by), {})[name] = window
    return list(groups.values())


@dataclass(frozen=True)
class Crossing:
    """Computes windows on the rows of a run.

    Parameters
    ----------
    rows
        By sid, with ``s``, the number of the session, and all that is needed.
    sections
        Of each partition that has a session.
    warehouse
        Whose engine computes.
    """

    rows: pa.Table
    sections: Mapping[tuple[str, ...], Sections]
    warehouse: "Warehouse"

    @classmethod
    def of(cls, rows: pa.Table, windows: Windows, warehouse: "Warehouse") -> "Crossing":
        """Return what computes some windows."""
        s = rows["s"].combine_chunks().to_numpy()
        partitions = {_partition(it) for it in windows.values()}
        sections = {
            it: Sections.of(s, *(rows[label] for label in it[1:]))
            for it in partitions
            if it[0] == "session"
        }
        return cls(rows, sections, warehouse)

    def values(self, windows: Windows, needs: Collection[str]) -> dict[str, pa.ChunkedArray]:
        """Return the values of a group of `together`, one for each row, from the columns needed."""
        first = next(iter(windows.values()))
        if _kind(first) == "of a section":
            return self._of_sections(windows, self.sections[_partition(first)])
        if _kind(first) == "rank":
            return self._ranked(windows, self.sections[_partition(first)])
        if _kind(first) == "percentile":
            return self._percentiles(windows, self.sections[_partition(first)])
        if _kind(first) == "rank correlation":
            return {name: self._correlated(it) for name, it in windows.items()}
        return self._by_row(windows, needs)

    def _of_sections(self, windows: Windows, sections: Sections) -> dict[str, pa.ChunkedArray]:
        lists = {
            it: sections.lists(self.rows[it])
            for it in dict.fromkeys(it.this.this.name for it in windows.values())
        }
        query = exp.select(*(exp.alias_(_over_list(it), name) for name, it in windows.items()))
        found = self.warehouse.arrow(text_of(query.from_(_GIVEN)), tables={_GIVEN: pa.table(lists)})
        places = sections.places()
        return {name: taken(found[name], places) for name in windows}

    def _ranked(self, windows: Windows, sections: Sections) -> dict[str, pa.ChunkedArray]:
        name, descending = _ordered(next(iter(windows.values())))
        ranks = sections.ranks(self.rows[name], descending=descending)
        return {
            name: pa.chunked_array([pa.array(_rank(it, ranks), mask=~ranks.there)])
            for name, it in windows.items()
        }

    def _percentiles(self, windows: Windows, sections: Sections) -> dict[str, pa.ChunkedArray]:
        x, descending = _ordered(next(iter(windows.values())))
        ranks, values = sections.ranks(self.rows[x], descending=descending), self.rows[x].to_numpy()
        places = sections.places()
        edges = {
            name: ranks.percentile(values, float(it.this.expressions[1].name))
            for name, it in windows.items()
        }
        return {name: taken(pa.chunked_array([it]), places) for name, it in edges.items()}

    def _correlated(self, window: exp.Window) -> pa.ChunkedArray:
        sids, x, y = (
            self.rows[it].to_numpy() for it in ("sid", *(it.name for it in window.this.expressions))
        )
        length = int(window.args["spec"].args["start"].name) + 1
        return pa.chunked_array([rank_correlations(x, y, sids, length)])

    def _by_row(self, windows: Windows, needs: Collection[str]) -> dict[str, pa.ChunkedArray]:
        rowwise = np.arange(len(self.rows), dtype="i4")
        slim = self.rows.select(sorted(needs)).append_column(_PLACE, pa.array(rowwise))
        added = (exp.alias_(it, name) for name, it in windows.items())
        query = exp.select(_PLACE, *added).from_(_GIVEN)
        found = self.warehouse.arrow(text_of(query), tables={_GIVEN: slim})
        back = np.empty(len(self.rows), dtype="i4")
        back[found[_PLACE].combine_chunks().to_numpy()] = rowwise
        return {name: taken(found[name], pa.array(back)) for name in windows}


def _kind(window: exp.Window) -> str:
    """Return in which way a window is computed."""
    function = window.this
    if isinstance(function, exp.Anonymous) and function.this in _WITHOUT_SQL:
        return _WITHOUT_SQL[function.this]
    if _partition(window)[0] != "session":
        return "by row"
    return "rank" if _is_rank(window) else "of a section"


def _partition(window: exp.Window) -> tuple[str, ...]:
    return tuple(it.name for it in window.args["partition_by"])


def _is_rank(window: exp.Window) -> bool:
    counts = isinstance(window.this, exp.Count) and isinstance(window.this.this, exp.Star)
    return counts or isinstance(window.this, (exp.RowNumber, exp.Rank, exp.DenseRank))


def _ordered(window: exp.Window) -> tuple[str, bool]:
    """Return the value that a rank or a percentile orders, and whether the largest comes first."""
    if _is_rank(window):
        order = window.args["order"].expressions[0]
        return order.this.name, bool(order.args.get("desc"))
    return window.this.expressions[0].name, False


def _rank(window: exp.Window, ranks: Ranks) -> Values:
    match window.this:
        case exp.RowNumber():
            return ranks.ordinal()
        case exp.Rank():
            return ranks.lowest()
        case exp.DenseRank():
            return ranks.dense()
        case _:
            return ranks.highest()


def _over_list(window: exp.Window) -> Sql:
    name = exp.Literal.string(_OVER_LISTS[type(window.this)])
    more = [it for it in (window.this.args.get("expression"),) if it is not None]
    return exp.Anonymous(this="list_aggregate", expressions=[window.this.this, name, *more])
