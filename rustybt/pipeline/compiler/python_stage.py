"""Computes the terms of Python of a plan over panels that SQL has read.

Terms that need the values of other such terms run after them, in rounds. A term that users write sees the
windows of one session after the other; a scan sees the whole history of the assets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from typing_extensions import override

from rustybt.errors import CustomTermError
from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.panel import Panel, Places, array, degrees_of, runs, scales_of
from rustybt.pipeline.compiler.plan import Plan, in_order, plan
from rustybt.pipeline.compiler.standing import Standing
from rustybt.pipeline.computed import ComputedTerm
from rustybt.pipeline.custom import CustomTerm
from rustybt.pipeline.factors.indicators.scan import Scan
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Quantity, column
from rustybt.pipeline.vocabulary.relation import Computed

Tables: TypeAlias = dict[str, pa.Table]
Read: TypeAlias = Callable[[Plan, Reach], tuple[pa.Table, Standing | None]]

_CELLS: Final = (
    4_000_000  # sessions times assets that are computed at once, so that memory has a bound
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Given(Term):
    """A column that the spine itself has."""

    name: str

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return column(self.name)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Steady(Term):
    """The values of its input in one state of adjustment, the same in every session."""

    scope = Scope.SERIES

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return Quantity(inputs[0].sql)


def with_python(wanted: Plan, reach: Reach, rows: LivingRows, read: Read) -> Plan:
    """Return a plan that holds the rows of its terms of Python.

    Parameters
    ----------
    wanted
        The plan.
    reach
        Its sessions.
    rows
        Those of the bundle.
    read
        Returns the columns of another plan over other sessions: by asset, with what says where the rows of
        living assets stand, or by session and sid, with these.

    Raises
    ------
    CustomTermError
        A `compute` raised; what it raised is the cause.
    """
    tables: Tables = {}
    for term, before in demands(wanted).items():  # inputs come first
        stage: _Scanned | _Called
        if isinstance(term, Scan):
            stage = _Scanned(term, rows, read, tables)
        else:
            assert isinstance(term, CustomTerm)  # noqa: S101 - there is no third kind
            stage = _Called(term, rows, read, tables)
        tables[term.table] = stage.rows(_labels(rows.sessions, reach, before))
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


def demands(wanted: Plan) -> dict[ComputedTerm, int]:
    """Return the terms of Python, inputs first, and how many sessions before the first each needs."""
    outputs = [*wanted.columns.values(), *([] if wanted.screen is None else [wanted.screen])]
    ordered = in_order(outputs, needs=True)
    before = dict.fromkeys(ordered, 0)
    for term in reversed(ordered):
        here = before[term]
        reach = term.look_back if isinstance(term, ComputedTerm) else term.sessions_before
        for source in term.needs:
            before[source] = max(before[source], here + reach)
    return {it: before[it] for it in ordered if isinstance(it, ComputedTerm)}


@dataclass(frozen=True)
class Reading:
    """What a term of Python reads.

    Parameters
    ----------
    term
        The term.
    before
        Sessions before the first for which it is needed.
    plan, reach
        Of its inputs, what scales them, and its mask.
    """

    term: ComputedTerm
    before: int
    plan: Plan
    reach: Reach

    @property
    def lookback(self) -> int:
        """Sessions before the first of the run whose bars it needs."""
        return self.before + self.term.look_back + self.plan.lookback


def readings(wanted: Plan, reach: Reach, sessions: Sequence[date]) -> list[Reading]:
    """Return what each term of Python reads, inputs first."""
    found = []
    for term, before in demands(wanted).items():
        labels, of = _labels(sessions, reach, before), _reading_of(term)
        begin = max(0, labels.start - term.look_back)
        whole = _reach_of(of, range(begin, labels.stop), sessions)
        found.append(Reading(term, before, of, whole))
    return found


def _reading_of(term: ComputedTerm) -> Plan:
    columns: dict[str, Term] = {
        f"input_{n}": _Steady(inputs=(it,)) if isinstance(term, Scan) else it
        for n, it in enumerate(term.inputs)
    }
    columns |= {it: _Given(name=it) for it in scales_of(term.inputs)}
    if isinstance(term, CustomTerm) and term.mask is not None:
        columns["mask"] = term.mask
    found = plan(columns, None)
    if not found.joined:
        return found
    # What is no bar may be known before the first bar of an asset.
    return replace(plan({**columns, "alive": _Given(name="alive")}, None), living=False)


def _reach_of(reading: Plan, labels: range, sessions: Sequence[date]) -> Reach:
    read_from = sessions[max(0, labels.start - reading.lookback - 1)]
    return Reach(sessions[labels.start], sessions[labels.stop - 1], read_from)


def _labels(sessions: Sequence[date], reach: Reach, before: int) -> range:
    first = 0 if reach.first is None else bisect_left(sessions, reach.first)
    last = len(sessions)
    if reach.last is not None:
        last = bisect_right(sessions, reach.last)
    return range(max(0, first - before), last)


class _Reading:
    """The columns that a term of Python needs of one bundle."""

    def __init__(self, term: ComputedTerm, rows: LivingRows, read: Read, tables: Tables) -> None:
        self._rows, self._read = rows, read
        self._plan = holding(_reading_of(term), tables)

    def places(self, labels: range, pad: int) -> tuple[pa.Table, Places]:
        """Return the columns over some labels, and where their rows stand behind a pad."""
        reach = _reach_of(self._plan, labels, self._rows.sessions)
        table, standing = self._read(self._plan, reach)
        if standing is None:
            return table, Places.of_table(table, labels, pad, self._rows)
        return table, Places.of_standing(standing, labels, pad, self._rows)


class _Called:
    """One term that a user wrote on one bundle."""

    def __init__(self, term: CustomTerm, rows: LivingRows, read: Read, tables: Tables) -> None:
        self._term, self._rows = term, rows
        self._reading = _Reading(term, rows, read, tables)
        self._sids = np.asarray(rows.all_sids, np.int64)

    def rows(self, labels: range) -> pa.Table:
        """Return session, sid and the outputs, of the assets that it was computed for."""
        size = max(self._term.window_length, _CELLS // max(1, len(self._sids)))
        starts = range(labels.start, labels.stop, size)
        blocks = [range(it, min(it + size, labels.stop)) for it in starts]
        nothing = np.zeros((0, len(self._sids)), np.bool_), Panel([], [], {}, {})
        found = [self._called(it, *self._panel(it)) for it in blocks]
        return pa.concat_tables(found or [self._called(range(0), *nothing)])

    def _panel(self, labels: range) -> tuple[Values, Panel]:
        """Return which assets pass at each label, and the panel, whose first window is that of the first."""
        look_back = self._term.look_back
        begin = max(0, labels.start - look_back)
        pad = look_back - (labels.start - begin)  # rows that no session has
        table, places = self._reading.places(range(begin, labels.stop), pad)
        passing = places.alive(table)
        if self._term.mask is not None:
            passing &= places.of_column(table["mask"], self._term.mask)
        return passing[look_back:], Panel.of(places, table, self._term.inputs)

    def _called(self, labels: range, passing: Values, panel: Panel) -> pa.Table:
        import pandas as pd

        term, length = self._term, self._term.window_length
        days = self._rows.days[labels.start : labels.stop]
        todays = list(pd.DatetimeIndex(days))
        counts = np.count_nonzero(passing, axis=1)
        outs = _empty(term, int(counts.sum()))
        sids, end, arguments = [np.empty(0, "i4")], 0, term.arguments
        with copy(term.ctx):  # NumPy's own can be entered once
            for begin, until in runs(passing):
                chosen = np.flatnonzero(passing[begin])
                if not chosen.size:
                    continue
                part, assets = panel.part(begin, until + length - 1, chosen), self._sids[chosen]
                sids.append(np.tile(assets.astype("i4"), until - begin))
                for row in range(begin, until):
                    here = slice(end, end := end + chosen.size)
                    windows = part.windows(row - begin, length)
                    try:
                        term.compute(todays[row], assets.copy(), outs[here], *windows, **arguments)
                    except Exception as error:
                        name, session = type(term).__name__, self._rows.sessions[labels[row]]
                        raise CustomTermError(name, session, error) from error
        values = {it: outs[it] if term.outputs else outs for it in term.names}
        return _table(_repeated(days, counts), np.concatenate(sids), values, term)


class _Scanned:
    """One scan on one bundle."""

    def __init__(self, term: Scan, rows: LivingRows, read: Read, tables: Tables) -> None:
        self._term, self._rows = term, rows
        self._reading = _Reading(term, rows, read, tables)

    def rows(self, labels: range) -> pa.Table:
        """Return session, sid and the outputs, of all living assets."""
        days = self._rows.days[labels.start : labels.stop]
        sids = np.asarray(self._rows.all_sids, "i4")
        passing = np.zeros((0, len(sids)), np.bool_)
        found = dict.fromkeys(self._term.names, np.zeros(passing.shape))
        if labels:
            table, places = self._reading.places(range(labels.stop), 0)
            passing = places.alive(table)[labels.start :]
            found = {
                it: values[labels.start :] for it, values in self._found(table, places).items()
            }
        counts = np.count_nonzero(passing, axis=1)
        values = {name: it[passing] for name, it in found.items()}
        of_row = np.broadcast_to(sids, passing.shape)[passing]
        return _table(_repeated(days, counts), of_row, values, self._term)

    def _found(self, table: pa.Table, places: Places) -> dict[str, Values]:
        """Return the outputs at all labels, as they are known there."""
        term = self._term
        columns = [table[f"input_{n}"] for n in range(len(term.inputs))]
        inputs = [places.dense(array(it), np.nan) for it in columns]
        found = {it: np.full(places.shape, np.nan) for it in term.names}
        size = max(1, _CELLS // places.shape[0])
        for begin in range(0, places.shape[1], size):
            part = slice(begin, begin + size)
            for name, values in term.over(*(it[:, part] for it in inputs)).items():
                found[name][:, part] = values
        for name, degree in degrees_of(term.inputs[0]):
            scale = places.scale(table[name])
            if scale is not None:
                for output, power in term.powers.items():
                    found[output] *= scale ** (degree * power)
        return found


def _empty(term: CustomTerm, size: int) -> Values:
    """Return so many missing values, or records of them."""
    missing = np.full(size, term.empty, term.dtype)
    if not term.outputs:
        return missing
    dtype = [(it, term.dtype) for it in term.outputs]
    found: Values = np.rec.fromarrays([missing] * len(term.outputs), dtype=dtype)
    return found


def _repeated(days: Values, counts: Values) -> Values:
    """Return days so often each, as Arrow has them: days since 1970 of four bytes."""
    return np.repeat(days.astype("i8").astype("i4"), counts)


def _table(
    sessions: Values, sids: Values, values: Mapping[str, Values], term: ComputedTerm
) -> pa.Table:
    """Return rows as a table; sessions are those of `_repeated`, sids of four bytes."""
    keys = {"session": pa.array(sessions).view(pa.date32()), "sid": pa.array(sids)}
    return pa.table({**keys, **{name: _nullable(it, term) for name, it in values.items()}})


def _nullable(values: Values, term: ComputedTerm) -> pa.Array:
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
