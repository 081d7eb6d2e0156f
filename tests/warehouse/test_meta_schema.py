from datetime import date
from pathlib import Path

import pytest

from warehouse.snapshots import disk


@pytest.fixture
def snapshots(wh, bars, assets):
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1), ("2020-01-03", 0, 1)]))
        txn.replace("assets", assets("A"))
        first = txn.commit({"source": "one"})
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2021-06-01", 0, 1)]))
        return [first, txn.commit({"source": "two"})]


def test_bundles(wh, snapshots) -> None:
    head = snapshots[1]
    ((*known, size, first, last),) = wh.sql("FROM meta.bundles").rows()
    assert known == ["eq", 2, head.sha256, head.created_at.replace(tzinfo=None), "XNYS", 3]
    assert size == sum(file.size for _, _, file in head.files())
    assert (first, last) == (date(2020, 1, 2), date(2021, 6, 1))


def test_snapshots(wh, snapshots) -> None:
    found = wh.sql(
        "SELECT bundle, snapshot, sha256, parent, created_at, txn, lineage ->> 'source' FROM meta.snapshots"
    ).rows()
    assert found == [
        ("eq", it.version, it.sha256, it.parent, it.created_at.replace(tzinfo=None), it.txn, source)
        for it, source in zip(snapshots, ("one", "two"), strict=True)
    ]


def test_snapshots_are_a_chain(wh, snapshots) -> None:
    assert snapshots[0].parent == ""
    assert snapshots[1].parent == snapshots[0].sha256


def test_data_files(wh, snapshots) -> None:
    query = 'SELECT dataset, "partition", "rows", first, last FROM meta.data_files ORDER BY ALL'
    assert wh.sql(query).rows() == [
        ("assets", "all", 1, "", ""),
        ("bars_1d", "2020", 2, "2020-01-02", "2020-01-03"),
        ("bars_1d", "2021", 1, "2021-06-01", "2021-06-01"),
    ]


def test_data_files_are_on_the_disk_as_said(wh, snapshots) -> None:
    for path, size, sha256 in wh.sql("SELECT path, size, sha256 FROM meta.data_files").rows():
        assert Path(path).stat().st_size == size
        assert disk.sha256_of(Path(path)) == sha256


def test_the_meta_of_an_older_snapshot(wh, snapshots) -> None:
    with wh.at(snapshot=1) as old:
        assert old.sql("SELECT snapshot, last_session FROM meta.bundles").rows() == [
            (1, date(2020, 1, 3))
        ]
        assert old.sql("SELECT count(*) FROM meta.data_files").rows() == [(2,)]


def test_a_bundle_without_bars(wh, assets) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.replace("assets", assets("A"))
        txn.commit()
    query = 'SELECT "rows", first_session, last_session FROM meta.bundles'
    assert wh.sql(query).rows() == [(0, None, None)]


def test_opening_does_without_pandas(wh, snapshots, nursery, tmp_path) -> None:
    """Opening and writing must not cost the import of pandas."""
    assert nursery.run("without_pandas", wh.root) == 0


@pytest.mark.parametrize("view", ["bundles", "snapshots", "data_files"])
def test_an_empty_warehouse(wh, view: str) -> None:
    assert wh.sql(f"FROM meta.{view}").rows() == []
