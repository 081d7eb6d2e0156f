"""`bundles.clean` keeps zipline's words and means snapshots by them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import warehouse
from rustybt.data import bundles
from rustybt.errors import CleanError
from warehouse.errors import InstantError, UnknownBundleError

NARROW = pa.decimal128(18, 8)
CLOSE = "SELECT close::INTEGER FROM eq.bars_1d"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def instants(root: Path, copied) -> list[datetime]:
    """When each of four snapshots of one bar was committed, which closes at 1, 2, 3 and 4."""
    return copied(four_snapshots, root)


def four_snapshots(root: Path) -> list[datetime]:
    made = []
    for close in (1, 2, 3, 4):
        columns = {
            "session": pa.array([datetime(2020, 1, 2, tzinfo=UTC).date()]),
            "sid": pa.array([0], pa.int32()),
            "symbol": ["A"],
        }
        price = pa.array([Decimal(close)], NARROW)
        columns |= dict.fromkeys(("open", "high", "low", "close", "volume"), price)
        with warehouse.open(root) as wh, wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", pa.table(columns))
            made.append(txn.commit().created_at)
    return made


def held(root: Path) -> list[int]:
    with warehouse.open(root) as wh:
        return [it.version for it in wh.snapshots("eq")]


def close(root: Path) -> int:
    with warehouse.open(root) as wh:
        return wh.sql(CLOSE).rows()[0][0]


def test_keep_last(root, instants) -> None:
    assert bundles.clean("eq", keep_last=2, root=root) == {1, 2}
    assert held(root) == [3, 4]


def test_keep_more_than_there_are(root, instants) -> None:
    assert bundles.clean("eq", keep_last=9, root=root) == set()


def test_before_is_exclusive(root, instants) -> None:
    assert bundles.clean("eq", before=instants[1], root=root) == {1}
    assert held(root) == [2, 3, 4]


def test_the_newest_stays_though_it_is_before(root, instants) -> None:
    later = instants[3] + timedelta(days=1)
    assert bundles.clean("eq", before=later, root=root) == {1, 2, 3}
    assert close(root) == 4


def test_after_goes_back(root, instants) -> None:
    assert bundles.clean("eq", after=instants[1], root=root) == {3, 4}
    assert held(root) == [1, 2, 5]
    assert close(root) == 2


def test_after_without_anything_after(root, instants) -> None:
    assert bundles.clean("eq", after=instants[3], root=root) == set()
    assert held(root) == [1, 2, 3, 4]


def test_between(root, instants) -> None:
    removed = bundles.clean("eq", before=instants[1], after=instants[2], root=root)
    assert removed == {1, 4}
    assert held(root) == [2, 3, 5]
    assert close(root) == 3


def test_no_number_comes_back(root, instants) -> None:
    bundles.clean("eq", after=instants[0], root=root)
    bundles.clean("eq", keep_last=1, root=root)
    assert held(root) == [5]


@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=-5))], ids=str)
def test_zones(root, instants, zone) -> None:
    at = instants[1].replace(tzinfo=None) if zone is None else instants[1].astimezone(zone)
    assert bundles.clean("eq", before=at, root=root) == {1}


def test_text(root, instants) -> None:
    assert bundles.clean("eq", before=instants[2].isoformat(), root=root) == {1, 2}
    with pytest.raises(InstantError):
        bundles.clean("eq", before="yesterday", root=root)


def test_what_is_read_stays(root, instants) -> None:
    with warehouse.open(root) as wh, wh.at(snapshot=2) as reader:
        assert bundles.clean("eq", keep_last=1, root=root) == {1, 3}
        assert reader.sql(CLOSE).rows() == [(2,)]


EARLY, LATE = "2020-01-01", "2030-01-01"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, "none of them"),
        ({"keep_last": 0}, "found 0"),
        ({"keep_last": -1}, "found -1"),
        ({"keep_last": 1, "before": LATE}, "both"),
        ({"keep_last": 1, "after": EARLY}, "both"),
        ({"before": LATE, "after": EARLY}, "`after` at or behind `before`"),
        ({"after": EARLY}, "behind the first commit that is kept, found 2"),
    ],
    ids=str,
)
def test_contradictions(root, instants, options, found: str) -> None:
    with pytest.raises(CleanError, match=found):
        bundles.clean("eq", **options, root=root)
    assert held(root) == [1, 2, 3, 4]


def test_an_unknown_bundle(root, instants) -> None:
    with pytest.raises(UnknownBundleError):
        bundles.clean("qe", keep_last=1, root=root)
