"""Compaction changes files, never rows."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import disk, log

WIDE = Decimal("1.123456789012345678")
ROWS = "SELECT * FROM eq.bars_1d ORDER BY sid, session"
TYPE = "SELECT DISTINCT typeof(close) FROM eq.bars_1d"
DAYS = [f"2020-01-{day:02}" for day in range(2, 32)]


@pytest.fixture
def corrected(ingest) -> None:
    """A bundle whose one value of more than eight decimals was corrected to one of two."""
    ingest([(day, 0, 1) for day in DAYS])
    ingest([("2020-01-02", 0, WIDE), ("2021-01-04", 0, 1)], wide=("close",))
    ingest([("2020-01-02", 0, "1.25"), ("2021-01-04", 0, 2)])


def test_a_column_that_is_wide_for_nothing_becomes_narrow(wh, corrected) -> None:
    assert wh.sql(TYPE).rows() == [("DECIMAL(38,18)",)]
    before = wh.sql(ROWS).rows()
    assert wh.compact("eq").version == 4
    assert wh.sql(TYPE).rows() == [("DECIMAL(18,8)",)]
    assert wh.sql(ROWS).rows() == before


def test_a_column_that_is_wide_for_a_value_stays(wh, ingest) -> None:
    ingest([("2020-01-02", 0, WIDE)], wide=("close", "open"))
    wh.compact("eq")
    assert wh.sql("SELECT typeof(close), typeof(open), close FROM eq.bars_1d").rows() == [
        ("DECIMAL(38,18)", "DECIMAL(18,8)", WIDE)
    ]


def test_a_value_too_large_for_the_narrow_type_stays(wh, ingest) -> None:
    large = Decimal(12345678901)
    ingest([("2020-01-02", 0, large)], wide=("close",))
    head = wh.compact("eq")
    assert head.version == 1
    assert wh.sql("SELECT close FROM eq.bars_1d").rows() == [(large,)]


def test_missing_values_need_no_width(wh, ingest) -> None:
    ingest([("2020-01-02", 0, WIDE)], wide=("close",))
    ingest([("2020-01-02", 0, None)], wide=("close",))
    assert wh.compact("eq").version == 3
    assert wh.sql(TYPE).rows() == [("DECIMAL(18,8)",)]
    assert wh.sql("SELECT close FROM eq.bars_1d").rows() == [(None,)]


def test_a_file_that_another_engine_packed_worse_shrinks(wh, bars, monkeypatch) -> None:
    real = disk.sync_file

    def unpack_and_sync(path: Path) -> None:
        pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False)
        real(path)

    rows = [(day, sid, sid % 7) for day in DAYS for sid in range(200)]
    with monkeypatch.context() as patched, wh.begin("eq", calendar="XNYS") as txn:
        patched.setattr(disk, "sync_file", unpack_and_sync)
        txn.upsert("bars_1d", bars(rows))
        old = txn.commit()
    before = wh.sql(ROWS).arrow()
    new = wh.compact("eq")
    assert sum(it.size for *_, it in new.files()) < 0.9 * sum(it.size for *_, it in old.files())
    assert wh.sql(ROWS).arrow().equals(before)


def test_again_gains_nothing(wh, corrected, root) -> None:
    place = BundleDir(root, BundleName("eq"))
    head = wh.compact("eq")
    files = set(place.data.rglob("*"))
    assert wh.compact("eq") == head
    assert log.versions(place) == [1, 2, 3, 4]
    assert set(place.data.rglob("*")) == files


def test_partitions_without_gain_keep_their_file(wh, ingest) -> None:
    ingest([("2021-01-04", 0, 1), ("2020-01-02", 0, "1.12345678")])
    ingest([("2020-01-02", 0, 1)])
    before = wh.snapshot("eq").datasets["bars_1d"]
    after = wh.compact("eq").datasets["bars_1d"]
    assert before["2021"] == after["2021"]
    assert before["2020"] != after["2020"]


def test_datasets_of_one_partition_and_minutes_are_compacted(wh, assets, bars) -> None:
    ts = pa.array([1_577_977_800_000_000], pa.int64()).cast(pa.timestamp("us"))
    with wh.begin("eq", calendar="XNYS") as txn:
        for close in (WIDE, 1):
            daily = bars([("2020-01-02", 0, close)], wide=("close",))
            txn.upsert("bars_1m", daily.add_column(0, "ts", ts))
        txn.replace("assets", assets("A"))
        txn.commit()
    rows = wh.sql("FROM eq.bars_1m").rows()
    assert wh.compact("eq").version == 2
    assert wh.sql("FROM eq.bars_1m").rows() == rows
    assert len(wh.sql("FROM eq.assets")) == 1


def test_a_reader_keeps_its_files(wh, root, corrected) -> None:
    with warehouse.open(root) as reader:
        rows = reader.sql(ROWS).rows()
        wh.compact("eq")
        wh.refresh()
        wh.vacuum("eq", keep=1, days=0)
        assert reader.sql(ROWS).rows() == rows
        assert reader.sql(TYPE).rows() == [("DECIMAL(38,18)",)]


def test_the_lineage_stays_and_says_so(wh, corrected) -> None:
    lineage = wh.compact("eq").lineage
    assert lineage["rows"] == "made by a test"
    assert lineage["compacted"] == 3
