"""Files that are not as committed are refused by name."""

from pathlib import Path

import pytest

import warehouse
from warehouse.errors import DamageError


@pytest.fixture
def files(wh, ingest) -> list[Path]:
    """The data files of a bundle of two years, oldest first."""
    ingest([("2020-01-02", 0, 1), ("2021-01-04", 0, 2)])
    found = wh.sql('SELECT path FROM meta.data_files ORDER BY "partition"').rows()
    return [Path(it) for (it,) in found]


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("harm", [remove, cut, empty, grow])
@pytest.mark.parametrize("which", [0, 1])
def test_a_data_file_that_was_harmed(files, root: Path, harm, which: int) -> None:
    harm(files[which])
    with pytest.raises(DamageError) as caught:
        warehouse.open(root)
    assert caught.value.path == files[which]
    assert str(files[which]) in str(caught.value)


def test_a_refused_open_leaves_no_pin(files, root: Path) -> None:
    leases = root / "bundles" / "eq" / "leases"
    before = set(leases.iterdir())
    remove(files[0])
    with pytest.raises(DamageError):
        warehouse.open(root)
    assert set(leases.iterdir()) == before


@pytest.mark.parametrize("harm", [cut, empty, grow])
def test_a_manifest_that_was_harmed(files, root: Path, harm) -> None:
    (manifest,) = (root / "bundles" / "eq" / "log").glob("*.json")
    harm(manifest)
    with pytest.raises(DamageError) as caught:
        warehouse.open(root)
    assert caught.value.path == manifest


def test_no_transaction_on_a_harmed_head(wh, files) -> None:
    remove(files[1])
    with pytest.raises(DamageError) as caught:
        wh.begin("eq")
    assert caught.value.path == files[1]


def test_a_harmed_old_file_does_not_trouble_the_head(wh, ingest, files, root: Path) -> None:
    ingest([("2020-01-02", 0, 9)])
    remove(files[0])
    with warehouse.open(root) as now:
        assert now.snapshot("eq").version == 2
        with pytest.raises(DamageError):
            now.at(snapshot=1)
