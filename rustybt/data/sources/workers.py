"""Processes that read spans of a source into folders, and what they answered.

A worker only stages: whatever becomes of it, nothing is committed by it. Spawned, not forked, so that
it inherits no lock and no thread.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

from typing_extensions import override

from rustybt.data.sources.source import Reading, Source
from rustybt.data.sources.span import Span
from rustybt.data.sources.staging import Part, Staging
from rustybt.errors import RustyBTError
from warehouse.closing import Closing
from warehouse.errors import WarehouseError
from warehouse.session import Session

_spawn = multiprocessing.get_context("spawn")


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


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    due: float = 0.0

    def end(self) -> str:
        """Kill the process, if it lives, and say how it ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return _ending(cast("int", self.process.exitcode))


class Workers(Closing):
    """Some worker processes; a context manager that leaves none behind.

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
        self._source = source
        self._count = count
        self._seconds = seconds
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    def run(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield the answer to each task, as they come."""
        left = deque(tasks)
        while left or self._busy:
            while left and len(self._busy) < self._count:
                self._give(left.popleft())
            yield from self._answers()

    @override
    def close(self) -> None:
        """Kill every worker and wait until it is gone."""
        for worker in (*self._idle, *self._busy):
            worker.end()
        self._idle.clear()
        self._busy.clear()

    def _give(self, task: Task) -> None:
        worker = self._idle.pop() if self._idle else self._new()
        worker.task, worker.due = task, time.monotonic() + self._seconds
        self._busy.append(worker)
        try:
            worker.pipe.send(task)
        except OSError:  # it died before; the closed pipe is seen among the answers
            return

    def _new(self) -> _Worker:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=_serve, args=(theirs, self._source), daemon=True)
        with _interrupts_blocked():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _answers(self) -> Iterator[Answer]:
        soonest = min(worker.due for worker in self._busy) - time.monotonic()
        ready = wait([worker.pipe for worker in self._busy], timeout=max(soonest, 0))
        now = time.monotonic()
        for worker in list(self._busy):
            if worker.pipe in ready or worker.due <= now:
                self._busy.remove(worker)
                yield self._received(worker, late=worker.pipe not in ready)

    def _received(self, worker: _Worker, *, late: bool) -> Answer:
        task = cast("Task", worker.task)
        if late:
            worker.end()
            return Answer(task, failure=f"the worker gave no answer within {self._seconds:g} s")
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            return Answer(task, failure=worker.end())
        self._idle.append(worker)
        return cast("Answer", answer)


def _serve(pipe: Connection, source: Source) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what an interrupt means
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            answer = stage(source, task)
        except Exception as error:  # noqa: BLE001 - an adapter may raise anything, and all is told
            answer = Answer(task, failure=f"{type(error).__name__}: {error}")
        pipe.send(answer)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    # A process inherits the mask; the tracker of spawned processes would lift it, so it comes first.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        hint = "; was memory short?" if -code == signal.SIGKILL else ""
        return f"the worker was ended by {name}{hint}"
    return (
        f"the worker ended with exit code {code}; a script that ingests with workers needs "
        "`if __name__ == '__main__':` around it"
    )
