"""Files that are not as committed are refused by name, and stand in nobody else's way."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import DamageError, QueryError

COUNT = "SELECT count(*) FROM eq.bars_1d"


@pytest.fixture
def laid(bars, copied, root: Path) -> Callable[..., None]:
    """Put a bundle with some bars into the warehouse."""

    def make(bundle: str, *rows: tuple[str, int, object]) -> None:
        def commit(folder: Path) -> None:
            with warehouse.open(folder) as wh, wh.begin(bundle, calendar="XNYS") as txn:
                txn.upsert("bars_1d", bars(rows))
                txn.commit({"rows": "made by a test"})

        copied(commit, root, (bundle, rows))

    return make


@pytest.fixture
def files(laid, wh) -> list[Path]:
    """The data files of a bundle of two years, oldest first; a bundle `ok` lies beside it."""
    laid("eq", ("2020-01-02", 0, 1), ("2021-01-04", 0, 2))
    wh.refresh()
    return paths(wh)


@pytest.fixture
def beside(laid, wh) -> None:
    laid("ok", ("2020-01-02", 0, 5))
    wh.refresh()


@pytest.fixture
def opened(files, beside, root: Path) -> Iterator[warehouse.Warehouse]:
    """Opened before the damage is done, after a first statement."""
    with warehouse.open(root) as wh:
        assert wh.sql(COUNT).rows() == [(2,)]
        yield wh


def paths(wh) -> list[Path]:
    query = """SELECT path FROM meta.data_files WHERE bundle = 'eq' ORDER BY "partition" """
    return [Path(it) for (it,) in wh.sql(query).rows()]


def put(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    put(path, path.read_bytes()[:-1])


def empty(path: Path) -> None:
    put(path, b"")


def grow(path: Path) -> None:
    put(path, path.read_bytes() + b"\0")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def page(path: Path) -> None:
    put(path, b"<html><body>502 Bad Gateway</body></html>".ljust(path.stat().st_size))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = [remove, cut, empty, grow, flip, page, folder]


# ---- data files


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("which", [0, 1])
def test_a_data_file_that_was_harmed(files, root: Path, harm, which: int) -> None:
    harm(files[which])
    with warehouse.open(root) as wh, pytest.raises(DamageError) as caught:
        wh.sql(COUNT)
    assert caught.value.path == files[which]
    assert str(files[which]) in str(caught.value)


@pytest.mark.parametrize("harm", HARMS)
def test_harm_done_after_the_first_statement(opened, files, harm) -> None:
    harm(files[1])
    with pytest.raises(DamageError):
        opened.sql(COUNT)


def test_two_files_that_were_exchanged(opened, files) -> None:
    first, second = (path.read_bytes() for path in files)
    put(files[0], second)
    put(files[1], first)
    with pytest.raises(DamageError, match="content of bars_1d/2021"):
        opened.sql(COUNT)


def test_times_set_back_hide_nothing(opened, files) -> None:
    status = files[0].stat()
    flip(files[0])
    os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(DamageError):
        opened.sql(COUNT)


def test_a_mended_file_is_read_again(opened, files) -> None:
    content = files[0].read_bytes()
    flip(files[0])
    with pytest.raises(DamageError):
        opened.sql(COUNT)
    put(files[0], content)
    assert opened.sql(COUNT).rows() == [(2,)]


def test_a_file_mended_after_opening(files, root: Path) -> None:
    content = files[0].read_bytes()
    remove(files[0])
    with warehouse.open(root) as wh:
        files[0].write_bytes(content)
        assert wh.sql(COUNT).rows() == [(2,)]


@pytest.mark.parametrize(
    "query",
    [
        "FROM eq.bars_1d_adjusted",
        'FROM memory."EQ"."Bars_1D"',
        "FROM query('FROM e' || 'q.bars_1d')",
        "FROM query_table('e' || 'q.bars_1d')",
        "WITH x AS (FROM eq.bars_1d) SELECT 1 FROM range(3)",
        "SUMMARIZE eq.bars_1d",
        "CREATE TABLE copied AS FROM eq.bars_1d",
        "USE eq; FROM bars_1d",
        "FROM eq.bars_1d WHERE sid = ?",
    ],
)
def test_every_way_to_a_harmed_view(opened, files, query: str) -> None:
    flip(files[0])
    with pytest.raises(DamageError):
        opened.sql(query, [0] if "?" in query else None)


@pytest.mark.parametrize(
    ("made", "query"),
    [
        ("CREATE VIEW mine AS FROM eq.bars_1d", "FROM mine"),
        ("CREATE MACRO total() AS (SELECT sum(close) FROM eq.bars_1d)", "SELECT total()"),
        ("CREATE MACRO rows_of() AS TABLE FROM eq.bars_1d", "FROM rows_of()"),
    ],
)
def test_a_harmed_view_behind_something_of_the_user(opened, files, made: str, query: str) -> None:
    opened.sql(made)
    opened.sql(query)
    flip(files[0])
    with pytest.raises(DamageError):
        opened.sql(query)


def test_a_stream_of_a_harmed_view(opened, files) -> None:
    flip(files[0])
    with pytest.raises(DamageError):
        opened.stream("FROM eq.bars_1d")


def test_a_view_of_the_user_follows_the_head(wh, ingest, files) -> None:
    wh.sql("CREATE VIEW mine AS SELECT sum(close)::INTEGER AS total FROM eq.bars_1d")
    assert wh.sql("FROM mine").rows() == [(3,)]
    ingest([("2020-01-02", 0, 9)])
    assert wh.sql("FROM mine").rows() == [(11,)]
    flip(paths(wh)[1])
    with pytest.raises(DamageError):
        wh.sql("FROM mine")


# ---- in nobody's way


@pytest.mark.parametrize(
    "query",
    ["SELECT 1", "FROM ok.bars_1d", "FROM eq.assets", "FROM meta.bundles", "SHOW ALL TABLES"],
)
@pytest.mark.parametrize("harm", [remove, flip, empty])
def test_what_does_not_read_it(files, beside, root: Path, harm, query: str) -> None:
    harm(files[0])
    with warehouse.open(root) as wh:
        assert wh.bundles() == ["eq", "ok"]
        wh.sql(query)


def test_a_harmed_old_file_does_not_trouble_the_head(wh, ingest, files, root: Path) -> None:
    ingest([("2020-01-02", 0, 9)])
    remove(files[0])
    with warehouse.open(root) as now:
        assert now.sql(COUNT).rows() == [(2,)]
        with now.at(snapshot=1) as old, pytest.raises(DamageError):
            old.sql(COUNT)


def test_sizes_are_known_at_once(files, root: Path) -> None:
    cut(files[1])
    with warehouse.open(root) as wh:
        assert [it.path for it in wh.damages] == [files[1]]


# ---- manifests


@pytest.fixture
def manifest(files, beside, root: Path) -> Path:
    (found,) = (root / "bundles" / "eq" / "log").glob("*.json")
    return found


def test_a_harmed_old_manifest_does_not_trouble_the_head(ingest, manifest, root: Path) -> None:
    ingest([("2020-01-02", 0, 9)])
    flip(manifest)
    with warehouse.open(root) as wh:
        assert wh.snapshot("eq").version == 2
        assert wh.sql(COUNT).rows() == [(2,)]
        assert [it.path for it in wh.verify("eq").damages] == [manifest]


@pytest.mark.parametrize("view", ["snapshots", "lineage"])
def test_history_is_not_told_from_a_harmed_manifest(ingest, manifest, root, view: str) -> None:
    ingest([("2020-01-02", 0, 9)])
    content = manifest.read_bytes()
    put(manifest, content.replace(b"made by a test", b"made by a rest"))
    with warehouse.open(root) as wh, pytest.raises(QueryError, match=manifest.name):
        wh.sql(f"SELECT * FROM meta.{view}")


@pytest.mark.parametrize("harm", [cut, empty, grow, flip])
def test_a_manifest_that_was_harmed(manifest: Path, root: Path, harm) -> None:
    harm(manifest)
    with warehouse.open(root) as wh:
        for ask in (lambda: wh.snapshot("eq"), lambda: wh.sql(COUNT), lambda: wh.begin("eq")):
            with pytest.raises(DamageError) as caught:
                ask()
            assert caught.value.path == manifest


def test_a_harmed_manifest_troubles_nobody_else(manifest: Path, root: Path) -> None:
    flip(manifest)
    with warehouse.open(root) as wh:
        assert wh.bundles() == ["eq", "ok"]
        assert wh.sql("SELECT close::INTEGER FROM ok.bars_1d").rows() == [(5,)]
        assert [it.path for it in wh.damages] == [manifest]


def test_a_harmed_manifest_leaves_the_ones_before(wh, ingest, manifest: Path, root: Path) -> None:
    ingest([("2020-01-02", 0, 9)])
    flip(manifest.with_name("00000000000000000002.json"))
    with warehouse.open(root) as now, now.at(snapshot={"eq": 1}) as old:
        assert old.sql(COUNT).rows() == [(2,)]


def test_a_harmed_manifest_that_was_asked_for(manifest: Path, root: Path) -> None:
    flip(manifest)
    with warehouse.open(root) as wh, pytest.raises(DamageError):
        wh.at(snapshot={"eq": 1})


def test_a_manifest_mended_is_seen_by_refresh(manifest: Path, root: Path) -> None:
    content = manifest.read_bytes()
    flip(manifest)
    with warehouse.open(root) as wh:
        put(manifest, content)
        wh.refresh()
        assert wh.sql(COUNT).rows() == [(2,)]


# ---- how to get it back


def test_the_error_names_the_ingest(files, root: Path) -> None:
    remove(files[0])
    with warehouse.open(root) as wh, pytest.raises(DamageError, match="that made snapshot 1"):
        wh.sql(COUNT)


def test_the_error_names_the_snapshot_that_still_has_it(wh, ingest, files) -> None:
    ingest([("2020-01-02", 0, 9)])
    remove(paths(wh)[0])
    with pytest.raises(DamageError, match=r"Snapshot 1 still holds bars_1d/2020"):
        wh.sql(COUNT)


def test_the_error_names_no_snapshot_that_is_harmed_too(wh, ingest, files) -> None:
    ingest([("2020-01-02", 0, 9)])
    flip(files[0])
    remove(paths(wh)[0])
    with pytest.raises(DamageError) as caught:
        wh.sql(COUNT)
    assert "still holds" not in str(caught.value)


# ---- transactions


@pytest.mark.parametrize("harm", HARMS[:-1])
def test_the_same_rows_again_mend_a_partition(wh, ingest, files, harm) -> None:
    harm(files[0])
    ingest([("2020-01-02", 0, 1)])
    assert wh.sql("SELECT close::INTEGER FROM eq.bars_1d ORDER BY session").rows() == [(1,), (2,)]
    assert wh.verify("eq", 2).sound


@pytest.mark.parametrize(
    "rows", [[("2020-01-02", 0, 3)], [("2020-01-03", 0, 1)], [("2020-01-02", 1, 1)]]
)
def test_other_rows_do_not(wh, ingest, files, rows) -> None:
    flip(files[0])
    with pytest.raises(DamageError) as caught:
        ingest(rows)
    assert caught.value.path == files[0]


def test_other_partitions_take_rows(wh, ingest, files) -> None:
    flip(files[0])
    ingest([("2021-01-04", 0, 7), ("2022-01-03", 0, 8)])
    with pytest.raises(DamageError):
        wh.sql(COUNT)
    ingest([("2020-01-02", 0, 1)])
    assert wh.sql("SELECT sum(close)::INTEGER FROM eq.bars_1d").rows() == [(16,)]


def test_a_transaction_does_not_read_it(wh, files) -> None:
    flip(files[0])
    with wh.begin("eq") as txn, pytest.raises(DamageError):
        txn.session.rows("SELECT count(*) FROM bars_1d")


def test_a_dataset_of_one_partition_is_replaced(wh, assets) -> None:
    for symbol in ("A", "B"):
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.replace("assets", assets(symbol))
            txn.commit()
        flip(paths(wh)[0])
    with wh.begin("eq") as txn:
        assert txn.replace("assets", assets("B"))
        txn.commit()
    assert wh.sql("SELECT symbol FROM eq.assets").rows() == [("B",)]


def test_a_commit_stands_whatever_happens_to_others(wh, ingest, files, bars, root: Path) -> None:
    with wh.begin("new", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        flip(next((root / "bundles" / "eq" / "log").glob("*.json")))
        remove(files[0])
        txn.commit()
    assert wh.sql("SELECT count(*) FROM new.bars_1d").rows() == [(1,)]


def test_a_commit_shows_its_own_bundle_alone(wh, ingest, files, bars, root: Path) -> None:
    with warehouse.open(root) as other:
        ingest([("2020-01-02", 0, 9)])
        with other.begin("new", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
            txn.commit()
        assert other.snapshot("new").version == 1
        assert other.snapshot("eq").version == 1


def test_a_commit_by_one_that_looks_back_stays_there(wh, ingest, files, bars) -> None:
    with wh.at(snapshot={"eq": 1}) as old:
        with old.begin("eq") as txn:
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 9)]))
            assert txn.commit().version == 2
        assert old.snapshot("eq").version == 1


# ---- verify


def test_verify_finds_nothing(wh, ingest, files) -> None:
    ingest([("2020-01-02", 0, 9)])
    found = wh.verify("eq")
    assert found.sound
    assert (found.snapshots, found.files) == ((1, 2), 3)


@pytest.mark.parametrize("harm", HARMS)
def test_verify_finds_each_file(wh, files, harm) -> None:
    for path in files:
        harm(path)
    assert [it.path for it in wh.verify("eq").damages] == files


def test_verify_finds_a_manifest(wh, ingest, manifest: Path) -> None:
    ingest([("2020-01-02", 0, 9)])
    flip(manifest)
    assert manifest in [it.path for it in wh.verify("eq").damages]


def test_verify_of_one_snapshot(wh, ingest, files) -> None:
    ingest([("2020-01-02", 0, 9)])
    flip(files[0])
    assert wh.verify("eq", 2).sound
    assert not wh.verify("eq", 1).sound
