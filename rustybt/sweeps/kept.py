"""Runs of a sweep that are stored already, and so need not be lived again."""

import json
from dataclasses import replace
from inspect import signature
from typing import Any

import pyarrow as pa

from rustybt.algorithm import TradingAlgorithm
from rustybt.records.origin import origin_of
from rustybt.records.plain import plain
from rustybt.runner import run_algorithm
from rustybt.sweeps.grid import key_of
from rustybt.sweeps.worker import FIGURES, Job, Outcome, Task
from warehouse import Warehouse, sqltext

_Key = tuple[str, str, str]  # parameters, first day, last day


class Kept:
    """The stored runs of one sweep.

    Parameters
    ----------
    warehouse
        Where they are stored.
    job
        What the runs share.
    sha256
        Of the snapshot on which they run.
    """

    def __init__(self, warehouse: Warehouse, job: Job, sha256: str) -> None:
        self._warehouse = warehouse
        self._job = job
        self._sha256 = sha256
        self._source = _source(job)
        words = signature(run_algorithm).parameters.values()
        self._options = plain({**{it.name: it.default for it in words}, **job.options})
        self._rows = self._read() if job.store else {}

    def outcome(self, task: Task) -> Outcome | None:
        """Return what a task came to before, if it finished on the same data with the same text."""
        row = self._rows.get(_key(task))
        if row is None or row["status"] != "finished" or not self._same(row):
            return None
        figures = {name: row[name] for name in FIGURES}
        return Outcome(task, "finished", run=row["run"], figures=figures)

    def with_run(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the id of its run, if one that failed was stored."""
        if outcome.status != "failed" or not self._job.store:
            return outcome
        row = self._read().get(_key(outcome.task))
        return outcome if row is None else replace(outcome, run=row["run"])

    def _same(self, row: dict[str, Any]) -> bool:
        settings = json.loads(row["settings"])
        wanted = {name: self._options.get(name) for name in settings if name != "strategy"}
        return (
            row["snapshot_sha256"] == self._sha256
            and row["source_sha256"] == self._source
            and all(
                settings[name] == it or not (settings[name] or it) for name, it in wanted.items()
            )
        )

    def _read(self) -> dict[_Key, dict[str, Any]]:
        query, params = sqltext.load("queries/sweep"), {"sweep": self._job.sweep}
        rows: pa.Table = self._warehouse.arrow(query, params)
        return {
            (
                json.dumps(json.loads(it["parameters"]), sort_keys=True),
                str(it["first_day"]),
                str(it["last_day"]),
            ): it
            for it in rows.to_pylist()
        }


def _key(task: Task) -> _Key:
    return key_of(task.parameters), str(task.start), str(task.end)


def _source(job: Job) -> str | None:
    given = job.strategy_made()
    strategy = given.pop("algorithm", None)
    if strategy is None:
        strategy = TradingAlgorithm(**given)
    return origin_of(strategy() if isinstance(strategy, type) else strategy).sha256
