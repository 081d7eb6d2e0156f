"""``rustybt run``: what it prints, writes and returns."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from rustybt.cli import main

FUNCTIONS = """
from rustybt.api import order, symbol

def initialize(context):
    context.asset = symbol("A")

def handle_data(context, data):
    order(context.asset, 1)
"""
CLASSES = """
from rustybt import TradingAlgorithm

class First(TradingAlgorithm):
    def initialize(self, context):
        self.asset = self.symbol("A")

class Second(First):
    def handle_data(self, context, data):
        self.order(self.asset, 2)
"""


TALKING = (
    FUNCTIONS
    + """
    print("said by the strategy")
"""
)
NEEDY = """
from rustybt import TradingAlgorithm

class Needy(TradingAlgorithm):
    def __init__(self, length): ...
"""


@pytest.fixture
def rustybt(make_bundle, tmp_path):
    """Return a function that runs a strategy text by ``rustybt run``."""
    root = make_bundle({"A": [10.0, 11.0, 12.0, 13.0, 14.0]})

    def run(text, *options, name="", start="2020-01-06"):
        file = tmp_path / "strategy.py"
        file.write_text(text)
        span = ["-b", "small", "-s", start, "-e", "2020-01-10", "--root", str(root)]
        return CliRunner().invoke(main, ["run", "-f", f"{file}{name}", *span, *options])

    return run


def test_a_table_of_sessions_and_a_summary_on_stdout(rustybt):
    result = rustybt(FUNCTIONS)
    assert result.exit_code == 0
    assert "2020-01-10" in result.stdout
    assert "max drawdown" in result.stdout


def test_progress_is_on_stderr_only(rustybt):
    result = rustybt(FUNCTIONS)
    assert "5 of 5 sessions" in result.stderr
    assert "bars/s" not in result.stdout


def test_no_progress_says_nothing(rustybt):
    assert rustybt(FUNCTIONS, "--no-progress").stderr == ""


def test_csv_has_every_session(rustybt):
    lines = rustybt(FUNCTIONS, "--format", "csv").stdout.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("session,portfolio_value,")


def test_json_has_sessions_and_summary(rustybt):
    found = json.loads(rustybt(FUNCTIONS, "--format", "json").stdout)
    assert (len(found["daily"]), found["summary"]["fills"]) == (5, 4)
    assert len(found["summary"]["digest"]) == 64


def test_what_a_strategy_prints_is_talk(rustybt):
    result = rustybt(TALKING, "--format", "json")
    assert "said by the strategy" in result.stderr
    assert json.loads(result.stdout)["summary"]["sessions"] == 5


def test_a_result_that_cannot_be_written_is_one_line(rustybt, tmp_path):
    long = tmp_path / ("x" * 250 + ".parquet")
    result = rustybt(FUNCTIONS, "--no-progress", "-o", str(long))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "File name too long" in result.stderr


def test_the_result_is_written(rustybt, tmp_path):
    result = rustybt(FUNCTIONS, "-o", str(tmp_path / "out.parquet"))
    assert (result.exit_code, (tmp_path / "out.parquet").exists()) == (0, True)


def test_a_class_is_chosen_by_name(rustybt):
    found = json.loads(rustybt(CLASSES, "--format", "json", name=":Second").stdout)
    assert found["summary"]["fills"] == 4


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (CLASSES, "", "more than one strategy: First, Second"),
        (CLASSES, ":Third", "no strategy 'Third'. It holds First, Second"),
        ("x = 1", "", "it holds no strategy"),
        ("def f(:", "", "line 1: SyntaxError"),
        ("\n1 / 0", "", "line 2: ZeroDivisionError"),
        ("\nimport nothing_of_this_name", "", "line 2: ModuleNotFoundError"),
        (NEEDY, "", "Needy() raised TypeError"),
        (FUNCTIONS.replace('"A"', '"AB"'), "", "Nearest symbol: 'A'"),
        (FUNCTIONS.replace("order(context", "order(contex"), "", "NameError in session 2020-01-06"),
        (FUNCTIONS.replace("order(context", "order(contex"), "", ". What was computed before is"),
    ],
)
def test_a_failure_is_one_line_on_stderr_and_exit_code_1(rustybt, text, name, message):
    result = rustybt(text, "--no-progress", name=name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_missing_is_named(rustybt):
    assert "no such file" in rustybt(FUNCTIONS, name=".missing").stderr


@pytest.mark.parametrize("options", [["-o", "x.xlsx"], ["-o", "/nowhere/x.csv"], ["--format", "x"]])
def test_wrong_usage_is_exit_code_2(rustybt, options):
    assert rustybt(FUNCTIONS, *options).exit_code == 2


def test_a_start_that_is_no_day_is_wrong_usage(rustybt):
    assert rustybt(FUNCTIONS, start="monday").exit_code == 2


def test_a_process_of_its_own_runs_it(make_bundle, tmp_path):
    root = make_bundle({"A": [10.0] * 5})
    (tmp_path / "s.py").write_text(FUNCTIONS)
    span = ["-s", "2020-01-06", "-e", "2020-01-10", "--format", "csv"]
    command = ["run", "-f", str(tmp_path / "s.py"), "-b", "small", "--root", str(root), *span]
    found = subprocess.run(
        [sys.executable, "-c", "from rustybt.cli import main; main()", *command],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(found.stdout.splitlines()) == 6


def test_an_account_in_another_currency_needs_its_rates(rustybt):
    assert rustybt(FUNCTIONS, "--currency", "USD").exit_code == 0
    result = rustybt(FUNCTIONS, "--currency", "EUR")
    assert result.exit_code != 0
    assert "fx_rates has none of USD in EUR" in result.stderr
