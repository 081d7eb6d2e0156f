"""`run_sweep`: runs of one strategy, their parameters and what came of them in one table."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import warehouse as warehouses
from rustybt.days import Day, day_of
from rustybt.errors import SweepError
from rustybt.processes import Processes
from rustybt.sweeps.grid import Grid, combinations
from rustybt.sweeps.kept import Kept
from rustybt.sweeps.splits import Split
from rustybt.sweeps.worker import FIGURES, Job, Outcome, Strategy, Task, lost

if TYPE_CHECKING:
    import pandas as pd

_OWN: Final = ("split", "window", "first_day", "last_day", "status", "error", "run", *FIGURES)
_TAKEN: Final = frozenset({"params", "store", "sweep", "warehouse", "algorithm", "progress"})


class SweepProgress(NamedTuple):
    """How far a sweep is: runs that have ended, all there will be, and how many have failed."""

    done: int
    total: int
    failed: int


ShowSweep = Callable[[SweepProgress], None]


def run_sweep(  # noqa: PLR0913 - what all runs share
    strategy: Strategy,
    grid: Grid,
    *,
    start: Day | None = None,
    end: Day | None = None,
    splits: Sequence[Split] = (),
    select: str = "sharpe",
    bundle: str,
    snapshot: int | None = None,
    root: str | os.PathLike[str] | None = None,
    n_workers: int = 1,
    name: str | None = None,
    store: bool = True,
    progress: ShowSweep | None = None,
    **options: Any,
) -> "pd.DataFrame":
    """Run a strategy with many parameters on one snapshot.

    Parameters
    ----------
    strategy
        A subclass of `TradingAlgorithm`, hooks by name, or a file as for ``rustybt run -f``. Workers
        import classes and functions: those of a script need ``if __name__ == "__main__":`` in it, and
        those of a notebook are refused.
    grid
        Values of each parameter by name, for all their combinations; or a list of parameters.
    start, end
        First and last day, both inclusive; left out with `splits`.
    splits
        As `walk_forward` returns them: every combination runs over each training window, and the best
        one over the test after it.
    select
        Column whose greatest value is best, for `splits`.
    bundle, snapshot, root
        What all runs read; the newest snapshot if None.
    n_workers
        Processes; with 1 all is run in this one. The numbers do not depend on it.
    name
        Of the sweep. A finished run that is stored under it, with the same parameters, span, snapshot,
        options and text of the strategy, is not run again. A new name if None.
    store
        Whether the runs are stored; else none is found again.
    progress
        Called after each run.
    options
        Any other option of `rustybt.run_algorithm`.

    Returns
    -------
    DataFrame
        One row a run, by split and combination: split, window, first and last day, the parameters,
        status, error, run (id), sessions, final value, total return, Sharpe ratio, drawdown, orders,
        fills and digest. A run that failed has its error and no figures.

    Raises
    ------
    SweepError
        The strategy, the grid, the splits, the number of workers or an option cannot be.
    UnknownBundleError, UnknownSnapshotError
        There is no such bundle, or no such version of it.
    WorkersError
        Workers cannot import the strategy or an option.
    """
    if not isinstance(strategy, str | type | Mapping):
        raise SweepError("strategy", strategy, "a file, a TradingAlgorithm class, or hooks by name")
    found = combinations(grid)
    _check(found, options, n_workers, select)
    if name is not None and not name.strip():
        raise SweepError("name", name, "a text that is not empty")
    spans = _spans(start, end, splits)
    with warehouses.open(root) as wh:
        versions = None if snapshot is None else {bundle: snapshot}
        with wh.at(snapshot=versions) as pinned:
            head = pinned.snapshot(bundle)
            sweep = name or f"sweep-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
            job = Job(strategy, wh.root, bundle, head.version, sweep, store, options)
            kept = Kept(pinned, job, head.sha256)
            outcomes = _outcomes(job, kept, found, spans, select, n_workers, progress)
    return _table(list(found[0]) if found else [], sorted(outcomes, key=lambda it: it.task.number))


def _outcomes(
    job: Job,
    kept: Kept,
    found: list[dict[str, Any]],
    spans: list[Split | tuple[Any, Any]],
    select: str,
    n_workers: int,
    progress: ShowSweep | None,
) -> list[Outcome]:
    splits = [it for it in spans if isinstance(it, Split)]
    total = len(spans) * len(found) + len(splits)
    tell = _Teller(total, progress)
    with closing(_Runs(job, kept, n_workers, tell)) as runs:
        if not splits:
            begin, end = spans[0][0], spans[0][1]
            return runs.of([Task(n, it, begin, end) for n, it in enumerate(found)])
        step = len(found) + 1  # a split has its training runs, then its test
        training = runs.of(
            Task(at * step + n, it, split.train_start, split.train_end, at, "train")
            for at, split in enumerate(splits)
            for n, it in enumerate(found)
        )
        testing = [
            _test(split, at, at * step + len(found), _best(training, at, select))
            for at, split in enumerate(splits)
        ]
        hopeless = [it for it in testing if not isinstance(it, Task)]
        return [*training, *hopeless, *runs.of(it for it in testing if isinstance(it, Task))]


def _test(split: Split, at: int, number: int, best: Mapping[str, Any] | None) -> Task | Outcome:
    task = Task(number, best or {}, split.test_start, split.test_end, at, "test")
    return task if best is not None else lost(task, "no training run has a figure to choose by")


def _best(outcomes: Iterable[Outcome], split: int, select: str) -> Mapping[str, Any] | None:
    """Return the parameters of the greatest figure in a split, the first of equals."""
    ordered = sorted(outcomes, key=lambda it: it.task.number)
    of = [it for it in ordered if it.task.split == split]
    rated = [it for it in of if it.figures.get(select) is not None]
    return max(rated, key=lambda it: it.figures[select]).task.parameters if rated else None


class _Teller:
    """Counts what has ended, and says so."""

    def __init__(self, total: int, progress: ShowSweep | None) -> None:
        self._total, self._progress = total, progress
        self._done = self._failed = 0

    def __call__(self, outcome: Outcome) -> None:
        self._done += 1
        self._failed += outcome.status == "failed"
        if self._progress is not None:
            self._progress(SweepProgress(self._done, self._total, self._failed))


class _Runs:
    """Lives tasks, here or in workers, but for those whose run is kept."""

    def __init__(self, job: Job, kept: Kept, n_workers: int, tell: _Teller) -> None:
        self._job, self._kept, self._tell = job, kept, tell
        self._processes = Processes(job, lost, n_workers) if n_workers > 1 else None

    def of(self, tasks: Iterable[Task]) -> list[Outcome]:
        listed = list(tasks)
        done = [it for it in map(self._kept.outcome, listed) if it is not None]
        known = {it.task.number for it in done}
        for outcome in done:
            self._tell(outcome)
        for outcome in self._lived([it for it in listed if it.number not in known]):
            self._tell(outcome)
            done.append(outcome)
        return [self._kept.with_run(it) for it in done]

    def close(self) -> None:
        self._job.close()
        if self._processes is not None:
            self._processes.close()

    def _lived(self, tasks: list[Task]) -> Iterator[Outcome]:
        if self._processes is not None and len(tasks) > 1:
            return self._processes.run(tasks)
        return map(self._job, tasks)


def _check(
    found: list[dict[str, Any]], options: Mapping[str, Any], n_workers: int, select: str
) -> None:
    if isinstance(n_workers, bool) or not isinstance(n_workers, int) or n_workers < 1:
        raise SweepError("n_workers", n_workers, "a whole number, at least 1")
    for name in sorted({name for it in found for name in it} & set(_OWN)):
        raise SweepError("parameter", name, "a name other than the columns of the table")
    for name in sorted(_TAKEN & set(options)):
        raise SweepError("option", name, "one that the sweep does not set itself")
    if select not in FIGURES or select == "digest":
        raise SweepError("select", select, f"one of {', '.join(FIGURES[:-1])}")


def _spans(
    start: Day | None, end: Day | None, splits: Sequence[Split]
) -> list[Split | tuple[Any, Any]]:
    if splits:
        if start is not None or end is not None:
            raise SweepError("start and end", (start, end), "none beside splits")
        return list(splits)
    if start is None or end is None:
        raise SweepError("start and end", (start, end), "both, or splits")
    return [(day_of("start", start), day_of("end", end))]


def _table(names: list[str], outcomes: Sequence[Outcome]) -> "pd.DataFrame":
    import pandas as pd

    names = list(dict.fromkeys([*names, *(key for it in outcomes for key in it.task.parameters)]))
    rows = [
        {
            "split": it.task.split,
            "window": it.task.window,
            "first_day": it.task.start,
            "last_day": it.task.end,
            **{name: it.task.parameters.get(name) for name in names},
            "status": it.status,
            "error": it.error,
            "run": it.run,
            **{name: it.figures.get(name) for name in FIGURES},
        }
        for it in outcomes
    ]
    return pd.DataFrame(rows)
