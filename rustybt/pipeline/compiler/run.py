"""A plan on a bundle: which sessions it needs, and the rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.compute as pc

from rustybt.assets import AssetFinder
from rustybt.days import Day, day_of
from rustybt.errors import ForeignAssetError, SpanError
from rustybt.pipeline.compiler.beside import check_beside
from rustybt.pipeline.compiler.cache import Found, run_with_cache
from rustybt.pipeline.compiler.compile import Reach, compile_plan, sessions_query
from rustybt.pipeline.compiler.direct import with_direct
from rustybt.pipeline.compiler.execute import Span, execute, execute_by_asset
from rustybt.pipeline.compiler.kept import KeptColumns
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan, in_order
from rustybt.pipeline.compiler.python_stage import with_python
from rustybt.pipeline.compiler.spine import Spine, spine_of
from rustybt.pipeline.compiler.standing import Standing
from rustybt.pipeline.compiler.streamed import PipelineStream, chunks
from rustybt.pipeline.compiler.streaming import Program, compile_streams
from rustybt.pipeline.compiler.sums import Sums
from rustybt.pipeline.result import PipelineResult
from rustybt.pipeline.slice import Slice
from rustybt.pipeline.term import Term
from warehouse import config

if TYPE_CHECKING:
    from warehouse import Warehouse

_PROGRAMS: Final = 64  # that are kept to be run again


def run_plan(
    plan: Plan, start: Day, end: Day, *, bundle: str, warehouse: "Warehouse", cache: bool = True
) -> PipelineResult:
    """Return the rows of a plan; see `Pipeline.run`."""
    assets, rows = _assets_and_rows(plan, bundle, warehouse)
    reach = reach_of(plan, start, end, rows.sessions, bundle=bundle, warehouse=warehouse)
    computing = _Computing(rows, assets.bundle, warehouse)
    limit = config.load().cached_bytes if cache else 0
    found = _with_cache(plan, reach, limit, computing) if limit and plan.living else None
    if found is None:
        found = Found(computing.rows_of(plan, reach), dict.fromkeys(plan.columns, 0))
    return PipelineResult(found.rows, partial(_portable, plan, reach, bundle), assets, found.cached)


def _with_cache(plan: Plan, reach: Reach, limit: int, computing: "_Computing") -> Found | None:
    rows = computing.rows
    span = rows.span(reach.first, reach.last)
    if not rows.count(*span):
        return None
    kept = KeptColumns(computing.warehouse, computing.bundle, rows, limit)
    return run_with_cache(plan, span, rows, kept, computing.shared_rows_of)


def stream_plan(
    plan: Plan,
    start: Day,
    end: Day,
    *,
    bundle: str,
    warehouse: "Warehouse",
    open_until: ExitStack,
    batch_rows: int,
) -> PipelineStream:
    """Return the rows of a plan in batches; see `Pipeline.stream`."""
    assets, rows = _assets_and_rows(plan, bundle, warehouse)
    reach = reach_of(plan, start, end, rows.sessions, bundle=bundle, warehouse=warehouse)
    compute = _Computing(rows, assets.bundle, warehouse).rows_of
    span = rows.span(reach.first, reach.last)
    found = chunks(plan, span, rows, compute) if rows.count(*span) else iter([compute(plan, reach)])
    return PipelineStream(found, batch_rows, open_until.pop_all())


class _Computing:
    """Computes plans on one bundle, those over the same sessions on the same rows."""

    def __init__(self, rows: LivingRows, bundle: str, warehouse: "Warehouse") -> None:
        self.rows, self.bundle, self.warehouse = rows, bundle, warehouse
        self._spines: dict[Reach, Spine] = {}

    def rows_of(self, plan: Plan, reach: Reach) -> pa.Table:
        """Return the rows of a plan, after those of its terms in Python."""
        read = partial(rows_of, rows=self.rows, bundle=self.bundle, warehouse=self.warehouse)
        columns = partial(columns_of, rows=self.rows, bundle=self.bundle, warehouse=self.warehouse)
        whole = with_python(plan, reach, self.rows, columns)
        return with_direct(whole, reach, self.rows, read)

    def shared_rows_of(
        self, plan: Plan, reach: Reach, among: tuple[Plan, Reach] | None
    ) -> pa.Table:
        """Return the rows of a plan; `among` is what several of these sessions need together."""
        if among is None or among[0].joined:
            return self.rows_of(plan, reach)
        bundle, warehouse = self.bundle, self.warehouse
        whole, widest = among
        if widest not in self._spines:
            self._spines[widest] = spine_of(
                whole, widest, self.rows, bundle=bundle, warehouse=warehouse
            )
        spine = self._spines[widest]
        return rows_of(plan, reach, self.rows, bundle=bundle, warehouse=warehouse, spine=spine)


def rows_of(
    plan: Plan,
    reach: Reach,
    rows: LivingRows,
    *,
    bundle: str,
    warehouse: "Warehouse",
    spine: Spine | None = None,
) -> pa.Table:
    """Return session, sid, symbol and the columns of a plan, by session and sid.

    A spine that is given may reach further back than needed.
    """
    if not plan.living:  # the spine has the rows of living assets alone
        return warehouse.arrow(_portable(plan, reach, bundle), tables=held_by(plan))
    if spine is None:
        spine = spine_of(plan, reach, rows, bundle=bundle, warehouse=warehouse)
    elif reach.read_from is not None:
        spine = spine.since(bisect_left(rows.sessions, reach.read_from) + 1)
    span = span_of(reach, rows.sessions, spine)
    found = execute(program_of(plan, spine), spine, span, warehouse)
    # By place, since a column of the plan may be named s.
    numbers, sids = (it.combine_chunks() for it in found.columns[:2])
    keys = {
        "session": pa.array(rows.sessions, pa.date32()).take(pc.add(numbers, spine.base)),
        "sid": sids.dictionary_decode(),
        "symbol": rows.symbols(sids.dictionary).take(sids.indices),
    }
    columns = [*keys.values(), *found.columns[2:]]
    return pa.Table.from_arrays(columns, names=[*keys, *found.column_names[2:]])


def columns_of(
    plan: Plan, reach: Reach, rows: LivingRows, *, bundle: str, warehouse: "Warehouse"
) -> tuple[pa.Table, Standing | None]:
    """Return the columns of a plan without a screen by asset, and where the rows of living assets stand.

    Rows of others, too, come as those of `rows_of` do, and nothing else is said of them.
    """
    if not plan.living:
        return rows_of(plan, reach, rows, bundle=bundle, warehouse=warehouse), None
    spine = spine_of(plan, reach, rows, bundle=bundle, warehouse=warehouse)
    span = span_of(reach, rows.sessions, spine)
    return execute_by_asset(program_of(plan, spine), spine, span, warehouse)


def span_of(reach: Reach, sessions: Sequence[date], spine: Spine) -> Span:
    """Return the sessions that come out as the rows of a spine count them."""
    first, last = reach.first or sessions[0], reach.last or sessions[-1]
    return Span(
        bisect_left(sessions, first) - spine.base, bisect_right(sessions, last) - spine.base
    )


@dataclass(frozen=True)
class _Compiled:
    """What a program follows from; plans with the same columns are the same."""

    columns: tuple[tuple[str, Term], ...]
    screen: Term | None
    scaled: bool
    sessions: int
    sums: tuple[tuple[str, Sums], ...]
    positive: frozenset[str]
    plan: Plan = field(compare=False)


def program_of(plan: Plan, spine: Spine) -> Program:
    """Return what a run of a plan executes over the rows of a spine."""
    # Windows over the whole history are of a power of two, so that another session changes no program.
    sessions = 1 << max(0, spine.facts.longest - 1).bit_length()
    columns = tuple(plan.columns.items())
    sums = tuple(spine.facts.sums.items())
    facts = spine.facts
    wanted = _Compiled(columns, plan.screen, facts.scaled, sessions, sums, facts.positive, plan)
    if plan.joined:  # their rows would be held
        return _compile(wanted)
    return _compiled(wanted)


def _compile(wanted: _Compiled) -> Program:
    return compile_streams(
        wanted.plan,
        scaled=wanted.scaled,
        sessions=wanted.sessions,
        sums=dict(wanted.sums),
        positive=wanted.positive,
    )


_compiled = lru_cache(_PROGRAMS)(_compile)


def held_by(plan: Plan) -> dict[str, Any]:
    """Return the Arrow rows that a plan reads beside the warehouse, by the name of the table."""
    return {name: rows for it in plan.joined for name, rows in it.relation.held.items()}


@dataclass(frozen=True)
class _Snapshot:
    """The assets of a snapshot and their rows, which its runs share."""

    sha256: str
    assets: AssetFinder
    rows: LivingRows


# Of each open warehouse, by bundle; the snapshot at which it is open may change.
_snapshots: WeakKeyDictionary["Warehouse", dict[str, _Snapshot]] = WeakKeyDictionary()


def _snapshot_of(bundle: str, warehouse: "Warehouse") -> _Snapshot:
    manifest = warehouse.snapshot(bundle)
    known = _snapshots.setdefault(warehouse, {})
    found = known.get(manifest.bundle)
    if found is None or found.sha256 != manifest.sha256:
        assets = AssetFinder(warehouse, bundle)
        rows = LivingRows(sessions_of(bundle, warehouse), assets)
        found = known[manifest.bundle] = _Snapshot(manifest.sha256, assets, rows)
    return found


def _assets_and_rows(
    plan: Plan, bundle: str, warehouse: "Warehouse"
) -> tuple[AssetFinder, LivingRows]:
    """Return the assets of a bundle, of which those that a plan names must be, and their rows."""
    found = _snapshot_of(bundle, warehouse)
    assets = found.assets
    outputs = [*plan.columns.values(), *([] if plan.screen is None else [plan.screen])]
    named = [it.asset for it in in_order(outputs, needs=True) if isinstance(it, Slice)]
    by_sid = {it.sid: it for it in assets} if named else {}
    for asset in named:
        own = by_sid.get(asset.sid, asset)
        if own.symbol != asset.symbol:
            raise ForeignAssetError(asset, own, assets.bundle)
    return assets, found.rows


def sessions_of(bundle: str, warehouse: "Warehouse") -> list[date]:
    """Return all sessions of a bundle, in order.

    Raises
    ------
    UnknownBundleError
        There is no such bundle.
    """
    name = warehouse.snapshot(bundle).bundle
    found: list[date] = warehouse.arrow(sessions_query(name))["session"].to_pylist()
    return found


def held_bars(bundle: str, warehouse: "Warehouse") -> tuple[date, date] | None:
    """Return the first and the last session of the bars of a bundle; None if it has none."""
    files = [it for name, _, it in warehouse.snapshot(bundle).files() if name.startswith("bars_")]
    days = [it[:10] for file in files for it in (file.first, file.last) if it]
    return (date.fromisoformat(min(days)), date.fromisoformat(max(days))) if days else None


def _portable(plan: Plan, reach: Reach, bundle: str) -> str:
    return compile_plan(plan, reach, bundle).text()


def reach_of(
    plan: Plan,
    start: Day | None,
    end: Day | None,
    sessions: Sequence[date],
    *,
    bundle: str,
    warehouse: "Warehouse",
) -> Reach:
    """Return which `sessions`, those of the bundle, a plan needs for a span, both ends inclusive.

    Raises
    ------
    UnknownBundleError
        There is no such bundle.
    DatasetError
        What the plan reads beside the bars cannot be; see `check_beside`.
    SpanError
        The span ends before it starts, lies outside the bars of the bundle or holds no session.
    """
    name = warehouse.snapshot(bundle).bundle
    check_beside(plan, name, warehouse)
    plan.domain.check_bundle(name, warehouse.snapshot(bundle).calendar, sessions)
    earliest, latest = (sessions[0], sessions[-1]) if sessions else (date.min, date.max)
    first = earliest if start is None else day_of("start", start)
    last = latest if end is None else day_of("end", end)
    held = held_bars(bundle, warehouse)
    at = bisect_left(sessions, first)
    if first > last:
        problem = "it ends before it starts"
    elif held is None or last < held[0] or first > held[1]:
        problem = "the bundle has no bars there"
    elif at == bisect_right(sessions, last):
        problem = _no_session(sessions, at)
    else:
        return Reach(first, last, sessions[max(0, at - plan.lookback - 1)])
    raise SpanError(first, last, problem, bundle=name, held=held)


def _no_session(sessions: Sequence[date], at: int) -> str:
    near = [str(it) for it in (*sessions[max(0, at - 1) : at], *sessions[at : at + 1])]
    return f"it holds no session; the nearest are {' and '.join(near) or 'none'}"
