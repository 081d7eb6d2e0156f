"""A plan to be read: what it computes in which stage, what it reads, what a run of it executes, its SQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from rustybt.assets import AssetFinder
from rustybt.days import Day
from rustybt.pipeline.compiler.compile import Reach, compile_plan
from rustybt.pipeline.compiler.crossing import together
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.python_stage import demands
from rustybt.pipeline.compiler.run import program_of, reach_of, sessions_of
from rustybt.pipeline.compiler.spine import is_derived, read_span, spine_of
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.streaming import Pass, compile_streams
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

_CHARACTERS: Final = 160  # of an expression of a pass


def explain(
    plan: Plan,
    *,
    bundle: str,
    warehouse: "Warehouse",
    start: Day | None = None,
    end: Day | None = None,
) -> str:
    """Return the explanation of a plan as SQL text: what it says stands in comments.

    Neither the columns nor the terms of Python are computed. The rows that a run streams over are, since
    what a run executes follows from what is known about them; those of a plan that needs Python first are
    not, and are said to be without running sums.

    Parameters
    ----------
    plan
        Of `Pipeline.plan`.
    bundle
        Name of the bundle it would run on.
    warehouse
        Open warehouse; its snapshots are read.
    start, end
        Sessions, both inclusive; the first and the last of the bundle if None.

    Raises
    ------
    UnknownBundleError
        There is no such bundle.
    SpanError
        The span ends before it starts or holds no session of the bundle.
    """
    sessions = sessions_of(bundle, warehouse)
    reach = reach_of(plan, start, end, sessions, bundle=bundle, warehouse=warehouse)
    statement = compile_plan(plan, reach, bundle)
    said = [
        *_results(plan),
        *_reads(plan, reach, bundle, warehouse),
        *_beside(plan),
        *_in_python(plan),
        *_executed(plan, reach, sessions, bundle, warehouse),
        "Stages of the statement below, which any DuckDB client runs",
        "  spine: sessions x assets, with the bar known at each session",
        *(f"  {name}: {', '.join(columns)}" for name, columns in statement.stages),
    ]
    if demands(plan):
        said += [
            "",
            "The rows of terms in Python are tables of the run: it cannot run as it stands.",
        ]
    return "\n".join([*(f"-- {line}".rstrip() for line in said), statement.text()])


def _results(plan: Plan) -> Iterator[str]:
    yield "Columns"
    for name, term in plan.columns.items():
        yield f"  {name} = {term!r}"
    yield f"  screen: {'all living assets' if plan.screen is None else repr(plan.screen)}"
    yield ""


def _reads(plan: Plan, reach: Reach, bundle: str, warehouse: "Warehouse") -> Iterator[str]:
    span = {"bundle": bundle, "first": str(reach.read_from), "until": str(reach.last)}
    files = warehouse.sql(sqltext.load("queries/files_in_reach"), span).rows()
    yield f"Reads bundle {bundle}, snapshot {warehouse.snapshot(bundle).version}"
    yield f"  fields of bars_1d: {', '.join(it.name for it in plan.fields) or 'none'}"
    yield f"  bars from {reach.read_from} on, before {reach.last}"
    whole = plan.lookback >= ALL_SESSIONS - 1
    looking = "the whole history" if whole else f"{plan.lookback} more"
    yield f"  for sessions {reach.first} to {reach.last}, looking back {looking}"
    for path, rows, size in files if plan.fields else []:
        yield f"  {path} ({rows:,} rows, {size:,} bytes)"
    yield ""


def _beside(plan: Plan) -> Iterator[str]:
    tables = {
        ".".join(table): dict.fromkeys(taken.source for taken in it.columns)
        for it in plan.joined
        for table in it.relation.tables
    }
    if tables:
        yield "Joins by session and asset, as known before each"
        for name, columns in tables.items():
            yield f"  {name}: {', '.join(columns)}"
        yield ""


def _in_python(plan: Plan) -> Iterator[str]:
    wanted = demands(plan)
    if wanted:
        yield "Computes in Python, in this order, before the passes"
        for term, before in wanted.items():
            yield f"  {term!r}"
            yield f"    inputs: {', '.join(map(repr, term.inputs))}"
            more = f", for {before} sessions more" if before else ""
            whole = term.look_back >= ALL_SESSIONS - 1
            window = "the whole history" if whole else f"windows of {term.look_back + 1} sessions"
            yield f"    once a session, {window}{more}"
        yield ""


@dataclass(frozen=True)
class _Facts:
    assets: int
    read: int
    coming_out: int
    longest: int
    scaled: bool


def _executed(
    plan: Plan, reach: Reach, sessions: Sequence[date], bundle: str, warehouse: "Warehouse"
) -> Iterator[str]:
    first, until = read_span(reach, sessions)
    labels = sessions[first], reach.first or sessions[0], reach.last or sessions[-1]
    facts = _facts(labels, bundle, warehouse)
    derived = is_derived(plan, until - first, len(sessions), facts.assets)
    if demands(plan):
        program = compile_streams(plan, scaled=facts.scaled, sessions=facts.longest)
    else:
        rows = LivingRows(sessions, AssetFinder(warehouse, bundle))
        spine = spine_of(plan, reach, rows, bundle=bundle, warehouse=warehouse)
        program = program_of(plan, spine)
    yield "A run executes"
    yield f"  the spine, {_where(derived=derived)}: {facts.read:,} rows of {facts.assets:,} assets"
    for number, each in enumerate(program.passes, start=1):
        yield from _pass(number, each)
    screened = "" if plan.screen is None else " before the screen"
    yield f"  {facts.coming_out:,} rows come out{screened}"
    yield ""


def _where(*, derived: bool) -> str:
    return "derived once from the snapshot and kept" if derived else "computed for these sessions"


def _facts(labels: tuple[date, date, date], bundle: str, warehouse: "Warehouse") -> _Facts:
    read_from, first, last = labels
    text = sqltext.render(
        "queries/spine_facts", schema=bundle, read_from=read_from, first=first, last=last
    )
    return _Facts(*warehouse.sql(text).rows()[0])


def _pass(number: int, of: Pass) -> Iterator[str]:
    if any(of.stages):
        count = sum(map(len, of.stages))
        yield f"  pass {number}, streaming, by cursors over a few columns each: {count} columns"
        for stage, columns in enumerate(of.stages, start=1):
            for name, sql in columns.items():
                yield f"    {stage}. {name} = {_cut(text_of(sql))}"
    for group in together(of.crossings):
        yield f"  by a cursor of its own, over other partitions: {len(group)} columns"
        for name, window in group.items():
            yield f"    {name} = {_cut(text_of(window))}"


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]} …"
