"""Runs in the confined process: what DuckDB and Python may do there without guard and seal."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import duckdb


def outcome(act) -> str:
    try:
        return f"done: {act()}"
    except Exception as error:  # noqa: BLE001 - any refusal will do
        return f"refused: {type(error).__name__}"


def apart(statement: str) -> str:
    """Run a statement in a fork, for some end the process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(3)
        os.dup2(writing, 1)  # logs and profiles go where the outcome goes
        os.dup2(writing, 2)
        with duckdb.connect(config={"threads": 1}) as connection:
            told = outcome(lambda: connection.execute(statement).fetchall())
        os.write(writing, told.encode()[:256])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode(errors="replace")[-1024:]
    os.waitpid(child, 0)
    return told or "ended"


job = json.load(sys.stdin)
sql = [apart(it) for it in job["statements"]]
data, outside, root = Path(job["data"]), Path(job["outside"]), Path(job["root"])
python = {
    "append": outcome(lambda: data.open("ab")),
    "truncate": outcome(lambda: os.truncate(data, 0)),
    "unlink": outcome(data.unlink),
    "rename": outcome(lambda: data.rename(data.with_suffix(".x"))),
    "chmod": outcome(lambda: data.chmod(0o777) or data.write_bytes(b"")),
    "create": outcome(lambda: (root / "new").write_bytes(b"x")),
    "link": outcome(lambda: (root / "link").symlink_to(data)),
    "mkdir": outcome((root / "folder").mkdir),
    "read_outside": outcome(outside.read_text),
    "read_passwd": outcome(Path("/etc/passwd").read_text),
    "run": outcome(lambda: subprocess.run(["/bin/true"], check=True)),
    "connect": outcome(lambda: socket.create_connection(("127.0.0.1", job["port"]), 1)),
    "unix_socket": outcome(lambda: socket.socket(socket.AF_UNIX).connect(job["socket"])),
    "signal": outcome(lambda: os.kill(job["parent"], 0)),
    "read_data": outcome(lambda: len(data.read_bytes())),
}
environment = sorted(os.environ)
report = {"sql": sql, "python": python, "names": environment}
sys.stdout.write(json.dumps(report))
sys.stderr.write("\n" + json.dumps({"missing": MISSING}))  # noqa: F821 - given by `confine`
