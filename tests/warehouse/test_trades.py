"""Trades as a dataset: many of one instant, a file a day, and the order of their numbers."""

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

import warehouse
from warehouse import Changes
from warehouse.errors import DamageError, SchemaError

NARROW = pa.decimal128(18, 8)
ROWS = "SELECT ts::VARCHAR, sid, price::VARCHAR, side, id, seq FROM fx.trades ORDER BY sid, ts, seq"


def trades(rows):
    """Rows of (ts, sid, price, id, seq), of size 0.5, bought."""
    at = [datetime.fromisoformat(it[0]) for it in rows]
    return pa.table(
        {
            "ts": pa.array(at, pa.timestamp("us")),
            "session": pa.array([it.date() for it in at], pa.date32()),
            "sid": pa.array([it[1] for it in rows], pa.int32()),
            "symbol": pa.array([f"S{it[1]}" for it in rows], pa.string()),
            "price": pa.array([Decimal(str(it[2])) for it in rows], NARROW),
            "size": pa.array([Decimal("0.5")] * len(rows), NARROW),
            "side": pa.array(["buy"] * len(rows), pa.string()),
            "id": pa.array([it[3] for it in rows], pa.string()),
            "seq": pa.array([it[4] for it in rows], pa.int64()),
        }
    )


def commit(wh, rows):
    with wh.begin("fx", calendar="24/7") as txn:
        changes = txn.upsert("trades", trades(rows))
        return changes, txn.commit() if txn.touched else txn.head


def test_trades_of_one_instant_stand_in_order_of_their_numbers(wh) -> None:
    at = "2024-03-01 23:59:59.999999"
    rows = [(at, 2, 7, "z", 10), (at, 1, 5, "a", 2), (at, 1, 6, None, 0), (at, 1, 4, "b", 1)]
    changes, snapshot = commit(wh, [*rows, ("2024-03-02", 1, 9, None, 0)])
    assert changes == Changes(added=5)
    assert sorted(snapshot.datasets["trades"]) == ["2024-03-01", "2024-03-02"]
    assert [it[1:] for it in wh.sql(ROWS).rows()] == [
        (1, "6.00000000", "buy", None, 0),
        (1, "4.00000000", "buy", "b", 1),
        (1, "5.00000000", "buy", "a", 2),
        (1, "9.00000000", "buy", None, 0),
        (2, "7.00000000", "buy", "z", 10),
    ]


def test_more_trades_than_a_row_group_keep_their_order(wh) -> None:
    count = 130_000  # of five instants
    rows = [(f"2024-03-01 10:00:0{i * 5 // count}", 1, 1, None, i) for i in range(count)]
    changes, _ = commit(wh, rows[::-1])
    assert changes.added == count
    told = wh.sql("SELECT count(*), count(DISTINCT seq), max(seq), min(id) FROM fx.trades").rows()
    assert told == [(count, count, count - 1, None)]


def test_a_day_is_written_anew_only_for_what_is_new(wh) -> None:
    first, second = ("2024-03-01 10:00", 1, 5, "a", 0), ("2024-03-02 10:00", 1, 6, "b", 0)
    _, old = commit(wh, [first, second])
    changes, new = commit(wh, [second, ("2024-03-02 10:00", 1, 7, "c", 1)])
    assert changes == Changes(added=1, same=1)
    assert new.datasets["trades"]["2024-03-01"] == old.datasets["trades"]["2024-03-01"]
    with wh.at(snapshot={"fx": 1}) as before:
        assert len(before.sql(ROWS).rows()) == 2


def test_one_number_twice_at_an_instant_is_refused(wh) -> None:
    rows = [("2024-03-01 10:00", 1, 5, "a", 0), ("2024-03-01 10:00", 1, 6, "b", 0)]
    with pytest.raises(SchemaError, match="seq 0"):
        commit(wh, rows)


def test_a_damaged_day_is_found_and_named(wh, root) -> None:
    _, snapshot = commit(wh, [("2024-03-01 10:00", 1, 5, "a", 0)])
    file = snapshot.datasets["trades"]["2024-03-01"]
    path = root / "bundles" / "fx" / "data" / file.path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    (damage,) = wh.verify("fx").damages
    assert isinstance(damage, DamageError)
    assert "trades/2024-03-01" in str(damage)
    assert "or repeat the ingest" in str(damage)


def test_safe_mode_reads_trades_and_nothing_else(wh, root) -> None:
    commit(wh, [("2024-03-01 10:00", 1, 5, "a", 0)])
    with warehouse.open(root, safe=True) as safe:
        assert safe.sql("SELECT id, seq FROM fx.trades").rows() == [("a", 0)]
