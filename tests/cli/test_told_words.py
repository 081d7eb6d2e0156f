"""What commands are given that cannot be, and how they write what is no plain text."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.cli.output import emit


@pytest.fixture
def run(tmp_path):
    def run(*words):
        return CliRunner().invoke(main, [*map(str, words), "--root", str(tmp_path / "root")])

    return run


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "prices"
    made.mkdir()
    for symbol in ("AAPL", "MSFT"):
        (made / f"{symbol}.csv").write_text(
            "date,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n"
        )
    return made


@pytest.mark.parametrize("command", [["ingest", "csv"], ["migrate", "csvdir"]])
def test_an_empty_path_is_not_the_current_folder(run, command):
    done = run(*command, "", "--bundle", "t")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "expected a path, found an empty text" in done.stderr


@pytest.mark.parametrize("symbols", ["", " ", "AAPL,", ",AAPL", "AAPL,,MSFT"])
def test_an_empty_symbol_is_wrong_usage(run, folder, symbols):
    for source in (["csv", folder], ["yahoo", "--start", "2024-01-01"]):
        done = run("ingest", *source, "--bundle", "t", "--symbols", symbols)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"expected symbols such as AAPL,MSFT, found {symbols!r}" in done.stderr


def test_the_nearest_file_is_named_in_any_case_of_letters(run, folder):
    done = run("ingest", "csv", folder, "--bundle", "t", "--symbols", "aapl")
    assert done.exit_code == 1
    assert "1 symbol could not be read" in done.stderr
    assert "aapl: not found; the nearest is 'AAPL'" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--calendar", ""], "Calendar '': there is none of this name"),
        (["--start", "2031-01-01"], "it has no rows from 2031-01-01 on, so nothing"),
        (["--end", "2001-01-01"], "it has no rows before 2001-01-02, so nothing"),
        (
            ["--start", "2024-01-02", "--end", "2023-01-01"],
            "(both included) ends before it begins,",
        ),
    ],
)
def test_what_is_wrong_is_told(run, folder, words, told):
    done = run("ingest", "csv", folder, "--bundle", "t", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


def test_a_device_is_no_file(run):
    done = run("ingest", "csv", "/dev/null", "--bundle", "t")
    assert done.exit_code == 1
    assert "/dev/null: neither a file nor a folder. Expected one of .csv" in done.stderr


def test_another_calendar_than_that_of_the_bundle_says_what_to_do(run, folder):
    assert run("ingest", "csv", folder, "--bundle", "t").exit_code == 0
    done = run("ingest", "csv", folder, "--bundle", "t", "--calendar", "24/7")
    assert "found '24/7'; leave it out, or name another bundle." in done.stderr


def test_an_unregistered_bundle_is_told_the_commands(run):
    done = run("ingest", "-b", "mine")
    assert "`rustybt ingest SOURCE --bundle mine …`" in done.stderr


def test_a_cell_of_a_table_is_one_line_without_control_characters(capsys):
    rows = pl.DataFrame({"text": ["a\nb", "\x1b[31mé"], "n": [1, 2]})
    emit(rows, "table")
    assert [it.split() for it in capsys.readouterr().out.splitlines()] == [
        ["text", "n"],
        [r"a\nb", "1"],
        [r"\x1b[31mé", "2"],
    ]
    emit(rows, "json")
    assert json.loads(capsys.readouterr().out) == rows.to_dicts()


@pytest.mark.parametrize("words", [[], ["bundle"], ["ingest"], ["runs"], ["migrate"]])
def test_help_never_cuts_the_sentence_of_a_command(words):
    done = CliRunner().invoke(main, [*words, "--help"])
    assert done.exit_code == 0
    _, commands = done.stdout.split("Commands:\n")
    assert not any(it.endswith("...") or len(it) > 80 for it in commands.splitlines())


def test_a_strategy_is_run_on_minutes(run, tmp_path):
    minutes = [f"2024-01-02T14:3{it}:00Z,1,2,1,2,5\n" for it in range(3)]
    (tmp_path / "A.csv").write_text("date,open,high,low,close,volume\n" + "".join(minutes))
    (tmp_path / "said.py").write_text(
        "def handle_data(context, data):\n    print(data.current_dt)\n"
    )
    done = run("ingest", "csv", tmp_path / "A.csv", "--bundle", "t", "--resolution", "1m")
    assert done.exit_code == 0
    span = ["-b", "t", "-s", "2024-01-02", "-e", "2024-01-02", "--no-store", "--no-progress"]
    done = run("run", "-f", tmp_path / "said.py", *span, "--data-frequency", "minute")
    assert (done.exit_code, done.stderr.count("2024-01-02 ")) == (0, 390)
    done = run("run", "-f", tmp_path / "said.py", *span)
    assert done.exit_code == 1
    assert "'t' has no bars_1d; it holds bars_1m" in done.stderr


@pytest.mark.parametrize("command", [["catalog", "build"], ["catalog", "example"]])
def test_a_catalog_is_not_written_over_another_file(run, folder, command):
    other = folder / "AAPL.csv"
    before = other.read_text()
    root = [] if command[1] == "example" else ["--root", folder]
    done = CliRunner().invoke(main, [*command, str(other), *map(str, root)])
    assert (done.exit_code, done.stdout, other.read_text()) == (1, "", before)
    assert "expected no file, or a DuckDB database; found another file" in done.stderr


@pytest.mark.parametrize("source", ["cached", "resampled"])
def test_an_adapter_of_an_adapter_is_no_source_of_the_command(run, source):
    assert run("ingest", source, "--bundle", "t").exit_code == 2
    assert f"  {source} " not in CliRunner().invoke(main, ["ingest", "--help"]).stdout


def test_an_unknown_parameter_of_an_adapter_is_wrong_usage(run):
    words = ("--bundle", "t", "--symbols", "A", "--start", "2024-01-01", "--option", "nope=1")
    done = run("ingest", "yahoo", *words)
    assert done.exit_code == 2
    assert "Invalid value for --option: expected one of " in done.stderr
    assert "found 'nope'" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n1 / 0\n", "line 2: ZeroDivisionError: division by zero. Expected a Pipeline"),
        ("(\n", "line 1: SyntaxError: '(' was never closed"),
        ("\0", "SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_a_pipeline_file_that_does_not_run_is_told_by_its_line(run, tmp_path, text, told):
    file = tmp_path / "pipe.py"
    file.write_text(text)
    done = run("pipeline", "explain", file, "-b", "t")
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


def test_a_grid_that_is_no_grid_is_not_shown_whole(run, tmp_path):
    (tmp_path / "s.py").write_text("def handle_data(context, data):\n    pass\n")
    (tmp_path / "grid.yaml").write_text("word " * 1000)
    span = ["-b", "t", "-s", "2024-01-02", "-e", "2024-01-02", "--grid", tmp_path / "grid.yaml"]
    done = run("sweep", "-f", tmp_path / "s.py", *span)
    assert done.exit_code == 1
    assert "…: expected" in done.stderr
    assert len(done.stderr) < 500
