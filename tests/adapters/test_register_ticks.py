"""Bundles of trades: fetched by pages, stored by days, asked for again without a double or a loss."""

import pytest

import warehouse
from rustybt.data.adapters import CSVAdapter
from rustybt.data.bundles import ingest, register
from rustybt.errors import SymbolsFailedError
from tests.adapters import test_alpaca, test_polygon
from tests.adapters.ccxt_client import adapter
from tests.adapters.conftest import NOW
from tests.fake_exchanges import alpaca, faults, polygon
from tests.fake_exchanges.series import ms

TRADES = "/api/v3/aggTrades"
STORED = "SELECT id, price::DOUBLE, size::DOUBLE, seq FROM ticks.trades ORDER BY sid, ts, seq"


@pytest.fixture
def ask(tmp_path):
    def ask(query=STORED):
        with warehouse.open(tmp_path) as wh:
            return wh.sql(query).rows()

    return ask


def registered(source, symbols, end, root):
    asked = {"symbols": symbols, "start_date": "2024-02-29", "end_date": end, "resolution": "tick"}
    return register(bundle_name="ticks", adapter=source, root=root, **asked)


def truth(series, until):
    """What the server has from 29 February on."""
    trades = series.trades(ms("2024-02-29"), ms(until))
    return [(str(it.id), float(it.price), float(it.amount)) for it in trades]


def test_trades_of_an_exchange_are_stored_whole_and_fetched_on(exchanges, tmp_path, ask) -> None:
    series = exchanges.world.coins["BTCUSDT"]
    registered(adapter(exchanges), "BTC/USDT", "2024-02-29", tmp_path)
    first = ingest("ticks", root=tmp_path)
    expected = truth(series, "2024-03-01")
    assert first.added == len(expected)
    assert [it[:3] for it in ask()] == expected
    exchanges.log.clear()
    registered(adapter(exchanges), "BTC/USDT", "2024-03-01", tmp_path)
    more = ingest("ticks", root=tmp_path)
    expected = truth(series, NOW)
    assert (more.added, more.changed) == (len(expected) - first.added, 0)
    assert [it[:3] for it in ask()] == expected
    begins = [
        int(it.query["startTime"]) for it in exchanges.asked(TRADES) if "startTime" in it.query
    ]
    assert min(begins) > ms("2024-02-29T23:58")  # of what is stored the last trades alone
    assert not ingest("ticks", root=tmp_path).new
    with warehouse.open(tmp_path) as wh:
        assert sorted(wh.snapshot("ticks").datasets["trades"]) == ["2024-02-29", "2024-03-01"]
        assert wh.verify("ticks").damages == ()


def test_a_stopped_fetch_goes_on_where_it_was(exchanges, tmp_path, ask) -> None:
    registered(adapter(exchanges), "BTC/USDT", "2024-02-29", tmp_path)
    exchanges.fail(TRADES, faults.Status(500), at=3, times=None)
    with pytest.raises(SymbolsFailedError):
        ingest("ticks", root=tmp_path)
    exchanges.script.clear()
    exchanges.log.clear()
    ingest("ticks", root=tmp_path)
    expected = truth(exchanges.world.coins["BTCUSDT"], "2024-03-01")
    assert [it[:3] for it in ask()] == expected
    begins = [
        int(it.query["startTime"]) for it in exchanges.asked(TRADES) if "startTime" in it.query
    ]
    assert min(begins) > ms("2024-02-29")


VENDORS = {"polygon": test_polygon.polygon, "alpaca": test_alpaca.alpaca}
EXCHANGES = {"polygon": "4", "alpaca": "V"}  # that number their trades


@pytest.mark.parametrize("vendor", VENDORS)
def test_trades_of_a_vendor(exchanges, tmp_path, monkeypatch, ask, vendor) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", polygon.KEY)
    for name, value in (("KEY", alpaca.KEY), ("SECRET", alpaca.SECRET)):
        monkeypatch.setenv(f"ALPACA_API_{name}", value)
    registered(VENDORS[vendor](exchanges), "SPY", "2024-02-29", tmp_path)
    ingest("ticks", root=tmp_path)
    expected = truth(exchanges.world.stocks["SPY"].series, "2024-03-01")
    assert [it[:3] for it in ask()] == [
        (f"{EXCHANGES[vendor]}:{a}", *rest) for a, *rest in expected
    ]
    assert not ingest("ticks", root=tmp_path).new


def test_trades_of_a_file(tmp_path, ask) -> None:
    path = tmp_path / "trades.csv"
    rows = "".join(f"2024-02-29 10:00:00,A,{price},1\n" for price in (5, 5, 7))
    path.write_text("when,symbol,paid,qty\n" + rows)
    columns = {"date_column": "when", "price_column": "paid"}
    source = CSVAdapter(file_path=path, schema_mapping=columns)
    fetched = source.fetch_sync("A", "2024-02-29", "2024-02-29", "tick")
    assert fetched.select("price", "seq").rows() == [(5, 0), (5, 1), (7, 2)]
    registered(source, "A", "2024-02-29", tmp_path)
    assert ingest("ticks", root=tmp_path).added == 3
    assert ask() == [(None, 5.0, 1.0, 0), (None, 5.0, 1.0, 1), (None, 7.0, 1.0, 2)]
    assert not ingest("ticks", root=tmp_path).new
