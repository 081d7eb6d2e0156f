from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

import warehouse
from warehouse import Changes
from warehouse.errors import EndedError, SchemaError

CLOSES = "SELECT session::VARCHAR, sid, close FROM eq.bars_1d ORDER BY ALL"


def closes(wh: warehouse.Warehouse) -> list[tuple[str, int, float]]:
    return [(day, sid, float(close)) for day, sid, close in wh.sql(CLOSES).rows()]


def test_first_rows(wh, ingest) -> None:
    snapshot = ingest([("2020-01-02", 0, 1), ("2020-01-03", 0, 2)])
    assert snapshot.version == 1
    assert closes(wh) == [("2020-01-02", 0, 1.0), ("2020-01-03", 0, 2.0)]


@pytest.mark.parametrize(
    "day", ["2019-12-31", "2020-01-01", "2020-06-15", "2020-12-31", "2021-01-01"]
)
def test_rows_at_any_place(wh, ingest, day: str) -> None:
    stored = [("2020-01-02", 0, 1.0), ("2020-12-30", 0, 2.0)]
    ingest(stored)
    ingest([(day, 0, 3)])
    assert closes(wh) == sorted([*stored, (day, 0, 3.0)])


def test_a_new_year_leaves_the_old_file(wh, ingest) -> None:
    old = ingest([("2020-12-31", 0, 1)]).datasets["bars_1d"]["2020"]
    new = ingest([("2021-01-04", 0, 2)]).datasets["bars_1d"]
    assert new["2020"] == old
    assert set(new) == {"2020", "2021"}


def test_a_correction(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1), ("2020-01-03", 0, 2)])
    ingest([("2020-01-02", 0, 9)])
    assert closes(wh) == [("2020-01-02", 0, 9.0), ("2020-01-03", 0, 2.0)]


def test_a_correction_keeps_the_old_snapshot(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2020-01-02", 0, 9)])
    with wh.at(snapshot=1) as old:
        assert closes(old) == [("2020-01-02", 0, 1.0)]


def test_a_value_turns_null_and_back(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        assert txn.upsert("bars_1d", bars([("2020-01-02", 0, None)])) == Changes(changed=1)
        assert txn.upsert("bars_1d", bars([("2020-01-02", 0, None)])) == Changes(same=1)
        assert txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)])) == Changes(changed=1)


def test_changes_are_counted_over_partitions(wh, ingest, bars) -> None:
    ingest([("2020-01-02", 0, 1), ("2020-01-03", 0, 2), ("2021-01-04", 0, 3)])
    with wh.begin("eq") as txn:
        rows = [
            ("2020-01-02", 0, 1),
            ("2020-01-03", 0, 7),
            ("2021-01-04", 1, 3),
            ("2022-01-03", 0, 1),
        ]
        assert txn.upsert("bars_1d", bars(rows)) == Changes(added=2, changed=1, same=1)


def test_a_symbol_alone_is_a_change(wh, ingest, bars) -> None:
    ingest([("2020-01-02", 0, 1)])
    rows = bars([("2020-01-02", 0, 1)])
    renamed = rows.set_column(2, "symbol", pa.array(["NEW"]))
    with wh.begin("eq") as txn:
        assert txn.upsert("bars_1d", renamed) == Changes(changed=1)


def test_the_same_rows_commit_nothing(wh, ingest, bars) -> None:
    rows = [("2020-01-02", 0, 1), ("2021-01-04", 1, 2)]
    ingest(rows)
    with wh.begin("eq") as txn:
        assert txn.upsert("bars_1d", bars(rows)) == Changes(same=2)
        assert not txn.touched
        with pytest.raises(SchemaError, match="nothing"):
            txn.commit()
    wh.refresh()
    assert wh.snapshot("eq").version == 1


def test_replace_by_the_same_rows(wh, assets) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        assert txn.replace("assets", assets("A", "B"))
        assert not txn.replace("assets", assets("A", "B"))
        txn.commit()
    with wh.begin("eq") as txn:
        assert not txn.replace("assets", assets("A", "B"))
        assert not txn.touched


@pytest.mark.parametrize("symbols", [("A",), ("A", "C"), ("A", "B", "C"), ()])
def test_replace_by_other_rows(wh, assets, symbols: tuple[str, ...]) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.replace("assets", assets("A", "B"))
        assert txn.replace("assets", assets(*symbols))
        txn.commit()
    assert wh.sql("SELECT symbol FROM eq.assets ORDER BY sid").rows() == [(it,) for it in symbols]


def test_replace_of_a_partitioned_dataset(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="partition"):
        txn.replace("bars_1d", bars([("2020-01-02", 0, 1)]))


def test_the_session_shows_what_is_staged(wh, ingest, bars) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("eq") as txn:
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 2)]))
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 3), ("2021-01-04", 0, 4)]))
        found = txn.session.rows("SELECT close::INTEGER FROM bars_1d ORDER BY session")
        assert found == [(1,), (3,), (4,)]
        assert closes(wh) == [("2020-01-02", 0, 1.0)]


def test_every_dataset_is_empty_at_first(wh) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        for name in ("bars_1d", "bars_1m", "assets", "adjustments", "sessions", "flags", "rejects"):
            assert txn.session.rows(f"SELECT count(*) FROM {name}") == [(0,)]


def test_files_are_sorted_by_key(wh, ingest) -> None:
    ingest([("2020-01-03", 1, 1), ("2020-01-02", 1, 1), ("2020-01-03", 0, 1)])
    ingest([("2020-01-02", 0, 1)])
    (path,) = wh.sql("SELECT path FROM meta.data_files").rows()[0]
    found = wh.sql("SELECT sid, session::VARCHAR FROM read_parquet(?)", [path]).rows()
    assert found == sorted(found)


# ---- exact values


def test_wide_values_are_exact_beside_narrow_files(wh, ingest) -> None:
    small, large = "0.000000000000000001", "12345678901234567890.123456789012345678"
    ingest([("2020-01-02", 0, "1.12345678"), ("2021-01-04", 0, "2.00000001")])
    ingest([("2021-01-05", 0, small), ("2022-01-03", 0, large)], wide=("close",))
    found = [it for (it,) in wh.sql("SELECT close FROM eq.bars_1d ORDER BY session").rows()]
    assert found == [Decimal(it) for it in ("1.12345678", "2.00000001", small, large)]


def test_a_file_once_wide_takes_narrow_rows(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "0.000000000000000001")], wide=("close",))
    ingest([("2020-01-03", 0, "1.12345678")])
    found = [it for (it,) in wh.sql("SELECT close FROM eq.bars_1d ORDER BY session").rows()]
    assert found == [Decimal("0.000000000000000001"), Decimal("1.12345678")]


def test_the_view_is_as_wide_as_its_widest_file(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2021-01-04", 0, "1.123456789")], wide=("close", "volume"))
    types = dict(wh.sql("SELECT column_name, column_type FROM (DESCRIBE eq.bars_1d)").rows())
    assert types["close"] == "DECIMAL(38,18)"
    assert types["open"] == types["volume"] == "DECIMAL(18,8)"


def test_the_same_value_in_a_wider_type_is_no_change(wh, ingest, bars) -> None:
    rows = bars([("2020-01-02", 0, "1.12345678")])
    ingest([("2020-01-02", 0, "1.12345678")])
    wide = rows["close"].cast(pa.decimal128(38, 18))
    with wh.begin("eq") as txn:
        changes = txn.upsert(
            "bars_1d", rows.set_column(rows.column_names.index("close"), "close", wide)
        )
        assert changes == Changes(same=1)


def test_the_largest_narrow_value(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "9999999999.99999999"), ("2020-01-03", 0, "-0.00000001")])
    found = [it for (it,) in wh.sql("SELECT close FROM eq.bars_1d ORDER BY session").rows()]
    assert found == [Decimal("9999999999.99999999"), Decimal("-0.00000001")]


# ---- keys


def flags(*rows: tuple[int, datetime | None, str]) -> pa.Table:
    columns = {
        "dataset": pa.array(["bars_1d"] * len(rows), pa.string()),
        "sid": pa.array([it[0] for it in rows], pa.int32()),
        "symbol": pa.array(["A"] * len(rows), pa.string()),
        "session": pa.array([date(2020, 1, 2)] * len(rows), pa.date32()),
        "ts": pa.array([it[1] for it in rows], pa.timestamp("us")),
        "kind": pa.array(["gap"] * len(rows), pa.string()),
        "detail": pa.array([it[2] for it in rows], pa.string()),
    }
    return pa.table(columns)


def test_a_null_that_a_key_allows_is_one_key(wh) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("flags", flags((0, None, "x"), (1, None, "x")))
        assert txn.upsert("flags", flags((0, None, "x"))) == Changes(same=1)
        assert txn.upsert("flags", flags((0, None, "y"))) == Changes(changed=1)
        found = txn.session.rows("SELECT sid, detail FROM flags ORDER BY sid")
        assert found == [(0, "y"), (1, "x")]


def test_a_null_key_stands_once(wh) -> None:
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="2 rows"):
        txn.upsert("flags", flags((0, None, "x"), (0, None, "y")))


def test_a_key_that_stands_twice(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        with pytest.raises(SchemaError, match="sid 3, session 2020-01-02"):
            txn.upsert("bars_1d", bars([("2020-01-02", 3, 1), ("2020-01-02", 3, 2)]))
        assert not txn.touched


@pytest.mark.parametrize("column", ["sid", "session"])
def test_a_null_in_a_key(wh, bars, column: str) -> None:
    rows = bars([("2020-01-02", 0, 1)])
    at = rows.column_names.index(column)
    holed = rows.set_column(at, column, pa.array([None], rows.schema.field(at).type))
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="whole key"):
        txn.upsert("bars_1d", holed)


# ---- columns and types


def test_a_missing_column(wh, bars) -> None:
    rows = bars([("2020-01-02", 0, 1)]).drop_columns(["volume"])
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="volume"):
        txn.upsert("bars_1d", rows)


def test_a_column_too_many(wh, bars) -> None:
    rows = bars([("2020-01-02", 0, 1)]).append_column("vwap", pa.array([1.0]))
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="vwap"):
        txn.upsert("bars_1d", rows)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("close", pa.array([1.5])),
        ("close", pa.array(["1.5"])),
        ("close", pa.array([Decimal("1.5")], pa.decimal128(10, 1))),
        ("close", pa.array([Decimal("1.5")], pa.decimal128(38, 2))),
        ("sid", pa.array([0], pa.int64())),
        ("session", pa.array(["2020-01-02"])),
        ("session", pa.array([datetime.fromisoformat("2020-01-02")], pa.timestamp("us"))),
        ("symbol", pa.array([b"A"])),
    ],
)
def test_a_wrong_type(wh, bars, column: str, values: pa.Array) -> None:
    rows = bars([("2020-01-02", 0, 1)])
    wrong = rows.set_column(rows.column_names.index(column), column, values)
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match=column):
        txn.upsert("bars_1d", wrong)


def test_columns_in_any_order(wh, bars) -> None:
    rows = bars([("2020-01-02", 0, 1)])
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", rows.select(rows.column_names[::-1]))
        txn.commit()
    assert closes(wh) == [("2020-01-02", 0, 1.0)]


def test_no_such_dataset(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn, pytest.raises(SchemaError, match="bars_1d"):
        txn.upsert("bars_1y", bars([("2020-01-02", 0, 1)]))


def test_no_rows(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        assert txn.upsert("bars_1d", bars([])) == Changes()
        assert txn.upsert("flags", flags()) == Changes()
        assert not txn.touched


@pytest.mark.parametrize("day", ["9998-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar(wh, ingest, day: str) -> None:
    ingest([(day, 0, 1)])
    assert wh.sql("SELECT close::INTEGER FROM eq.bars_1d").rows() == [(1,)]


@pytest.mark.parametrize(
    "day", ["infinity", "-infinity", "9999-01-01", "20000-01-01", "0044-03-15 (BC)"]
)
def test_beyond_the_ends_of_the_calendar(wh, bars, day: str) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.session.load("made", bars([("2020-01-02", 0, 1)]))
        txn.session.execute("UPDATE made SET session = $day", {"day": day})
        with pytest.raises(SchemaError, match="years"):
            txn.upsert("bars_1d", "made")


def test_minutes_are_cut_by_month(wh) -> None:
    ends = [
        datetime.fromisoformat("2020-01-31 23:59"),
        datetime.fromisoformat("2020-02-01"),
        datetime.fromisoformat("2020-12-31 23:59"),
    ]
    rows = pa.table(
        {
            "ts": pa.array(ends, pa.timestamp("us")),
            "session": pa.array([it.date() for it in ends]),
            "sid": pa.array([0, 0, 0], pa.int32()),
            "symbol": ["A", "A", "A"],
            **dict.fromkeys(
                ("open", "high", "low", "close", "volume"),
                pa.array([Decimal(1)] * 3, pa.decimal128(18, 8)),
            ),
        }
    )
    with wh.begin("fx", calendar="24/7") as txn:
        assert txn.upsert("bars_1m", rows) == Changes(added=3)
        assert txn.upsert("bars_1m", rows) == Changes(same=3)
        assert list(txn.commit().datasets["bars_1m"]) == ["2020-01", "2020-02", "2020-12"]


# ---- what rows may be


class Capsule:
    """Nothing but an Arrow C stream."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("shape", [lambda it: it, pa.Table.to_reader, pl.DataFrame, Capsule])
def test_kinds_of_rows(wh, bars, shape) -> None:
    rows = bars([("2020-01-02", 0, 1), ("2020-01-03", 0, 2)])
    if shape is pl.DataFrame:  # polars knows only precision 38; the dataset wants 18
        rows = pl.DataFrame(rows)
        assert rows.schema["close"].precision == 18
    else:
        rows = shape(rows)
    with wh.begin("eq", calendar="XNYS") as txn:
        assert txn.upsert("bars_1d", rows).added == 2


def test_a_table_of_the_session(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.session.load("made here", bars([("2020-01-02", 0, 1)]))
        assert txn.upsert("bars_1d", "made here").added == 1


def test_a_result_of_another_bundle(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.begin("copy", calendar="XNYS") as txn:
        assert txn.upsert("bars_1d", wh.sql("FROM eq.bars_1d")).added == 1


# ---- the end of a transaction


def test_an_error_leaves_nothing(wh, bars) -> None:
    with pytest.raises(ZeroDivisionError), wh.begin("eq", calendar="XNYS") as txn:  # noqa: PT012
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1), ("2021-01-04", 0, 1)]))
        raise ZeroDivisionError
    assert [it for it in (wh.root / "bundles" / "eq").rglob("*") if it.is_file()] == []
    assert list((wh.root / "bundles" / "eq" / "data").iterdir()) == []
    wh.refresh()
    assert wh.bundles() == []


def test_superseded_files_go(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        for close in range(5):
            txn.upsert("bars_1d", bars([("2020-01-02", 0, close)]))
        txn.commit()
    assert len(list((wh.root / "bundles" / "eq" / "data").rglob("*.parquet"))) == 1


def test_no_rows_after_the_commit(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        txn.commit()
        with pytest.raises(EndedError, match="committed"):
            txn.upsert("bars_1d", bars([("2020-01-03", 0, 1)]))
        with pytest.raises(EndedError, match="committed"):
            txn.commit()


def test_no_rows_after_the_end(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        pass
    txn.close()
    with pytest.raises(EndedError, match="closed"):
        txn.upsert("bars_1d", bars([("2020-01-03", 0, 1)]))


def test_a_new_bundle_needs_a_calendar(wh) -> None:
    with pytest.raises(SchemaError, match="calendar"):
        wh.begin("eq")
    assert not wh.root.exists()


def test_another_calendar(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with pytest.raises(SchemaError, match="'XNYS'"):
        wh.begin("eq", calendar="24/7")


@pytest.mark.parametrize(
    "lineage", [{"x": float("nan")}, {"x": object()}, {"x": b"1"}, {"x": "\udc80"}, {1: 2, "a": 3}]
)
def test_a_lineage_that_is_no_json(wh, bars, lineage) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        with pytest.raises(SchemaError, match="lineage"):
            txn.commit(lineage)
        assert txn.commit({"fine": True}).version == 1


def test_the_lineage_is_kept_as_read_back(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        snapshot = txn.commit({"columns": ("a", "b"), "rows": {1: "é"}})
    with warehouse.open(wh.root) as again:
        assert again.snapshot("eq") == snapshot
    assert snapshot.lineage["rows"] == {"1": "é"}
    assert set(snapshot.lineage["versions"]) == {"duckdb", "pyarrow", "rustybt"}
