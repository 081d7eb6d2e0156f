"""Pins say what is being read, and are let go as soon as nothing can read it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import warehouse
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import disk, lease

ROWS = "SELECT close FROM eq.bars_1d"


@pytest.fixture
def place(root: Path) -> BundleDir:
    return BundleDir(root, BundleName("eq"))


@pytest.fixture
def reader(root: Path, ingest):
    ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root) as opened:
        yield opened


def pinned(place: BundleDir) -> set[int]:
    return set(lease.live_pins(place))


def test_refresh_lets_the_old_snapshot_go(reader, wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 2)])
    assert pinned(place) == {1, 2}
    reader.refresh()
    assert pinned(place) == {2}


def test_a_commit_lets_the_old_snapshot_go(wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2020-01-02", 0, 2)])
    assert pinned(place) == {2}


def test_an_open_stream_keeps_it(reader, ingest, place) -> None:
    with reader.stream(ROWS):
        ingest([("2020-01-02", 0, 2)])
        reader.refresh()
        assert pinned(place) == {1, 2}
    reader.refresh()
    assert pinned(place) == {2}


def test_a_stream_closed_twice_counts_once(reader, ingest, place) -> None:
    with reader.stream(ROWS) as one, reader.stream(ROWS):
        one.close()
        one.close()
        ingest([("2020-01-02", 0, 2)])
        reader.refresh()
        assert 1 in pinned(place)


def test_a_failed_query_counts_as_none(reader, ingest, place) -> None:
    for read in (reader.sql, reader.stream):
        with pytest.raises(warehouse.errors.QueryError):
            read("SELECT nothing FROM eq.bars_1d")
    ingest([("2020-01-02", 0, 2)])
    reader.refresh()
    assert pinned(place) == {2}


def test_refresh_without_news_keeps_one_pin(reader, wh, place) -> None:
    wh.close()
    reader.refresh()
    reader.refresh()
    assert len(list(place.leases.iterdir())) == 1


def test_a_transaction_lets_its_base_go(wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    wh.close()
    with warehouse.open(place.root) as other:
        other.close()
        with other.begin("eq"):
            assert pinned(place) == {1}
    assert list(place.leases.iterdir()) == []


def test_a_lease_is_gained_while_somebody_asks_whether_it_is_dead(place) -> None:
    place.leases.mkdir(parents=True)
    path = place.leases / "pin-1-x"
    path.touch()
    asking = lease._dead(path)
    path.unlink()
    asking.release()
    held = lease.Lease(path)
    assert pinned(place) == {1}
    held.release()
    assert pinned(place) == set()


FORK = """
import os, signal, sys
from pathlib import Path
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import disk, lease

place = BundleDir(Path(sys.argv[1]), BundleName("eq"))
held = lease.pin(place, 1)
child = os.fork()
if child == 0:
    held.release()  # is not this process's to give back
    print(os.getpid(), flush=True)
    signal.pause()
sys.stdin.read()
print(sorted(lease.live_pins(place)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_does_not_inherit_a_lease(place) -> None:
    place.leases.mkdir(parents=True)
    command = [sys.executable, "-c", FORK, place.root]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        try:
            parent.stdin.close()
            assert parent.stdout.readline() == "[1]\n"
            assert parent.wait() == -signal.SIGKILL
            assert pinned(place) == set()  # the parent is gone, the child still runs
        finally:
            os.kill(child, signal.SIGKILL)


# ---- what a failed write leaves


@pytest.mark.parametrize("stored", ["2019-01-02", "2020-01-03"], ids=["new", "changed"])
def test_an_upsert_that_fails_late_stages_nothing(
    wh, ingest, bars, place, monkeypatch, stored: str
) -> None:
    ingest([(stored, 0, 1)])
    real, left = disk.sync_file, [2]

    def fail_second(path: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError("the disk is full")
        real(path)

    with wh.begin("eq") as txn:
        monkeypatch.setattr(disk, "sync_file", fail_second)
        with pytest.raises(OSError, match="full"):
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 1), ("2021-01-04", 0, 1)]))
        assert not txn.touched
        assert list((place.data / txn.id).glob("*.parquet")) == []
        txn.upsert("bars_1d", bars([("2022-01-03", 0, 1)]))
        txn.commit()
    found = wh.sql("SELECT session::VARCHAR FROM eq.bars_1d ORDER BY 1").rows()
    assert found == [(stored,), ("2022-01-03",)]


def test_stored_files_are_not_written_again(wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    files = [*place.data.rglob("*.parquet"), *place.log.iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
    folders = [path for path in place.root.rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
