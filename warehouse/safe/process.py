"""Starts the confined process for one job and reads its answer, within time and size."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from warehouse.errors import SafeLimitError
from warehouse.safe import confine
from warehouse.safe.limits import Limits

_CHILD = "warehouse.safe.child"
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache",
           "/dev/null", "/dev/urandom", "/proc/self", "/sys/devices/system/cpu", "/sys/fs/cgroup")  # fmt: skip
_ENVIRONMENT = {  # all there is: nothing of the parent's, and no threads or arenas in advance
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_LONGEST_REPLY = 64 * 1024
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What the process wrote: Arrow IPC, and its reply."""

    rows: bytes
    reply: Mapping[str, Any]


def ask(
    job: Mapping[str, Any], limits: Limits, *, readable: list[str], module: str = _CHILD
) -> Answer:
    """Run a job in a process of its own.

    Raises
    ------
    SafeLimitError
        It took too long, wrote too much, or was ended by the kernel.
    """
    end = time.monotonic() + limits.seconds
    with tempfile.TemporaryFile() as stdin, _started(stdin, job, limits, readable, module) as child:
        try:
            rows, talk = _read(child, limits, end)
            code = child.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise _too_long(limits) from None
        finally:
            child.kill()
    return Answer(rows, _reply(code, talk, limits))


def _started(
    stdin: IO[bytes], job: Mapping[str, Any], limits: Limits, readable: list[str], module: str
) -> subprocess.Popen[bytes]:
    stdin.write(json.dumps(job).encode())
    stdin.seek(0)
    paths = [path for path in sys.path if path]
    cage = {
        "readable": [*readable, *paths, sys.prefix, sys.base_prefix, *_SYSTEM],
        "cpu_seconds": int(limits.seconds * (limits.threads + 1)) + 1,
        "module": module,
    }
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-s", "-B", confine.__file__, json.dumps(cage)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env={**_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )


def _read(child: subprocess.Popen[bytes], limits: Limits, end: float) -> tuple[bytes, bytes]:
    assert child.stdout is not None  # noqa: S101 - both are pipes, see above
    assert child.stderr is not None  # noqa: S101
    got = {child.stdout: bytearray(), child.stderr: bytearray()}
    most = {child.stdout: limits.max_bytes, child.stderr: _LONGEST_REPLY}
    with selectors.DefaultSelector() as selector:
        for pipe in got:
            selector.register(pipe, selectors.EVENT_READ, pipe)
        while selector.get_map():
            ready = selector.select(max(0.0, end - time.monotonic()))
            if not ready:
                raise _too_long(limits)
            for key, _ in ready:
                pipe = key.data
                piece = os.read(pipe.fileno(), _PIECE)
                if not piece:
                    selector.unregister(pipe)
                got[pipe] += piece
                if len(got[pipe]) > most[pipe]:
                    raise SafeLimitError(
                        f"more than {most[pipe]:,} bytes of result", "add LIMIT or aggregate"
                    )
    return bytes(got[child.stdout]), bytes(got[child.stderr])


def _reply(code: int, talk: bytes, limits: Limits) -> Mapping[str, Any]:
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise _too_long(limits)
    lines = talk.decode(errors="replace").strip().splitlines()
    try:
        reply: Mapping[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise SafeLimitError(
            f"the process ended with code {code} ({lines[-1] if lines else 'no word'})",
            "out of memory looks like this; read fewer rows at once, or raise the memory",
        ) from None
    return reply


def _too_long(limits: Limits) -> SafeLimitError:
    return SafeLimitError(
        f"the statement took longer than {limits.seconds:g} s",
        "read fewer rows, or raise the seconds",
    )
