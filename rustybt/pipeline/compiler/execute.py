"""Runs a program over the rows of a spine, in narrow statements, and orders what comes out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.crossing import crossed, taken, together
from rustybt.pipeline.compiler.spine import Piece, Spine
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.statement import IN_ORDER, Check, groups, statement
from rustybt.pipeline.compiler.streaming import Pass, Program
from rustybt.pipeline.vocabulary.quantity import Sql

if TYPE_CHECKING:
    from warehouse import Warehouse

_ROW: Final = ("sid", "s", "k", "alive")
_GIVEN: Final = "rows_given"
_THREADS: Final = 2
_MOST: Final = 0.5  # of the sessions: from which on no row is dropped before the end

T = TypeVar("T")
U = TypeVar("U")
Columns: TypeAlias = dict[str, pa.ChunkedArray]


@dataclass(frozen=True)
class Span:
    """Numbers of the sessions that come out, half open."""

    first: int
    until: int


def execute(program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> pa.Table:
    """Return the rows of a program by session and sid.

    Returns
    -------
    pyarrow.Table
        ``s``, the number of the session, ``sid`` as a dictionary, and the outputs by name.

    Raises
    ------
    RowOrderError
        The rows of the spine are not sorted, dense and padded.
    """
    run = _Run(program, spine, span, warehouse)
    with ThreadPoolExecutor(_THREADS) as pool:
        return run.rows(pool)


def statements(program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> list[str]:
    """Return the statements of the first pass as `execute` runs them."""
    run = _Run(program, spine, span, warehouse)
    return [run.text(0, names, piece) for names, piece in run.tasks()]


class _Run:
    def __init__(self, program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> None:
        self._program, self._spine, self._span = program, spine, span
        self._warehouse = warehouse
        # Rows go as early as nothing needs them any more.
        passes = program.passes
        self._early = not any(it.hands_on_all for it in passes) and not any(
            it.looks_back for it in passes[1:]
        )
        self._screened = self._early and program.screen is not None and len(passes) == 1
        # A filter copies every column, and few rows would go.
        self._early &= self._screened or (span.until - span.first < _MOST * spine.facts.longest)
        self._first, self._then = self._grouped()

    def rows(self, pool: ThreadPoolExecutor) -> pa.Table:
        done = [
            [pool.submit(self._passed, 0, names, piece) for piece in self._pieces]
            for names in (*self._first, *self._then)
        ]
        columns = _gathered(done[: len(self._first)])
        edges = np.cumsum([0, *(it.result().num_rows for it in done[0])]).tolist()
        for at, each in enumerate(self._program.passes):
            if at and (wanted := self._wanted(at)):
                columns |= self._passed_again(pool, at, wanted, (columns, edges))
            if each.crossings:
                columns |= self._crossed(pool, at, columns)
        return self._ordered(pool, columns | _gathered(done[len(self._first) :]))

    def tasks(self) -> list[tuple[list[str], Piece]]:
        """Return what the statements of the first pass hand on, and over which piece."""
        return [(names, piece) for names in (*self._first, *self._then) for piece in self._pieces]

    def text(self, at: int, names: Sequence[str], piece: Piece) -> str:
        """Return the statement of a pass for some columns over a piece."""
        check, texts = self._checked(at), self._program.texts
        key = at, *names, *piece.text_key, check.cut, check.keep
        if key not in texts:
            texts[key] = text_of(statement(self._program.passes[at], names, piece, check))
        return texts[key]

    @property
    def _pieces(self) -> Sequence[Piece]:
        # Few statements would leave a thread idle; of many each is planned once.
        many = len(self._first) + len(self._then) >= 2 * _THREADS
        return [self._spine.whole] if many else self._spine.pieces

    def _grouped(self) -> tuple[list[list[str]], list[list[str]]]:
        """Return what the statements of the first pass hand on: what later passes need, and the rest."""
        wanted = self._wanted(0)
        if self._screened:  # each statement would have to compute the screen
            return [[*_ROW, *wanted]], []
        program = self._program
        later = {*program.passes[0].crossings}.union(*map(_names, program.passes[1:]))
        needed = {it for name in later for it in program.needs[name]}
        first, then = groups(
            program.passes[0],
            [it for it in wanted if it in needed],
            [it for it in wanted if it not in needed],
            program.needs,
        )
        early, late = [it.names for it in first], [it.names for it in then]
        if not early:
            early, late = late[:1] or [[]], late[1:]
        early[0] = [*_ROW, *early[0]]
        return early, late

    def _passed(self, at: int, names: Sequence[str], piece: Piece) -> pa.Table:
        """Run the stages of a pass over a piece, and prove the order of its rows."""
        table = self._warehouse.arrow(self.text(at, names, piece), tables=piece.tables)
        if IN_ORDER in table.column_names:
            if not pc.all(table[IN_ORDER], min_count=0).as_py():
                raise RowOrderError(str(piece.source))
            table = table.drop_columns([IN_ORDER])
        return table

    def _passed_again(
        self,
        pool: ThreadPoolExecutor,
        at: int,
        wanted: list[str],
        before: tuple[Columns, Sequence[int]],
    ) -> Columns:
        columns, edges = before
        whole = pa.table(columns)
        pieces = [
            Piece(exp.to_table(_GIVEN), {_GIVEN: whole.slice(a, b - a)}, {})
            for a, b in pairwise(edges)
        ]
        return _columns(_mapped(pool, partial(self._passed, at, wanted), pieces))

    def _checked(self, at: int) -> Check:
        keep = self._kept() if at == 0 and self._early else None
        looks = self._program.passes[at].looks_back or at == 0
        return Check(self._spine.cut if looks else None, keep)

    def _kept(self) -> Sql:
        s = exp.column("s", quoted=True)
        kept = [exp.column("alive"), s >= self._span.first, s < self._span.until]
        if self._screened and self._program.screen is not None:
            kept.append(exp.column(self._program.screen, quoted=True))
        return exp.and_(*kept)

    def _wanted(self, at: int) -> list[str]:
        """Return the columns that a pass hands on: what it computes, and in the first pass all else."""
        passes, needs = self._program.passes, self._program.needs
        used = {*self._program.outputs.values(), *filter(None, [self._program.screen])}
        for name in (
            *passes[at].crossings,
            *(it for one in passes[at + 1 :] for it in _names(one)),
        ):
            used |= needs[name]
        if at == 0:
            computed = {it for one in passes[1:] for it in _names(one)} | passes[0].crossings.keys()
            return sorted(used - computed - set(_ROW))
        return sorted(used & set(_names(passes[at])) - passes[at].crossings.keys())

    def _crossed(self, pool: ThreadPoolExecutor, at: int, columns: Columns) -> Columns:
        """Return the windows over other partitions, each from the columns it needs alone."""
        whole = pa.table(columns)
        needs = self._program.needs

        def values(windows: Mapping[str, exp.Window]) -> Columns:
            wanted = {it for name in windows for it in needs[name]} | {"sid"}
            return crossed(whole, windows, wanted, self._warehouse)

        found = _mapped(pool, values, together(self._program.passes[at].crossings))
        return {name: values for columns in found for name, values in columns.items()}

    def _ordered(self, pool: ThreadPoolExecutor, columns: Columns) -> pa.Table:
        s, sid, order = self._places(columns)
        outputs, screen = self._program.outputs, self._program.screen
        if screen is not None and not self._screened:
            passed = taken(columns[screen], order).combine_chunks().fill_null(fill_value=False)
            s, sid, order = (it.filter(passed) for it in (s, sid, order))
        names = dict.fromkeys(outputs.values())
        values = _mapped(pool, lambda it: taken(columns[it], order), names)
        found = dict(zip(names, values, strict=True))
        # Lists, since a column of the plan may be named as a key is.
        wanted = [s, sid, *(found[it] for it in outputs.values())]
        return pa.Table.from_arrays(wanted, names=["s", "sid", *outputs])

    def _places(self, columns: Columns) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Return the session and the sid of the rows that come out, and where each stands."""
        s, sid = (columns[it].combine_chunks().to_numpy() for it in ("s", "sid"))
        if self._screened:  # rows are missing anywhere
            order = np.argsort(s.astype("i2"), kind="stable").astype("i4")
            return pa.array(s[order]), pa.array(sid[order]).dictionary_encode(), pa.array(order)
        # Each asset is alive in its last rows, one a session: no sort tells where they are.
        starts = np.append(0, np.flatnonzero(sid[1:] != sid[:-1]) + 1)[: len(sid)]
        lasts = np.append(starts[1:], len(sid))[: len(starts)] - 1
        alive = columns["alive"].combine_chunks().to_numpy(zero_copy_only=False)
        living = np.add.reduceat(alive, starts, dtype="i4") if len(starts) else starts
        until = np.minimum(s[lasts] + 1, self._span.until)
        begin = np.maximum(s[lasts] + 1 - living, self._span.first)
        labels = np.arange(self._span.first, self._span.until, dtype="i4")[:, None]
        there = (labels >= begin) & (labels < until)
        assets = np.broadcast_to(np.arange(len(starts), dtype="i4"), there.shape)[there]
        numbers = np.repeat(labels[:, 0], np.count_nonzero(there, axis=1))
        places = (lasts - s[lasts]).astype("i4")[assets] + numbers
        sids = pa.DictionaryArray.from_arrays(pa.array(assets), pa.array(sid[starts]))
        return pa.array(numbers), sids, pa.array(places)


def _names(of: Pass) -> list[str]:
    return [*of.crossings, *(name for stage in of.stages for name in stage)]


def _gathered(done: Iterable[Sequence["Future[pa.Table]"]]) -> Columns:
    found: Columns = {}
    for pieces in done:
        found |= _columns([it.result() for it in pieces])
    return found


def _columns(pieces: Sequence[pa.Table]) -> Columns:
    table = pa.concat_tables(pieces)
    return dict(zip(table.column_names, table.columns, strict=True))


def _mapped(pool: ThreadPoolExecutor, do: Callable[[T], U], items: Iterable[T]) -> list[U]:
    return list(pool.map(do, items))
