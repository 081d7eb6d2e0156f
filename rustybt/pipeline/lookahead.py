"""Whether a pipeline sees the future: it is computed again on bundles that have another one.

For a session, every bar from it on and every action after it is cut off, or poisoned. What was said
of that session and of those before must not change.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa

import warehouse as warehouses
from rustybt.days import Day
from rustybt.errors import TermParameterError
from rustybt.pipeline.compiler.run import reach_of, sessions_of
from rustybt.pipeline.pipeline import Pipeline
from warehouse import schema, sqltext

if TYPE_CHECKING:
    import polars as pl

    from warehouse import Warehouse

Future = Literal["cut off", "poisoned"]
FUTURES: Final[tuple[Future, ...]] = ("cut off", "poisoned")
_RELATIVE: Final = 1e-9  # sums over other rows differ in their last bits
_ABSOLUTE: Final = 1e-12
_SHOWN: Final = 10  # leaks of one column that are kept


@dataclass(frozen=True)
class Leak:
    """A value that another future changed.

    Parameters
    ----------
    column
        Of the pipeline; ``(rows)`` where a row is missing or new.
    session, symbol
        Which row.
    known_before
        Session from which on the future was changed.
    future
        How.
    value, found
        With the true future and with the other one.
    """

    column: str
    session: date
    symbol: str
    known_before: date
    future: Future
    value: Any
    found: Any


@dataclass(frozen=True)
class LookaheadAudit:
    """What an audit found; true if nothing leaked.

    Parameters
    ----------
    sessions
        From which on the future was changed.
    rows
        Rows that were compared.
    leaks
        Values that changed, at most ten of each column, session and future.
    """

    sessions: tuple[date, ...]
    rows: int
    leaks: tuple[Leak, ...]

    def __bool__(self) -> bool:
        return not self.leaks


def audit_lookahead(
    pipeline: Pipeline,
    start: Day,
    end: Day,
    *,
    bundle: str,
    warehouse: "Warehouse",
    cuts: int = 4,
    progress: Callable[[str], None] | None = None,
) -> LookaheadAudit:
    """Compute a pipeline with the true future, without one and with a wrong one, and compare.

    Parameters
    ----------
    pipeline
        What is audited.
    start, end
        Sessions of the rows that are compared, both inclusive.
    bundle, warehouse
        Where it runs; the bundle is only read.
    cuts
        Number of sessions at which the future is changed, spread evenly over the span.
    progress
        Told in words what is being done.

    Raises
    ------
    SpanError
        The bundle has no bars in the span.
    TermParameterError
        `cuts` is no positive number.
    """
    if isinstance(cuts, bool) or not isinstance(cuts, int) or cuts < 1:
        raise TermParameterError("audit", "cuts", cuts, "to be a number of at least 1")
    tell = progress or (lambda _: None)
    tell("computing with the true future")
    truth = pipeline.run(start, end, bundle=bundle, warehouse=warehouse).pl()
    sessions = _spread(_sessions(pipeline, start, end, bundle, warehouse), cuts)
    rows, leaks = 0, list[Leak]()
    for session in sessions:
        expected = truth.filter(truth["session"] <= session)
        for future in FUTURES:
            tell(f"computing with the future {future} from {session} on")
            with other_future(warehouse, bundle, session, future) as other:
                # To the end of the span, so that a term has the other future before its eyes.
                found = pipeline.run(start, end, bundle=bundle, warehouse=other).pl()
                found = found.filter(found["session"] <= session)
            rows += len(expected)
            leaks += leaks_between(expected, found, session, future)
    return LookaheadAudit(tuple(sessions), rows, tuple(leaks))


def _sessions(
    pipeline: Pipeline, start: Day, end: Day, bundle: str, warehouse: "Warehouse"
) -> list[date]:
    sessions = sessions_of(bundle, warehouse)
    reach = reach_of(pipeline.plan(), start, end, sessions, bundle=bundle, warehouse=warehouse)
    first, last = reach.first or date.min, reach.last or date.max
    return [it for it in sessions if first <= it <= last]


def _spread(sessions: Sequence[date], cuts: int) -> list[date]:
    at = np.linspace(0, len(sessions) - 1, min(cuts, len(sessions)) + 1)[1:]
    return sorted({sessions[round(it)] for it in at.tolist()})


@contextmanager
def other_future(
    source: "Warehouse", bundle: str, session: date, future: Future
) -> Iterator["Warehouse"]:
    """Give a warehouse of its own with the bundle as another future would have it.

    Bars of the session itself and after are cut off or poisoned, and actions after it. The assets
    and the calendar stay, since listings are known ahead.
    """
    with TemporaryDirectory(prefix="rustybt-audit-") as folder:
        _write(source, bundle, session, future, Path(folder))
        with warehouses.open(folder) as other:
            yield other


def _write(source: "Warehouse", bundle: str, session: date, future: Future, root: Path) -> None:
    snapshot = source.snapshot(bundle)
    with (
        warehouses.open(root) as writer,
        writer.begin(snapshot.bundle, calendar=snapshot.calendar) as txn,
    ):
        for name in snapshot.datasets:
            dataset = schema.dataset(name)
            if name in {"quality", "policy", "flags", "rejects"}:
                continue
            rows = _rows(source, snapshot.bundle, dataset, session, future)
            if dataset.period == "all":
                txn.replace(name, rows)
            else:
                txn.upsert(name, rows)
        txn.commit(lineage={"source": f"{future} from {session} on"})


def _rows(
    source: "Warehouse", bundle: str, dataset: schema.Dataset, session: date, future: Future
) -> pa.Table:
    if future == "poisoned" and dataset.name in {"bars_1d", "adjustments"}:
        name = "poisoned_bars" if dataset.name == "bars_1d" else "poisoned_adjustments"
        text = sqltext.render(f"audit/{name}", schema=bundle)
        return source.sql(text, {"session": session}).arrow()
    time = None if dataset.name == "sessions" else next(_times(dataset), None)
    text = sqltext.render("audit/known", schema=bundle, dataset=dataset.name, time=time)
    return source.sql(text, None if time is None else {"session": session}).arrow()


def _times(dataset: schema.Dataset) -> Iterator[str]:
    yield from (name for name in dataset.names if name in {"session", "ts", dataset.time})


def leaks_between(
    expected: "pl.DataFrame", found: "pl.DataFrame", session: date, future: Future
) -> Iterator[Leak]:
    """Yield the values of two results, by session and sid, that differ."""
    keys = ["session", "sid", "symbol"]
    here = expected.select(keys).with_columns(_a=1)
    there = found.select(keys).with_columns(_b=1)
    rows = here.join(there, on=keys, how="full", coalesce=True)
    for row in rows.filter(rows["_a"].is_null() | rows["_b"].is_null()).head(_SHOWN).to_dicts():
        yield Leak("(rows)", row["session"], row["symbol"], session, future, row["_a"], row["_b"])
    matched = expected.join(found, on=keys, how="inner", suffix="_found")
    for name in expected.columns[len(keys) :]:
        unlike = matched.filter(_unlike(matched[name], matched[f"{name}_found"]))
        for row in unlike.head(_SHOWN).to_dicts():
            yield Leak(
                name,
                row["session"],
                row["symbol"],
                session,
                future,
                row[name],
                row[f"{name}_found"],
            )


def _unlike(one: "pl.Series", other: "pl.Series") -> "pl.Series":
    if not one.dtype.is_float():
        return one.ne_missing(other)
    near = (one - other).abs() <= _ABSOLUTE + _RELATIVE * one.abs()
    return ~(near.fill_null(value=False) | (one.is_null() & other.is_null()))
