"""Commits that meet: in one process, in several, and after errors of the disk."""

import errno
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import ConflictError, LockedError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import commit as committing
from warehouse.snapshots import disk, lease, log

CLOSES = "SELECT session::VARCHAR, close::INTEGER FROM eq.bars_1d ORDER BY ALL"


@pytest.fixture
def place(root: Path) -> BundleDir:
    return BundleDir(root, BundleName("eq"))


@pytest.fixture
def two(wh, ingest, bars):
    """Two transactions on the same head, with a row each."""
    ingest([("2020-01-02", 0, 1)])

    def begin(first: str, second: str):
        pair = wh.begin("eq"), wh.begin("eq")
        for close, (txn, day) in enumerate(zip(pair, (first, second), strict=True), start=2):
            txn.upsert("bars_1d", bars([(day, 0, close)]))
        return pair

    return begin


def test_other_partitions_are_rebased(wh, two) -> None:
    first, second = two("2021-01-04", "2022-01-03")
    with first, second:
        assert first.commit().version == 2
        assert second.commit().version == 3
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1), ("2021-01-04", 2), ("2022-01-03", 3)]


@pytest.mark.parametrize("day", ["2020-01-02", "2020-01-03", "2021-01-04"])
def test_the_same_partition_conflicts(wh, two, day: str) -> None:
    first, second = two(day, day)
    with first, second:
        first.commit()
        with pytest.raises(ConflictError) as caught:
            second.commit()
    assert (caught.value.base, caught.value.head) == (1, 2)
    assert caught.value.partitions == (f"bars_1d/{day[:4]}",)
    assert wh.snapshot("eq").version == 2


def test_a_conflict_leaves_no_files(wh, two, place) -> None:
    first, second = two("2020-01-03", "2020-01-03")
    with first, second:
        first.commit()
        with pytest.raises(ConflictError):
            second.commit()
    assert not (place.data / second.id).exists()


def test_two_calendars_of_a_new_bundle_conflict(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as first, wh.begin("eq", calendar="24/7") as second:
        first.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        second.upsert("bars_1d", bars([("2021-01-04", 0, 1)]))
        first.commit()
        with pytest.raises(ConflictError, match="calendar"):
            second.commit()
    assert wh.snapshot("eq").calendar == "XNYS"


def test_instants_follow_versions(wh, ingest, place, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ingest([("2020-01-02", 0, 1)])

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz=None):
            return first.created_at.astimezone(tz) - timedelta(days=1)

    monkeypatch.setattr(committing, "datetime", Yesterday)
    second = ingest([("2020-01-02", 0, 2)])
    assert first.created_at < second.created_at
    assert log.as_of(place, first.created_at).version == 1


# ---- a disk that fails once

STEPS = ["write_file", "put_if_absent", "sync_dir"]


@pytest.fixture
def fail_once(monkeypatch: pytest.MonkeyPatch):
    """Let one step of the disk raise once, before or after it did its work."""

    def prepare(step: str, number: int, *, after: bool) -> None:
        real = getattr(disk, step)
        left = [number]

        def failing(*arguments):
            left[0] -= 1
            if left[0]:
                return real(*arguments)
            if after:
                real(*arguments)
            raise OSError(errno.EIO, "the disk failed")

        monkeypatch.setattr(disk, step, failing)

    return prepare


CASES = [
    (step, n) for step, times in zip(STEPS, (1, 1, 3), strict=True) for n in range(1, times + 1)
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("step", "number"), CASES)
def test_another_try_after_an_error_commits_once(
    wh, ingest, bars, place, fail_once, step: str, number: int, after: bool
) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        fail_once(step, number, after=after)
        with pytest.raises(OSError, match="the disk failed"):
            txn.commit()
        assert txn.commit().version == 2
    assert log.versions(place) == [1, 2]
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1), ("2020-01-03", 2)]
    assert [it.name for it in place.log.iterdir() if it.name.startswith(".")] == []


def test_an_error_after_the_link_is_found_later_too(wh, ingest, bars, place, fail_once) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2021-01-04", 0, 2)]))
        fail_once("put_if_absent", 1, after=True)
        with pytest.raises(OSError, match="the disk failed"):
            txn.commit()
        ingest([("2022-01-03", 0, 3)])
        assert txn.commit().version == 2
    assert log.versions(place) == [1, 2, 3]


def test_an_unsure_commit_keeps_its_files(wh, ingest, bars, fail_once) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        fail_once("put_if_absent", 1, after=True)
        with pytest.raises(OSError, match="the disk failed"):
            txn.commit()
    wh.refresh()
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1), ("2020-01-03", 2)]


@pytest.mark.parametrize(("step", "number"), [("sync_file", 1), ("sha256_of", 2)])
def test_a_failed_write_leaves_nothing(
    wh, ingest, bars, place, fail_once, step: str, number: int
) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        fail_once(step, number, after=True)  # the first hash is of the stored file
        with pytest.raises(OSError, match="the disk failed"):
            txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        assert not txn.touched
    assert not (place.data / txn.id).exists()


def test_an_error_frees_the_lock(wh, ingest, bars, place, fail_once) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        fail_once("write_file", 1, after=False)
        with pytest.raises(OSError, match="the disk failed"):
            txn.commit()
    lease.commit_lock(place, seconds=0).release()
    assert not (place.leases / f"txn-{txn.id}").exists()


# ---- several processes and threads


def test_a_lock_that_another_process_holds(root, tmp_path, place, nursery, until) -> None:
    nursery.run("generation", root, 1)
    holding = tmp_path / "holding"
    pid = nursery.start("hold_commit_lock", root, holding)
    until(holding.exists)
    with pytest.raises(LockedError, match="held"):
        lease.commit_lock(place, seconds=0.1)
    nursery.kill(pid)


@pytest.mark.slow
@pytest.mark.parametrize(
    "years", [(2020, 2021, 2022, 2023), (2020, 2020, 2020, 2020)], ids=["disjoint", "same"]
)
def test_racing_processes_make_one_chain(root, tmp_path, place, nursery, years) -> None:
    times = 2
    said = [tmp_path / f"said-{n}" for n in range(len(years))]
    pids = [
        nursery.start("race", root, out, year, times) for out, year in zip(said, years, strict=True)
    ]
    assert [nursery.wait(pid) for pid in pids] == [0] * len(pids)
    lines = [line for out in said for line in out.read_text().splitlines()]
    acknowledged = dict(map(int, line.split()) for line in lines if line != "conflict")
    assert sorted(acknowledged) == log.versions(place) == list(range(1, len(years) * times + 1))
    for version, value in acknowledged.items():
        assert log.read(place, version).lineage["generation"] == value
    assert ("conflict" in lines) <= (len(set(years)) == 1)
    with warehouse.open(root) as wh:
        found = wh.sql(
            "SELECT year(session), count(DISTINCT close), max(close) FROM eq.bars_1d GROUP BY 1"
        )
        assert all(kinds == 1 for _, kinds, _ in found.rows())
        assert {year for year, _, _ in found.rows()} == set(years)
        assert acknowledged[max(acknowledged)] in {int(last) for _, _, last in found.rows()}


def test_racing_threads_make_one_chain(root, place, bars, wh) -> None:
    def work(year: int) -> None:
        with warehouse.open(root) as own, own.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([(f"{year}-01-05", 0, year)]))
            txn.commit()

    threads = [threading.Thread(target=work, args=[year]) for year in range(2000, 2006)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    wh.refresh()
    assert log.versions(place) == [1, 2, 3, 4, 5, 6]
    assert wh.sql("SELECT count(*) FROM eq.bars_1d").rows() == [(6,)]
