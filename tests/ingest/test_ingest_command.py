"""``rustybt ingest csv`` and ``rustybt bundles``: exit codes, stdout for data, stderr for talk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rustybt.cli import main

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = HEADER + "2024-01-02,A,1,2,1,2,10\n"


@pytest.fixture
def run(root):
    def run(*words):
        return CliRunner().invoke(main, [*map(str, words), "--root", str(root)])

    return run


def test_a_clean_ingest_ends_with_0(run, write):
    result = run("ingest", "csv", write(GOOD), "--bundle", "t", "--format", "json")
    assert result.exit_code == 0
    (report,) = json.loads(result.stdout)
    assert (report["bundle"], report["snapshot"], report["added"]) == ("t", 1, 1)


def test_flagged_rows_end_with_0(run, write):
    result = run("ingest", "csv", write(HEADER + "2024-01-02,A,,2,1,2,10\n"), "--bundle", "t")
    assert (result.exit_code, "t.flags" in result.stderr) == (0, True)


def test_rejected_rows_end_with_3_and_are_shown(run, write):
    path = write(GOOD + "2024-01-03,A,1,2,1,abc,10\n")
    result = run("ingest", "csv", path, "--bundle", "t")
    assert result.exit_code == 3
    assert f"{path}:3: close: expected a number, found 'abc'" in result.stderr
    assert "SELECT * FROM t.rejects" in result.stderr


@pytest.mark.parametrize(
    "text", ["", "date,symbol\n2024-01-02,A\n", HEADER, HEADER + "x,A,1,2,1,2,3\n"]
)
def test_a_failure_ends_with_1_and_commits_nothing(run, write, root, text):
    result = run("ingest", "csv", write(text), "--bundle", "t")
    assert (result.exit_code, result.stdout) == (1, "")
    assert not list(root.glob("**/log/*.json"))


@pytest.mark.parametrize("words", [["--bundle"], [], ["--bundle", "t", "--resolution", "1y"]])
def test_wrong_usage_ends_with_2(run, write, words):
    assert run("ingest", "csv", write(GOOD), *words).exit_code == 2


def test_only_the_first_ten_rejects_are_shown(run, write):
    bad = "".join(f"2024-01-03,S{i},1,2,1,abc,10\n" for i in range(12))
    result = run("ingest", "csv", write(GOOD + bad), "--bundle", "t")
    assert result.stderr.count("rejected /") == 10
    assert "2 more" in result.stderr


def test_no_progress_says_no_steps(run, write):
    result = run("ingest", "csv", write(GOOD), "--bundle", "t", "--no-progress")
    assert "reading" not in result.stderr


def test_bundles_lists_what_there_is(run, write):
    run("ingest", "csv", write(GOOD), "--bundle", "t")
    result = run("bundles", "--format", "csv")
    assert result.stdout.splitlines() == [
        "bundle,snapshot,symbols,rows,first_session,last_session,calendar",
        "t,1,1,1,2024-01-02,2024-01-02,XNYS",
    ]


def test_bundles_of_an_empty_warehouse_is_only_a_header(run):
    result = run("bundles", "--format", "csv")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_a_real_process_ends_with_3(write, root):
    path = write(GOOD + "2024-01-03,A,1,2,1,abc,10\n")
    command = [Path(sys.executable).with_name("rustybt"), "ingest", "csv", path, "--bundle", "t"]
    done = subprocess.run([*command, "--root", root], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0].split()[:2]) == (3, ["bundle", "snapshot"])
