"""A plan as passes over sorted rows: the form that a run executes.

Over rows sorted by asset and session a window without a partition is DuckDB's streaming operator:
no hash, no sort, no copy. Each asset begins with rows of nothing, the pad, so that a look back does
not meet the asset before; one that could reach further is masked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp
from typing_extensions import override

from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.stages import Form, Key, key_of, values_of
from rustybt.pipeline.compiler.sums import Sums
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS
from rustybt.pipeline.vocabulary.merge import Blocks, Percentile, Ranked, Sliding, WindowSum
from rustybt.pipeline.vocabulary.quantity import Kept, Quantity, Sql, nodes, nonzero, number

PAD: Final = 64
RANK_CORRELATION: Final = "rank_correlation"  # no function of SQL: `ranked` computes it
PERCENTILE: Final = "percentile"  # nor is this: `sections` does
MASKED: Final = "masked"  # under which a CASE knows that it keeps a look back from the asset before
_REACH: Final = "reach"  # under which a window knows how many rows it looks back


@dataclass(frozen=True)
class Pass:
    """What one reading of the rows computes.

    Parameters
    ----------
    stages
        Expressions by column; a stage sees the rows and the stages before it.
    crossings
        Windows over another partition by column, computed after it for the passes that follow.
    """

    stages: list[dict[str, Sql]] = field(default_factory=list)
    crossings: dict[str, exp.Window] = field(default_factory=dict)

    @property
    def looks_back(self) -> bool:
        """Whether a stage needs other rows of its asset."""
        return any(sql.find(exp.Window) for stage in self.stages for sql in stage.values())

    @property
    def hands_on_all(self) -> bool:
        """Whether a window of the next pass over sessions needs all rows."""
        return any(_is_of_one_asset(it) for it in self.crossings.values())


@dataclass(frozen=True)
class Program:
    """A plan in passes.

    Parameters
    ----------
    passes
        In order.
    outputs, screen
        The columns that come out, by the names of the plan.
    needs
        The columns that each column of a pass is computed from.
    texts
        Statements of it that were written before, by what they depend on.
    """

    passes: list[Pass]
    outputs: Mapping[str, str]
    screen: str | None
    needs: Mapping[str, frozenset[str]]
    texts: dict[tuple[object, ...], str] = field(default_factory=dict, compare=False)


class Streams(Form):
    """Columns, each in the first pass and stage that can compute it.

    Parameters
    ----------
    scaled
        Whether any action changes a price.
    sessions
        The longest history of an asset.
    filled
        Columns of the rows that are 0 where nothing happened.
    sums
        Columns of the rows that have running sums.
    positive
        Columns of the rows whose values are above 0.
    """

    def __init__(
        self,
        *,
        scaled: bool,
        sessions: int,
        filled: Iterable[str] = (),
        sums: Mapping[str, Sums] | None = None,
        positive: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.scaled = scaled
        self.passes = [Pass()]
        self.needs: dict[str, frozenset[str]] = {}
        self._history = 1 << max(0, sessions - 1).bit_length()
        self._by_key: dict[Key, exp.Column] = {}
        self._place: dict[str, tuple[int, int]] = {}  # pass and stage; those of the spine lack
        self._sums = sums or {}
        running = (name for it in self._sums.values() for name in (it.total, it.count))
        self._filled = frozenset({*filled, *running})
        self._positive = set(positive)
        self._reach = dict.fromkeys(self._filled, 0)
        self._blocks: dict[tuple[object, ...], Blocks] = {}

    @override
    def place(self, sql: Sql, hint: str, *, within_universe: bool = False) -> Sql:
        settled = self._settled(sql)
        if isinstance(settled, (exp.Column, exp.Literal)):
            return settled
        return self._named(settled, hint, within_universe=within_universe)

    def column(self, sql: Sql, hint: str) -> str:
        """Return the name of a column that holds the value."""
        placed = self.place(sql, hint)
        return placed.name if isinstance(placed, exp.Column) else self._named(placed, hint).name

    def _named(self, settled: Sql, hint: str, *, within_universe: bool = False) -> exp.Column:
        key = key_of(settled)
        if key not in self._by_key:
            name = f"{hint}_{len(self._by_key) + 1}"
            self._by_key[key] = exp.column(name)
            self._add(name, settled)
            self._reach[name] = 0 if within_universe else self._reach_of(settled)
        return self._by_key[key]

    def _add(self, name: str, settled: Sql) -> None:
        needs = _columns(settled)
        if self._is_positive(settled):
            self._positive.add(name)
        at, after = max((self._place.get(it, (0, 0)) for it in needs), default=(0, 0))
        stages = self.passes[at].stages
        while len(stages) <= after:
            stages.append({})
        stages[after][name] = settled
        self.needs[name] = needs
        self._place[name] = at, after + 1

    def _settled(self, sql: Sql) -> Sql:
        # What is placed is never changed, so that columns may share parts of their trees.
        if not any(map(_is_open, nodes(sql, Kept, exp.Window, exp.Nullif, Sliding))):
            return sql
        tree = self.settle_kept(sql)
        for node in _outermost(tree):
            resolved = self._resolved(node)
            if node is tree:
                return self._with_plain_divisors(resolved)
            node.replace(resolved)
        return self._with_plain_divisors(tree)

    def _with_plain_divisors(self, tree: Sql) -> Sql:
        # NULLIF is a CASE, in which the engine computes its first argument twice.
        for node in nodes(tree, exp.Nullif):
            if self._is_positive(node.this):
                node.replace(node.this)
            elif not isinstance(node.this, exp.Column):
                node.set("this", self.place(node.this, "divisor"))
        return tree

    def _is_positive(self, sql: Sql) -> bool:
        """Return whether a value is above 0 wherever it is not missing."""
        match sql:
            case exp.Column():
                return sql.name in self._positive
            case exp.Paren() | exp.Window():
                return self._is_positive(sql.this)
            case exp.Lag():
                return sql.args.get("default") is None and self._is_positive(sql.this)
            case exp.Case() if sql.args.get("default") is None:
                return all(self._is_positive(it.args["true"]) for it in sql.args["ifs"])
        return False

    def _resolved(self, node: Sql) -> Sql:
        if isinstance(node, Ranked):
            return self._ranked(node)
        if isinstance(node, Percentile):
            return self._percentile(node)
        if isinstance(node, Sliding):
            return self._merged(node)
        function = node.this
        if isinstance(function, exp.Lag) and _is_of_one_asset(node):
            source = self.place(function.this, "shifted")
            return self._shifted(
                source, int(function.args["offset"].name), function.args.get("default")
            )
        return self._crossing(node)

    def _merged(self, node: Sliding) -> Sql:
        merge, length = node.args["merge"], node.args["length"]
        settled = [self._settled(it) for it in node.expressions]
        whole = min(length, self._history) if length >= ALL_SESSIONS else length
        sums = self._sums.get(settled[0].name) if isinstance(settled[0], exp.Column) else None
        if sums is not None and len(settled) == 1:
            summed = merge.by_sums(self._window_sum(sums, whole))
            if summed is not None:
                return exp.Paren(this=self._settled(summed.sql))
        key = merge, *map(key_of, settled)
        if key not in self._blocks:
            inputs = tuple(map(Quantity, settled))
            self._blocks[key] = Blocks(merge, inputs, self._block, self._ago)
        return self._blocks[key].window(whole).sql

    def _window_sum(self, sums: Sums, length: int) -> WindowSum:
        def within(name: str) -> Quantity:
            ago = self._shifted(exp.column(name), length, None)
            return Quantity(exp.column(name)) - Quantity(ago)

        total, count = within(sums.total), within(sums.count)
        if length <= sums.gap:
            return WindowSum(total, count, sums.unit)
        # On the rows of an asset there is a value. In the pad 0 / 0 is no number, where a missing value
        # stands else: whoever looks back must be told that it has met the pad.
        for lag in count.sql.find_all(exp.Window):
            lag.meta[_REACH] = PAD
        return WindowSum(total, nonzero(count), sums.unit)

    def _block(self, value: Quantity) -> Quantity:
        return value.like(self.place(value.sql, "block"))

    def _ago(self, value: Quantity, sessions: int, otherwise: float | None) -> Quantity:
        default = None if otherwise is None else number(otherwise).sql
        shifted = self._shifted(value.sql, sessions, default)
        # A CASE would be computed wherever it stands; equal windows are one.
        return (
            self._block(value.like(shifted))
            if isinstance(shifted, exp.Case)
            else value.like(shifted)
        )

    def _shifted(self, source: Sql, sessions: int, otherwise: Sql | None) -> Sql:
        if isinstance(source, exp.Literal):
            return source
        lag = exp.Window(this=exp.Lag(this=source, offset=exp.Literal.number(sessions)))
        reach = self._reach.get(source.name, 0) + sessions
        lag.meta[_REACH] = reach if reach <= PAD else 0
        if reach <= PAD:
            return lag
        if otherwise is None and source.name in self._filled:
            otherwise = number(0).sql
        within = exp.GTE(this=exp.column("k"), expression=exp.Literal.number(sessions))
        masked = exp.Case().when(within, lag, copy=False)
        masked.meta[MASKED] = True
        return masked if otherwise is None else masked.else_(otherwise, copy=False)

    def _reach_of(self, settled: Sql) -> int:
        found = [0]
        for node in nodes(settled, exp.Window, exp.Column, outermost=True):
            if isinstance(node, exp.Window):
                found.append(node.meta[_REACH])
            else:
                found.append(self._reach.get(node.name, 0))
        return max(found)

    def _crossing(self, window: Sql) -> Sql:
        for child in window.iter_expressions():
            for inner in _outermost(child):
                inner.replace(self.place(inner, "window"))
        for operand in _operands(window):
            operand.replace(exp.column(self.column(operand, "operand")))
        for it in list(window.find_all(exp.Column)):
            if self._reach.get(it.name, 0):
                it.replace(self._own(it))
        key = key_of(window)
        if key not in self._by_key:
            name = f"window_{len(self._by_key) + 1}"
            self._by_key[key] = exp.column(name)
            needs = _columns(window)
            at = max((self._place.get(it, (0, 0))[0] for it in needs), default=0)
            assert isinstance(window, exp.Window)  # noqa: S101 - nothing else is resolved here
            self.passes[at].crossings[name] = window.copy()
            if at + 1 == len(self.passes):
                self.passes.append(Pass())
            self.needs[name], self._reach[name] = needs, 0
            self._place[name] = at + 1, 0
        return self._by_key[key]

    def _ranked(self, node: Ranked) -> Sql:
        inputs = [self._own(self.place(it, "ranked")) for it in node.expressions]
        before = exp.Literal.number(node.args["length"] - 1)
        rows = exp.WindowSpec(kind="ROWS", start=before, start_side="PRECEDING", end="CURRENT ROW")
        function = exp.Anonymous(this=RANK_CORRELATION, expressions=inputs)
        order = exp.Order(expressions=[exp.Ordered(this=exp.column("s"), nulls_first=False)])
        of_asset = [exp.column("sid")]
        return self._crossing(
            exp.Window(this=function, partition_by=of_asset, order=order, spec=rows)
        )

    def _percentile(self, node: Percentile) -> Sql:
        x, *label = (exp.column(self.column(it, "operand")) for it in node.expressions)
        value = exp.Literal.number(repr(float(node.args["percentile"])))
        function = exp.Anonymous(this=PERCENTILE, expressions=[x, value])
        order = exp.Order(expressions=[exp.Ordered(this=exp.column("sid"), nulls_first=False)])
        together = [exp.column("session"), *label]
        return self._crossing(exp.Window(this=function, partition_by=together, order=order))

    def _own(self, of: Sql) -> Sql:
        # On the rows of the pad it may have looked at the asset before.
        own = exp.GTE(this=exp.column("k"), expression=exp.Literal.number(0))
        return self.place(exp.Case().when(own, of.copy()), "own", within_universe=True)


def compile_streams(
    plan: Plan,
    *,
    scaled: bool,
    sessions: int,
    sums: Mapping[str, Sums] | None = None,
    positive: Iterable[str] = (),
) -> Program:
    """Return the program of a plan; see `Streams` for the parameters."""
    columns = [it.free_of_actions() for it in plan.fields]
    filled = [it.sql.name for it in columns if it.filled]
    streams = Streams(scaled=scaled, sessions=sessions, filled=filled, sums=sums, positive=positive)
    values = values_of(plan, streams)

    def output(term: Term) -> str:
        return streams.column(values[term].sql, "output")

    outputs = {name: output(term) for name, term in plan.columns.items()}
    screen = None if plan.screen is None else output(plan.screen)
    return Program(streams.passes, outputs, screen, streams.needs)


def _outermost(sql: Sql) -> list[Sql]:
    return list(filter(_is_open, nodes(sql, exp.Window, Sliding, outermost=True)))


def _is_open(node: Sql) -> bool:
    """Return whether a node is none of the look backs, which stay as they are."""
    return _REACH not in node.meta


def _operands(window: Sql) -> list[Sql]:
    """Return what a window over a section reads and no column holds yet."""
    partition = window.args["partition_by"]
    if partition[0].name != "session":
        return []
    ordered = (it.this for it in window.args["order"].expressions)
    read = [window.this.args.get("this"), *partition, *ordered]
    held = exp.Column, exp.Star
    return [it for it in read if isinstance(it, exp.Expr) and not isinstance(it, held)]


def _columns(sql: Sql) -> frozenset[str]:
    return frozenset(it.name for it in nodes(sql, exp.Column))


def _is_of_one_asset(window: Sql) -> bool:
    return [it.name for it in window.args.get("partition_by") or ()] == ["sid"]
