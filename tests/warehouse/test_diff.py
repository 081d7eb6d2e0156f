"""`diff`: what changed between two snapshots."""

from decimal import Decimal
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import DamageError, UnknownBundleError, UnknownSnapshotError


@pytest.fixture
def history(wh, root, bars, assets, copied):
    """Four snapshots: two years; a correction and an addition in the second; assets; a wide value."""
    daily = [
        bars([("2020-01-02", 0, 1), ("2020-01-03", 1, 1), ("2021-01-04", 0, 2)]),
        bars([("2021-01-04", 0, 3), ("2021-01-04", 1, 3), ("2021-01-05", 1, 3)]),
        None,
        bars([("2021-01-05", 1, "3.123456789")], wide=("close",)),
    ]

    def four(folder: Path) -> None:
        with warehouse.open(folder) as made:
            for rows in daily:
                with made.begin("eq", calendar="XNYS") as txn:
                    if rows is None:
                        txn.replace("assets", assets("S0", "S1"))
                    else:
                        txn.upsert("bars_1d", rows)
                    txn.commit()

    copied(four, root)
    wh.refresh()
    return wh


def test_counts(history) -> None:
    found = history.diff("eq", 1, 2)
    assert found.columns == ["dataset", "symbol", "added", "changed", "removed"]
    assert found.rows() == [("bars_1d", "S0", 0, 1, 0), ("bars_1d", "S1", 2, 0, 0)]


def test_counts_the_other_way_round(history) -> None:
    assert history.diff("eq", 2, 1).rows() == [
        ("bars_1d", "S0", 0, 1, 0),
        ("bars_1d", "S1", 0, 0, 2),
    ]


def test_rows(history) -> None:
    found = history.diff("eq", 1, 2, rows=True)
    assert found.columns == ["dataset", "symbol", "change", "before", "after"]
    assert [row[:3] for row in found.rows()] == [
        ("bars_1d", "S0", "changed"),
        ("bars_1d", "S1", "added"),
        ("bars_1d", "S1", "added"),
    ]


def test_the_values_of_a_changed_row(history) -> None:
    (_, _, _, before, after), *_ = history.diff("eq", 1, 2, rows=True).rows()
    assert "'close': 2.00000000" in before
    assert "'close': 3.00000000" in after


def test_a_row_is_missing_on_one_side(history) -> None:
    _, added, _ = history.diff("eq", 1, 2, rows=True).rows()
    assert added[3] is None
    *_, removed = history.diff("eq", 2, 1, rows=True).rows()
    assert removed[4] is None


def test_a_dataset_that_is_new(history) -> None:
    assert history.diff("eq", 2, 3).rows() == [("assets", "S0", 1, 0, 0), ("assets", "S1", 1, 0, 0)]


def test_a_wider_type_alone_is_no_change(history) -> None:
    rows = history.diff("eq", 3, 4, rows=True).rows()
    assert len(rows) == 1
    assert "'close': 3.123456789000000000" in rows[0][4]
    assert "'close': 3.00000000" in rows[0][3]


def test_a_dataset_without_symbols(wh) -> None:
    for day in ("2020-01-02", "2020-01-03"):
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.session.execute(
                "CREATE OR REPLACE TABLE days AS SELECT DATE '2020-01-01' + 1 AS session, "
                "NULL::TIMESTAMP AS open_at, NULL::TIMESTAMP AS close_at "
                "UNION SELECT $day::DATE, NULL, NULL",
                {"day": day},
            )
            txn.replace("sessions", "days")
            txn.commit()
    assert wh.diff("eq", 1, 2).rows() == [("sessions", None, 1, 0, 0)]


def test_a_snapshot_and_itself(history) -> None:
    assert history.diff("eq", 2, 2).rows() == []
    assert history.diff("eq", 2, 2).columns == ["dataset", "symbol", "added", "changed", "removed"]


def test_only_what_differs_is_read(history) -> None:
    """The file of 2020 is the same in both, so nobody minds that it is gone."""
    query = """SELECT path FROM meta.data_files WHERE "partition" = '2020' """
    ((path,),) = history.sql(query).rows()
    Path(path).unlink()
    assert len(history.diff("eq", 1, 2)) == 2


def test_a_damaged_file_that_differs(history) -> None:
    with history.at(snapshot={"eq": 1}) as old:
        query = """SELECT path FROM meta.data_files WHERE "partition" = '2021' """
        ((path,),) = old.sql(query).rows()
    Path(path).unlink()
    with pytest.raises(DamageError):
        history.diff("eq", 1, 2)


def test_the_counts_are_those_of_the_upserts(wh, ingest, bars) -> None:
    ingest([(f"2020-01-{day:02}", sid, day) for day in range(2, 30) for sid in range(5)])
    with wh.begin("eq") as txn:
        rows = [
            (f"2020-01-{day:02}", sid, day + sid % 2) for day in range(10, 31) for sid in range(5)
        ]
        changes = txn.upsert("bars_1d", bars(rows))
        txn.commit()
    counts = [
        sum(column) for column in zip(*(row[2:] for row in wh.diff("eq", 1, 2).rows()), strict=True)
    ]
    assert counts == [changes.added, changes.changed, 0]


def test_no_pin_is_left(history) -> None:
    leases = history.root / "bundles" / "eq" / "leases"
    before = set(leases.iterdir())
    history.diff("eq", 1, 2)
    assert set(leases.iterdir()) == before


def test_no_such_snapshot(history) -> None:
    with pytest.raises(UnknownSnapshotError):
        history.diff("eq", 1, 9)


def test_no_such_bundle(history) -> None:
    with pytest.raises(UnknownBundleError, match="'eq'"):
        history.diff("eg", 1, 2)


def test_values_stay_exact(history) -> None:
    with history.at(snapshot={"eq": 4}) as wide:
        close = wide.sql("SELECT max(close) FROM eq.bars_1d").rows()
    assert close == [(Decimal("3.123456789"),)]
