"""Processes that read spans of a source into folders, and what they answered.

A worker only stages: whatever becomes of it, nothing is committed by it. Spawned, not forked, so that
it inherits no lock and no thread.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rustybt.data.sources.source import Reading, Source
from rustybt.data.sources.span import Span
from rustybt.data.sources.staging import Part, Staging
from rustybt.errors import RustyBTError
from rustybt.processes import Processes
from warehouse.errors import WarehouseError
from warehouse.session import Session


@dataclass(frozen=True)
class Task:
    """A span to stage in a folder of its own, with so much memory, as DuckDB writes it."""

    span: Span
    folder: Path
    memory: str
    threads: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a task came to: parts in its folder and a reading of them, or a reason why not."""

    task: Task
    parts: tuple[Part, ...] = ()
    reading: Reading | None = None
    failure: str = ""


def stage(source: Source, task: Task) -> Answer:
    """Read one task in this process."""
    task.folder.mkdir(parents=True)
    session = Session(
        threads=task.threads, memory_limit=task.memory, spill_dir=task.folder / "spill"
    )
    try:
        staging = Staging(session, task.folder, task.span)
        reading = source.stage(staging)
    except (RustyBTError, WarehouseError) as error:
        return Answer(task, failure=str(error))
    finally:
        session.close()
    return Answer(task, tuple(staging.parts), reading)


class Workers(Processes[Task, Answer]):
    """Some worker processes that stage; a context manager that leaves none behind.

    Parameters
    ----------
    source
        Pickled to each.
    count
        At least 1.
    seconds
        A worker that has not answered a task for so long is killed, and the task has failed.
    """

    def __init__(self, source: Source, count: int, *, seconds: float) -> None:
        super().__init__(partial(_answered, source), _failed, count, seconds=seconds)


def _answered(source: Source, task: Task) -> Answer:
    try:
        return stage(source, task)
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything, and all is told
        return _failed(task, f"{type(error).__name__}: {error}")


def _failed(task: Task, reason: str) -> Answer:
    return Answer(task, failure=reason)
