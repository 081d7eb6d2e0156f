"""Stored runs and saved views in safe mode: the rows of an open warehouse, under the same guard."""

import shutil
from datetime import date, datetime

import pyarrow as pa
import pytest

import warehouse
from warehouse.backtests import ARROW, TABLES
from warehouse.errors import SafeSqlError
from warehouse.safe.sources import give_views
from warehouse.session import Sealed

ROW = {
    "BIGINT": 7,
    "BOOLEAN": True,
    "DATE": date(2020, 1, 2),
    "DOUBLE": 0.1,
    "INTEGER": 1,
    "TIMESTAMP": datetime(2020, 1, 2, 21),  # noqa: DTZ001 - as stored
    "VARCHAR": "0.25",
    "VARCHAR[]": ["a", "b"],
}
SAVED = {
    "closes": "SELECT session, symbol, close FROM sp.bars_1d -- each\n",
    "best": "SELECT symbol, max(close) AS close FROM pipelines.closes GROUP BY symbol",
    "names": "SELECT DISTINCT name FROM backtests.runs",
    "files": "SELECT content FROM read_text('/etc/passwd')",
    "behind": "SELECT * FROM pipelines.files",
}


@pytest.fixture(scope="module")
def opened(stored, tmp_path_factory):
    root = shutil.copytree(stored, tmp_path_factory.mktemp("stored") / "a=b [c]")
    with warehouse.open(root) as wh:
        for run in ("a1", "a2", "a3"):
            wh.store_run(
                run,
                {
                    table.name: pa.table(
                        {it.name: pa.array([ROW[it.type]], ARROW[it.type]) for it in table.stored}
                    )
                    for table in TABLES
                },
            )
        for name, text in SAVED.items():
            wh.save_view(name, text)
        damaged = root / "backtests" / "run=a2" / "runs.parquet"
        damaged.chmod(0o644)
        damaged.write_bytes(b"PAR1")
        yield wh


@pytest.fixture(scope="module")
def safe(opened):
    with warehouse.open(opened.root, safe=True) as wh:
        yield wh


@pytest.fixture(scope="module")
def sealed(opened):
    session = Sealed(threads=1)
    told = give_views(session, opened.root, {}, {("backtests", it.name) for it in TABLES})
    session.seal(seconds=10)
    yield session, told
    session.close()


@pytest.mark.parametrize("table", [it.name for it in TABLES])
def test_rows_and_types_of_runs_are_those_of_an_open_warehouse(table, sealed, opened):
    session, (told,) = sealed
    for query in (
        f"FROM backtests.{table} ORDER BY ALL",
        f"FROM backtests.{table} WHERE run = 'a3'",
    ):
        given, found = opened.sql(query).arrow(), session.reader(query).read_all()
        assert (found.schema, found.to_pylist()) == (given.schema, given.to_pylist())
        assert found.num_rows > 0
    assert "rustybt runs delete a2" in told


def test_a_warehouse_without_runs_has_the_views(stored):
    session = Sealed(threads=1)
    assert give_views(session, stored, {}, {("backtests", "fills")}) == []
    session.seal(seconds=10)
    found = session.reader("FROM backtests.fills").read_all()
    assert (found.num_rows, found.column_names[-1]) == (0, "reason")
    session.close()


def test_a_statement_over_runs_and_saved_views_runs_in_the_confined_process(safe, opened, caplog):
    query = """
        SELECT r.run, n.name, b.symbol, b.close
        FROM backtests.runs r JOIN pipelines.names n USING (name) CROSS JOIN pipelines.best b
        ORDER BY ALL"""
    rows = safe.sql(query).rows()
    assert "A stored run is left out" in caplog.text
    assert "rustybt runs delete a2" in caplog.text
    assert (rows, len(rows)) == (opened.sql(query).rows(), 6)


def test_a_saved_view_is_held_to_the_rules_of_a_statement(safe):
    with pytest.raises(SafeSqlError, match=r"pipelines\.files: the function read_text is not"):
        safe.sql("FROM pipelines.behind")


def test_a_saved_view_that_reads_itself_is_refused(safe):
    for name, text in (("one", "FROM pipelines.two"), ("two", "FROM pipelines.one")):
        (safe.root / "pipelines" / f"{name}.sql").write_text(text)
    with pytest.raises(SafeSqlError, match=r"pipelines\.one reads itself"):
        safe.sql("FROM pipelines.one")
