"""Stored runs of backtests: they appear whole, are read by SQL, kept by a vacuum and removed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse
from warehouse.backtests import ARROW, TABLES
from warehouse.errors import DamageError, RunNameError

COUNTS = "SELECT run, name, snapshot FROM backtests.runs ORDER BY run"


def tables(**facts):
    made = {}
    for table in TABLES:
        columns = {it.name: pa.nulls(1, ARROW[it.type]) for it in table.stored}
        given = {it.name: facts[it.name] for it in table.stored if it.name in facts}
        types = {it.name: ARROW[it.type] for it in table.stored}
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
    with pytest.raises(DamageError, match="runs delete a1"):
        wh.run("a1", "runs")
    assert wh.run("a1", "fills").num_rows == 1


HARMS = {
    "cut": lambda content: content[: len(content) // 2],
    "end cut": lambda content: content[:-1],
    "empty": lambda _: b"",
    "text": lambda _: b"run,name\na1,x\n",
    "data flipped": lambda content: flipped(content, 40),
    "middle flipped": lambda content: flipped(content, len(content) // 2),
    "footer flipped": lambda content: flipped(content, len(content) - 60),
    "gone": None,
}


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def damage(path, harm):
    path.chmod(0o644)
    if harm is None:
        path.unlink()
    else:
        path.write_bytes(harm(path.read_bytes()))


def names(wh):
    found = {}
    for it in TABLES:
        rows = wh.sql(f"SELECT run, count(*) FROM backtests.{it.name} GROUP BY run ORDER BY run")
        found[it.name] = rows.rows()
    return found


@pytest.fixture
def stored(wh):
    """Two runs that stay as they are, and one for each harm."""
    for run in ("a0", *RUN_OF.values(), "a9"):
        wh.store_run(run, tables())
    return wh


RUN_OF = {harm: f"a{number}" for number, harm in enumerate(HARMS, 1)}
SOUND = [("a0", 1), ("a9", 1)]


def test_damaged_runs_are_in_nobodys_way(stored, caplog):
    everyone = sorted((it, 1) for it in ("a0", *RUN_OF.values(), "a9"))
    assert names(stored) == {it.name: everyone for it in TABLES}
    files = {it: stored.root / "backtests" / f"run={it}" / "runs.parquet" for it in RUN_OF.values()}
    whole = {it: path.read_bytes() for it, path in files.items()}
    for harm, run in RUN_OF.items():
        damage(files[run], HARMS[harm])
    with warehouse.open(stored.root) as other:
        for session in (stored, other):
            assert names(session) == {
                it.name: SOUND if it.name == "runs" else everyone for it in TABLES
            }
            assert names(session)["runs"] == SOUND
        for run in files:
            assert caplog.text.count(f"rustybt runs delete {run}") == 2  # once in each session
        stored.store_run("b1", tables())
        assert names(other)["runs"] == [*SOUND, ("b1", 1)]
        for run, path in files.items():
            path.unlink(missing_ok=True)
            path.write_bytes(whole[run])
        assert names(other)["runs"] == [*everyone, ("b1", 1)]


def test_any_table_of_a_run_can_be_damaged(wh, caplog):
    for number, table in enumerate(TABLES):
        wh.store_run(f"a{number}", tables())
        damage(wh.root / "backtests" / f"run=a{number}" / f"{table.name}.parquet", HARMS["text"])
    runs = [(f"a{it}", 1) for it in range(len(TABLES))]
    assert names(wh) == {
        table.name: runs[:number] + runs[number + 1 :] for number, table in enumerate(TABLES)
    }
    for number, table in enumerate(TABLES):
        assert f"run=a{number}/{table.name}.parquet is damaged" in caplog.text
    wh.remove_run("a0")
    found = [it.path.stem for it in wh.run_damages()]
    assert found == [it.name for it in TABLES[1:]]


def test_a_damaged_listing_leaves_out_what_it_does_not_vouch_for(stored, caplog):
    for harm, run in RUN_OF.items():
        damage(stored.root / "backtests" / f"run={run}" / "files.json", HARMS[harm])
    found = names(stored)
    for rows in found.values():
        assert set(SOUND) <= set(rows)
    for run in RUN_OF.values():
        assert any((run, 1) not in rows for rows in found.values())
        assert f"rustybt runs delete {run}" in caplog.text
    gone = RUN_OF["gone"]  # a run without a listing may be an older one, which had none
    assert [it.path.name for it in stored.run_damages([gone])] == ["runs.parquet"]


def test_any_byte_of_a_listing_may_be_flipped(wh):
    wh.store_run("a1", tables())
    path = wh.root / "backtests" / "run=a1" / "files.json"
    path.chmod(0o644)
    content = path.read_bytes()
    assert wh.run_damages() == []

    def hashes():
        return {name: it["sha256"] for name, it in json.loads(path.read_bytes()).items()}

    whole = hashes()
    for at in range(len(content)):
        path.write_bytes(flipped(content, at))
        assert wh.run_damages() or hashes() == whole, at


def test_all_runs_may_be_damaged(wh):
    wh.store_run("a1", tables())
    damage(wh.root / "backtests" / "run=a1" / "runs.parquet", HARMS["empty"])
    assert names(wh)["runs"] == []


def test_a_view_of_the_user_and_a_saved_one_leave_damage_out_too(wh):
    for run in ("a1", "a2"):
        wh.store_run(run, tables())
    wh.sql("CREATE VIEW mine AS SELECT run FROM backtests.runs")
    wh.save_view("saved", "SELECT run FROM backtests.runs")
    damage(wh.root / "backtests" / "run=a1" / "runs.parquet", HARMS["empty"])
    for view in ("mine", "pipelines.saved"):
        assert wh.sql(f"SELECT run FROM {view}").rows() == [("a2",)]


def test_damage_is_told_of_every_byte_or_of_sizes(wh):
    for run in ("a1", "a2", "a3"):
        wh.store_run(run, tables())
    folder = wh.root / "backtests"
    damage(folder / "run=a1" / "fills.parquet", HARMS["middle flipped"])
    damage(folder / "run=a2" / "ledger.parquet", HARMS["end cut"])
    damage(folder / "run=a3" / "runs.parquet", HARMS["footer flipped"])
    found = [os.fspath(it.path.relative_to(folder)) for it in wh.run_damages()]
    assert found == ["run=a1/fills.parquet", "run=a2/ledger.parquet", "run=a3/runs.parquet"]
    assert [os.fspath(it.path.relative_to(folder)) for it in wh.run_damages(sizes=True)] == found[
        1:
    ]
    assert len(wh.run_damages(["a1"])) == 1
    with pytest.raises(RunNameError, match="a9"):
        wh.run_damages(["a9"])


def test_damage_that_leaves_size_and_times_is_found_when_all_is_read(wh):
    wh.store_run("a1", tables())
    path = wh.root / "backtests" / "run=a1" / "fills.parquet"
    time.sleep(0.15)  # a file that has just changed is read at every turn
    assert names(wh)["fills"] == [("a1", 1)]
    damage(path, HARMS["middle flipped"])
    assert len(wh.run_damages()) == 1


def test_a_folder_that_is_a_copy_of_a_run_is_no_run(wh):
    for run in ("a1", "a2"):
        wh.store_run(run, tables())
    home = wh.root / "backtests" / "run=a1"
    shutil.copytree(home, home.with_name("run=a1 (copy)"))
    assert names(wh) == {it.name: [("a1", 1), ("a2", 1)] for it in TABLES}


def make_old(home):
    """Let a run be as those that were stored before runs had a listing and fills a reason."""
    told = json.loads((home / "files.json").read_text())
    fills, facts = home / "fills.parquet", home / "runs.parquet"
    for path in (home / "files.json", fills, facts):
        path.chmod(0o644)
    pq.write_table(pq.ParquetFile(fills).read().drop_columns("reason"), fills)
    content = fills.read_bytes()
    told["fills"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    told.pop("runs")
    row = pq.ParquetFile(facts).read()
    pq.write_table(row.append_column("files", pa.array([json.dumps(told)])), facts)
    (home / "files.json").unlink()


def test_runs_stored_without_a_reason_are_read_beside_others(wh):
    for run in ("a1", "a2", "a3"):
        wh.store_run(run, tables(reason="expiry"))
    asked = "SELECT run, reason FROM backtests.fills ORDER BY run"
    assert wh.sql(asked).rows() == [("a1", "expiry"), ("a2", "expiry"), ("a3", "expiry")]
    for run in ("a1", "a3"):
        make_old(wh.root / "backtests" / f"run={run}")
    reasons = [("a1", None), ("a2", "expiry"), ("a3", None)]
    assert wh.sql(asked).rows() == reasons
    assert (wh.run_damages(), wh.run("a1", "fills").num_rows) == ([], 1)
    path = wh.build_catalog().path
    with duckdb.connect(os.fspath(path), read_only=True) as other:
        assert other.sql(asked).fetchall() == reasons
    shell = [Path(sys.executable).with_name("duckdb"), "-readonly", "-csv", "-noheader"]
    for answer in (["a1,NULL", "a2,expiry", "a3,NULL"], ["a1,NULL", "a3,NULL"]):
        done = subprocess.run(  # another release of DuckDB
            [*shell, "-nullvalue", "NULL", path, asked], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == answer
        if "a2" in wh.runs():
            wh.remove_run("a2")


@pytest.mark.parametrize("table", ["runs", "fills"])
def test_damage_of_an_older_run_is_seen_too(wh, table):
    for run in ("a1", "a2"):
        wh.store_run(run, tables())
    home = wh.root / "backtests" / "run=a1"
    make_old(home)
    damage(home / f"{table}.parquet", HARMS["cut"])
    assert names(wh)[table] == [("a2", 1)]


def test_catalog_for_other_tools_leaves_damage_out_and_says_so(wh):
    for run in ("a1", "a2"):
        wh.store_run(run, tables())
    damage(wh.root / "backtests" / "run=a1" / "runs.parquet", HARMS["footer flipped"])
    built = wh.build_catalog()
    assert [(name, "runs delete a1" in why) for name, why in built.left_out] == [
        ("A run of backtests.runs", True)
    ]
    with duckdb.connect(os.fspath(built.path), read_only=True) as other:
        assert other.sql("SELECT run FROM backtests.runs").fetchall() == [("a2",)]


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
        assert wh.run_damages() == []
        assert names(wh) == {it.name: [(run, 1) for run in wh.runs()] for it in TABLES}
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
