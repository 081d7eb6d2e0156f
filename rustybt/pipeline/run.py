"""A plan on a bundle: which sessions it needs, and the rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from rustybt.assets import AssetFinder
from rustybt.days import Day, day_of
from rustybt.errors import SpanError
from rustybt.pipeline.compile import Reach, compile_plan, sessions_query
from rustybt.pipeline.plan import Plan
from rustybt.pipeline.result import PipelineResult
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse


def run_plan(
    plan: Plan, start: Day, end: Day, *, bundle: str, warehouse: "Warehouse"
) -> PipelineResult:
    """Return the rows of a plan; see `Pipeline.run`."""
    reach = reach_of(plan, start, end, bundle=bundle, warehouse=warehouse)
    sql = compile_plan(plan, reach, bundle).text()
    return PipelineResult(warehouse.sql(sql).arrow(), sql, AssetFinder(warehouse, bundle))


def reach_of(
    plan: Plan, start: Day | None, end: Day | None, *, bundle: str, warehouse: "Warehouse"
) -> Reach:
    """Return the sessions that a plan needs for a span, both ends inclusive.

    Raises
    ------
    UnknownBundleError
        There is no such bundle.
    SpanError
        The span ends before it starts, lies outside the bars of the bundle or holds no session.
    """
    name = warehouse.snapshot(bundle).bundle
    sessions = [row[0] for row in warehouse.sql(sessions_query(name)).rows()]
    earliest, latest = (sessions[0], sessions[-1]) if sessions else (date.min, date.max)
    first = earliest if start is None else day_of("start", start)
    last = latest if end is None else day_of("end", end)
    ((begun, ended),) = warehouse.sql(sqltext.load("queries/held_bars"), {"bundle": name}).rows()
    held = None if begun is None else (begun, ended)
    at = bisect_left(sessions, first)
    if first > last:
        problem = "it ends before it starts"
    elif held is None or last < begun or first > ended:
        problem = "the bundle has no bars there"
    elif at == bisect_right(sessions, last):
        problem = _no_session(sessions, at)
    else:
        return Reach(first, last, sessions[max(0, at - plan.lookback - 1)])
    raise SpanError(first, last, problem, bundle=name, held=held)


def _no_session(sessions: Sequence[date], at: int) -> str:
    near = [str(it) for it in (*sessions[max(0, at - 1) : at], *sessions[at : at + 1])]
    return f"it holds no session; the nearest are {' and '.join(near) or 'none'}"
