"""One run as it is taken down: begun before the first session, stored when it has ended, however."""

import gc
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

import pyarrow as pa

from rustybt.algorithm.strategy import TradingAlgorithm
from rustybt.errors import OptionError, RunNotStoredError, with_notes
from rustybt.metrics.digest import digest_of
from rustybt.metrics.tables import ledger_table, tables_of
from rustybt.records.origin import Origin, origin_of, program, versions
from rustybt.records.plain import plain
from rustybt.secrets import without_secrets
from rustybt.simulation.loop import Simulation
from warehouse import Warehouse
from warehouse.backtests import ARROW, RUNS
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["finished", "failed", "interrupted"]

ASSETS: Final = "assets"  # column of the one row of ``runs`` that the view does not show

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Labels:
    """What a user calls a run.

    Parameters
    ----------
    name
        The strategy's own if None; the newest run of a name is the one that it means.
    tags
        Any words.
    sweep
        Name of the sweep that it is part of.
    """

    name: str | None = None
    tags: Sequence[str] = ()
    sweep: str | None = None

    def __post_init__(self) -> None:
        for option, text in (("name", self.name), ("sweep", self.sweep)):
            if text is not None and not (isinstance(text, str) and text.strip()):
                raise OptionError(option, text, "a text that is not empty")
        if isinstance(self.tags, str) or not all(isinstance(it, str) for it in self.tags):
            raise OptionError("tags", self.tags, "a list of texts")


@dataclass(frozen=True)
class Record:
    """A run that has begun.

    Parameters
    ----------
    warehouse
        Where it is stored.
    strategy
        Before it has run.
    parameters
        That were set on it.
    options
        All else that decides the result, by the names of `rustybt.run_algorithm`.
    labels
        What it is called.
    """

    warehouse: Warehouse
    strategy: TradingAlgorithm
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    labels: Labels
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default="")

    def __post_init__(self) -> None:
        made = f"{self.started_at:%Y%m%dT%H%M%S%f}-{uuid4().hex[:6]}"
        object.__setattr__(self, "id", self.id or made)

    def store(
        self, simulation: Simulation, perf: "pd.DataFrame", error: BaseException | None = None
    ) -> None:
        """Store what came of it.

        Raises
        ------
        OSError, WarehouseError
            It cannot be written.
        """
        with _uncollected():
            self._store(simulation, perf, error)

    def _store(
        self, simulation: Simulation, perf: "pd.DataFrame", error: BaseException | None
    ) -> None:
        tables = tables_of(perf)
        told = _told(error, simulation.clock.session.label)
        facts = self._facts(simulation, tables, _status(error), told)
        row = {it.name: pa.array([facts[it.name]], ARROW[it.type]) for it in RUNS.columns}
        row[ASSETS] = pa.array([json.dumps(_assets(simulation, tables))])
        tables["ledger"] = ledger_table(simulation.holdings.ledger.booked)
        self.warehouse.store_run(self.id, {**tables, RUNS.name: pa.table(row)})

    def _facts(
        self,
        simulation: Simulation,
        tables: Mapping[str, pa.Table],
        status: Status,
        error: str | None,
    ) -> dict[str, Any]:
        market, settings, origin = simulation.market, simulation.settings, origin_of(self.strategy)
        snapshot = self.warehouse.snapshot(market.bundle)
        release, texts = program()
        return {
            "name": self.labels.name or origin.name,
            "tags": list(self.labels.tags),
            "sweep": self.labels.sweep,
            "status": status,
            "error": error,
            "started_at": self.started_at.replace(tzinfo=None),
            "finished_at": datetime.now(UTC).replace(tzinfo=None),
            "bundle": market.bundle,
            "snapshot": snapshot.version,
            "snapshot_sha256": snapshot.sha256,
            "calendar": market.calendar,
            "first_day": settings.start,
            "last_day": settings.end,
            "capital": float(settings.capital),
            **figures(tables),
            "digest": digest_of(tables),
            "strategy": f"{origin.kind} {origin.place}",
            "parameters": json.dumps(plain(self.parameters)),
            "settings": json.dumps(self._settings(origin)),
            "source": origin.source,
            "source_sha256": origin.sha256,
            "rustybt_version": release,
            "rustybt_sha256": texts,
            "versions": json.dumps(versions()),
        }

    def _settings(self, origin: Origin) -> dict[str, Any]:
        told: dict[str, Any] = without_secrets(plain(self.options))
        return {**told, "strategy": {"kind": origin.kind, "place": origin.place}}


def stored(
    record: Record | None,
    simulation: Simulation,
    live: Callable[[], "pd.DataFrame"],
    *,
    must: bool,
) -> "pd.DataFrame":
    """Live a run and store what came of it, also when it fails or is interrupted.

    Parameters
    ----------
    record
        None for a run that is not stored.
    simulation
        That is lived.
    live
        Does so.
    must
        Whether it is an error that the result of a finished run cannot be stored. Else that is
        logged as a warning.

    Returns
    -------
    DataFrame
        The result; ``attrs["run"]`` is the id under which it is stored.

    Raises
    ------
    RunNotStoredError
        The run is finished and could not be stored; the error has the result.
    """
    if record is None:
        return live()
    try:
        perf = live()
    except BaseException as error:
        with suppress(KeyboardInterrupt):  # a second one must not leave the first one's run out
            if _kept(record, simulation, simulation.result(), error) is None:
                error.add_note(f"What was computed before is stored as run {record.id}.")
        raise
    problem = _kept(record, simulation, perf, None)
    if problem is None:
        perf.attrs["run"] = record.id
    elif must:
        raise RunNotStoredError(perf, problem) from problem
    return perf


def can_store(warehouse: Warehouse) -> bool:
    """Whether this process may write into the folder of a warehouse."""
    root = warehouse.root
    existing = next(it for it in (root, *root.parents) if it.exists())
    return os.access(existing, os.W_OK)


@contextmanager
def _uncollected() -> Iterator[None]:
    # Rows by the ten thousands are made here and last; walking over them would double the cost.
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _kept(
    record: Record, simulation: Simulation, perf: "pd.DataFrame", error: BaseException | None
) -> Exception | None:
    try:
        record.store(simulation, perf, error)
    except (OSError, WarehouseError) as problem:
        log.warning("The run was not stored: %s", problem)
        return problem
    return None


def _status(error: BaseException | None) -> Status:
    if error is None:
        return "finished"
    return "failed" if isinstance(error, Exception) else "interrupted"


def _told(error: BaseException | None, session: date) -> str | None:
    if error is None:
        return None
    if not isinstance(error, Exception):  # it may come anywhere, and has nothing to say
        return f"{type(error).__name__} in session {session}"
    text: str = without_secrets(with_notes(error))
    return text


def figures(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return what is told of a result in short: its last values, and how many orders and fills."""
    daily, orders = tables["daily"], tables["orders"]
    names = ("portfolio_value", "algorithm_period_return", "sharpe", "max_drawdown")
    last = dict.fromkeys(names)
    if daily.num_rows:
        last = {name: daily.column(name)[-1].as_py() for name in names}
    return {
        "sessions": daily.num_rows,
        "final_value": last["portfolio_value"],
        "total_return": last["algorithm_period_return"],
        "sharpe": last["sharpe"],
        "max_drawdown": last["max_drawdown"],
        "orders": len(orders.column("id").unique()),
        "fills": tables["fills"].num_rows,
    }


def _assets(simulation: Simulation, tables: Mapping[str, pa.Table]) -> list[list[Any]]:
    """Return the assets that the tables name, so that they can be read without the bundle."""
    parts = [
        tables[it].column("sid").unique().to_pylist() for it in ("orders", "fills", "positions")
    ]
    named = [
        simulation.market.finder.retrieve_asset(it)
        for it in sorted({*parts[0], *parts[1], *parts[2]})
    ]
    return [
        [it.sid, it.symbol, it.exchange, it.asset_type, str(it.first_session), str(it.last_session)]
        for it in named
    ]
