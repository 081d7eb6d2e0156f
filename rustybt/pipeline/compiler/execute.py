"""Runs a program over the rows of a spine, in narrow statements, and orders what comes out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.aged import Aged, aged
from rustybt.pipeline.compiler.crossing import Crossing, together
from rustybt.pipeline.compiler.places import taken
from rustybt.pipeline.compiler.spine import Piece, Spine
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.standing import Blocks, Standing, blocks_of
from rustybt.pipeline.compiler.statement import IN_ORDER, Check, groups, statement
from rustybt.pipeline.compiler.streaming import Pass, Program
from rustybt.pipeline.vocabulary.quantity import Sql

if TYPE_CHECKING:
    from warehouse import Warehouse

_ROW: Final = ("sid", "s", "k", "alive")
_GIVEN: Final = "rows_given"
_THREADS: Final = 2
_NARROW: Final = 5  # columns of a statement over cells, so that both threads have some
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


def execute_by_asset(
    program: Program, spine: Spine, span: Span, warehouse: "Warehouse"
) -> tuple[pa.Table, Standing]:
    """Return the outputs of a program without a screen by asset and session, and where the rows stand.

    Raises
    ------
    RowOrderError
        The rows of the spine are not sorted, dense and padded.
    """
    run = _Run(program, spine, span, warehouse, lays_out=False)
    with ThreadPoolExecutor(_THREADS) as pool:
        return run.by_asset(pool)


def statements(program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> list[str]:
    """Return the statements of the first pass as `execute` runs them."""
    run = _Run(program, spine, span, warehouse)
    return [run.text(0, names, piece) for names, piece in run.tasks()]


def first_pass(
    program: Program, spine: Spine, span: Span, warehouse: "Warehouse", *, by_asset: bool
) -> tuple[set[str], Aged | None]:
    """Return the columns that the statements of the first pass hand on, and those over rows laid out.

    The latter are streamed as well where few of the rows come out; see `is_dense`. `by_asset` is about
    `execute_by_asset`.
    """
    run = _Run(program, spine, span, warehouse, lays_out=not by_asset)
    return run.handed_on, run.laid_out


class _Begun(NamedTuple):
    """The columns of the first statements, where their rows stand, the edges of pieces, and what still runs."""

    columns: Columns
    standing: Standing
    edges: Sequence[int]
    then: Sequence[list["Future[pa.Table]"]]


class _Run:
    def __init__(
        self,
        program: Program,
        spine: Spine,
        span: Span,
        warehouse: "Warehouse",
        *,
        lays_out: bool = True,
    ) -> None:
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
        self._lays_out = lays_out and not self._early and program.screen is None
        self._aged: Aged | None = None
        self._first, self._then = self._grouped()

    def rows(self, pool: ThreadPoolExecutor) -> pa.Table:
        stored = self._proven()
        if self._screened:
            columns = _gathered(self._submitted(pool, self._first))
            return self._ordered(pool, columns, _sorted(columns), {})
        begun = self._begun(pool, stored)
        columns, standing, then = begun.columns, begun.standing, begun.then
        over_cells = []
        if self._aged is not None and standing.is_dense():
            over_cells = self._over_cells(pool, self._aged, columns, standing)
        elif self._aged is not None:
            _, more = groups(self._program.passes[0], [], self._aged.names, self._program.needs)
            then = [*then, *self._submitted(pool, [it.names for it in more])]
        columns |= self._later(pool, begun) | _gathered(then)
        return self._ordered(pool, columns, standing.keys(), _gathered(over_cells))

    def by_asset(self, pool: ThreadPoolExecutor) -> tuple[pa.Table, Standing]:
        begun = self._begun(pool, self._proven())
        columns = begun.columns | self._later(pool, begun) | _gathered(begun.then)
        found = [columns[it] for it in self._program.outputs.values()]
        return pa.Table.from_arrays(found, names=[*self._program.outputs]), begun.standing

    def _proven(self) -> Blocks | None:
        """Return the blocks of the file of the rows, which prove its order; None if there is no file."""
        path = self._spine.stored
        return None if path is None else blocks_of(path, self._spine.rows)

    def _begun(self, pool: ThreadPoolExecutor, stored: Blocks | None) -> "_Begun":
        """Return the columns that the rest needs, and begin with those that it does not."""
        span = self._span
        if stored is not None and self._is_plain:
            standing = stored.standing(span.first, span.until)
            # What is streamed after all would come of the rows of the span alone.
            if self._aged is None or standing.is_dense():
                table = self._spine.as_stored(self._first[0][len(_ROW) :], self._warehouse)
                return _Begun(_columns([table]), standing, [0, table.num_rows], [])
        first, then = (self._submitted(pool, names) for names in (self._first, self._then))
        columns = _gathered(first)
        edges = np.cumsum([0, *(it.result().num_rows for it in first[0])]).tolist()
        # Rows that follow each other and are as many as the file has are those of the file.
        whole = stored if edges[-1] == self._spine.rows else None
        blocks = Blocks.of(columns) if whole is None else whole
        return _Begun(columns, blocks.standing(span.first, span.until), edges, then)

    def _later(self, pool: ThreadPoolExecutor, begun: "_Begun") -> Columns:
        """Return the columns with what the later passes compute, and the windows over other partitions."""
        columns = dict(begun.columns)
        for at, each in enumerate(self._program.passes):
            if at and (wanted := self._wanted(at)):
                columns |= self._passed_again(pool, at, wanted, (columns, begun.edges))
            if each.crossings:
                columns |= self._crossed(pool, at, columns)
        return columns

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
    def handed_on(self) -> set[str]:
        """What the statements of the first pass hand on."""
        return {name for names in (*self._first, *self._then) for name in names}

    @property
    def laid_out(self) -> Aged | None:
        """What the first pass computes over rows laid out by session, if they are dense."""
        return self._aged

    @property
    def _pieces(self) -> Sequence[Piece]:
        # Few statements would leave a thread idle; of many each is planned once.
        many = len(self._first) + len(self._then) >= 2 * _THREADS
        return [self._spine.whole] if many else self._spine.pieces

    @property
    def _is_plain(self) -> bool:
        """Whether the first pass hands on all rows as they are, and nothing else."""
        of = self._program.passes[0]
        as_they_are = len(self._first) == 1 and not self._then and not of.crossings
        return as_they_are and not self._early and {*_names(of)}.isdisjoint(self._first[0])

    def _grouped(self) -> tuple[list[list[str]], list[list[str]]]:
        """Return what the statements of the first pass hand on: what later passes need, and the rest."""
        wanted = self._wanted(0)
        if self._screened:  # each statement would have to compute the screen
            return [[*_ROW, *wanted]], []
        program = self._program
        later = {*program.passes[0].crossings}.union(*map(_names, program.passes[1:]))
        needed = {it for name in later for it in program.needs[name]}
        last = [it for it in wanted if it not in needed]
        if self._lays_out:
            self._aged = aged(program.passes[0], last, program.needs)
        read: set[str] = set()
        if self._aged is not None:
            read = {*self._aged.ages} - {*_ROW}
            last = [it for it in last if it not in self._aged.names]
        first, then = groups(
            program.passes[0],
            sorted(read | (needed & {*wanted})),
            last,
            program.needs,
        )
        early, late = [it.names for it in first], [it.names for it in then]
        if not early:
            early, late = late[:1] or [[]], late[1:]
        early[0] = [*_ROW, *early[0]]
        return early, late

    def _submitted(
        self, pool: ThreadPoolExecutor, groups_of: Iterable[Sequence[str]]
    ) -> list[list["Future[pa.Table]"]]:
        return [
            [pool.submit(self._passed, 0, names, piece) for piece in self._pieces]
            for names in groups_of
        ]

    def _over_cells(
        self, pool: ThreadPoolExecutor, of: Aged, columns: Columns, standing: Standing
    ) -> list[list["Future[pa.Table]"]]:
        """Begin with the columns that are computed of rows laid out by session."""
        cells = standing.cells(of.oldest)
        arrays = _mapped(pool, lambda it: taken(columns[it], cells).combine_chunks(), of.ages)
        laid = dict(zip(of.ages, arrays, strict=True))
        narrow = (of.names[at : at + _NARROW] for at in range(0, len(of.names), _NARROW))
        return [[pool.submit(of.computed, it, laid, standing, self._warehouse)] for it in narrow]

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
        windows, needs = self._program.passes[at].crossings, self._program.needs
        crossing = Crossing.of(pa.table(columns), windows, self._warehouse)

        def values(some: Mapping[str, exp.Window]) -> Columns:
            return crossing.values(some, {it for name in some for it in needs[name]} | {"sid"})

        found = _mapped(pool, values, together(windows))
        return {name: values for columns in found for name, values in columns.items()}

    def _ordered(
        self, pool: ThreadPoolExecutor, columns: Columns, keys: Sequence[pa.Array], found: Columns
    ) -> pa.Table:
        """Return the rows; `keys` are session, sid and place of each, `found` is in their order already."""
        s, sid, order = keys
        outputs, screen = self._program.outputs, self._program.screen
        if screen is not None and not self._screened:
            passed = taken(columns[screen], order).combine_chunks().fill_null(fill_value=False)
            s, sid, order = (it.filter(passed) for it in keys)
        names = [it for it in dict.fromkeys(outputs.values()) if it not in found]
        values = _mapped(pool, lambda it: taken(columns[it], order), names)
        found = found | dict(zip(names, values, strict=True))
        # Lists, since a column of the plan may be named as a key is.
        wanted = [s, sid, *(found[it] for it in outputs.values())]
        return pa.Table.from_arrays(wanted, names=["s", "sid", *outputs])


def _sorted(columns: Columns) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return session, sid and place of rows of which any may be missing."""
    s, sid = (columns[it].combine_chunks().to_numpy() for it in ("s", "sid"))
    order = np.argsort(s.astype("i2"), kind="stable").astype("i4")
    return pa.array(s[order]), pa.array(sid[order]).dictionary_encode(), pa.array(order)


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
