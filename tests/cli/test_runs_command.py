"""``rustybt runs`` and ``rustybt sweep``: what they print, and with which exit code they end."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from rustybt.cli import main

STRATEGY = """
from rustybt import TradingAlgorithm

class Buys(TradingAlgorithm):
    units = 1

    def initialize(self, context):
        self.asset = self.symbol("AAA")

    def handle_data(self, context, data):
        if self.units == 13:
            raise ValueError("unlucky")
        self.order(self.asset, self.units)
"""
DAYS = [*(f"2024-01-{it:02}" for it in (2, 3, 4, 5, 8, 9, 10, 11, 12))]


@pytest.fixture(scope="module")
def root(rustybt, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    rows = [f"{day},AAA,2,2,2,{number + 2},100000" for number, day in enumerate(DAYS)]
    (folder / "bars.csv").write_text("\n".join(["date,symbol,open,high,low,close,volume", *rows]))
    (folder / "strategy.py").write_text(STRATEGY)
    done = rustybt("ingest", "csv", folder / "bars.csv", "--bundle", "tiny", "--root", folder / "r")
    assert done.returncode in (0, 3), done.stderr
    return folder / "r"


@pytest.fixture
def command(rustybt, root):
    def run(*words):
        return rustybt(*words, "--root", root)

    return run


@pytest.fixture
def inside(root):
    """The same without a process."""

    def run(*words):
        return CliRunner().invoke(main, [*words, "--root", str(root)])

    return run


@pytest.fixture(scope="module")
def ran(rustybt, root):
    """Two runs and one that failed, under the names one, two and bad."""
    for name, units in (("one", 1), ("two", 2), ("bad", 13)):
        span = ("-b", "tiny", "-s", DAYS[0], "-e", DAYS[-1], "--root", root, "--no-progress")
        place = root.parent / "strategy.py"
        words = ("-f", place, *span, "--name", name, "-p", f"units={units}", "--tag", "t")
        done = rustybt("run", *words)
        assert done.returncode == (1 if name == "bad" else 0), done.stderr


def rows(done):
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.mark.usefixtures("ran")
def test_list_shows_the_newest_first(command):
    found = rows(command("runs", "list", "--tag", "t", "--format", "csv"))
    assert [(it["name"], it["status"]) for it in found] == [
        ("bad", "failed"),
        ("two", "finished"),
        ("one", "finished"),
    ]
    assert "final_value" in command("runs", "list").stdout


@pytest.mark.usefixtures("ran")
def test_list_is_narrowed(command):
    def names(*words):
        return [
            it["name"]
            for it in json.loads(command("runs", "list", *words, "--format", "json").stdout)
        ]

    assert names("--status", "failed") == ["bad"]
    assert names("--name", "one") == ["one"]
    assert names("--tag", "none of it") == []


@pytest.mark.usefixtures("ran")
def test_show_tells_all_and_the_source(command):
    told = {
        it["fact"]: it["value"] for it in rows(command("runs", "show", "two", "--format", "csv"))
    }
    assert (told["parameters.units"], told["bundle"], told["status"]) == ("2", "tiny", "finished")
    assert command("runs", "show", "two", "--source").stdout.strip() == STRATEGY.strip()


@pytest.mark.usefixtures("ran")
def test_compare_shows_what_differs(command):
    facts = [it["fact"] for it in rows(command("runs", "compare", "one", "two", "--format", "csv"))]
    assert "parameters.units" in facts
    assert "bundle" not in facts


@pytest.mark.usefixtures("ran")
def test_reproduce_runs_the_stored_text(command, root):
    (root.parent / "strategy.py").write_text("raise SystemExit('not this one')")
    try:
        done = command("runs", "reproduce", "two", "--format", "json", "--no-progress")
    finally:
        (root.parent / "strategy.py").write_text(STRATEGY)
    assert (done.returncode, json.loads(done.stdout)[0]["same"]) == (0, True)


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    "words", [("show",), ("delete",), ("compare",), ("reproduce",), ("verify",)]
)
def test_an_unknown_run_is_one_line(command, words):
    done = command("runs", *words, "twoo")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nearest name: 'two'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.fixture
def damaged(command, root):
    """Id of the run two, whose facts are damaged until the test ends."""
    (row,) = rows(command("runs", "list", "--name", "two", "--format", "csv"))
    path = root / "backtests" / f"run={row['run']}" / "runs.parquet"
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
    yield row["run"]
    path.write_bytes(content)


@pytest.mark.usefixtures("ran")
def test_a_damaged_run_is_named_and_in_nobodys_way(command, damaged, inside):
    listed = command("runs", "list", "--tag", "t", "--format", "csv")
    assert ([it["name"] for it in rows(listed)], listed.returncode) == (["bad", "one"], 0)
    fills = inside("sql", "SELECT run FROM backtests.fills GROUP BY run", "--format", "csv")
    assert (damaged in fills.stdout, fills.exit_code) == (True, 0)  # its fills are sound
    doctor, verified = inside("doctor", "--format", "csv"), inside("runs", "verify")
    shown = inside("runs", "show", damaged)
    assert [it.exit_code for it in (doctor, verified, shown)] == [1, 1, 1]
    for told in (listed.stderr, doctor.stdout, verified.stdout, shown.stderr):
        assert f"rustybt runs delete {damaged}" in told


@pytest.mark.usefixtures("ran")
def test_verify_reads_the_runs_that_are_named(inside):
    done = inside("runs", "verify", "one", "two", "one", "--format", "json")
    assert (done.exit_code, done.stdout.strip()) == (0, "[]")
    assert done.stderr == "2 runs read; nothing damaged.\n"


@pytest.mark.slow
def test_sweep_prints_a_row_a_run_and_says_what_failed(command, root):
    words = ("-f", root.parent / "strategy.py", "-b", "tiny", "-s", DAYS[0], "-e", DAYS[-1])
    done = command("sweep", *words, "-p", "units=1,13,3", "--name", "s", "--format", "csv")
    assert [it["status"] for it in rows(done)] == ["finished", "failed", "finished"]
    assert [bool(it["error"]) for it in rows(done)] == [False, True, False]
    assert (done.returncode, "1 of 3 runs failed" in done.stderr) == (3, True)
    listed = rows(command("runs", "list", "--sweep", "s", "--format", "csv"))
    assert len(listed) == 3
    deleted = command("runs", "delete", *(it["run"] for it in listed))
    assert deleted.stderr.count("Removed") == 3


@pytest.mark.slow
def test_sweep_walks_forward_over_a_yaml_grid(command, root, tmp_path):
    (tmp_path / "grid.yaml").write_text("units: [1, 3]\n")
    words = ("-f", root.parent / "strategy.py", "-b", "tiny", "-s", DAYS[0], "-e", DAYS[-1])
    more = ("--grid", tmp_path / "grid.yaml", "--train", "4", "--test", "3", "--format", "csv")
    found = rows(command("sweep", *words, *more, "--select", "total_return", "--no-progress"))
    assert [it["window"] for it in found] == ["train", "train", "test"] * 2


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("-p", "units"),
        ("-p", "units=1", "-p", "units=2"),
        ("-p", "units=1", "--train", "3"),
        ("-p", "units=1", "--workers", "0"),
        ("--grid", "nowhere.yaml"),
    ],
)
def test_wrong_usage_is_exit_code_2(command, root, more):
    words = ("-f", root.parent / "strategy.py", "-b", "tiny", "-s", DAYS[0], "-e", DAYS[-1])
    assert command("sweep", *words, *more).returncode == 2
