"""A script that starts workers needs no guard, unless they need what the script itself defines."""

import subprocess
import sys

import pytest

from rustybt.errors import WorkersError
from rustybt.processes import Processes

TWICE = "def twice(number):\n    return 2 * number\n"
LOST = "def lost(number, reason):\n    return reason\n"
START = """\
print("began")
from rustybt.processes import Processes
with Processes({answer}, lost, 2) as processes:
    print(sorted(processes.run([{tasks}])))
"""


def started(answer, tasks="3, -4"):
    return START.format(answer=answer, tasks=tasks)


def guarded(lines):
    return "if __name__ == '__main__':\n" + "".join(f"    {it}\n" for it in lines.splitlines())


def run(folder, text, *, stdin=False):
    script = folder / "script.py"
    script.write_text(TWICE + LOST + text)
    given = {"input": script.read_text()} if stdin else {}
    command = [sys.executable, "-" if stdin else str(script)]
    return subprocess.run(command, check=False, capture_output=True, text=True, **given)


@pytest.mark.parametrize("stdin", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_script_is_not_run_again_by_its_workers(tmp_path, stdin):
    done = run(tmp_path, started("abs"), stdin=stdin)
    assert (done.stdout, done.stderr) == ("began\n[3, 4]\n", "")


@pytest.mark.slow
def test_workers_import_what_a_guarded_script_defines(tmp_path):
    done = run(tmp_path, guarded(started("twice")))
    assert (done.stdout, done.stderr) == ("began\n[-8, 6]\n", "")


@pytest.mark.slow
def test_a_task_may_be_what_a_guarded_script_defines(tmp_path):
    done = run(tmp_path, guarded(started("callable", "twice, 1")))
    assert (done.stdout, done.stderr) == ("began\n[False, True]\n", "")


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_of_it(tmp_path):
    done = run(tmp_path, started("twice"))
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("rustybt.errors.root.WorkersError: ")
    assert "`if __name__ == '__main__':`" in last


def test_what_a_prompt_defines_is_refused_before_a_worker_starts(tmp_path):
    done = run(tmp_path, started("twice"), stdin=True)
    assert "WorkersError: " in done.stderr.splitlines()[-1]
    assert "in a notebook or at a prompt" in done.stderr
    assert done.stdout == "began\n"


def test_a_function_in_a_function_is_refused():
    with pytest.raises(WorkersError, match=r"lambda.* the top of a module"):
        Processes(lambda task: task, max, 2)
