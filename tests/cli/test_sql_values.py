"""What ``rustybt sql`` and ``ingest`` do with odd values, terminals, interrupts and unwritable roots."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUSTYBT = Path(sys.executable).with_name("rustybt")


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("value", ["INTERVAL 26 HOURS", "'ab\\xff'::BLOB", "NULL::INTERVAL"])
def test_values_that_frames_do_not_know_are_written(rustybt, stocked, value, form):
    done = rustybt("sql", f"SELECT {value} AS x, 1 AS n", "--format", form, "--root", stocked)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interval_of_months_is_one_error(rustybt, stocked):
    done = rustybt("sql", "SELECT INTERVAL 1 MONTH", "--root", stocked)
    assert (done.returncode, "CAST(... AS VARCHAR)" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_an_unknown_bundle_names_the_nearest(rustybt, stocked):
    done = rustybt("sql", "FROM tinny.bars_1d", "--root", stocked)
    assert (done.returncode, "Nearest name: 'tiny'" in done.stderr) == (1, True)


def test_an_empty_query_is_wrong_usage(rustybt, stocked):
    assert rustybt("sql", " ", "--root", stocked).returncode == 2


def test_a_table_drops_zeros_that_say_nothing(rustybt, stocked):
    query = "SELECT 1.50::DECIMAL(9,4) AS a, 100.00::DECIMAL(9,2) AS b"
    assert rustybt("sql", query, "--root", stocked).stdout.split() == ["a", "b", "1.5", "100"]


def test_a_narrow_terminal_cuts_no_number(stocked):
    query = (
        "SELECT 1234567.12345678::DECIMAL(18,8) AS p, repeat('x', 99) AS t, DATE '2024-01-02' AS d"
    )
    shown = _on_terminal("sql", query, "--root", str(stocked))
    assert "1234567.12345678" in shown
    assert "2024-01-02" in shown
    assert "x" * 60 + "…" in shown


def test_a_root_that_cannot_be_written_is_one_error(rustybt, tmp_path):
    bars = tmp_path / "A.csv"
    bars.write_text("date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n")
    in_the_way = tmp_path / "root" / "bundles" / "t" / "leases"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    done = rustybt("ingest", "csv", bars, "--bundle", "t", "--root", tmp_path / "root")
    assert done.returncode == 1
    assert "expected one that can be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_ingest_is_said_and_leaves_nothing(tmp_path):
    bars, root = tmp_path / "bars.csv", tmp_path / "root"
    row = "2024-01-02,S{},1,2,1,2,10\n".format
    bars.write_text("date,symbol,open,high,low,close,volume\n" + "".join(map(row, range(300_000))))
    command = [RUSTYBT, "ingest", "csv", bars, "--bundle", "t", "--root", root]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("reading")
        process.send_signal(signal.SIGINT)
        said = _end_of(process)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Interrupted.")
    assert "Traceback" not in said
    assert not list(root.glob("**/log/*.json"))


@pytest.mark.parametrize("module", ["click.core", "pyarrow.lib", "duckdb"])
def test_an_interrupted_import_is_said_in_one_line(tmp_path, module):
    words = ["ingest", "csv", tmp_path, "--bundle", "t", "--root", tmp_path]
    command = [sys.executable, "-v", "-m", "rustybt", *words]  # -v tells of each import
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith(f"import '{module}'"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        *others, last = _end_of(process).splitlines()
    assert (process.returncode, last) == (130, "Interrupted.")
    assert not [it for it in others if "Traceback" in it or "KeyboardInterrupt" in it]


def test_an_interrupt_that_is_ignored_is_ignored(tmp_path, stocked):
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # as nohup and & do
    command = [sys.executable, "-v", "-m", "rustybt", "sql", "SELECT 1 AS n", "--root", stocked]
    with subprocess.Popen(
        [*ignoring, *command], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("import 'polars'"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    assert (process.returncode, said.split()) == (0, ["n", "1"])


def _end_of(process: subprocess.Popen[str]) -> str:
    """What a process still says; one that hangs is killed, and fails."""
    try:
        return process.communicate(timeout=60)[1]
    finally:
        process.kill()


def _on_terminal(*words: str) -> str:
    ours, its = pty.openpty()
    env = os.environ | {"COLUMNS": "40", "NO_COLOR": "1"}
    subprocess.run([RUSTYBT, *words], stdout=its, env=env, check=True)
    os.close(its)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    return shown.decode()
