from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from warehouse.schema import BASIC, dataset

DERIVED = (
    "symbols",
    "bars_1d_adjusted",
    "bars_1d_split_adjusted",
    "bars_1w",
    "bars_1mo",
    "rolls",
    "continuous_1d",
)
VIEWS = ("bars_1d", *DERIVED, *BASIC)


def test_which_views_there_are(shared) -> None:
    found = shared.sql(
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'eq' ORDER BY 1"
    ).rows()
    assert [it for (it,) in found] == sorted(VIEWS)


@pytest.mark.parametrize("schema", ["eq", "meta"])
def test_every_view_has_a_comment(shared, schema: str) -> None:
    query = "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = ?"
    found = shared.sql(query, [schema]).rows()
    assert found
    assert [name for name, comment in found if not comment] == []


@pytest.mark.parametrize("schema", ["eq", "meta"])
def test_every_column_has_a_comment(shared, schema: str) -> None:
    query = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = ?"
    found = shared.sql(query, [schema]).rows()
    assert found
    assert [it for it in found if not it[2]] == []


@pytest.mark.parametrize("name", [it for it in VIEWS if it not in DERIVED])
def test_types_are_as_declared(shared, name: str) -> None:
    found = shared.sql(f"SELECT column_name, column_type FROM (DESCRIBE eq.{name})").rows()
    assert found == [(it.name, it.type) for it in dataset(name).columns]


def test_adjusted_columns_are_those_of_the_bars(shared) -> None:
    found = dict(
        shared.sql("SELECT column_name, column_type FROM (DESCRIBE eq.bars_1d_adjusted)").rows()
    )
    assert tuple(found) == dataset("bars_1d").names
    assert {found[it] for it in ("open", "high", "low", "close", "volume")} == {"DOUBLE"}


def test_a_view_names_its_files(shared) -> None:
    ((text,),) = shared.sql(
        "SELECT sql FROM duckdb_views() WHERE schema_name = 'eq' AND view_name = 'bars_1d'"
    ).rows()
    assert "*" not in text.replace("SELECT *", "")
    assert shared.snapshot("eq").datasets["bars_1d"]["2020"].path in text


# ---- adjusted bars, by hand

DAYS = [f"2020-01-{day:02}" for day in (2, 3, 6, 7, 8)]


def actions(*rows: tuple[str, str, float | None]) -> pa.Table:
    count = len(rows)
    return pa.table(
        {
            "sid": pa.array([0] * count, pa.int32()),
            "symbol": pa.array(["S0"] * count, pa.string()),
            "session": pa.array([date.fromisoformat(it[0]) for it in rows], pa.date32()),
            "kind": pa.array([it[1] for it in rows], pa.string()),
            "ratio": pa.array([it[2] for it in rows], pa.float64()),
            "amount": pa.array([None] * count, pa.decimal128(18, 8)),
            "pay_date": pa.array([None] * count, pa.date32()),
        }
    )


@pytest.fixture
def adjusted(wh, bars):
    """Five bars of asset 0 at 100 with volume 100, and one asset without actions."""

    def run(*rows: tuple[str, str, float | None]) -> list[tuple[float, float]]:
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([(day, sid, 100) for day in DAYS for sid in (0, 1)]))
            txn.upsert("adjustments", actions(*rows))
            txn.commit()
        query = "SELECT close, volume FROM eq.bars_1d_adjusted WHERE sid = ? ORDER BY session"
        assert wh.sql(query, [1]).rows() == [(100.0, 100.0)] * 5
        return wh.sql(query, [0]).rows()

    return run


def test_no_action(adjusted) -> None:
    assert adjusted() == [(100.0, 100.0)] * 5


def test_a_split_halves_what_came_before(adjusted) -> None:
    assert adjusted((DAYS[2], "split", 0.5)) == [(50.0, 200.0)] * 2 + [(100.0, 100.0)] * 3


def test_a_dividend_leaves_the_volume(adjusted) -> None:
    assert adjusted((DAYS[2], "dividend", 0.75)) == [(75.0, 100.0)] * 2 + [(100.0, 100.0)] * 3


def test_both_on_one_day(adjusted) -> None:
    found = adjusted((DAYS[2], "split", 0.5), (DAYS[2], "dividend", 0.75))
    assert found == [(37.5, 200.0)] * 2 + [(100.0, 100.0)] * 3


def test_one_after_the_other(adjusted) -> None:
    found = adjusted((DAYS[1], "split", 0.5), (DAYS[3], "dividend", 0.75), (DAYS[4], "split", 0.25))
    assert found == [
        (100 * 0.5 * 0.75 * 0.25, 100 / 0.5 / 0.25),
        (100 * 0.75 * 0.25, 100 / 0.25),
        (100 * 0.75 * 0.25, 100 / 0.25),
        (100 * 0.25, 100 / 0.25),
        (100.0, 100.0),
    ]


def test_a_reverse_split(adjusted) -> None:
    assert adjusted((DAYS[1], "split", 4.0)) == [(400.0, 25.0)] + [(100.0, 100.0)] * 4


@pytest.mark.parametrize("day", ["2019-12-31", DAYS[0]])
def test_an_action_before_the_bars(adjusted, day: str) -> None:
    assert adjusted((day, "split", 0.5)) == [(100.0, 100.0)] * 5


def test_an_action_between_sessions(adjusted) -> None:
    assert adjusted(("2020-01-04", "split", 0.5)) == [(50.0, 200.0)] * 2 + [(100.0, 100.0)] * 3


def test_an_action_after_the_last_bar(adjusted) -> None:
    assert adjusted(("2020-02-03", "split", 0.5)) == [(50.0, 200.0)] * 5


def test_a_dividend_of_unknown_ratio(adjusted) -> None:
    assert adjusted((DAYS[2], "dividend", None)) == [(100.0, 100.0)] * 5


def test_null_prices_stay_null(wh, bars) -> None:
    with wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([(DAYS[0], 0, None)]))
        txn.upsert("adjustments", actions((DAYS[1], "split", 0.5)))
        txn.commit()
    assert wh.sql("SELECT close, volume FROM eq.bars_1d_adjusted").rows() == [(None, 200.0)]


def test_raw_bars_are_as_traded(wh, adjusted) -> None:
    adjusted((DAYS[2], "split", 0.5))
    assert wh.sql("SELECT DISTINCT close FROM eq.bars_1d").rows() == [(Decimal(100),)]
