"""RustyBT's calls for metadata answer from the snapshots, and refuse to be written to."""

import shutil
from datetime import UTC, datetime

import pytest

import warehouse
from rustybt.data.bundles import ingest_files
from rustybt.data.bundles.metadata import BundleMetadata
from rustybt.data.catalog import DataCatalog
from rustybt.data.quality import check, record
from rustybt.errors import DerivedMetadataError
from warehouse.errors import UnknownBundleError

# Five sessions of AAA of which 4 January is missing; BBB has no price on the 5th and a low that is none.
PRICES = """date,symbol,open,high,low,close,volume
2024-01-02,AAA,10,11,9,10,100
2024-01-03,AAA,10,11,9,10,100
2024-01-05,AAA,10,11,9,10,100
2024-01-08,AAA,10,11,9,10,100
2024-01-02,BBB,10,11,9,10,100
2024-01-03,BBB,10,11,10.5,10,100
2024-01-05,BBB,10,11,9,,100
2024-01-08,BBB,10,11,9,10,100
"""


def seconds(*day: int) -> int:
    return int(datetime(*day, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metadata")
    (folder / "prices.csv").write_text(PRICES)
    ingest_files(folder / "prices.csv", "tiny", root=folder / "data")
    return folder / "data"


@pytest.fixture(scope="module")
def loaded(root):
    return BundleMetadata.load("tiny", root=root)


def test_rows_and_span(loaded):
    assert (loaded.row_count, loaded.start_date, loaded.end_date) == (
        8, seconds(2024, 1, 2), seconds(2024, 1, 8),
    )  # fmt: skip


def test_missing_days_are_sessions_without_any_bar(loaded):
    assert (loaded.missing_days_count, loaded.missing_days_list) == (1, ["2024-01-04"])


def test_gaps_are_counted_per_asset(loaded):
    assert loaded.gap_pct == pytest.approx(100 * 2 / 10)


def test_bar_that_breaks_a_relation_is_counted_once(loaded):
    assert loaded.ohlcv_violations == 1
    assert loaded.ohlcv_valid_pct == pytest.approx(100 * 7 / 8)


def test_missing_price_is_missing_data(loaded):
    assert loaded.missing_data_pct == pytest.approx(100 / 8)


def test_quality_score_is_the_documented_sum(loaded):
    expected = 0.4 * 7 / 8 + 0.2 * 1 + 0.2 * 8 / 10 + 0.2 * 7 / 8
    assert loaded.quality_score == pytest.approx(expected)


def test_what_was_not_checked_has_not_passed(loaded):
    assert loaded.validation_passed is None


def test_recorded_checks_give_the_verdict(root, tmp_path):
    shutil.copytree(root, tmp_path / "data")
    with warehouse.open(tmp_path / "data") as wh:
        report = check(wh, "tiny")
        record(wh, report)
    checked = BundleMetadata.load("tiny", root=tmp_path / "data")
    assert checked.validation_passed is {"passed": True, "failed": False}[report.verdict]
    assert checked.validation_timestamp is not None
    assert checked.outlier_count is not None
    assert checked.source_type == "FileSource"
    assert BundleMetadata.count_quality_records(root=tmp_path / "data") == 1


def test_size_and_checksum_are_those_of_the_snapshot(loaded, root):
    with warehouse.open(root) as wh:
        snapshot = wh.snapshot("tiny")
    assert loaded.file_checksum == snapshot.sha256
    assert loaded.file_size_bytes == sum(file.size for *_, file in snapshot.files())


def test_source_is_told(loaded):
    assert loaded.source_type == "FileSource"
    assert "prices.csv" in loaded.source_url


def test_get_gives_a_dict_of_the_same(loaded, root):
    assert BundleMetadata.get("tiny", root=root)["row_count"] == loaded.row_count


@pytest.mark.parametrize("name", ["absent", "No Name!"])
def test_get_of_no_bundle_is_none(root, name):
    assert BundleMetadata.get(name, root=root) is None


def test_load_of_no_bundle_names_the_nearest(root):
    with pytest.raises(UnknownBundleError, match="tiny"):
        BundleMetadata.load("tinny", root=root)


def test_symbols_have_their_sid(root):
    symbols = BundleMetadata.get_symbols("tiny", root=root)
    with warehouse.open(root) as wh:
        stored = wh.sql("SELECT sid, symbol FROM tiny.assets ORDER BY sid").rows()
    assert [(it["symbol_id"], it["symbol"]) for it in symbols] == stored


def test_counts(root):
    assert BundleMetadata.count_bundles(root=root) == 1
    assert BundleMetadata.count_symbols("tiny", root=root) == 2
    assert BundleMetadata.count_all_symbols(root=root) == 2
    assert BundleMetadata.count_quality_records(root=root) == 0


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["tiny"]),
        ({"source_type": "FileSource"}, ["tiny"]),
        ({"source_type": "yfinance"}, []),
        ({"start_date": seconds(2024, 1, 2)}, ["tiny"]),
        ({"start_date": seconds(2024, 1, 3)}, []),
        ({"end_date": seconds(2024, 1, 7)}, []),
    ],
)
def test_bundles_are_listed_by_source_and_span(root, filters, found):
    listed = BundleMetadata.list_bundles(**filters, root=root)
    assert [it["bundle_name"] for it in listed] == found


def test_root_of_the_environment_is_taken(root, monkeypatch):
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(root))
    assert BundleMetadata.count_bundles() == 1


def test_catalog_of_one_warehouse_leaves_another_alone(root, tmp_path):
    here, elsewhere = DataCatalog(root=root), DataCatalog(root=tmp_path)
    assert (here.count_bundles(), elsewhere.count_bundles()) == (1, 0)
    assert here.get_bundle_metadata("tiny")["row_count"] == 8
    assert here.get_quality_metrics("tiny")["ohlcv_violations"] == 1


def test_empty_catalog_has_no_bundle(tmp_path):
    assert DataCatalog(root=tmp_path).list_bundles() == []


@pytest.mark.parametrize(
    "call", ["update", "delete", "add_symbol", "add_cache_entry", "set_db_path"]
)
def test_metadata_are_not_written_by_hand(call):
    with pytest.raises(DerivedMetadataError, match="Instead"):
        getattr(BundleMetadata, call)("tiny", source_type="csv")


@pytest.mark.parametrize("call", ["store_metadata", "delete_bundle_metadata", "get_cache_size"])
def test_catalog_refuses_what_it_cannot_answer(call):
    with pytest.raises(DerivedMetadataError, match="Instead"):
        getattr(DataCatalog(), call)()


def test_catalog_has_no_database_file(tmp_path):
    with pytest.raises(DerivedMetadataError, match="root="):
        DataCatalog(tmp_path / "assets-9.db")
