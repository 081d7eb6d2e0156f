"""A rollback is a snapshot more, not fewer."""

import pytest

from warehouse.errors import UnknownSnapshotError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import log

CLOSES = "SELECT session::VARCHAR, close::INTEGER FROM eq.bars_1d ORDER BY ALL"


@pytest.fixture
def history(ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2020-01-02", 0, 2), ("2021-01-04", 0, 2)])
    ingest([("2020-01-02", 0, 3)])


def test_the_older_content_is_the_head(wh, history) -> None:
    assert wh.restore("eq", 1).version == 4
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1)]


def test_the_snapshots_between_stay(wh, history) -> None:
    wh.restore("eq", 1)
    with wh.at(snapshot=3) as older:
        assert older.sql(CLOSES).rows() == [("2020-01-02", 3), ("2021-01-04", 2)]


def test_nothing_is_copied(wh, history, root) -> None:
    place = BundleDir(root, BundleName("eq"))
    files = set(place.data.rglob("*"))
    wh.restore("eq", 2)
    assert set(place.data.rglob("*")) == files


def test_the_head_is_not_restored_again(wh, history) -> None:
    assert wh.restore("eq", 3).version == 3
    wh.restore("eq", 2)
    assert wh.restore("eq", 2).version == 4


def test_the_lineage_says_which(wh, history) -> None:
    assert wh.restore("eq", 2).lineage["restored"] == 2


def test_an_unknown_version(wh, history, root) -> None:
    with pytest.raises(UnknownSnapshotError):
        wh.restore("eq", 7)
    assert log.versions(BundleDir(root, BundleName("eq"))) == [1, 2, 3]


def test_writing_goes_on(wh, history, ingest) -> None:
    wh.restore("eq", 1)
    assert ingest([("2020-01-03", 0, 9)]).version == 5
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1), ("2020-01-03", 9)]


def test_shared_files_outlive_their_first_snapshot(wh, history) -> None:
    wh.restore("eq", 1)
    wh.refresh()
    assert wh.vacuum("eq", keep=1, days=0).removed == (1, 2, 3)
    assert wh.sql(CLOSES).rows() == [("2020-01-02", 1)]
