"""A plan on a bundle: which sessions it needs, and the rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from rustybt.assets import AssetFinder
from rustybt.errors import OptionError, SpanError
from rustybt.pipeline.compile import Reach, compile_plan, sessions_query
from rustybt.pipeline.plan import Plan
from rustybt.pipeline.result import PipelineResult
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

Day: TypeAlias = str | date
"""A session as users write it: ISO text, a date, a datetime or a pandas Timestamp."""


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
        The span ends before it starts or holds no session of the bundle.
    """
    name = warehouse.snapshot(bundle).bundle
    sessions = [row[0] for row in warehouse.sql(sessions_query(name)).rows()]
    earliest, latest = (sessions[0], sessions[-1]) if sessions else (date.min, date.max)
    first, last = day_of("start", start) or earliest, day_of("end", end) or latest
    at = bisect_left(sessions, first)
    if first > last:
        problem = "it ends before it starts"
    elif at == bisect_right(sessions, last):
        problem = _no_session(sessions, at)
    else:
        return Reach(first, last, sessions[max(0, at - plan.lookback - 1)])
    ((begun, ended),) = warehouse.sql(sqltext.load("queries/held_bars"), {"bundle": name}).rows()
    held = None if begun is None else (begun, ended)
    raise SpanError(first, last, problem, bundle=name, held=held)


def day_of(option: str, day: Day | None) -> date | None:
    """Return the date of a day as users write it; None for None.

    Raises
    ------
    OptionError
        It is no date.
    """
    try:
        moment = datetime.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise OptionError(option, day, "a date such as '2014-02-21'") from None
    if isinstance(moment, datetime):
        return moment.date()
    if moment is None or isinstance(moment, date):
        return moment
    raise OptionError(option, day, "a date such as '2014-02-21'")


def _no_session(sessions: Sequence[date], at: int) -> str:
    near = [str(it) for it in (*sessions[max(0, at - 1) : at], *sessions[at : at + 1])]
    return f"it holds no session; the nearest are {' and '.join(near) or 'none'}"
