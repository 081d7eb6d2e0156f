"""A vacuum takes what nobody can want, in an order that survives a kill anywhere."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

import warehouse
from warehouse.errors import LockedError, RootError, UnknownBundleError, UnknownSnapshotError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import disk, lease, log

CLOSES = "SELECT close::INTEGER FROM eq.bars_1d"


@pytest.fixture
def place(root: Path) -> BundleDir:
    return BundleDir(root, BundleName("eq"))


@pytest.fixture
def history(wh, bars, copied, root) -> None:
    """Four snapshots of one bar, which closes at 1, 2, 3 and 4; nothing is left open at the first three."""

    def four(folder: Path) -> None:
        with warehouse.open(folder) as made:
            for close in (1, 2, 3, 4):
                with made.begin("eq", calendar="XNYS") as txn:
                    txn.upsert("bars_1d", bars([("2020-01-02", 0, close)]))
                    txn.commit({"rows": "made by a test"})

    copied(four, root)
    wh.refresh()


def stored(place: BundleDir) -> set[Path]:
    return {path for path in place.data.rglob("*") if path.is_file()}


def named(place: BundleDir) -> set[Path]:
    manifests = (log.read(place, it) for it in log.versions(place))
    return {place.data / file.path for it in manifests for _, _, file in it.files()}


def test_the_newest_stay(wh, history, place) -> None:
    report = wh.vacuum("eq", keep=2, days=0)
    assert (report.removed, report.kept) == ((1, 2), (3, 4))
    assert log.versions(place) == [3, 4]


def test_what_is_left_is_what_is_named(wh, history, place) -> None:
    report = wh.vacuum("eq", keep=2, days=0)
    assert stored(place) == named(place)
    assert len(stored(place)) == 2
    assert report.files == 2
    assert report.size > 0


def test_a_kept_snapshot_is_read(wh, history) -> None:
    wh.vacuum("eq", keep=2, days=0)
    with wh.at(snapshot=3) as older:
        assert older.sql(CLOSES).rows() == [(3,)]


def test_a_removed_snapshot_is_unknown(wh, history) -> None:
    wh.vacuum("eq", keep=2, days=0)
    with pytest.raises(UnknownSnapshotError, match="no snapshot 2; it holds 3 to 4"):
        wh.at(snapshot=2)


def test_what_is_young_stays(wh, history, place) -> None:
    assert wh.vacuum("eq", keep=1).removed == ()
    assert log.versions(place) == [1, 2, 3, 4]


@pytest.mark.parametrize("keep", [-1, 0, 1])
def test_the_head_stays(wh, history, place, keep: int) -> None:
    wh.vacuum("eq", keep=keep, days=0)
    assert log.versions(place) == [4]
    assert wh.sql(CLOSES).rows() == [(4,)]


def test_no_number_is_given_twice(wh, history, ingest) -> None:
    wh.vacuum("eq", keep=1, days=0)
    assert ingest([("2020-01-02", 0, 5)]).version == 5


def test_a_dry_run_touches_nothing(wh, history, place) -> None:
    before = {path: path.stat().st_mtime_ns for path in place.path.rglob("*")}
    planned = wh.vacuum("eq", keep=2, days=0, dry_run=True)
    now = {path: path.stat().st_mtime_ns for path in place.path.rglob("*")}
    lock = {place.vacuum_lock}
    assert {it for it in now if it.is_file()} - lock == {it for it in before if it.is_file()}
    done = wh.vacuum("eq", keep=2, days=0)
    assert (planned.removed, planned.kept) == (done.removed, done.kept)
    assert (planned.files, planned.size) == (done.files, done.size)
    assert (planned.dry_run, done.dry_run) == (True, False)


def test_again_finds_nothing(wh, history) -> None:
    wh.vacuum("eq", keep=2, days=0)
    again = wh.vacuum("eq", keep=2, days=0)
    assert (again.removed, again.files, again.size) == ((), 0, 0)


def test_files_that_snapshots_share_stay(wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2021-01-04", 0, 2)])
    wh.vacuum("eq", keep=1, days=0)
    assert wh.sql(CLOSES + " ORDER BY session").rows() == [(1,), (2,)]
    assert len(stored(place)) == 2


def test_an_unknown_bundle(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with pytest.raises(UnknownBundleError):
        wh.vacuum("other")


def test_meta_lists_what_is_left(wh, root, history) -> None:
    snapshots = "SELECT snapshot FROM meta.snapshots"
    with warehouse.open(root) as reader:
        assert reader.sql(snapshots).rows() == [(1,), (2,), (3,), (4,)]
        wh.vacuum("eq", keep=2, days=0)
        assert reader.sql(snapshots).rows() == [(3,), (4,)]


# ---- who holds what


def test_a_read_snapshot_stays_until_it_is_closed(wh, root, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root) as reader:
        ingest([("2020-01-02", 0, 2)])
        report = wh.vacuum("eq", keep=1, days=0)
        assert (report.removed, report.pinned, report.kept) == ((), (1,), (1, 2))
        assert reader.sql(CLOSES).rows() == [(1,)]
    assert wh.vacuum("eq", keep=1, days=0).removed == (1,)


def test_a_transaction_holds_its_base(wh, ingest, bars, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        ingest([("2021-01-04", 0, 2)])
        assert wh.vacuum("eq", keep=1, days=0).pinned == (1,)
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 3)]))
        assert txn.commit().version == 3
    assert wh.sql(CLOSES + " ORDER BY session").rows() == [(1,), (3,), (2,)]


def test_files_of_an_open_transaction_stay(wh, ingest, bars, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2021-01-04", 0, 2)]))
        assert wh.vacuum("eq", keep=1, days=0).files == 0
        txn.commit()
    assert wh.sql(CLOSES + " ORDER BY session").rows() == [(1,), (2,)]


def link_then_fail(source: Path, target: Path) -> None:
    os.link(source, target)
    raise OSError("lost")


def test_an_unsure_commit_is_found_after_a_vacuum(wh, ingest, bars, place, monkeypatch) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        with monkeypatch.context() as patched:
            patched.setattr(disk, "put_if_absent", link_then_fail)
            with pytest.raises(OSError, match="lost"):
                txn.commit()
        ingest([("2021-01-04", 0, 3)])
        assert 2 in wh.vacuum("eq", keep=1, days=0).pinned
        assert txn.commit().version == 2
    assert log.versions(place)[-1] == 3


def test_a_dead_process_holds_nothing(root, tmp_path, place, nursery, until, wh) -> None:
    nursery.run("generation", root, 1)
    holding = tmp_path / "holding"
    pid = nursery.start("hold", root, holding)
    until(holding.exists)
    nursery.run("generation", root, 2)
    wh.refresh()
    assert wh.vacuum("eq", keep=1, days=0).pinned == (1,)
    nursery.kill(pid)
    assert wh.vacuum("eq", keep=1, days=0).removed == (1,)
    assert stored(place) == named(place)
    (mine,) = place.leases.iterdir()
    assert mine.name.startswith("pin-2-")


def test_a_pin_that_came_too_late_starts_over(wh, ingest, place) -> None:
    ingest([("2020-01-02", 0, 1)])
    chosen = []

    def choose() -> warehouse.Snapshot | None:
        manifest = log.head(place)
        if not chosen:  # between the choice and the pin, another commits and vacuums
            ingest([("2020-01-02", 0, 2)])
            wh.vacuum("eq", keep=1, days=0)
        chosen.append(manifest)
        return manifest

    manifest, pin = lease.pinned(place, choose)
    pin.release()
    assert [it.version for it in chosen] == [1, 2]
    assert manifest.version == 2


def test_an_expired_manifest_waits_for_its_reader(wh, history, place, monkeypatch) -> None:
    """A reader may pin between the look at the pins and the rename; its files are still named."""
    real, pins = disk.rename, []

    def rename_under_a_reader(source: Path, target: Path) -> None:
        pins.append(lease.pin(place, int(source.stem)))
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(disk, "rename", rename_under_a_reader)
        report = wh.vacuum("eq", keep=3, days=0)
    assert (report.removed, report.files) == ((1,), 0)
    assert place.expired(1).exists()
    assert wh.vacuum("eq", keep=3, days=0).files == 0
    pins[0].release()
    assert wh.vacuum("eq", keep=3, days=0).files == 1
    assert not place.expired(1).exists()


def test_a_vacuum_waits_for_another(wh, ingest, place, monkeypatch) -> None:
    ingest([("2020-01-02", 0, 1)])
    monkeypatch.setattr(lease, "vacuum_lock", lambda it: lease._locked(it.vacuum_lock, 0.05))
    held = lease._locked(place.vacuum_lock, 0)
    with pytest.raises(LockedError, match=r"vacuum\.lock"):
        wh.vacuum("eq")
    held.release()


# ---- instants


def test_an_instant_of_a_removed_snapshot_is_unknown(wh, root, ingest, place) -> None:
    first = ingest([("2020-01-02", 0, 1)])
    with warehouse.open(root):  # holds the first, not the second
        second = ingest([("2020-01-02", 0, 2)])
        ingest([("2020-01-02", 0, 3)])
        assert wh.vacuum("eq", keep=1, days=0).removed == (2,)
        with pytest.raises(UnknownSnapshotError, match="as of"):
            log.as_of(place, second.created_at)
        assert log.as_of(place, datetime.now(UTC)).version == 3
        with pytest.raises(UnknownSnapshotError, match="as of"):
            log.as_of(place, first.created_at - timedelta(days=1))


def test_derived_files_that_come_and_go_do_not_stop_it(wh, root, ingest) -> None:
    ingest([("2020-01-02", 0, 3)])
    done = Event()

    def build_and_remove() -> None:
        with warehouse.open(root) as own:
            while not done.is_set():
                path = own.derived("eq", "x", lambda it: it.write_bytes(b"x"))
                if path is not None:
                    path.unlink(missing_ok=True)

    with ThreadPoolExecutor(2) as threads:
        builds = [threads.submit(build_and_remove) for _ in range(2)]
        try:
            reports = [wh.vacuum("eq") for _ in range(100)]
        finally:
            done.set()
    assert [it.exception() for it in builds] == [None, None]
    assert {it.kept for it in reports} == {(1,)}


def test_a_folder_that_cannot_be_written_is_named(wh, history, place) -> None:
    place.vacuum_lock.mkdir()
    with pytest.raises(RootError, match=r"vacuum\.lock"):
        wh.vacuum("eq", keep=1, days=0)
    assert log.versions(place) == [1, 2, 3, 4]


@pytest.mark.parametrize("days", [1e6, 1e300, float("inf"), float("nan")])
def test_any_number_of_days_can_be_kept(wh, history, place, days) -> None:
    assert wh.vacuum("eq", keep=1, days=days).removed == ()
    assert log.versions(place) == [1, 2, 3, 4]
