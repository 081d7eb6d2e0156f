"""Data reach the sealed engine as Arrow, with the values and types of an open warehouse."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

import warehouse
from warehouse.safe.sources import give_views
from warehouse.session import Sealed

NARROW, WIDE = pa.decimal128(18, 8), pa.decimal128(38, 18)
TINY, HUGE = Decimal("0.000000000000000001"), Decimal("12345678901.123456789012345678")


def bars(year, prices, kind, *, minutes=False):
    days = [date(year, 1, 2 + number) for number in range(len(prices))]
    times = [datetime.combine(it, datetime.min.time()).replace(hour=15) for it in days]
    return pa.table(
        {
            **({"ts": pa.array(times, pa.timestamp("us"))} if minutes else {}),
            "session": days,
            "sid": pa.array([0] * len(days), pa.int32()),
            "symbol": ["Ä'B"] * len(days),
            **dict.fromkeys(("open", "high", "low", "close"), pa.array(prices, kind)),
            "volume": pa.array([Decimal(5)] * len(days), NARROW),
        }
    )


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """One bundle whose years differ in width."""
    with warehouse.open(tmp_path_factory.mktemp("wide")) as wh:
        with wh.begin("fx", calendar="24/7") as txn:
            txn.upsert("bars_1d", bars(2019, [Decimal("1.5"), Decimal("2.25"), None], NARROW))
            txn.upsert("bars_1d", bars(2020, [TINY, HUGE], WIDE))
            txn.upsert("bars_1m", bars(2020, [Decimal("1.5"), Decimal(2)], NARROW, minutes=True))
            txn.commit()
        yield wh


@pytest.fixture(scope="module")
def sealed(opened):
    session = Sealed(threads=1)
    wanted = ("assets", "bars_1d", "bars_1m", "flags", "bars_1d_adjusted")
    views = {*(("fx", it) for it in wanted), ("meta", "data_files")}
    give_views(session, opened.root, {"fx": 1}, views)
    session.seal(seconds=10)
    yield session
    session.close()


@pytest.mark.parametrize(
    "query",
    [
        "FROM fx.bars_1d ORDER BY ALL",
        "FROM fx.bars_1d_adjusted ORDER BY ALL",
        "FROM fx.assets",
        "FROM fx.flags",
        "FROM meta.data_files ORDER BY ALL",
        "SELECT close FROM fx.bars_1d WHERE close > 2 ORDER BY ALL",
        "SELECT close FROM fx.bars_1d WHERE close = 0.000000000000000001",
        "SELECT close FROM fx.bars_1d WHERE close IS NULL",
        "SELECT close FROM fx.bars_1d WHERE close <> 1.5 AND sid IN (0, 1) ORDER BY ALL",
        "FROM fx.bars_1m WHERE ts > '2020-01-02 15:00:00' ORDER BY ALL",
        "SELECT session FROM fx.bars_1d WHERE symbol = 'Ä''B' AND session < '2020-01-01' ORDER BY 1",
    ],
)
def test_rows_and_types_are_those_of_an_open_warehouse(query, sealed, opened):
    given, found = opened.sql(query).arrow(), sealed.reader(query).read_all()
    assert found.schema.types == given.schema.types
    assert found.to_pylist() == given.to_pylist()
