"""The command ``rustybt`` for tests that ask what it says, not how it starts.

Each call is a process of its own, with its own environment, folder, streams and exit code. It is
forked from one that has imported every command already: imports take longer than what most tests
ask for. A variable that Python reads when it starts says nothing to it; `started` heeds those.
"""

import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click

HERE = Path(__file__)
MAIN = "from rustybt.cli import main; main()"
LAZY = (  # what commands import when they need it
    *("exchange_calendars", "pandas", "pyarrow.pandas_compat", "rich.progress"),
    *("rustybt.data.adapters.registry", "rustybt.pipeline.factors", "rustybt.runner"),
    *("rustybt.runs", "rustybt.sweeps", "warehouse.safe.reader"),
)
PATIENCE = 300  # seconds for a call: a fork that hangs is a failed test, not a run without an end
Done = subprocess.CompletedProcess[str]


def started(*words: object, env: Mapping[str, str] | None = None, **options: Any) -> Done:
    """Run the command in a new interpreter; `env` goes on top, options to `subprocess.run`."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
        **options,
    )


class Forked:
    """Runs the command in forks of one process, as `started` does in new ones."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._parent = subprocess.Popen([sys.executable, HERE], stdin=theirs)
        self._channel.settimeout(PATIENCE)

    def __call__(
        self,
        *words: object,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        input: str = "",  # noqa: A002 - as `subprocess.run` has it
    ) -> Done:
        arguments = list(map(str, words))
        told = {"words": arguments, "cwd": os.fspath(cwd or Path.cwd())}
        told["env"] = {**os.environ, **(env or {})}
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as talk,
        ):
            given.write(input.encode())
            given.seek(0)
            streams = [it.fileno() for it in (given, out, talk)]
            socket.send_fds(self._channel, [json.dumps(told).encode()], streams)
            code = int(self._channel.recv(64))
            return subprocess.CompletedProcess(arguments, code, _text(out), _text(talk))

    def close(self) -> None:
        self._channel.close()
        self._parent.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each call until nobody asks; the fork returns what it is to do."""
    while True:
        message, streams, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        if not message:
            return None
        pid = os.fork()
        if pid == 0:
            channel.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            return json.loads(message)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(pid, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def become(told: Mapping[str, Any]) -> None:
    """Be the command that was asked for; it ends by an exit or an exception."""
    os.environ.clear()
    os.environ.update(told["env"])
    os.chdir(told["cwd"])
    sys.argv = ["-c", *told["words"]]
    from rustybt.cli import main

    main()


def prepare() -> None:
    """Import every command and what it will import."""
    from rustybt.cli import main

    waiting: list[click.Command] = [main]
    for command in waiting:
        if isinstance(command, click.Group):
            context = click.Context(command)
            found = (command.get_command(context, it) for it in command.list_commands(context))
            waiting += [it for it in found if it is not None]
    for name in LAZY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    sys.path[0] = ""  # as after -c
    prepare()
    asked = serve(socket.socket(fileno=os.dup(0)))
    if asked is not None:
        become(asked)
