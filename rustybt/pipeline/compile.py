"""A plan as one SELECT.

The only place that puts columns into stages, scales what leaves a window by the actions known at
its row, and orders the result. Each stage is a CTE over the one before; the first is the spine of
``sql/queries/spine.sql.j2``.
"""

import re
from dataclasses import dataclass
from datetime import date

import sqlglot
from sqlglot import exp

from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import AppliedFactor, AppliedFilter
from rustybt.pipeline.frame import Scope
from rustybt.pipeline.plan import Plan
from rustybt.pipeline.quantity import Quantity, Sql, column
from rustybt.pipeline.term import Term
from warehouse import sqltext

KEYS = ("session", "sid", "symbol")
_VIEWS = frozenset({"sessions", "adjustments", "assets", "bars_1d"})
_ALIVE = column("alive")


@dataclass(frozen=True)
class Reach:
    """Which sessions come out and which are read.

    Parameters
    ----------
    first, last
        Labels that come out, both inclusive; no bound if None.
    read_from
        Session of the first bar that a window of `first` sees; all history if None.
    """

    first: date | None = None
    last: date | None = None
    read_from: date | None = None


@dataclass(frozen=True)
class Statement:
    """A compiled pipeline.

    Parameters
    ----------
    query
        The tree of the SELECT.
    stages
        Name of each stage after the spine, with the names of the columns it adds.
    """

    query: exp.Query
    stages: tuple[tuple[str, tuple[str, ...]], ...]

    def text(self, *, pretty: bool = True) -> str:
        """Return the statement in DuckDB's SQL, without parameters."""
        return self.query.sql("duckdb", pretty=pretty)


class _Stages:
    """Columns, each in the first stage that can compute it."""

    def __init__(self) -> None:
        self.columns: list[dict[str, Sql]] = []
        self._by_text: dict[str, str] = {}
        self._stage: dict[str, int] = {}  # of a column, counted from 1; those of the spine lack

    def place(self, sql: Sql, hint: str) -> Sql:
        """Return a reference to the value, computed once however often it is placed."""
        settled = self._lift_inner_windows(sql.copy())
        if isinstance(settled, (exp.Column, exp.Literal)):
            return settled
        text = settled.sql("duckdb")
        if text not in self._by_text:
            self._by_text[text] = self._add(settled, hint)
        return exp.column(self._by_text[text])

    def _add(self, settled: Sql, hint: str) -> str:
        name = f"{hint}_{len(self._by_text) + 1}"
        before = max(
            (self._stage.get(it.name, 0) for it in settled.find_all(exp.Column)), default=0
        )
        while len(self.columns) <= before:
            self.columns.append({})
        self.columns[before][name] = settled
        self._stage[name] = before + 1
        return name

    def _lift_inner_windows(self, sql: Sql) -> Sql:
        # SQL allows no window inside a window: the inner one becomes a column of an earlier stage.
        for outer in list(_outermost_windows(sql)):
            for child in list(outer.iter_expressions()):
                for inner in list(_outermost_windows(child)):
                    inner.replace(self.place(inner, "window"))
        return sql


def compile_plan(plan: Plan, reach: Reach, schema: str | None) -> Statement:
    """Return the statement of a plan.

    Parameters
    ----------
    plan
        What to compute.
    reach
        Which sessions.
    schema
        Bundle whose views are read; names without a schema if None.
    """
    stages = _Stages()
    values = _values(plan, stages)
    query = _ends(
        plan, reach, values, f"stage_{len(stages.columns)}" if stages.columns else "spine"
    )
    for name, part in _ctes(plan, reach, stages):
        query = query.with_(name, as_=part, copy=False)
    for table in query.find_all(exp.Table):
        if schema is not None and table.name in _VIEWS:
            table.set("db", exp.to_identifier(schema))
    added = tuple((f"stage_{n}", tuple(it)) for n, it in enumerate(stages.columns, start=1))
    return Statement(query, added)


def sessions_query(schema: str) -> str:
    """Return the SELECT of all sessions of a bundle, in order."""
    table = exp.to_table("sessions")
    table.set("db", exp.to_identifier(schema))
    return exp.select("session").from_(table).order_by("session", dialect="duckdb").sql("duckdb")


def _values(plan: Plan, stages: _Stages) -> dict[Term, Quantity]:
    values: dict[Term, Quantity] = {}
    for term in plan.terms:
        operands = [_operand(term, it, values, stages) for it in term.inputs]
        value = _as_known(term.lower(*operands))
        if term.scope is Scope.SERIES and term.mask is not None:
            value = value.masked(values[term.mask])
        if term in plan.kept:
            value = Quantity(stages.place(value.sql, _hint(term)))
        values[term] = value
    return values


def _operand(term: Term, source: Term, values: dict[Term, Quantity], stages: _Stages) -> Quantity:
    if term.scope is Scope.ROW:
        return values[source]
    if isinstance(source, BoundColumn):
        return source.free_of_actions()
    # What a window looks at is missing outside the universe of its own session.
    universe = _ALIVE
    if term.scope is Scope.SECTION and term.mask is not None:
        universe = universe.both(values[term.mask])
    return Quantity(stages.place(values[source].masked(universe).sql, "masked"))


def _as_known(value: Quantity) -> Quantity:
    prices, splits = column("price_scale"), column("split_scale")
    for _ in range(abs(value.price)):
        value = value.like((value * prices if value.price > 0 else value / prices).sql)
    for _ in range(abs(value.shares)):
        value = value.like((value / splits if value.shares > 0 else value * splits).sql)
    return Quantity(value.sql)


def _ctes(plan: Plan, reach: Reach, stages: _Stages) -> list[tuple[str, exp.Query]]:
    text = sqltext.render(
        "queries/spine",
        fields=plan.fields,
        first=reach.first,
        last=reach.last,
        read_from=reach.read_from,
    )
    spine = sqlglot.parse_one(text, dialect="duckdb")
    parts = [(cte.alias, cte.this) for cte in spine.find_all(exp.CTE)]
    before = "spine"
    for number, columns in enumerate(stages.columns, start=1):
        added = [exp.alias_(sql, name) for name, sql in columns.items()]
        parts.append((f"stage_{number}", exp.select("*", *added).from_(before)))
        before = f"stage_{number}"
    return parts


def _ends(plan: Plan, reach: Reach, values: dict[Term, Quantity], stage: str) -> exp.Select:
    named = [exp.alias_(values[it].sql, name, quoted=True) for name, it in plan.columns.items()]
    query = exp.select(*KEYS, *named).from_(stage).where("alive")
    if reach.first is not None:
        query = query.where(exp.column("session") >= _date(reach.first))
    if reach.last is not None:
        query = query.where(exp.column("session") <= _date(reach.last))
    if plan.screen is not None:
        query = query.where(values[plan.screen].sql)
    return query.order_by("session", "sid", dialect="duckdb")


def _outermost_windows(sql: Sql) -> list[exp.Window]:
    nodes = sql.walk(prune=lambda node: isinstance(node, exp.Window))
    return [node for node in nodes if isinstance(node, exp.Window)]


def _hint(term: Term) -> str:
    named = term.operation if isinstance(term, (AppliedFactor, AppliedFilter)) else term
    name = type(named).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _date(day: date) -> Sql:
    return exp.cast(exp.Literal.string(day.isoformat()), exp.DataType.Type.DATE)
