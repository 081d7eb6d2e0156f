"""Files written before a dataset had columns that it has now."""

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse
from warehouse import schema

LATER = "SELECT sid, symbol, currency, multiplier, expiry FROM b.assets ORDER BY sid"
ROWS = {
    "sid": pa.array([0, 1], pa.int32()),
    "symbol": ["A", "B"],
    "exchange": ["XNYS", "XNYS"],
    "asset_type": ["equity", "equity"],
    "first_session": [date(2020, 1, 6)] * 2,
    "last_session": [date(2020, 1, 7)] * 2,
}
SHOWN = [(0, "A", None, None, None), (1, "B", None, None, None)]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root whose assets have the columns of the first version."""
    first = [it for it in schema.ASSETS.columns if it not in schema.ASSETS.optional]
    older = replace(schema.ASSETS, columns=tuple(first), optional=())
    with monkeypatch.context() as patch:
        patch.setitem(schema._FIXED, "assets", older)
        with warehouse.open(tmp_path) as wh, wh.begin("b", calendar="XNYS") as txn:
            txn.replace("assets", pa.table(ROWS))
            txn.commit()
    (path,) = tmp_path.rglob("*.parquet")
    assert pq.read_schema(path).names == list(ROWS)
    return tmp_path


@pytest.mark.parametrize("safe", [False, True])
def test_columns_that_a_file_lacks_are_null(root, safe):
    with warehouse.open(root, safe=safe) as wh:
        assert wh.sql(LATER).rows() == SHOWN
        assert len(wh.sql("FROM b.assets").columns) == len(schema.ASSETS.columns)


def test_rows_are_written_anew_with_all_columns(root):
    with warehouse.open(root) as wh:
        with wh.begin("b") as txn:
            rows = "SELECT * REPLACE (3.0::DOUBLE AS multiplier) FROM assets WHERE sid = 1"
            txn.upsert("assets", txn.session.arrow(rows))
            txn.commit()
        wh.refresh()
        assert wh.sql(LATER).rows() == [SHOWN[0], (1, "B", None, 3.0, None)]


def test_the_same_rows_are_nothing_new(root):
    with warehouse.open(root) as wh, wh.begin("b") as txn:
        changes = txn.upsert("assets", pa.table(ROWS))
        assert (changes.added, changes.changed, changes.same) == (0, 0, 2)


def test_an_old_snapshot_can_be_restored_and_compared(root):
    with warehouse.open(root) as wh:
        with wh.begin("b") as txn:
            told = {"currency": ["USD", "USD"]}
            txn.replace("assets", pa.table({**ROWS, **told}))
            txn.commit()
        wh.refresh()
        assert wh.sql(LATER).rows()[0][2] == "USD"
        wh.restore("b", 1)
        assert wh.sql(LATER).rows() == SHOWN
