"""A plan to be read: what it computes in which stage, what it reads, what a run of it executes, its SQL."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rustybt.assets import AssetFinder
from rustybt.days import Day
from rustybt.pipeline.compiler.aged import Aged
from rustybt.pipeline.compiler.cache import shares
from rustybt.pipeline.compiler.compile import Reach, compile_plan
from rustybt.pipeline.compiler.crossing import together
from rustybt.pipeline.compiler.direct import direct_outputs, without
from rustybt.pipeline.compiler.execute import first_pass
from rustybt.pipeline.compiler.facts import Facts
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.python_stage import Reading, demands, readings
from rustybt.pipeline.compiler.run import program_of, reach_of, sessions_of, span_of
from rustybt.pipeline.compiler.spine import Spine, is_derived, read_span, spine_of
from rustybt.pipeline.compiler.stages import text_of
from rustybt.pipeline.compiler.standing import is_dense
from rustybt.pipeline.compiler.streaming import Pass
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS
from rustybt.pipeline.vocabulary.quantity import Sql
from warehouse import config, sqltext

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

    What is said is what a run executes that finds nothing kept of earlier ones. Neither the columns nor the
    terms of Python are computed. The rows that a run streams over are, since what it executes follows from
    what is known about them; those that hold values of Python are not, and are said to be without running sums.

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
    rows = LivingRows(sessions, AssetFinder(warehouse, bundle))
    opened, before = _Opened(rows, bundle, warehouse), readings(plan, reach, sessions)
    statement = compile_plan(plan, reach, bundle)
    said = [
        *_results(plan),
        *_reads(plan, reach, before, opened),
        *_beside(plan),
        *_in_python(before, opened),
        *_executed(plan, reach, opened),
        "Stages of the statement below, which any DuckDB client runs",
        "  spine: sessions x assets, with the bar known at each session",
        *(f"  {name}: {', '.join(columns)}" for name, columns in statement.stages),
    ]
    if before:
        said += [
            "",
            "The rows of terms in Python are tables of the run: it cannot run as it stands.",
        ]
    return "\n".join([*(f"-- {line}".rstrip() for line in said), statement.text()])


@dataclass(frozen=True)
class _Opened:
    """The bundle that is explained."""

    rows: LivingRows
    bundle: str
    warehouse: "Warehouse"


def _results(plan: Plan) -> Iterator[str]:
    yield "Columns"
    for name, term in plan.columns.items():
        yield f"  {name} = {term!r}"
    yield f"  screen: {'all living assets' if plan.screen is None else repr(plan.screen)}"
    yield ""


def _reads(plan: Plan, reach: Reach, before: Sequence[Reading], opened: _Opened) -> Iterator[str]:
    bundle, warehouse, sessions = opened.bundle, opened.warehouse, opened.rows.sessions
    fields = set(plan.fields).union(*(it.plan.fields for it in before))
    lookback = max([plan.lookback, *(it.lookback for it in before)])
    at = 0 if reach.first is None else bisect_left(sessions, reach.first)
    read_from = sessions[max(0, at - lookback - 1)]
    span = {"bundle": bundle, "first": str(read_from), "until": str(reach.last)}
    files = warehouse.sql(sqltext.load("queries/files_in_reach"), span).rows()
    yield f"Reads bundle {bundle}, snapshot {warehouse.snapshot(bundle).version}"
    yield f"  fields of bars_1d: {', '.join(sorted(it.name for it in fields)) or 'none'}"
    yield f"  bars from {read_from} on, before {reach.last}"
    whole = lookback >= ALL_SESSIONS - 1
    looking = "the whole history" if whole else f"{lookback} more"
    yield f"  for sessions {reach.first} to {reach.last}, looking back {looking}"
    for path, rows, size in files if fields else []:
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


def _in_python(before: Sequence[Reading], opened: _Opened) -> Iterator[str]:
    if not before:
        return
    yield "Computes in Python, in this order, before the passes"
    for it in before:
        yield f"  {it.term!r}"
        yield f"    inputs: {', '.join(map(repr, it.term.inputs))}"
        more = f", for {it.before} sessions more" if it.before else ""
        if it.term.look_back >= ALL_SESSIONS - 1:
            yield f"    once, over the whole history{more}"
        else:
            yield f"    once a session, windows of {it.term.look_back + 1} sessions{more}"
        yield "    of what these passes read:"
        yield from (f"    {line}" for line in _passes(it.plan, it.reach, opened, by_asset=True))
    yield ""


@dataclass(frozen=True)
class _Counts:
    assets: int
    read: int
    coming_out: int
    longest: int
    scaled: bool


def _executed(plan: Plan, reach: Reach, opened: _Opened) -> Iterator[str]:
    yield "A run executes"
    names = {term: name for name, term in plan.columns.items()}
    for part, of, among in _shares(plan, reach, opened):
        direct = direct_outputs(part)
        for name, (table, column) in direct.items():
            computed = names[part.columns[name]]
            yield f"  nothing for {computed}: it is {column} of {table}, as Python computed it"
        others = without(part, direct) if direct else part
        if others.columns or not direct:
            yield from _passes(others, of, opened, among)
    screened = "" if plan.screen is None else " before the screen"
    yield f"  {_counts(reach, opened).coming_out:,} rows come out{screened}"
    yield ""


def _shares(
    plan: Plan, reach: Reach, opened: _Opened
) -> list[tuple[Plan, Reach, tuple[Plan, Reach] | None]]:
    """Return what is computed at once, and what it shares its rows with."""
    span = opened.rows.span(reach.first, reach.last)
    if not (plan.living and config.load().cached_bytes and opened.rows.count(*span)):
        return [(plan, reach, None)]
    return [(it.plan, it.reach, it.among) for it in shares(plan, span, opened.rows)]


def _passes(
    plan: Plan,
    reach: Reach,
    opened: _Opened,
    among: tuple[Plan, Reach] | None = None,
    *,
    by_asset: bool = False,
) -> Iterator[str]:
    """Say what is executed for a plan whose terms of Python are computed."""
    if not plan.living:
        yield "  one statement over sessions x assets, since other rows than bars are read"
        return
    read = among if among and not among[0].joined else (plan, reach)
    sessions, counts = opened.rows.sessions, _counts(read[1], opened)
    first, until = read_span(read[1], sessions)
    derived = is_derived(read[0], until - first, len(sessions), counts.assets)
    spine = _spine(*read, counts, opened)
    program = program_of(plan, spine)
    span = span_of(reach, sessions, spine)
    streamed, laid_out = first_pass(program, spine, span, opened.warehouse, by_asset=by_asset)
    if laid_out and not is_dense(counts.coming_out, counts.assets * (span.until - span.first)):
        streamed, laid_out = streamed.union(laid_out.names), None
    yield f"  the spine, {_where(derived=derived)}: {counts.read:,} rows of {counts.assets:,} assets"
    one, *more = program.passes
    yield from _pass(1, Pass(_behind(streamed, one, program.needs), one.crossings))
    if laid_out:
        yield from _over_cells(laid_out)
    for number, each in enumerate(more, start=2):
        yield from _pass(number, each)


def _spine(plan: Plan, reach: Reach, counts: _Counts, opened: _Opened) -> Spine:
    """Return the rows; of those that hold values of Python only what is known of all."""
    bundle, warehouse = opened.bundle, opened.warehouse
    if demands(plan):
        facts = Facts(counts.longest, counts.scaled, (), {}, frozenset())
        return Spine(facts, (), 0, rows=counts.read)
    return spine_of(plan, reach, opened.rows, bundle=bundle, warehouse=warehouse)


def _where(*, derived: bool) -> str:
    return "derived once from the snapshot and kept" if derived else "computed for these sessions"


def _counts(reach: Reach, opened: _Opened) -> _Counts:
    sessions = opened.rows.sessions
    text = sqltext.render(
        "queries/spine_facts",
        schema=opened.bundle,
        read_from=sessions[read_span(reach, sessions)[0]],
        first=reach.first or sessions[0],
        last=reach.last or sessions[-1],
    )
    return _Counts(*opened.warehouse.sql(text).rows()[0])


def _behind(
    names: Collection[str], of: Pass, needs: Mapping[str, frozenset[str]]
) -> list[dict[str, Sql]]:
    """Return the stages of a pass, of them what some columns are made of."""
    wanted = set(names)
    found = []
    for stage in reversed(of.stages):
        found.append({name: sql for name, sql in stage.items() if name in wanted})
        wanted.update(*(needs[name] for name in found[-1]))
    return found[::-1]


def _pass(number: int, of: Pass) -> Iterator[str]:
    if any(of.stages):
        count = sum(map(len, of.stages))
        yield f"  pass {number}, streaming, by cursors over a few columns each: {count} columns"
        yield from _staged(of)
    for group in together(of.crossings):
        yield f"  by a cursor of its own, over other partitions: {len(group)} columns"
        for name, window in group.items():
            yield f"    {name} = {_cut(text_of(window))}"


def _over_cells(of: Aged) -> Iterator[str]:
    count = sum(map(len, of.stages.stages))
    yield f"  without a window, over rows laid out by session: {count} columns"
    yield f"    of {', '.join(of.ages)}, from {of.oldest} sessions ago on"
    yield from _staged(of.stages)


def _staged(of: Pass) -> Iterator[str]:
    for stage, columns in enumerate(of.stages, start=1):
        for name, sql in columns.items():
            yield f"    {stage}. {name} = {_cut(text_of(sql))}"


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]} …"
