"""``catalog.duckdb.example`` is what the command builds, and any DuckDB shell reads it."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

STORED = Path(__file__).parents[2] / "catalog.duckdb.example"
SHAPES = (
    "SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
    "SELECT schema_name, table_name, comment FROM duckdb_tables() ORDER BY ALL",
    (
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE schema_name = 'example' ORDER BY ALL"
    ),
)
TABLES = ("assets", "sessions", "adjustments", "bars_1d", "bars_1d_adjusted")


@pytest.fixture(scope="module")
def built(rustybt, tmp_path_factory):
    target = tmp_path_factory.mktemp("example") / "catalog.duckdb"
    assert rustybt("catalog", "example", target).returncode == 0
    return target


def answers(path, query):
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("query", SHAPES)
def test_stored_file_has_the_shapes_of_a_fresh_one(built, query):
    assert answers(STORED, query) == answers(built, query)
    assert answers(STORED, query)


@pytest.mark.parametrize("table", TABLES)
def test_stored_file_has_the_rows_of_a_fresh_one(built, table):
    query = f"FROM example.{table} ORDER BY ALL"
    assert answers(STORED, query) == answers(built, query)


def test_split_and_dividend_are_adjusted_for(built):
    query = "SELECT close FROM example.bars_1d_adjusted WHERE sid = ? ORDER BY session LIMIT 1"
    with duckdb.connect(built, read_only=True) as connection:
        assert connection.execute(query, [1]).fetchone() == (84.63 * 0.5,)
        (close,) = connection.execute(query, [2]).fetchone()
        assert close == pytest.approx(26.01 - 0.08)


def test_comments_are_those_of_a_bundle(stocked):
    import warehouse

    query = (
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE schema_name = $schema AND table_name IN"
        " ('assets', 'sessions', 'adjustments', 'bars_1d', 'bars_1d_adjusted') ORDER BY ALL"
    )
    with warehouse.open(stocked) as wh:
        of_a_bundle = wh.sql(query, {"schema": "tiny"}).rows()
    of_the_example = answers(STORED, query.replace("$schema", "'example'"))
    assert of_the_example == of_a_bundle


def test_the_shell_reads_it(tmp_path):
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    assert shell, "duckdb-cli is one of the development requirements"
    shutil.copy(STORED, tmp_path / "catalog.duckdb")
    done = subprocess.run(
        [shell, "-readonly", "-csv", "catalog.duckdb", "SELECT count(*) AS n FROM example.bars_1d"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["n", "20"]
