"""Columns, each in the first stage that can compute it, and the values of terms over them.

What both forms of a plan share: a form differs in what it makes of a window.
"""

import re
from abc import ABC, abstractmethod
from functools import cache
from typing import Final, TypeAlias

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.generator import Generator
from typing_extensions import override

from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Applied, Factor, Filter
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope, lagged
from rustybt.pipeline.vocabulary.merge import Blocks, Sliding
from rustybt.pipeline.vocabulary.quantity import Kept, Quantity, Sql, column, nodes

ALIVE: Final = column("alive")
Key: TypeAlias = tuple[object, ...]


class Form(ABC):
    """Where the columns of a plan are computed.

    Attributes
    ----------
    scaled
        Whether any action changes a price, so that what leaves a window must be multiplied.
    """

    scaled: bool = True

    def __init__(self) -> None:
        self._kept: dict[int, tuple[tuple[Sql], Sql]] = {}  # by identity of what is kept alive here

    def settle_kept(self, sql: Sql) -> Sql:
        """Return a copy of the expression in which kept values are columns."""
        tree = sql.copy()
        for node in nodes(tree, Kept):
            (value,) = held = node.args["value"]
            if id(held) not in self._kept:
                self._kept[id(held)] = held, self.place(value, "kept")
            column_of = self._kept[id(held)][1].copy()
            if node is tree:
                return column_of
            node.replace(column_of)
        return tree

    @abstractmethod
    def place(self, sql: Sql, hint: str, *, within_universe: bool = False) -> Sql:
        """Return a reference to the value, computed once however often it is placed.

        Parameters
        ----------
        sql
            The expression.
        hint
            Beginning of the name of its column.
        within_universe
            Whether it is NULL wherever the asset is not alive.
        """


class Stages(Form):
    """Stages of the portable form: a window runs over its partition in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[dict[str, Sql]] = []
        self._by_key: dict[Key, str] = {}
        self._stage: dict[str, int] = {}  # of a column, counted from 1; those of the spine lack
        self._blocks: dict[tuple[object, ...], Blocks] = {}

    @override
    def place(self, sql: Sql, hint: str, *, within_universe: bool = False) -> Sql:
        settled = self._lift_inner_windows(self._slide(self.settle_kept(sql)))
        if isinstance(settled, (exp.Column, exp.Literal)):
            return settled
        key = key_of(settled)
        if key not in self._by_key:
            self._by_key[key] = self._add(settled, hint)
        return exp.column(self._by_key[key])

    def _add(self, settled: Sql, hint: str) -> str:
        name = f"{hint}_{len(self._by_key) + 1}"
        before = max((self._stage.get(it.name, 0) for it in nodes(settled, exp.Column)), default=0)
        while len(self.columns) <= before:
            self.columns.append({})
        self.columns[before][name] = settled
        self._stage[name] = before + 1
        return name

    def _slide(self, sql: Sql) -> Sql:
        # The innermost first, since the inputs of a window may be windows.
        for node in reversed(nodes(sql, Sliding)):
            native = node.args["native"]
            value = self._slide(self.settle_kept(native())) if native else self._merged(node).copy()
            if node is sql:
                return value
            node.replace(value)
        return sql

    def _merged(self, node: Sliding) -> Sql:
        key = node.args["merge"], *map(key_of, node.expressions)
        if key not in self._blocks:
            inputs = tuple(map(Quantity, node.expressions))
            self._blocks[key] = Blocks(node.args["merge"], inputs, self._block, self._ago)
        return self._blocks[key].window(node.args["length"]).sql

    def _block(self, value: Quantity) -> Quantity:
        return value.like(self.place(value.sql, "block"))

    def _ago(self, value: Quantity, sessions: int, otherwise: float | None) -> Quantity:
        return self._block(lagged(value, sessions, otherwise))

    def _lift_inner_windows(self, sql: Sql) -> Sql:
        # SQL allows no window inside a window: the inner one becomes a column of an earlier stage.
        for outer in list(outermost_windows(sql)):
            for child in list(outer.iter_expressions()):
                for inner in list(outermost_windows(child)):
                    inner.replace(self.place(inner, "window"))
        return sql


def values_of(plan: Plan, form: Form) -> dict[Term, Quantity]:
    """Return the value of each term, its windows placed."""
    values: dict[Term, Quantity] = {}
    for term in plan.terms:
        operands = [_operand(term, it, values, form) for it in term.operands]
        value = _as_known(term.express(*operands), scaled=form.scaled)
        if term.magnitude.overflows and isinstance(term, Factor):
            # Placed, or a chain of products would double with each.
            value = Quantity(form.place(value.sql, _hint(term))).finite()
        if term.scope is not Scope.SECTION and term.mask is not None and term.sources:
            within = values[term.mask]
            value = value.both(within) if isinstance(term, Filter) else value.masked(within)
        if term in plan.kept:
            value = Quantity(form.place(value.sql, _hint(term)))
        values[term] = value
    return values


def outermost_windows(sql: Sql) -> list[exp.Window]:
    """Return the windows that stand in no other."""
    return nodes(sql, exp.Window, outermost=True)


def key_of(sql: Sql) -> Key:
    """Return what tells expressions apart as their texts do, in a fraction of the time."""
    parts: list[object] = []
    waiting = [sql]
    for node in waiting:  # grows meanwhile
        parts.append(type(node))
        for name, value in node.args.items():
            if value is None:
                continue
            values = value if isinstance(value, list) else (value,)
            parts += (name, len(values))
            for it in values:
                if isinstance(it, exp.Expr):
                    waiting.append(it)
                else:
                    parts.append(it)
    return tuple(parts)


def text_of(sql: Sql) -> str:
    """Return an expression in DuckDB's SQL."""
    return _generator().generate(sql, copy=False)


@cache
def _generator() -> Generator:
    return Dialect.get_or_raise("duckdb").generator()


def _operand(term: Term, source: Term, values: dict[Term, Quantity], form: Form) -> Quantity:
    if term.scope is Scope.ROW:
        return values[source]
    if isinstance(source, BoundColumn):
        return source.free_of_actions()
    # What a window looks at is missing outside the universe of its own session.
    universe = ALIVE
    if term.scope is Scope.SECTION and term.mask is not None:
        universe = universe.both(values[term.mask])
    value = values[source].masked(universe)
    return Quantity(form.place(value.sql, "masked", within_universe=True))


def _as_known(value: Quantity, *, scaled: bool) -> Quantity:
    if not scaled or not (value.price or value.shares):
        return Quantity(value.sql)
    prices, splits = column("price_scale"), column("split_scale")
    for _ in range(abs(value.price)):
        value = value.like((value * prices if value.price > 0 else value / prices).sql)
    for _ in range(abs(value.shares)):
        value = value.like((value / splits if value.shares > 0 else value * splits).sql)
    return Quantity(value.sql)


def _hint(term: Term) -> str:
    named = term.operation if isinstance(term, Applied) else term
    name = type(named).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
