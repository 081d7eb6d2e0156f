"""Bundles from Python."""

from datetime import UTC, datetime

import pytest

from rustybt.data import bundles
from warehouse.errors import UnknownBundleError

HEADER = "date,symbol,open,high,low,close,volume\n"


@pytest.fixture
def stored(write, root):
    path = write(HEADER + "2024-01-02,A,1,2,1,2,10\n")
    return bundles.ingest_files(path, "daily", root=root)


def test_names_are_listed(stored, root):
    assert bundles.names(root) == ["daily"]


def test_a_handle_names_its_snapshot(stored, root):
    assert bundles.get("daily", root=root).snapshot.version == stored.snapshot


def test_a_handle_has_its_assets(stored, root):
    assert bundles.get("daily", root=root).assets()["symbol"].to_pylist() == ["A"]


def test_a_handle_is_as_of_an_instant(stored, write, root):
    instant = datetime.now(UTC)
    bundles.ingest_files(write(HEADER + "2024-01-03,A,1,2,1,2,10\n"), "daily", root=root)
    assert bundles.load("daily", instant, root=root).snapshot.version == 1


def test_an_unknown_bundle_names_the_nearest(stored, root):
    with pytest.raises(UnknownBundleError, match="'daily'"):
        bundles.get("dialy", root=root)
