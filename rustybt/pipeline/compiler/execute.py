"""Runs a program over the rows of a spine, pieces of it at a time, and orders what comes out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.crossing import crossed, taken, together
from rustybt.pipeline.compiler.spine import Piece, Spine
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.streaming import PAD, Pass, Program
from rustybt.pipeline.vocabulary.quantity import Sql

if TYPE_CHECKING:
    from warehouse import Warehouse

_ROW: Final = ("sid", "s", "k", "alive")
_IN_ORDER: Final = "in_order"
_KEPT: Final = "kept"
_THREADS: Final = 2
_DEEPEST: Final = 16  # subqueries in one another
_MOST: Final = 0.8  # of the sessions: from which on no row is dropped before the end

T = TypeVar("T")
U = TypeVar("U")


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
        ``s``, the number of the session, ``sid``, and the outputs by name.

    Raises
    ------
    RowOrderError
        The rows of the spine are not sorted, dense and padded.
    """
    run = _Run(program, spine, span, warehouse)
    with ThreadPoolExecutor(_THREADS) as pool:
        return run.rows(pool)


def statements(program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> list[str]:
    """Return the statements of the first pass, one a piece, as `execute` runs them."""
    run = _Run(program, spine, span, warehouse)
    return [run.text(0, piece) for piece in spine.pieces]


class _Run:
    def __init__(self, program: Program, spine: Spine, span: Span, warehouse: "Warehouse") -> None:
        self._program, self._spine, self._span = program, spine, span
        self._warehouse = warehouse
        # Rows go as early as nothing needs them any more.
        passes = program.passes
        self._early = not any(it.hands_on_all for it in passes) and not any(
            it.looks_back for it in passes[1:]
        )
        # A filter copies every column, and few rows would go.
        self._early &= program.screen is not None or (
            span.until - span.first < _MOST * spine.facts.longest
        )
        self._screened = self._early and len(program.passes) == 1

    def rows(self, pool: ThreadPoolExecutor) -> pa.Table:
        done: list[pa.Table] = []
        for at, each in enumerate(self._program.passes):
            if at == 0:
                done = _mapped(pool, partial(self._passed, at), self._spine.pieces)
            elif self._wanted(at):
                found = _mapped(pool, partial(self._passed, at), map(_piece, done))
                done = [_joined(a, b) for a, b in zip(done, found, strict=True)]
            if each.crossings:
                done = self._crossed(pool, at, done)
        return self._ordered(pool, pa.concat_tables(done))

    def text(self, at: int, piece: Piece) -> str:
        """Return the statement of a pass over a piece."""
        query = _stages(self._program.passes[at], self._wanted(at), piece, self._checked(at))
        return text_of(query)

    def _passed(self, at: int, piece: Piece) -> pa.Table:
        """Run the stages of a pass over a piece, and prove the order of its rows."""
        table = self._warehouse.arrow(self.text(at, piece), tables=piece.tables)
        if _IN_ORDER in table.column_names:
            if not pc.all(table[_IN_ORDER], min_count=0).as_py():
                raise RowOrderError(str(piece.source))
            table = table.drop_columns([_IN_ORDER])
        return table

    def _checked(self, at: int) -> "_Check":
        keep = self._kept() if at == 0 and self._early else None
        looks = self._program.passes[at].looks_back or at == 0
        return _Check(self._spine.cut if looks else None, keep)

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
            return [*_ROW, *sorted(used - computed - set(_ROW))]
        return sorted(used & set(_names(passes[at])) - passes[at].crossings.keys())

    def _crossed(
        self, pool: ThreadPoolExecutor, at: int, done: Sequence[pa.Table]
    ) -> list[pa.Table]:
        """Add the windows over other partitions, each from the columns it needs alone."""
        whole = pa.concat_tables(done)
        needs = self._program.needs

        def values(windows: Mapping[str, exp.Window]) -> dict[str, pa.ChunkedArray]:
            wanted = {it for name in windows for it in needs[name]} | {"sid"}
            return crossed(whole, windows, wanted, self._warehouse)

        found = _mapped(pool, values, together(self._program.passes[at].crossings))
        for columns in found:
            for name, values in columns.items():
                whole = whole.append_column(name, values)
        edges = np.cumsum([0, *(it.num_rows for it in done)])
        return [whole.slice(a, b - a) for a, b in pairwise(edges)]

    def _ordered(self, pool: ThreadPoolExecutor, whole: pa.Table) -> pa.Table:
        keep = []
        if not self._early:
            s = whole["s"]
            keep += [
                whole["alive"],
                pc.greater_equal(s, self._span.first),
                pc.less(s, self._span.until),
            ]
        if not self._screened and self._program.screen is not None:
            keep.append(whole[self._program.screen])
        names = dict.fromkeys(["s", "sid", *self._program.outputs.values()])
        rows = whole.select(list(names))
        s = rows["s"].combine_chunks().to_numpy()
        places = np.arange(len(s), dtype="i4")
        if keep:
            kept = reduce(pc.and_, keep).fill_null(fill_value=False)
            places = np.flatnonzero(kept.combine_chunks().to_numpy(zero_copy_only=False)).astype(
                "i4"
            )
        order = pa.array(places[np.argsort(s[places].astype("i2"), kind="stable")])
        found = dict(
            zip(names, _mapped(pool, lambda it: taken(rows[it], order), names), strict=True)
        )
        columns = {"s": "s", "sid": "sid", **self._program.outputs}
        return pa.Table.from_arrays([found[it] for it in columns.values()], names=list(columns))


@dataclass(frozen=True)
class _Check:
    """What a pass proves and lets through.

    `cut` is the session at which an asset may begin without a pad, None if no order needs a proof;
    `keep` says which rows come out besides those that are out of order.
    """

    cut: int | None
    keep: Sql | None


def _stages(of: Pass, wanted: Sequence[str], piece: Piece, check: _Check) -> exp.Select:
    stages = [dict(it) for it in of.stages] or [{}]
    if check.cut is not None:
        stages[0][_IN_ORDER] = _in_order(check.cut)
    carried = {*wanted, *((_IN_ORDER,) if check.cut is not None else ())}
    if check.keep is not None:
        carried |= {it.name for it in check.keep.find_all(exp.Column)}
    parts: list[tuple[list[str], dict[str, Sql]]] = []
    for stage in reversed(stages):
        computed = {name: sql for name, sql in stage.items() if name in carried}
        carried -= computed.keys()
        parts.append((sorted(carried), computed))
        for sql in computed.values():
            carried |= {it.name for it in sql.find_all(exp.Column)}
    given = piece.select(sorted(carried))
    named: list[exp.CTE] = []
    for number, (passed, computed) in enumerate(reversed(parts)):
        names = [exp.column(it, quoted=True) for it in passed]
        added = [
            exp.Alias(this=sql, alias=exp.to_identifier(it, quoted=True))
            for it, sql in computed.items()
        ]
        before = _behind(given, f"stage_{number}", named if (number + 1) % _DEEPEST == 0 else None)
        given = exp.Select(expressions=[*names, *added]).from_(before, copy=False)
    last = [*wanted, *((_IN_ORDER,) if check.cut is not None else ())]
    query = exp.select(*(exp.column(it, quoted=True) for it in last))
    query = query.from_(_behind(given, f"stage_{len(parts)}", None), copy=False)
    if named:
        query.set("with_", exp.With(expressions=named))
    if check.keep is None:
        return query
    kept = exp.Paren(this=check.keep)
    if check.cut is None:
        return query.where(kept, copy=False)
    return query.where(
        exp.Or(this=kept, expression=exp.Not(this=exp.column(_IN_ORDER, quoted=True))), copy=False
    )


def _behind(given: exp.Select, name: str, named: list[exp.CTE] | None) -> exp.Expression:
    """Return a SELECT as what stands behind FROM, put among those with a name if there are such.

    A subquery is planned in half the time of a CTE, but Python's stack ends at some depth of them.
    """
    alias = exp.TableAlias(this=exp.to_identifier(name))
    if named is None:
        return exp.Subquery(this=given, alias=alias)
    named.append(exp.CTE(this=given, alias=alias))
    return exp.to_table(name)


def _in_order(cut: int) -> Sql:
    sid, s, k = (exp.column(it, quoted=True) for it in ("sid", "s", "k"))

    def before(of: Sql, otherwise: int) -> Sql:
        arguments = of.copy(), exp.Literal.number(1), exp.convert(otherwise)
        return exp.Window(this=exp.func("lag", *arguments, dialect="duckdb"))

    next_session = exp.and_(
        sid.eq(before(sid, -(2**31))), k.eq(before(k, 0) + 1), s.eq(before(s, 0) + 1)
    )
    next_asset = exp.and_(sid > before(sid, -(2**31)), exp.or_(k.eq(-PAD), s.eq(cut)))
    return exp.or_(next_session, next_asset)


def _names(of: Pass) -> list[str]:
    return [*of.crossings, *(name for stage in of.stages for name in stage)]


def _piece(table: pa.Table) -> Piece:
    return Piece(exp.to_table("rows_given"), {"rows_given": table}, {})


def _joined(before: pa.Table, added: pa.Table) -> pa.Table:
    for name in added.column_names:
        before = before.append_column(name, added[name])
    return before


def _mapped(pool: ThreadPoolExecutor, do: Callable[[T], U], items: Iterable[T]) -> list[U]:
    return list(pool.map(do, items))
