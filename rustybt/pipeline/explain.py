"""A plan to be read: what it computes in which stage, what it reads, and its SQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rustybt.days import Day
from rustybt.pipeline.compile import Reach, compile_plan
from rustybt.pipeline.plan import Plan
from rustybt.pipeline.run import reach_of
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse


def explain(
    plan: Plan,
    *,
    bundle: str,
    warehouse: "Warehouse",
    start: Day | None = None,
    end: Day | None = None,
) -> str:
    """Return the explanation of a plan as SQL text: what it says stands in comments.

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
    reach = reach_of(plan, start, end, bundle=bundle, warehouse=warehouse)
    statement = compile_plan(plan, reach, bundle)
    said = [
        *_results(plan),
        *_reads(plan, reach, bundle, warehouse),
        "",
        "Stages",
        "  spine: sessions x assets, with the bar known at each session",
        *(f"  {name}: {', '.join(columns)}" for name, columns in statement.stages),
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
    yield f"  for sessions {reach.first} to {reach.last}, looking back {plan.lookback} more"
    for path, rows in files if plan.fields else []:
        yield f"  {path} ({rows:,} rows)"
