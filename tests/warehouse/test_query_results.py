from datetime import date, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from warehouse.errors import QueryError

ONE = "SELECT DATE '2020-01-02' AS session, 1.12345678::DECIMAL(18,8) AS close, 'A' AS symbol"
EXACT = Decimal("1.12345678")


def test_rows(shared) -> None:
    assert shared.sql(ONE).rows() == [(date(2020, 1, 2), EXACT, "A")]


def test_arrow(shared) -> None:
    table = shared.sql(ONE).arrow()
    assert table.schema.field("close").type == pa.decimal128(18, 8)
    assert table["close"].to_pylist() == [EXACT]


def test_polars(shared) -> None:
    frame = shared.sql(ONE).pl()
    assert frame.schema["close"] == pl.Decimal(18, 8)
    assert frame["close"].to_list() == [EXACT]


def test_pandas(shared) -> None:
    frame = shared.sql(ONE).df()
    assert frame["close"].dtype == "float64"
    assert frame["close"].tolist() == [1.12345678]
    assert frame["session"].dtype.kind == "M"


def test_pandas_takes_null_as_nan(shared) -> None:
    frame = shared.sql("SELECT NULL::DECIMAL(18,8) AS close").df()
    assert frame["close"].isna().all()
    assert frame["close"].dtype == "float64"


@pytest.mark.parametrize("take", ["rows", "arrow", "pl", "df"])
def test_a_result_outlives_the_warehouse(wh, take: str) -> None:
    result = wh.sql(ONE)
    wh.close()
    assert len(getattr(result, take)()) == 1


def test_columns_and_length(shared) -> None:
    result = shared.sql("SELECT 1 AS a, 2 AS b FROM range(7)")
    assert result.columns == ["a", "b"]
    assert len(result) == 7


@pytest.mark.parametrize("take", [pl.DataFrame, pa.table, duckdb.from_arrow])
def test_a_capsule_for_others(shared, take) -> None:
    taken = take(shared.sql(ONE))
    assert len(taken) == 1


def test_a_capsule_can_be_taken_twice(shared) -> None:
    result = shared.sql(ONE)
    assert pa.table(result).equals(pa.table(result))


def test_a_stream_as_capsule(shared) -> None:
    with shared.stream("SELECT i FROM range(5000) t(i) ORDER BY i", batch_rows=1000) as stream:
        assert pl.DataFrame(stream)["i"].to_list() == list(range(5000))


def test_a_stream_has_a_schema(shared) -> None:
    with shared.stream(ONE) as stream:
        assert stream.schema.names == ["session", "close", "symbol"]


def test_html_for_a_notebook(shared) -> None:
    html = shared.sql("SELECT '<b>' AS symbol")._repr_html_()
    assert "<table" in html
    assert "<b>" not in html


def test_repr(shared) -> None:
    assert "1.12345678" in repr(shared.sql(ONE))


def test_no_rows(shared) -> None:
    result = shared.sql("SELECT 1 AS a WHERE FALSE")
    assert result.rows() == []
    assert result.df().empty
    assert result.pl().columns == ["a"]


def test_two_columns_of_one_name(shared) -> None:
    assert shared.sql("SELECT 1 AS a, 2 AS a").rows() == [(1, 2)]


def test_a_frame_of_two_columns_of_one_name(shared) -> None:
    result = shared.sql("SELECT 1 AS a, 2 AS a, 3 AS a_1")
    assert result.pl().columns == ["a", "a_1", "a_1_1"]
    assert list(result.df().columns) == ["a", "a_1", "a_1_1"]
    assert result.columns == ["a", "a", "a_1"]
    assert "a_1" in repr(result)
    assert "a_1" in result._repr_html_()


# ---- parameters


def test_numbered_parameters(shared) -> None:
    assert shared.sql("SELECT ? + ?", [1, 2]).rows() == [(3,)]


def test_named_parameters(shared) -> None:
    assert shared.sql("SELECT $a - $b", {"b": 1, "a": 3}).rows() == [(2,)]


@pytest.mark.parametrize(
    "value",
    [
        "'; DROP TABLE x; --",
        None,
        True,
        2**62,
        EXACT,
        date(2020, 1, 2),
        datetime.fromisoformat("2020-01-02 03:00"),
    ],
)
def test_a_parameter_is_that_value(shared, value: object) -> None:
    assert shared.sql("SELECT ? AS x", [value]).rows() == [(value,)]


def test_parameters_of_a_stream(shared) -> None:
    with shared.stream("SELECT $n AS n", {"n": 5}) as stream:
        assert [it.to_pydict() for it in stream] == [{"n": [5]}]


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("SELEC 1", None),
        ("SELECT * FROM no_such_table", None),
        ("SELECT 1 / ?", []),
        ("SELECT $a", {"a": 1, "b": 2}),
        ("SELECT ?", [object()]),
        ("SELECT CAST('x' AS INTEGER)", None),
        ("SELECT '\ud800'", None),
    ],
)
@pytest.mark.parametrize("how", ["sql", "stream"])
def test_a_refused_statement(shared, how: str, query: str, params) -> None:
    with pytest.raises(QueryError) as caught:
        list(
            getattr(shared, how)(query, params)
            if how == "stream"
            else shared.sql(query, params).rows()
        )
    assert caught.value.__cause__ is not None


def test_python_variables_are_out_of_reach(shared) -> None:
    secret = pa.table({"a": [1]})
    assert secret.num_rows == 1
    with pytest.raises(QueryError, match="secret"):
        shared.sql("FROM secret")


def test_time_is_utc(shared) -> None:
    query = "SELECT CAST(TIMESTAMPTZ '2020-01-01 01:00:00+02' AS TIMESTAMP)"
    assert shared.sql(query).rows() == [(datetime.fromisoformat("2019-12-31 23:00"),)]
