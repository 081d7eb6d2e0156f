"""Windows that do not stream, on the columns they need alone: those over other partitions than one asset.

The wide rows never meet such a window: it would copy every column they have. A value of a whole
session is an aggregate by session, which is given back to each of its rows. A correlation of ranks is no
window of SQL at all.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from rustybt.pipeline.compiler.ranked import rank_correlations
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.streaming import RANK_CORRELATION
from rustybt.pipeline.vocabulary.quantity import Sql

if TYPE_CHECKING:
    from warehouse import Warehouse

Windows = Mapping[str, exp.Window]

_GIVEN: Final = "rows_given"
_PLACE: Final = "place"
# A float sum depends on the order of its terms.
_OVER_LISTS: Final[Mapping[type[object], str]] = {
    exp.Avg: "list_avg",
    exp.Sum: "list_sum",
    exp.StddevPop: "list_stddev_pop",
    exp.Stddev: "list_stddev_samp",
    exp.Variance: "list_var_samp",
    exp.VariancePop: "list_var_pop",
}
_UNORDERED: Final = (exp.Max, exp.Min, exp.Count)
_RANKS: Final = (exp.RowNumber, exp.Rank, exp.DenseRank)


def together(windows: Windows) -> list[Windows]:
    """Return the windows in groups that one statement computes best.

    They are of one partition each, and ranks of one value.
    """
    groups: dict[tuple[object, ...], dict[str, exp.Window]] = {}
    for name, window in windows.items():
        partition = tuple(text_of(it) for it in window.args.get("partition_by") or ())
        key = _rank_key(window)
        kind = (
            _is_ranked(window),
            _is_of_whole_session(window),
            None if key is None else text_of(key),
        )
        groups.setdefault((partition, kind), {})[name] = window
    return list(groups.values())


def crossed(
    rows: pa.Table, windows: Windows, needs: Collection[str], warehouse: "Warehouse"
) -> dict[str, pa.ChunkedArray]:
    """Return the values of a group of windows, one for each row.

    Parameters
    ----------
    rows
        With ``s``, the number of the session, and all that is needed.
    windows
        By name, one group of `together`.
    needs
        Columns that they are computed from.
    warehouse
        Whose engine computes.
    """
    if all(map(_is_ranked, windows.values())):
        return {name: _ranked(rows, it) for name, it in windows.items()}
    if all(map(_is_of_whole_session, windows.values())):
        slim = rows.select(sorted({*needs, "s"} - {"session"}))
        found = warehouse.arrow(text_of(_by_session(windows)), tables={_GIVEN: slim})
        s = rows["s"].combine_chunks().to_numpy()
        least = int(s.min(initial=0))  # a pad begins before the first session
        back = np.zeros(int(s.max(initial=0)) - least + 1, dtype="i4")
        back[found["s"].combine_chunks().to_numpy() - least] = np.arange(len(found), dtype="i4")
        places = pa.array(back[s - least])
    else:
        rowwise = np.arange(len(rows), dtype="i4")
        slim = rows.select(sorted(needs)).append_column(_PLACE, pa.array(rowwise))
        found = warehouse.arrow(text_of(_by_row(windows)), tables={_GIVEN: slim})
        back = np.full(len(rows), -1, dtype="i4")
        back[found[_PLACE].combine_chunks().to_numpy()] = rowwise[: len(found)]
        places = pa.array(back, mask=back < 0) if len(found) < len(rows) else pa.array(back)
    return {name: taken(found[name], places) for name in windows}


def taken(values: pa.ChunkedArray, places: pa.Array) -> pa.ChunkedArray:
    """Return the values at places, which must be within them."""
    whole = values.combine_chunks()
    take = partial(pc.take, indices=places, boundscheck=False)
    if whole.null_count and pa.types.is_primitive(whole.type) and whole.type.bit_width >= 8:
        # Arrow takes numbers without gaps in a third of the time, and so the bytes that tell of gaps.
        valid, numbers = whole.buffers()
        at = slice(whole.offset, whole.offset + len(whole))
        bits = np.unpackbits(np.frombuffer(valid, "u1"), bitorder="little")[at]
        present = np.packbits(take(pa.array(bits)).to_numpy(), bitorder="little")
        dense = pa.Array.from_buffers(whole.type, len(whole), [None, numbers], offset=whole.offset)
        buffers = [pa.py_buffer(present), take(dense).buffers()[1]]
        array = pa.Array.from_buffers(whole.type, len(places), buffers)
    else:
        array = take(whole)
    return pa.chunked_array([array], type=values.type)


def _is_ranked(window: exp.Window) -> bool:
    return isinstance(window.this, exp.Anonymous) and window.this.this == RANK_CORRELATION


def _ranked(rows: pa.Table, window: exp.Window) -> pa.ChunkedArray:
    sids, x, y = (
        rows[it].to_numpy() for it in ("sid", *(it.name for it in window.this.expressions))
    )
    length = int(window.args["spec"].args["start"].name) + 1
    return pa.chunked_array([rank_correlations(x, y, sids, length)])


def _is_of_whole_session(window: exp.Window) -> bool:
    spec = window.args.get("spec")
    return (
        [text_of(it) for it in window.args.get("partition_by") or ()] == ["session"]
        and isinstance(window.this, (*_OVER_LISTS, *_UNORDERED))
        and spec is not None
        and (spec.args["start"], spec.args["end"]) == ("UNBOUNDED", "UNBOUNDED")
    )


def _by_session(windows: Windows) -> exp.Select:
    # One list by sid, sorted once, serves all aggregates of a value that depend on the order of rows.
    lists: dict[str, Sql] = {}
    unordered, outer = [], []
    for name, window in windows.items():
        function = window.this
        over_list = _OVER_LISTS.get(type(function))
        if over_list is not None:
            listed = lists.setdefault(text_of(function.this), _listed(function.this, len(lists)))
            taken_from = exp.column(listed.alias)
            found: Sql = exp.Anonymous(this=over_list, expressions=[taken_from])
        else:
            unordered.append(exp.alias_(function, name))
            found = exp.column(name)
        outer.append(exp.alias_(found, name))
    inner = exp.select("s", *lists.values(), *unordered).from_(_GIVEN).group_by("s")
    return exp.select("s", *outer).from_(inner.subquery("sections"))


def _listed(value: Sql, number: int) -> Sql:
    by_sid = exp.Ordered(this=exp.column("sid"), nulls_first=False)
    ordered = exp.Order(this=value.copy(), expressions=[by_sid])
    return exp.alias_(exp.ArrayAgg(this=ordered), f"values_{number}")


def _by_row(windows: Windows) -> exp.Select:
    added = (exp.alias_(it, name) for name, it in windows.items())
    query = exp.select(_PLACE, *added).from_(_GIVEN)
    key = _rank_key(next(iter(windows.values())))
    # What is missing has no rank and comes last: without its rows the sort is shorter.
    return query if key is None else query.where(key.is_(exp.Null()).not_())


def _rank_key(window: exp.Window) -> Sql | None:
    """Return the value that is ranked, None if the window gives no rank."""
    counts = isinstance(window.this, exp.Count) and isinstance(window.this.this, exp.Star)
    if not counts and not isinstance(window.this, _RANKS):
        return None
    value: Sql = window.args["order"].expressions[0].this
    return value
