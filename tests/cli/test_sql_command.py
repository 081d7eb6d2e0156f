"""``rustybt sql``: data on stdout, talk on stderr."""

import json

from click.testing import CliRunner

import warehouse
from rustybt.cli import main

QUERY = "SELECT session, symbol, close FROM tiny.bars_1d ORDER BY ALL"


def test_csv_is_a_header_and_exact_rows(rustybt, stocked):
    done = rustybt("sql", QUERY, "--format", "csv", "--root", stocked)
    assert done.stdout == (
        "session,symbol,close\n"
        "2024-01-02,AAA,1.75000000\n"
        "2024-01-02,BRK.B,305.12345678\n"
        "2024-01-03,AAA,\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_is_one_array(rustybt, stocked):
    done = rustybt("sql", QUERY, "--format", "json", "--root", stocked)
    rows = json.loads(done.stdout)
    assert rows[1] == {"session": "2024-01-02", "symbol": "BRK.B", "close": 305.12345678}
    assert rows[2]["close"] is None


def test_table_names_its_columns(rustybt, stocked):
    first, *rest = rustybt("sql", QUERY, "--root", stocked).stdout.splitlines()
    assert first.split() == ["session", "symbol", "close"]
    assert len(rest) == 3


def test_long_table_is_cut_and_says_so(rustybt, stocked):
    done = rustybt("sql", "SELECT * FROM range(60)", "--root", stocked)
    assert len(done.stdout.splitlines()) == 51
    assert "50 of 60 rows" in done.stderr


def test_nested_values_and_markup_survive(rustybt, stocked):
    query = "SELECT [1, 2] AS list, {'x': '[bold]'} AS struct"
    csv = rustybt("sql", query, "--format", "csv", "--root", stocked).stdout
    assert csv == 'list,struct\n"[1, 2]","{""x"": ""[bold]""}"\n'
    assert "[bold]" in rustybt("sql", query, "--root", stocked).stdout


def test_query_from_stdin(rustybt, stocked):
    done = rustybt("sql", "-", "--format", "csv", "--root", stocked, input="SELECT 1 AS n")
    assert done.stdout == "n\n1\n"


def test_root_from_the_environment(rustybt, stocked):
    done = rustybt("sql", QUERY, "--format", "csv", env={"RUSTYBT_DATA_DIR": str(stocked)})
    assert done.stdout.count("\n") == 4


def test_refused_statement_is_one_error(rustybt, stocked):
    done = rustybt("sql", "SELECT * FROM tiny.bar_1d", "--root", stocked)
    assert (done.returncode, done.stdout) == (1, "")
    assert "bars_1d" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_two(rustybt):
    assert rustybt("sql").returncode == 2
    assert rustybt("sql", "SELECT 1", "--format", "xml").returncode == 2
    assert rustybt("nothing").returncode == 2


def test_statement_without_rows(rustybt, stocked):
    done = rustybt("sql", "SET VARIABLE x = 1", "--format", "csv", "--root", stocked)
    assert done.returncode == 0


def test_version(rustybt):
    import rustybt as package

    assert package.__version__ in rustybt("--version").stdout


def test_every_command_has_help():
    listed = CliRunner().invoke(main, ["--help"]).stdout
    for command in ("bundles", "catalog", "demo", "ingest", "pipeline", "run", "sql"):
        assert f"\n  {command} " in listed
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


def test_a_saved_view_that_is_not_there_is_told_with_those_that_are(tmp_path):
    ask = ["sql", "FROM pipelines.top", "--root", str(tmp_path)]
    none = CliRunner().invoke(main, ask)
    assert "Saved view 'top': there is no such view; saved are none;" in none.output
    with warehouse.open(tmp_path) as wh:
        wh.save_view("tops", "SELECT 1 AS n")
    one = CliRunner().invoke(main, ask)
    assert "saved are tops;" in one.output
    assert (none.exit_code, one.exit_code) == (1, 1)
