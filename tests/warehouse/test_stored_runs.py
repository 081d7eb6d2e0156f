"""Stored runs of backtests: they appear whole, are read by SQL, kept by a vacuum and removed."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import warehouse
from warehouse.backtests import TABLES
from warehouse.errors import DamageError, RunNameError

TYPES = {
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
}
COUNTS = "SELECT run, name, snapshot FROM backtests.runs ORDER BY run"


def tables(**facts):
    made = {}
    for table in TABLES:
        columns = {it.name: pa.nulls(1, TYPES[it.type]) for it in table.stored}
        given = {it.name: facts[it.name] for it in table.stored if it.name in facts}
        types = {it.name: TYPES[it.type] for it in table.stored}
        made[table.name] = pa.table(
            {**columns, **{name: pa.array([it], types[name]) for name, it in given.items()}}
        )
    return made


@pytest.fixture
def stocked(wh, bars):
    for day in ("2020-01-02", "2020-01-03", "2020-01-06"):
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([(day, 0, 3)]))
            txn.commit()
    return wh


def test_there_are_views_before_the_first_run(wh):
    assert [wh.sql(f"FROM backtests.{it.name}").rows() for it in TABLES] == [[]] * len(TABLES)


def test_a_run_is_seen_by_the_next_statement_of_an_open_session(wh):
    with warehouse.open(wh.root) as other:
        assert other.sql(COUNTS).rows() == []
        wh.store_run("a1", tables(name="first", snapshot=3))
        assert other.sql(COUNTS).rows() == [("a1", "first", 3)]
        wh.store_run("a2", tables(name="second"))
        assert other.sql(COUNTS).rows() == [("a1", "first", 3), ("a2", "second", None)]


def test_a_removed_run_is_gone_and_the_last_one_leaves_empty_views(wh):
    wh.store_run("a1", tables())
    assert wh.runs() == ["a1"]
    wh.remove_run("a1")
    assert (wh.runs(), wh.sql(COUNTS).rows()) == ([], [])
    assert list((wh.root / "backtests").iterdir()) == []


def test_a_folder_with_odd_characters_holds_runs(tmp_path):
    with warehouse.open(tmp_path / "a[b]*?'c") as wh:
        wh.store_run("a1", tables(name="x"))
        assert wh.sql(COUNTS).rows() == [("a1", "x", None)]


def test_an_id_is_given_once(wh):
    wh.store_run("a1", tables())
    with pytest.raises(RunNameError, match="already"):
        wh.store_run("a1", tables())


@pytest.mark.parametrize("run", ["", "../x", "a/b", "-a", "x" * 64, None, "a b", "a\n"])
def test_ids_that_cannot_be_are_refused(wh, run):
    with pytest.raises(RunNameError, match="letters, digits"):
        wh.store_run(run, tables())
    with pytest.raises(RunNameError):
        wh.run(run, "daily")


def test_an_unknown_run_is_named(wh):
    for ask in (lambda: wh.run("a1", "daily"), lambda: wh.remove_run("a1")):
        with pytest.raises(RunNameError, match="a1"):
            ask()


def test_a_table_that_is_missing_leaves_nothing_half(wh):
    short = tables()
    del short["ledger"]
    with pytest.raises(KeyError):
        wh.store_run("a1", short)
    assert list((wh.root / "backtests").iterdir()) == []


def test_an_exact_value_is_shown_as_a_number_too(wh):
    wh.store_run("a1", tables(exact_value="0.1000000000000000055511151231257827"))
    ((value, text),) = wh.sql("SELECT value, exact_value FROM backtests.ledger").rows()
    assert (value, len(text)) == (0.1, 36)


@pytest.mark.parametrize("harm", ["cut", "flip", "remove"])
def test_damage_is_refused_when_a_run_is_read(wh, harm):
    wh.store_run("a1", tables())
    path = wh.root / "backtests" / "run=a1" / "fills.parquet"
    content = path.read_bytes()
    path.chmod(0o644)
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if harm == "cut" else b"\x00" + content[1:])
    with pytest.raises(DamageError, match="runs delete a1"):
        wh.run("a1", "fills")
    assert wh.run("a1", "daily").num_rows == 1


def test_damage_of_the_facts_is_refused(wh):
    wh.store_run("a1", tables())
    path = wh.root / "backtests" / "run=a1" / "runs.parquet"
    path.chmod(0o644)
    path.write_bytes(b"PAR1")
    with pytest.raises(DamageError):
        wh.run("a1", "fills")


def test_a_vacuum_keeps_what_a_run_names(stocked):
    stocked.store_run("a1", tables(bundle="eq", snapshot=1))
    report = stocked.vacuum("eq", keep=1, days=0)
    assert (report.removed, report.named, report.kept) == ((2,), (1,), (1, 3))
    with stocked.at(snapshot=1) as then:
        assert then.sql("SELECT count(*) FROM eq.bars_1d").rows() == [(1,)]


def test_a_vacuum_is_told_to_keep_nothing_for_runs(stocked):
    stocked.store_run("a1", tables(bundle="eq", snapshot=1))
    assert stocked.vacuum("eq", keep=1, days=0, runs=False).removed == (1, 2)


def test_a_run_of_another_bundle_keeps_nothing(stocked):
    stocked.store_run("a1", tables(bundle="other", snapshot=1))
    assert stocked.vacuum("eq", keep=1, days=0).removed == (1, 2)


def test_a_dry_vacuum_tells_what_runs_keep(stocked):
    stocked.store_run("a1", tables(bundle="eq", snapshot=2))
    report = stocked.vacuum("eq", keep=1, days=0, dry_run=True)
    assert (report.removed, report.named) == ((1,), (2,))


def test_a_removed_run_keeps_nothing_any_more(stocked):
    stocked.store_run("a1", tables(bundle="eq", snapshot=1))
    stocked.remove_run("a1")
    assert stocked.vacuum("eq", keep=1, days=0).removed == (1, 2)


def test_catalog_for_other_tools_follows_later_runs(wh):
    wh.store_run("a1", tables(name="x"))
    built = wh.build_catalog()
    wh.store_run("a2", tables(name="y"))
    with duckdb.connect(os.fspath(built.path), read_only=True) as other:
        assert other.sql("SELECT run FROM backtests.runs ORDER BY run").fetchall() == [
            ("a1",),
            ("a2",),
        ]
    assert wh.verify_catalog().state == "current"


def test_views_say_what_their_columns_are(wh):
    asked = "SELECT count(*) FILTER (comment IS NULL) FROM duckdb_columns() WHERE schema_name = 'backtests'"
    assert wh.sql(asked).rows() == [(0,)]


def test_a_saved_view_reads_runs(wh):
    wh.store_run("a1", tables(name="x"))
    wh.save_view("names", "SELECT name FROM backtests.runs")
    with warehouse.open(wh.root) as later:
        assert later.sql("FROM pipelines.names").rows() == [("x",)]


def test_a_filter_by_run_reads_the_files_of_that_run_alone(wh):
    for run in ("a1", "a2", "a3"):
        wh.store_run(run, tables())
    ((_, plan),) = wh.sql("EXPLAIN ANALYZE FROM backtests.daily WHERE run = 'a2'").rows()
    assert "Total Files Read: 1" in plan


WRITER = """
import sys, warehouse
sys.path.insert(0, {tests!r})
from test_stored_runs import tables
with warehouse.open({root!r}) as wh:
    print("ready", flush=True)
    for number in range(10_000):
        wh.store_run(f"k{{number:05d}}", tables())
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_runs_alone(wh):
    tests = os.fspath(Path(__file__).parent)
    code = WRITER.format(tests=tests, root=os.fspath(wh.root))
    for delay in (0.03, 0.11, 0.2):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
        for run in wh.runs():
            assert [wh.run(run, it.name).num_rows for it in TABLES] == [1] * len(TABLES)
        for run in wh.runs():
            wh.remove_run(run)


def test_leftovers_of_a_killed_writer_go_after_a_day(wh):
    left = wh.root / "backtests" / ".dead"
    left.mkdir(parents=True)
    wh.store_run("a1", tables())
    assert left.exists()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(left, (long_ago, long_ago))
    wh.store_run("a2", tables())
    assert not left.exists()
