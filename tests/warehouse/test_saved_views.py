"""Views that people save: read by name in every session, and by other tools through the catalog."""

import os
import resource
import signal
import subprocess
import sys

import duckdb
import pytest

import warehouse
from warehouse.errors import QueryError, SavedViewError

QUERY = "SELECT sid, max(close) AS top FROM eq.bars_1d GROUP BY sid ORDER BY sid"
READ = "SELECT * FROM pipelines.tops WHERE sid = 1"


@pytest.fixture
def filled(wh, bars):
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert(
            "bars_1d", bars([("2020-01-02", 0, 3), ("2020-01-03", 0, 5), ("2020-01-02", 1, 7)])
        )
        txn.commit()
    return wh


def test_saved_view_is_read_by_name(filled):
    filled.save_view("tops", QUERY)
    assert filled.sql(READ).rows() == [(1, 7)]


def test_saved_view_is_there_in_a_later_session_before_the_bundle_was_named(filled):
    filled.save_view("tops", QUERY)
    with warehouse.open(filled.root) as later:
        assert later.sql(READ).rows() == [(1, 7)]


def test_saved_view_follows_the_snapshot_that_is_open(filled, ingest):
    filled.save_view("tops", QUERY)
    ingest([("2020-01-06", 1, 9)])
    with warehouse.open(filled.root) as later, later.at(snapshot=1) as before:
        assert later.sql(READ).rows() == [(1, 9)]
        assert before.sql(READ).rows() == [(1, 7)]


def test_saved_views_are_listed_with_their_texts(filled):
    filled.save_view("tops", QUERY)
    assert filled.saved_views() == {"tops": QUERY}


def test_information_schema_lists_them(filled):
    filled.save_view("tops", QUERY)
    with warehouse.open(filled.root) as later:
        listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'pipelines'"
        assert later.sql(listed).rows() == [("tops",)]


def test_a_taken_name_is_refused_until_it_is_to_be_replaced(filled):
    filled.save_view("tops", QUERY)
    other = "SELECT 1 AS sid, 2 AS top"
    with pytest.raises(SavedViewError, match="it exists already"):
        filled.save_view("tops", other)
    filled.save_view("tops", other, replace=True)
    assert filled.sql(READ).rows() == [(1, 2)]


def test_dropped_view_is_gone_in_sessions_that_have_read_it(filled):
    filled.save_view("tops", QUERY)
    filled.sql(READ)
    filled.drop_view("tops")
    with pytest.raises(QueryError, match="tops"):
        filled.sql(READ)


def test_drop_of_an_unknown_view_lists_those_there(filled):
    filled.save_view("tops", QUERY)
    with pytest.raises(SavedViewError, match="saved are tops"):
        filled.drop_view("bottoms")


@pytest.mark.parametrize("name", ["", "../x", "A", "1x", "x.sql", "x" * 64, None])
def test_names_that_cannot_be_are_refused(filled, name):
    with pytest.raises(SavedViewError, match="expected 1 to 63"):
        filled.save_view(name, QUERY)


@pytest.mark.parametrize(
    "text", ["DROP SCHEMA eq", "SELECT 1; SELECT 2", "CREATE VIEW v AS FROM 1"]
)
def test_only_one_select_is_saved(filled, text):
    with pytest.raises((SavedViewError, QueryError)):
        filled.save_view("x", text)
    assert filled.saved_views() == {}


def test_a_query_that_the_engine_refuses_is_not_saved(filled):
    with pytest.raises(QueryError, match="nowhere"):
        filled.save_view("x", "SELECT * FROM eq.nowhere")
    assert filled.saved_views() == {}


def test_a_quote_in_the_text_stays_text(filled):
    filled.save_view("quoted", "SELECT 'it''s; DROP' AS x")
    assert filled.sql("SELECT x FROM pipelines.quoted").rows() == [("it's; DROP",)]


def test_a_view_of_a_bundle_that_is_not_there_blocks_nobody(filled):
    folder = filled.root / "pipelines"
    folder.mkdir()
    (folder / "lost.sql").write_text("SELECT * FROM gone.bars_1d")
    assert filled.sql("SELECT count(*) FROM eq.bars_1d").rows() == [(3,)]
    with pytest.raises(QueryError, match=r"gone\.bars_1d"):
        filled.sql("SELECT * FROM pipelines.lost")


def test_catalog_for_other_tools_has_them(filled):
    filled.save_view("tops", QUERY)
    built = filled.build_catalog()
    with duckdb.connect(os.fspath(built.path), read_only=True) as other:
        assert other.sql(READ).fetchall() == [(1, 7)]
    assert filled.verify_catalog().state == "current"


def test_catalog_says_which_could_not_be_made(filled):
    folder = filled.root / "pipelines"
    folder.mkdir()
    (folder / "lost.sql").write_text("SELECT * FROM gone.bars_1d")
    built = filled.build_catalog()
    assert [name for name, _ in built.left_out] == ["pipelines.lost"]


def test_a_scratch_file_of_a_killed_save_is_no_view(filled):
    folder = filled.root / "pipelines"
    folder.mkdir()
    (folder / ".tops.0123").write_text("SELECT")
    assert filled.saved_views() == {}


@pytest.fixture
def chained(filled):
    """Return a warehouse with a view that reads one which reads another, none in order of names."""
    filled.save_view("tops", QUERY)
    filled.save_view("few", "SELECT * FROM pipelines.tops WHERE sid = 1")
    filled.save_view("least", "SELECT top FROM pipelines.few")
    return filled


@pytest.mark.parametrize(
    "text", ["FROM pipelines.least", "FROM query('FROM pipe' || 'lines.least')"]
)
def test_a_view_that_reads_a_view_is_read_in_a_later_session(chained, text):
    with warehouse.open(chained.root) as later:
        assert later.sql(text).rows() == [(7,)]


def test_catalog_has_views_that_read_views(chained):
    built = chained.build_catalog()
    assert built.left_out == ()
    with duckdb.connect(os.fspath(built.path), read_only=True) as other:
        assert other.sql("FROM pipelines.least").fetchall() == [(7,)]


@pytest.mark.parametrize("text", ["FROM pipelines.tops", 'SELECT top FROM "pipelines"."least"'])
def test_a_view_that_would_read_itself_is_refused(chained, text):
    with pytest.raises(SavedViewError, match="it would read itself"):
        chained.save_view("tops", text, replace=True)
    assert chained.saved_views()["tops"] == QUERY


def test_a_view_whose_new_text_cannot_be_is_not_read_with_the_old_one(chained):
    chained.sql("FROM pipelines.least")
    stored = chained.root / "pipelines" / "tops.sql"
    stored.chmod(0o644)
    stored.write_text("SELECT * FROM gone.bars_1d")
    with pytest.raises(QueryError, match="gone"):
        chained.sql("FROM pipelines.tops")
    with pytest.raises(QueryError, match="tops"):
        chained.sql("FROM pipelines.least")


def test_a_view_file_that_is_no_text_is_in_nobodys_way(filled):
    filled.save_view("tops", QUERY)
    (filled.root / "pipelines" / "odd.sql").write_bytes(b"\xff\xfe")
    (filled.root / "pipelines" / "folder.sql").mkdir()
    assert filled.sql(READ).rows() == [(1, 7)]
    assert list(filled.saved_views()) == ["tops"]


SAVE = """
import sys, time, warehouse
from warehouse.errors import SavedViewError
with warehouse.open(sys.argv[1]) as wh:
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(40):
        try:
            wh.save_view(f"v{number}", f"SELECT {sys.argv[2]} AS who")
            print(number)
        except SavedViewError as error:
            assert "it exists already" in str(error), error
"""


def test_of_two_processes_that_save_one_new_name_one_wins(filled):
    """The winner's text is what is read, and the other was told."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", SAVE, filled.root, str(it)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for it in (0, 1)
    ]  # fmt: skip
    for it in racers:
        assert it.stdout is not None
        it.stdout.readline()
    for it in racers:
        assert it.stdin is not None
        it.stdin.write("\n")
        it.stdin.flush()
    won = [{int(line) for line in it.communicate()[0].split()} for it in racers]
    assert [it.returncode for it in racers] == [0, 0]
    assert sorted([*won[0], *won[1]]) == list(range(40))
    for name, text in filled.saved_views().items():
        number = int(name.removeprefix("v"))
        assert text == f"SELECT {0 if number in won[0] else 1} AS who"


@pytest.mark.parametrize("replace", [False, True])
def test_a_disk_that_takes_no_file_is_the_error_of_a_view(filled, replace):
    """A limit of the process on the size of a file stands for a full disk."""
    filled.save_view("tops", QUERY)
    name = "tops" if replace else "more"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(SavedViewError, match="could not be written"):
            filled.save_view(name, "SELECT 1 AS sid", replace=replace)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert filled.saved_views() == {"tops": QUERY}
    assert [it.name for it in (filled.root / "pipelines").iterdir()] == ["tops.sql"]
