"""A plan as one SELECT.

The portable form, for any DuckDB client: each stage is a CTE over the one before, the first being
the spine of ``sql/queries/spine.sql.j2``. `streaming` has the form that a run executes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import sqlglot
from sqlglot import exp

from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.stages import Stages, values_of
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.quantity import Quantity, Sql
from rustybt.pipeline.vocabulary.relation import Joined, beside_the_spine
from warehouse import sqltext

KEYS = ("session", "sid", "symbol")
Part: TypeAlias = tuple[str, exp.Query]  # a CTE
VIEWS: Final = frozenset({"sessions", "adjustments", "assets", "bars_1d", "fx_rates"})


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
    stages = Stages()
    values = values_of(plan, stages)
    parts = row_parts(plan.fields, plan.joined, reach)
    parts += _stage_parts(stages, before=parts[-1][0])
    query = with_parts(_ends(plan, reach, values, parts[-1][0]), parts, schema)
    added = tuple((f"stage_{n}", tuple(it)) for n, it in enumerate(stages.columns, start=1))
    return Statement(query, added)


def row_parts(fields: Sequence[BoundColumn], joined: Sequence[Joined], reach: Reach) -> list[Part]:
    """Return the CTEs of the spine and of what stands beside it; the last has all their columns."""
    text = sqltext.render(
        "queries/spine",
        fields=fields,
        last=reach.last,
        read_from=reach.read_from,
    )
    spine = sqlglot.parse_one(text, dialect="duckdb")
    own: list[Part] = [(cte.alias, cte.this) for cte in spine.find_all(exp.CTE)]
    return [*own, *_joined_parts(joined)]


def with_parts(query: exp.Select, parts: Iterable[Part], schema: str | None) -> exp.Query:
    """Return a SELECT behind CTEs, its views being those of a bundle."""
    own = [(cte.alias, cte.this) for cte in query.ctes]
    query.set("with_", None)
    whole: exp.Query = query
    for name, part in (*parts, *own):
        whole = whole.with_(name, as_=part, copy=False)
    for table in whole.find_all(exp.Table):
        if schema is not None and table.name in VIEWS and not table.db:
            table.set("db", exp.to_identifier(schema))
    return whole


def sessions_query(schema: str) -> str:
    """Return the SELECT of all sessions of a bundle, in order."""
    table = exp.to_table("sessions")
    table.set("db", exp.to_identifier(schema))
    return exp.select("session").from_(table).order_by("session", dialect="duckdb").sql("duckdb")


def _joined_parts(joined: Sequence[Joined]) -> Iterator[Part]:
    for name, text in beside_the_spine(joined):
        part = sqlglot.parse_one(text, dialect="duckdb")
        assert isinstance(part, exp.Query)  # noqa: S101 - a SELECT of sql/known
        yield name, part


def _stage_parts(stages: Stages, *, before: str) -> Iterator[Part]:
    for number, columns in enumerate(stages.columns, start=1):
        added = [exp.alias_(sql, name) for name, sql in columns.items()]
        yield f"stage_{number}", exp.select("*", *added).from_(before)
        before = f"stage_{number}"


def _ends(plan: Plan, reach: Reach, values: dict[Term, Quantity], stage: str) -> exp.Select:
    named = [exp.alias_(values[it].sql, name, quoted=True) for name, it in plan.columns.items()]
    query = exp.select(*KEYS, *named).from_(stage)
    if plan.living:
        query = query.where("alive")
    if reach.first is not None:
        query = query.where(exp.column("session") >= _date(reach.first))
    if reach.last is not None:
        query = query.where(exp.column("session") <= _date(reach.last))
    if plan.screen is not None:
        query = query.where(values[plan.screen].sql)
    return query.order_by("session", "sid", dialect="duckdb")


def _date(day: date) -> Sql:
    return exp.cast(exp.Literal.string(day.isoformat()), exp.DataType.Type.DATE)
