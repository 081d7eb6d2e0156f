"""Runs the terms that users write in Python, over windows of panels that SQL has read.

A panel is dense: sessions by assets. A window is a view of it, or a copy where assets are left out; where
an action falls inside, what stands before it is multiplied by the ratio of the running products of both
sessions. Terms that need the values of other such terms run after them, in rounds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from typing_extensions import override

from rustybt.errors import CustomTermError
from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.plan import Plan, in_order, plan
from rustybt.pipeline.custom import CustomTerm
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, Values
from rustybt.pipeline.vocabulary.quantity import Quantity, column
from rustybt.pipeline.vocabulary.relation import Computed

Tables: TypeAlias = dict[str, pa.Table]
Read: TypeAlias = Callable[[Plan, Reach], pa.Table]

_CELLS: Final = 4_000_000  # sessions times assets of one panel, so that memory has a bound
_PRICES, _SPLITS = "price_scale", "split_scale"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Given(Term):
    """A column that the spine itself has."""

    name: str

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return column(self.name)


def with_python(
    wanted: Plan,
    reach: Reach,
    sessions: Sequence[date],
    sids: Sequence[int],
    read: Read,
) -> Plan:
    """Return a plan that holds the rows of its terms of Python.

    Parameters
    ----------
    wanted
        The plan.
    reach
        Its sessions.
    sessions, sids
        Those of the bundle, in order.
    read
        Returns the rows of another plan over other sessions.

    Raises
    ------
    CustomTermError
        A `compute` raised; what it raised is the cause.
    """
    if not any(isinstance(it.relation, Computed) for it in wanted.joined):
        return wanted
    tables: Tables = {}
    for term, before in demands(wanted).items():  # inputs come first
        stage = _Stage(term, sessions, np.asarray(sids, np.int64), read, tables)
        tables[term.table] = stage.rows(_labels(sessions, reach, before))
    return holding(wanted, tables)


def holding(wanted: Plan, tables: Tables) -> Plan:
    """Return a plan that holds the tables of its terms of Python."""
    joined = [
        replace(it, relation=replace(it.relation, rows=tables[it.relation.table]))
        if isinstance(it.relation, Computed)
        else it
        for it in wanted.joined
    ]
    return replace(wanted, joined=tuple(joined))


def _labels(sessions: Sequence[date], reach: Reach, before: int) -> range:
    first = 0 if reach.first is None else bisect_left(sessions, reach.first)
    last = len(sessions)
    if reach.last is not None:
        last = bisect_right(sessions, reach.last)
    return range(max(0, first - before), last)


def demands(wanted: Plan) -> dict[CustomTerm, int]:
    """Return the terms of Python, inputs first, and how many sessions before the first each needs."""
    outputs = [*wanted.columns.values(), *([] if wanted.screen is None else [wanted.screen])]
    ordered = in_order(outputs, needs=True)
    before = dict.fromkeys(ordered, 0)
    for term in reversed(ordered):
        here = before[term]
        reach = term.window_length - 1 if isinstance(term, CustomTerm) else term.sessions_before
        for source in term.needs:
            before[source] = max(before[source], here + reach)
    return {it: before[it] for it in ordered if isinstance(it, CustomTerm)}


class _Stage:
    """One term of Python on one bundle."""

    def __init__(
        self,
        term: CustomTerm,
        sessions: Sequence[date],
        sids: Values,
        read: Read,
        tables: Tables,
    ) -> None:
        self._term, self._sessions, self._sids, self._read = term, sessions, sids, read
        columns: dict[str, Term] = {f"input_{n}": it for n, it in enumerate(term.inputs)}
        columns |= {it: _Given(name=it) for it in (*_scales(term), "alive")}
        if term.mask is not None:
            columns["mask"] = term.mask
        found = plan(columns, None)
        # What is no bar may be known before the first bar of an asset.
        self._plan = replace(holding(found, tables), living=not found.joined)

    def rows(self, labels: range) -> pa.Table:
        """Return session, sid and the outputs, of the assets that it was computed for."""
        size = max(self._term.window_length, _CELLS // max(1, len(self._sids)))
        starts = range(labels.start, labels.stop, size)
        blocks = [range(it, min(it + size, labels.stop)) for it in starts]
        return pa.concat_tables([self._block(it) for it in blocks] or [self._block(range(0))])

    def _block(self, labels: range) -> pa.Table:
        panel = self._panel(labels)
        return _called(self._term, panel, [self._sessions[it] for it in labels])

    def _panel(self, labels: range) -> "_Panel":
        look_back = self._term.window_length - 1
        begin = max(0, labels.start - look_back)
        sessions = self._sessions[begin : labels.stop]
        panel = _Panel(self._term, self._sids, len(labels) + look_back, labels.start - begin)
        if sessions:
            read_from = self._sessions[max(0, begin - self._plan.lookback - 1)]
            reach = Reach(sessions[0], sessions[-1], read_from)
            panel.fill(self._read(self._plan, reach), sessions)
        return panel


class _Panel:
    """The inputs of a term over sessions and assets, the oldest rows being those before history."""

    def __init__(self, term: CustomTerm, sids: Values, rows: int, before: int) -> None:
        self.sids, self._term = sids, term
        self._shape = rows, len(sids)
        self._pad = term.window_length - 1 - before  # rows that no session has
        self.inputs: list[Values] = []
        self._degrees: list[tuple[tuple[str, int], ...]] = []
        self.scales: dict[str, Values] = {}
        self.passing = np.zeros(self._shape, np.bool_)
        self._changed: dict[str, Values] = {}

    def fill(self, table: pa.Table, sessions: Sequence[date]) -> None:
        at = self._places(table, sessions)
        self.inputs = [
            self._dense(it, table[f"input_{n}"], at) for n, it in enumerate(self._term.inputs)
        ]
        for name in _scales(self._term):
            self._fill_scale(name, _array(table[name]), at)
        self._degrees = [
            tuple(it for it in _degrees(term) if it[0] in self.scales) for term in self._term.inputs
        ]
        passing = _array(table["alive"]).astype(np.bool_)
        if self._term.mask is not None:
            passing = passing & _array(table["mask"]).astype(np.bool_)
        self.passing.ravel()[at] = passing

    def _places(self, table: pa.Table, sessions: Sequence[date]) -> Values:
        # The rows come by session, so that each session is sought once.
        days = _array(table["session"]).astype("datetime64[D]")
        begins = np.searchsorted(days, np.asarray([*sessions, date.max], "datetime64[D]"))
        row = np.repeat(np.arange(len(sessions)) + self._pad, np.diff(begins))
        found: Values = row * self._shape[1] + np.searchsorted(self.sids, _array(table["sid"]))
        return found

    def _fill_scale(self, name: str, values: Values, at: Values) -> None:
        if (values == values[:1]).all():
            return  # no action
        scale = np.full(self._shape, np.nan)
        scale.ravel()[at] = values
        _carry(scale)
        # The newest row whose scale is another than that of the row before.
        moved = np.zeros(self._shape, np.int64)
        moved[1:] = np.where(scale[1:] != scale[:-1], np.arange(1, len(scale))[:, None], 0)
        self.scales[name] = scale
        self._changed[name] = np.maximum.accumulate(moved, axis=0)

    def _dense(self, term: Term, values: pa.ChunkedArray, at: Values) -> Values:
        found, empty = _with_empty(values, term)
        dense = np.full(self._shape, empty, found.dtype)
        dense.ravel()[at] = found
        dense.setflags(write=False)
        return dense

    def windows(self, row: int, wanted: Values | slice) -> Iterator[Values]:
        """Yield the window of each input that ends at a row, of the assets at some columns."""
        rows = slice(row - self._term.window_length + 1, row + 1)
        for values, degrees in zip(self.inputs, self._degrees, strict=True):
            window = values[rows]
            if not isinstance(wanted, slice):
                window = window.take(wanted, axis=1)
            for name, degree in degrees:
                window = self._rescaled(window, name, degree, row, rows, wanted)
            yield window

    def _rescaled(
        self, window: Values, name: str, degree: int, row: int, rows: slice, wanted: Any
    ) -> Values:
        moved = np.flatnonzero(self._changed[name][row, wanted] > rows.start)
        if not moved.size:
            return window
        scales = self.scales[name][rows, wanted][:, moved]
        window = window if window.flags.writeable else window.copy()
        window[:, moved] *= (scales[-1] / scales) ** degree
        return window


def _called(term: CustomTerm, panel: _Panel, labels: Sequence[date]) -> pa.Table:
    import pandas as pd

    first = term.window_length - 1
    row, asset = np.nonzero(panel.passing[first : first + len(labels)])
    ends = np.searchsorted(row, np.arange(len(labels)), side="right").tolist()
    outs = _empty(term, len(row))
    arguments, begin = term.arguments, 0
    with copy(term.ctx):  # NumPy's own can be entered once
        for number, today in enumerate(pd.DatetimeIndex(list(labels))):
            here = slice(begin, begin := ends[number])
            chosen = asset[here]
            if not chosen.size:
                continue
            wanted = slice(None) if chosen.size == panel.sids.size else chosen
            windows = panel.windows(first + number, wanted)
            try:
                term.compute(today, panel.sids[chosen], outs[here], *windows, **arguments)
            except Exception as error:
                raise CustomTermError(type(term).__name__, labels[number], error) from error
    columns = {
        "session": pa.array(np.asarray(labels, "datetime64[D]")[row], pa.date32()),
        "sid": pa.array(panel.sids[asset], pa.int32()),
    }
    for name in term.names:
        columns[name] = _nullable(outs[name] if term.outputs else outs, term)
    return pa.table(columns)


def _empty(term: CustomTerm, size: int) -> Values:
    """Return so many missing values, or records of them."""
    missing = np.full(size, term.empty, term.dtype)
    if not term.outputs:
        return missing
    dtype = [(it, term.dtype) for it in term.outputs]
    found: Values = np.rec.fromarrays([missing] * len(term.outputs), dtype=dtype)
    return found


def _nullable(values: Values, term: CustomTerm) -> pa.Array:
    empty = term.empty
    if values.dtype.kind == "O":
        return pa.array([None if it is None or it == empty else it for it in values], pa.string())
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values)
        if empty == empty:  # noqa: PLR0124 - a number and not NaN
            missing |= values == empty
    elif values.dtype.kind == "M":
        missing = np.isnat(values)
    elif values.dtype.kind == "b":
        missing = None
    else:
        missing = values == empty
    return pa.array(np.ascontiguousarray(values), mask=missing)


def _degrees(term: Term) -> tuple[tuple[str, int], ...]:
    if not isinstance(term, BoundColumn):
        return ()
    # A price before a split is halved with its ratio, a volume is doubled.
    found = ((_PRICES, term.price), (_SPLITS, -term.shares))
    return tuple((name, degree) for name, degree in found if degree)


def _scales(term: CustomTerm) -> tuple[str, ...]:
    """Return the scales that its inputs follow."""
    return tuple(dict.fromkeys(name for it in term.inputs for name, _ in _degrees(it)))


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


def _array(values: pa.ChunkedArray) -> Values:
    found: Values = values.to_numpy()
    return found


def _carry(known: Array) -> None:
    """Fill rows that are missing with the row before, and those at the beginning with the one after."""
    for row in range(1, len(known)):
        np.copyto(known[row], known[row - 1], where=np.isnan(known[row]))
    for row in range(len(known) - 2, -1, -1):
        np.copyto(known[row], known[row + 1], where=np.isnan(known[row]))
    np.nan_to_num(known, copy=False, nan=1.0)
