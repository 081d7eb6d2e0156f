"""Processes that answer tasks one by one, and none of which outlives its coordinator.

Spawned, not forked, so that they inherit no lock and no thread. One that dies takes only its task along.
A worker runs the script that started it a second time only where it needs what that script defines;
so most scripts need no ``if __name__ == "__main__":``.
"""

import multiprocessing
import os
import pickletools
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Final, Generic, TypeVar, cast

from typing_extensions import override

from rustybt.errors import WorkersError
from warehouse.closing import Closing

_SCRIPT: Final = "__main__"
_UNGUARDED: Final = 79  # exit code of a worker whose script would start workers of its own

_spawn = multiprocessing.get_context("spawn")

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass
class _Worker(Generic[Task]):
    process: BaseProcess
    pipe: Connection
    task: Task | None = None
    due: float | None = None

    def end(self) -> int:
        """Kill the process, if it lives, and return its exit code."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return cast("int", self.process.exitcode)


class Processes(Closing, Generic[Task, Answer]):
    """Some worker processes; a context manager that leaves none behind.

    Parameters
    ----------
    answer
        Pickled to each; takes a task and returns its answer, whatever happens.
    lost
        Makes the answer to a task from the reason why its process gave none.
    count
        At least 1.
    seconds
        A worker that has not answered a task for so long is killed, and the task is lost; None waits
        for ever.

    Raises
    ------
    WorkersError
        `answer`, or a task of `run`, cannot be sent to another process, or is defined where no other
        process can import it.
    """

    def __init__(
        self,
        answer: Callable[[Task], Answer],
        lost: Callable[[Task, str], Answer],
        count: int,
        *,
        seconds: float | None = None,
    ) -> None:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            sys.exit(_UNGUARDED)  # a worker that runs its script to import it, and comes here again
        self._answer = _packed(answer)
        self._lost = lost
        self._count = count
        self._seconds = seconds
        self._of_script = _of_script(self._answer)
        self._idle: list[_Worker[Task]] = []
        self._busy: list[_Worker[Task]] = []

    def run(self, tasks: Sequence[Task]) -> Iterator[Answer]:
        """Yield the answer to each task, as they come."""
        if not self._of_script and any(_of_script(_packed(task)) for task in tasks):
            self._of_script = True
            self.close()
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
        worker.task = task
        worker.due = None if self._seconds is None else time.monotonic() + self._seconds
        self._busy.append(worker)
        try:
            worker.pipe.send(task)
        except OSError:  # it died before; the closed pipe is seen among the answers
            return

    def _new(self) -> _Worker[Task]:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=_serve, args=(theirs,), daemon=True)
        with _interrupts_blocked(), nullcontext() if self._of_script else _script_hidden():
            process.start()
        theirs.close()
        with suppress(OSError):  # it died before; the closed pipe is seen among the answers
            ours.send_bytes(self._answer)
        return _Worker(process, ours)

    def _answers(self) -> Iterator[Answer]:
        dues = [worker.due for worker in self._busy if worker.due is not None]
        timeout = max(min(dues) - time.monotonic(), 0) if dues else None
        ready = wait([worker.pipe for worker in self._busy], timeout=timeout)
        now = time.monotonic()
        for worker in list(self._busy):
            late = worker.due is not None and worker.due <= now
            if worker.pipe in ready or late:
                self._busy.remove(worker)
                yield self._received(worker, late=worker.pipe not in ready)

    def _received(self, worker: _Worker[Task], *, late: bool) -> Answer:
        task = cast("Task", worker.task)
        if late:
            worker.end()
            return self._lost(task, f"the worker gave no answer within {self._seconds:g} s")
        with suppress(EOFError, OSError):
            answer = cast("Answer", worker.pipe.recv())
            self._idle.append(worker)
            return answer
        return self._lost(task, _ending(worker.end()))


def _packed(given: object) -> bytes:
    try:
        return bytes(ForkingPickler.dumps(given))
    except Exception as error:
        raise WorkersError(str(error)) from error


def _of_script(packed: bytes) -> bool:
    """Say whether the script that is run defines some of it, so that a worker has to run it, too."""
    if _SCRIPT.encode() not in packed:  # a fast look, for what is large
        return False
    if not any(arg == _SCRIPT for _, arg, _ in pickletools.genops(packed)):
        return False
    script = sys.modules[_SCRIPT]
    if script.__spec__ is None and not Path(getattr(script, "__file__", "")).is_file():
        raise WorkersError("some of it is defined in a notebook or at a prompt")
    return True


@contextmanager
def _script_hidden() -> Iterator[None]:
    # A process that is spawned runs the file, or the module, that these two name.
    script = sys.modules[_SCRIPT]
    names = {
        name: getattr(script, name) for name in ("__file__", "__spec__") if hasattr(script, name)
    }
    vars(script).update(dict.fromkeys(names))
    try:
        yield
    finally:
        vars(script).update(names)


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what an interrupt means
    threading.Thread(target=_die_with_parent, daemon=True).start()
    answer = pipe.recv()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(task))


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
    if code == _UNGUARDED:
        raise WorkersError(
            "some of it is defined in a script that starts workers whenever it is run"
        )
    if code < 0:
        name = signal.Signals(-code).name
        hint = "; was memory short?" if -code == signal.SIGKILL else ""
        return f"the worker was ended by {name}{hint}"
    return f"the worker ended with exit code {code}"
