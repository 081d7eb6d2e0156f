"""A fork says what a new process says, of every command that no other test starts as one."""

import pytest

from tests.forked_command import started

CALLS = {
    "audit lookahead": ("none.py", "-b", "tiny", "--end", "2024-01-03"),
    "bundle verify": ("tiny",),
    "bundles": (),
    "cache stats": (),
    "catalog verify": (),
    "config show": (),
    "doctor": ("--format", "csv"),
    "migrate csvdir": ("none", "--bundle", "t"),
    "pipeline list": (),
    "runs list": (),
    "sql --safe": ("FROM tiny.bars_1d", "--format", "csv"),
    "sweep": ("-f", "none.py", "-b", "tiny", "-s", "2024-01-02", "-p", "a=1"),
}


@pytest.mark.parametrize("command", CALLS)
def test_a_fork_is_as_a_new_process(rustybt, stocked, command):
    words = [*command.split(), *CALLS[command]]
    told = {"RUSTYBT_DATA_DIR": str(stocked)}
    once, again = (run(*words, env=told, cwd=stocked.parent) for run in (started, rustybt))
    assert (once.returncode, once.stdout, once.stderr) == (
        again.returncode,
        again.stdout,
        again.stderr,
    )
    assert once.stdout + once.stderr
    assert "Traceback" not in once.stderr
