"""What was opened stays what it was."""

import fcntl
import shutil
import tempfile
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import QueryError

SUM = "SELECT sum(close)::INTEGER FROM eq.bars_1d"


def test_a_reader_stays_at_its_snapshot(root: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root) as reader:
        ingest([("2020-01-02", 0, 2)])
        assert reader.sql(SUM).rows() == [(1,)]
        assert reader.snapshot("eq").version == 1


def test_refresh_goes_to_the_head(root: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root) as reader:
        ingest([("2020-01-02", 0, 2)])
        reader.refresh()
        assert reader.sql(SUM).rows() == [(2,)]
        assert reader.snapshot("eq").version == 2


def test_refresh_finds_new_bundles(root: Path, ingest) -> None:
    with warehouse.open(root) as reader:
        ingest([("2020-01-02", 0, 1)])
        assert reader.bundles() == []
        reader.refresh()
        assert reader.bundles() == ["eq"]


def test_the_writer_sees_its_commit(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2020-01-02", 0, 2)])
    assert wh.sql(SUM).rows() == [(2,)]


def test_an_open_stream_keeps_its_rows_through_commits(wh, write) -> None:
    write(str(wh.root), 1)
    wh.refresh()
    query = "SELECT close::INTEGER AS close FROM eq.bars_1d, range(20000) ORDER BY session, sid"
    with wh.stream(query, batch_rows=2048) as stream:
        batches = iter(stream)
        seen = [next(batches)]
        for value in (2, 3, 4):
            write(str(wh.root), value)
            wh.refresh()
            seen.append(next(batches))
        seen += list(batches)
    assert sum(it.num_rows for it in seen) == 2 * 20 * 3 * 20000
    assert {value for it in seen for value in it.column("close").unique().to_pylist()} == {1}


def test_two_streams_and_a_query_at_once(wh, ingest) -> None:
    ingest([(f"2020-01-{day:02}", 0, day) for day in range(2, 30)])
    query = "SELECT session, close FROM eq.bars_1d ORDER BY session"
    with wh.stream(query, batch_rows=3) as first, wh.stream(query, batch_rows=3) as second:
        for one, other in zip(first, second, strict=True):
            assert one.equals(other)
            assert wh.sql("SELECT 1").rows() == [(1,)]


def test_a_stream_closed_early(wh) -> None:
    with wh.stream("SELECT * FROM range(10000000)") as stream:
        next(iter(stream))
    assert wh.sql("SELECT 1").rows() == [(1,)]


def test_an_error_late_in_a_stream(wh) -> None:
    query = "SELECT CAST(if(i = 3000000, 'x', '1') AS INTEGER) FROM range(4000000) t(i)"
    with pytest.raises(QueryError, match="Could not convert"), wh.stream(query) as stream:
        for _ in stream:
            pass


def is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_a_reader_pins_what_it_reads(root: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root) as reader:
        assert reader.bundles() == ["eq"]
        pins = list((root / "bundles" / "eq" / "leases").glob("pin-1-*"))
        assert len(pins) == 2  # and the one of `wh`
        assert all(map(is_locked, pins))


def test_closing_gives_the_pins_back(root: Path, wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with warehouse.open(root):
        pass
    wh.close()
    assert list((root / "bundles" / "eq" / "leases").iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_closing_twice(wh) -> None:
    wh.close()
    wh.close()


def test_no_query_after_closing(wh) -> None:
    wh.close()
    with pytest.raises(QueryError, match="closed"):
        wh.sql("SELECT 1")


def test_two_warehouses_in_one_process(tmp_path: Path, bars) -> None:
    with warehouse.open(tmp_path / "a") as one, warehouse.open(tmp_path / "b") as other:
        for close, each in enumerate((one, other)):
            with each.begin("eq", calendar="XNYS") as txn:
                txn.upsert("bars_1d", bars([("2020-01-02", 0, close)]))
                txn.commit()
        assert [it.sql(SUM).rows() for it in (one, other)] == [[(0,)], [(1,)]]


def test_a_folder_that_may_not_be_written(bars, nursery) -> None:
    made = Path(tempfile.mkdtemp())  # a folder of pytest is closed to other users
    try:
        with warehouse.open(made / "data") as wh, wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 1), ("2020-01-03", 0, 2)]))
            txn.commit()
        for path in (made, *made.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert nursery.run("read_only", made / "data") == 0
    finally:
        for path in (made, *made.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(made)


def test_a_copy_without_leases_can_be_read(root: Path, tmp_path: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns("leases", "*.lock"))
    with warehouse.open(tmp_path / "copy") as copy:
        assert copy.sql(SUM).rows() == [(1,)]
        assert not (tmp_path / "copy" / "bundles" / "eq" / "leases").exists()
