"""The type of a column in a file: the narrowest that loses nothing, and never seen by readers."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import warehouse
from warehouse.errors import SchemaError
from warehouse.schema import EXACT, size_of, types_of
from warehouse.writing.packing import packed, packed_schema

CLOSE = "SELECT close FROM eq.bars_1d ORDER BY session, sid"
SHOWN = "SELECT DISTINCT typeof(close) FROM eq.bars_1d"


def stored(wh: warehouse.Warehouse, column: str = "close") -> list[str]:
    """The types of a column in the files, in order of time."""
    query = "SELECT path FROM meta.data_files WHERE dataset = 'bars_1d' ORDER BY first"
    schemas = [pq.read_schema(path) for (path,) in wh.sql(query).rows()]
    types = [it.field(column).type for it in schemas]
    return [f"DECIMAL({it.precision},{it.scale})" for it in types]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "250"], "DECIMAL(9,0)"),
        (["999999999"], "DECIMAL(9,0)"),
        (["-1000000000"], "DECIMAL(10,0)"),
        (["1.5", None], "DECIMAL(9,2)"),
        (["9999999.99"], "DECIMAL(9,2)"),
        (["10000000.25"], "DECIMAL(12,2)"),
        (["1.125"], "DECIMAL(9,4)"),
        (["150.12345"], "DECIMAL(9,6)"),
        (["1500.12345"], "DECIMAL(16,6)"),
        (["1.1234567"], "DECIMAL(9,8)"),
        (["0.00000001", "9999999999.99999999"], "DECIMAL(18,8)"),
        (["-9999999999.99999999"], "DECIMAL(18,8)"),
        ([None], "DECIMAL(9,0)"),
        (["0"], "DECIMAL(9,0)"),
    ],
)
def test_the_narrowest_type_that_holds_all(wh, ingest, values, type_) -> None:
    ingest([(f"2020-01-{day:02}", 0, it) for day, it in enumerate(values, 2)])
    assert stored(wh) == [type_]
    assert wh.sql(SHOWN).rows() == [("DECIMAL(18,8)",)]
    assert wh.sql(CLOSE).rows() == [(None if it is None else Decimal(it),) for it in values]


def test_each_partition_has_its_own(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "1.25"), ("2021-01-04", 0, "1.12345678"), ("2022-01-03", 0, 7)])
    assert stored(wh) == ["DECIMAL(9,2)", "DECIMAL(9,8)", "DECIMAL(9,0)"]
    assert wh.sql(CLOSE).rows() == [(Decimal("1.25"),), (Decimal("1.12345678"),), (Decimal(7),)]


def test_the_wide_type_is_stored_only_where_a_value_needs_it(wh, ingest) -> None:
    rows = [("2020-01-02", 0, "1.25"), ("2021-01-04", 0, "1.123456789"), ("2022-01-03", 0, None)]
    ingest(rows, wide=("close",))
    assert stored(wh) == ["DECIMAL(9,2)", "DECIMAL(38,18)", "DECIMAL(9,0)"]
    assert wh.sql(SHOWN).rows() == [("DECIMAL(38,18)",)]
    assert [it for (it,) in wh.sql(CLOSE).rows()] == [
        Decimal("1.25"), Decimal("1.123456789"), None,
    ]  # fmt: skip


def test_each_column_has_its_own(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "1.123456789")], wide=("close",))
    assert [*stored(wh), *stored(wh, "open")] == ["DECIMAL(38,18)", "DECIMAL(9,0)"]


def test_a_price_is_found_by_files_of_any_type(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "99.5"), ("2021-01-04", 0, "100.00000001"), ("2022-01-03", 0, 101)])
    assert wh.sql("SELECT count(*) FROM eq.bars_1d WHERE close > 100").rows() == [(2,)]
    assert wh.sql("SELECT count(*) FROM eq.bars_1d WHERE close = 99.5").rows() == [(1,)]


def test_a_file_takes_a_finer_value_and_keeps_the_rest(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "123456.25"), ("2020-01-03", 0, "2")])
    ingest([("2020-01-03", 0, "1.12345678")])
    assert stored(wh) == ["DECIMAL(18,8)"]
    assert wh.sql(CLOSE).rows() == [(Decimal("123456.25"),), (Decimal("1.12345678"),)]


def test_compaction_chooses_anew(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "1.12345678"), ("2020-01-03", 0, "2.5")])
    ingest([("2020-01-02", 0, "1.25")])
    before = wh.sql(CLOSE).rows()
    wh.compact("eq")
    assert stored(wh) == ["DECIMAL(9,2)"]
    assert wh.sql(CLOSE).rows() == before


def test_a_lost_file_is_made_again_in_the_types_it_had(wh, ingest) -> None:
    """They tell of a finer value that was corrected, so the rows alone would give others."""
    rows = [("2020-01-02", 0, "1.25"), ("2020-01-03", 0, "2.5")]
    ingest([("2020-01-02", 0, "1.12345678"), rows[1]])
    head = ingest(rows[:1])
    (path,) = wh.sql("SELECT path FROM meta.data_files").rows()[0]
    Path(path).chmod(0o644)
    Path(path).write_bytes(b"")
    again = ingest(rows)
    assert [it.sha256 for *_, it in again.files()] == [it.sha256 for *_, it in head.files()]
    assert stored(wh) == ["DECIMAL(9,8)"]


def test_the_manifest_says_the_types(wh, ingest) -> None:
    head = ingest([("2020-01-02", 0, "1.25"), ("2021-01-04", 0, "12345678.12345678")])
    types = [dict(it.types).get("close") for *_, it in head.files()]
    assert types == ["DECIMAL(9,2)", None]


def test_missing_values_stay_missing_wherever_they_stand(wh, bars) -> None:
    """The rows of one batch go to several files, so the bits of NULL are cut at odd places."""
    rows = [
        (f"{year}-01-{day:02}", sid, None if (year + day + sid) % 3 else "1.5")
        for sid in range(7) for year in (2020, 2021, 2022) for day in range(1, 29)
    ]  # fmt: skip
    with wh.begin("eq", calendar="24/7") as txn:
        txn.upsert("bars_1d", bars(rows))
        txn.commit()
    found = wh.sql("SELECT session::VARCHAR, sid, close FROM eq.bars_1d ORDER BY sid, session")
    assert found.rows() == [(*it[:2], it[2] and Decimal(it[2])) for it in rows]


WIDE_VALUES = st.none() | st.decimals(-(10**9), 10**9, places=8)


@given(st.lists(WIDE_VALUES, max_size=20), st.integers(0, 5))
@pytest.mark.parametrize("source", [pa.decimal128(18, 8), pa.decimal128(38, 18)])
def test_packing_keeps_every_value(source: pa.DataType, values: list, skip: int) -> None:
    rows = pa.table({"close": pa.array(values, source)})[skip:]
    schema = packed_schema(rows.schema, (("close", "DECIMAL(18,8)"),))
    assert packed(rows, schema)["close"].to_pylist() == values[skip:]


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("1.005", "DECIMAL(9,2)"),
        ("0.00000001", "DECIMAL(9,6)"),
        ("4294967296", "DECIMAL(9,0)"),
        ("-0.5", "DECIMAL(9,0)"),
    ],
)
@pytest.mark.parametrize("source", [pa.decimal128(18, 8), pa.decimal128(38, 18)])
def test_a_type_that_loses_a_value_is_refused(source: pa.DataType, value: str, type_: str) -> None:
    rows = pa.table({"close": pa.array([Decimal(1), Decimal(value)], source)})
    with pytest.raises(SchemaError, match="loses a value"):
        packed(rows, packed_schema(rows.schema, (("close", type_),)))


WHOLE, AFTER = st.integers(1, 20), st.sampled_from([0, 2, 4, 6, 8, 18])


@given(WHOLE, AFTER, WHOLE, AFTER)
def test_over_a_stored_file_the_type_holds_both(
    whole: int, after: int, stored_whole: int, stored_after: int
) -> None:
    types = types_of((("close", stored_whole, stored_after),))
    ((_, found),) = types_of((("close", whole, after),), types)
    digits, decimals = size_of(found)
    assert decimals >= max(after, stored_after)
    assert digits - decimals >= max(whole, stored_whole)


def test_a_stored_type_that_suffices_stays() -> None:
    stored = (("close", "DECIMAL(9,4)"),)
    assert types_of((("close", 3, 2),), stored) == stored


def test_a_file_without_types_is_of_the_narrow_type() -> None:
    assert types_of((("close", 3, 2),), ()) == (("close", EXACT[0]),)


def test_who_opens_the_file_itself_sees_its_type(wh, ingest) -> None:
    ingest([("2020-01-02", 0, "1.25")])
    (path,) = wh.sql("SELECT path FROM meta.data_files").rows()[0]
    assert wh.sql("SELECT typeof(close) FROM read_parquet(?)", [path]).rows() == [("DECIMAL(9,2)",)]
