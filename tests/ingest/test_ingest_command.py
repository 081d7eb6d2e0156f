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


@pytest.fixture
def folder(write):
    """Two symbols of three sessions, a file each."""
    rows = [f"2024-01-{day:02},1,2,1,2,{day}\n" for day in (2, 3, 4)]
    text = "date,open,high,low,close,volume\n" + "".join(rows)
    write(text, "A.csv")
    return write(text, "B.csv").parent


def taken(run, *words):
    result = run("ingest", "csv", *words, "--bundle", "t")
    assert result.exit_code == 0, result.stderr
    listed = run("sql", "SELECT symbol, session FROM t.bars_1d ORDER BY ALL", "--format", "csv")
    return listed.stdout.split()[1:]


def test_symbols_are_those_that_were_asked_for(run, folder):
    assert taken(run, folder, "--symbols", "B") == ["B,2024-01-02", "B,2024-01-03", "B,2024-01-04"]


def test_start_and_end_are_included(run, folder):
    words = ("--start", "2024-01-03", "--end", "2024-01-03")
    assert taken(run, folder, *words) == ["A,2024-01-03", "B,2024-01-03"]


def test_start_alone_leaves_the_end_open(run, folder):
    words = ("--symbols", "A, B", "--start", "2024-01-04")
    assert taken(run, folder, *words) == ["A,2024-01-04", "B,2024-01-04"]


def test_workers_take_the_same(run, folder):
    assert len(taken(run, folder, "--workers", "2")) == 6


def test_a_symbol_that_fails_fails_all_with_1(run, folder):
    result = run("ingest", "csv", folder, "--bundle", "t", "--symbols", "A,ZZ")
    assert (result.exit_code, "ZZ: not found" in result.stderr) == (1, True)
    assert run("bundles", "--format", "csv").stdout.count("\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_symbol_that_fails_is_left_out_with_3_if_partial(run, folder, workers):
    (folder / "BAD.csv").write_bytes(b"\0\1")
    words = ("--on-error", "partial", "--workers", workers, "--format", "json")
    result = run("ingest", "csv", folder, "--bundle", "t", *words)
    (report,) = json.loads(result.stdout)
    assert (result.exit_code, report["added"], report["failed"]) == (3, 6, 1)
    assert "left out BAD: " in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(["--start", "2024-13-01"], ["--end", "tomorrow"], ["--workers", "0"]),
        *(["--workers", "two"], ["--on-error", "ignore"]),
    ],
)
def test_an_option_of_another_kind_ends_with_2(run, folder, words):
    assert run("ingest", "csv", folder, "--bundle", "t", *words).exit_code == 2


def test_a_span_without_sessions_ends_with_1(run, folder):
    words = ("--start", "2024-01-06", "--end", "2024-01-07")
    result = run("ingest", "csv", folder, "--bundle", "t", *words)
    assert (result.exit_code, "2024-01-06" in result.stderr) == (1, True)


def test_a_real_process_ends_with_3(write, root):
    path = write(GOOD + "2024-01-03,A,1,2,1,abc,10\n")
    command = [Path(sys.executable).with_name("rustybt"), "ingest", "csv", path, "--bundle", "t"]
    done = subprocess.run([*command, "--root", root], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0].split()[:2]) == (3, ["bundle", "snapshot"])
