"""Bundles of ccxt: perpetuals with their funding, and an exchange that does not answer."""

import pytest

import warehouse
from rustybt.data.adapters import CachedAdapter
from rustybt.data.bundles import register
from rustybt.errors import NetworkError
from tests.adapters.ccxt_client import adapter
from tests.fake_exchanges import faults


def test_funding_is_stored_with_the_bars_also_of_a_cached_source(exchanges, tmp_path) -> None:
    root = tmp_path / "root"
    bundle = register(
        bundle_name="perps",
        adapter=CachedAdapter(adapter(exchanges)),
        symbols=["BTC/USDT:USDT", "ETH/USDT"],
        start_date="2024-01-01",
        end_date="2024-01-03",
        resolution="1h",
        root=root,
    )
    first = bundle.ingest()
    assert first.added == 144
    told = "SELECT symbol, count(*), min(ts)::TEXT, max(ts)::TEXT FROM perps.funding_1h GROUP BY 1"
    with warehouse.open(root) as wh:
        assert wh.sql(told).rows() == [
            ("BTC/USDT:USDT", 9, "2024-01-01 00:00:00", "2024-01-03 16:00:00")
        ]
        assert wh.snapshot("perps").version == first.snapshot
    again = bundle.ingest()
    assert (again.new, again.snapshot) == (False, first.snapshot)
    exchanges.log.clear()
    later = bundle.ingest(end_date="2024-01-04")
    assert later.added == 48
    begins = [int(it.query["startTime"]) for it in exchanges.asked("fundingRate")]
    assert min(begins) >= 1_704_240_000_000  # 3 January, the day of the last that is stored
    with warehouse.open(root) as wh:
        assert wh.sql(told).rows()[0][1] == 12


def test_all_have_failed_where_an_exchange_does_not_answer(exchanges, tmp_path) -> None:
    asked = {"start_date": "2024-01-01", "end_date": "2024-01-02", "resolution": "1h"}
    coins = ["BTC/USDT", "ETHUSDT"]
    bundle = register("c", adapter=adapter(exchanges), symbols=coins, root=tmp_path, **asked)
    exchanges.fail("/exchangeInfo", faults.Status(500), times=None)
    with pytest.raises(NetworkError):
        bundle.ingest(on_error="partial")
    exchanges.script.clear()
    assert bundle.ingest(failed_only=True).added == 96
