"""One run of a sweep, in this process or in one of its workers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import warehouse as warehouses
from rustybt.algorithm import TradingAlgorithm
from rustybt.algorithm.file import load_strategy
from rustybt.metrics.digest import digest_of
from rustybt.metrics.tables import tables_of
from rustybt.records.record import figures
from rustybt.runner import run_algorithm

if TYPE_CHECKING:
    import pandas as pd

Strategy = str | type[TradingAlgorithm] | Mapping[str, Callable[..., Any]]

FIGURES: Final = (
    *("sessions", "final_value", "total_return", "sharpe", "max_drawdown", "orders", "fills"),
    "digest",
)


@dataclass(frozen=True)
class Task:
    """What one run has of its own: its place in the table, parameters, and span."""

    number: int
    parameters: Mapping[str, Any]
    start: date
    end: date
    split: int | None = None
    window: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    task: Task
    status: str
    error: str | None = None
    run: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Job:
    """What all runs of a sweep share; pickled to each worker, which opens the warehouse once.

    Parameters
    ----------
    strategy
        File, class or hooks by name.
    root, bundle, snapshot
        Folder of the warehouse, bundle and the version on which all run.
    sweep
        Its name.
    store
        Whether the runs are stored.
    options
        Of `rustybt.run_algorithm`.
    """

    strategy: Strategy
    root: Path
    bundle: str
    snapshot: int
    sweep: str
    store: bool
    options: Mapping[str, Any]
    _opened: warehouses.Warehouse | None = None

    def __call__(self, task: Task) -> Outcome:
        """Live one run; what it raises is told, not raised."""
        try:
            perf = self._live(task)
        except Exception as error:  # noqa: BLE001 - a strategy may raise anything, and all is told
            return lost(task, str(error) or type(error).__name__)
        return self._outcome(task, perf)

    def strategy_made(self) -> dict[str, Any]:
        """Return the strategy as arguments of `rustybt.run_algorithm`, made anew."""
        if isinstance(self.strategy, str):
            return {"algorithm": load_strategy(self.strategy)}
        if isinstance(self.strategy, Mapping):
            return dict(self.strategy)
        return {"algorithm": self.strategy}

    def close(self) -> None:
        """Close the warehouse, if it was opened in this process."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _live(self, task: Task) -> "pd.DataFrame":
        if self._opened is None:
            with warehouses.open(self.root) as newest:
                self._opened = newest.at(snapshot={self.bundle: self.snapshot})
        return run_algorithm(
            task.start,
            task.end,
            bundle=self.bundle,
            warehouse=self._opened,
            params=task.parameters,
            store=self.store,
            sweep=self.sweep,
            **{**self.options, **self.strategy_made()},
        )

    def _outcome(self, task: Task, perf: "pd.DataFrame") -> Outcome:
        run = perf.attrs.get("run")
        if run is not None and self._opened is not None:
            (row,) = self._opened.run(run, "runs").select(list(FIGURES)).to_pylist()
            return Outcome(task, "finished", run=run, figures=row)
        tables = tables_of(perf)
        found = {**figures(tables), "digest": digest_of(tables)}
        return Outcome(task, "finished", figures=found)

    def __getstate__(self) -> dict[str, Any]:
        return vars(replace(self, _opened=None))


def lost(task: Task, reason: str) -> Outcome:
    """Return the outcome of a run that gave none."""
    return Outcome(task, "failed", error=reason)
