"""The server's exchanges, asked by the real ccxt: each page is what it would be there."""

import ccxt  # noqa: TID253 - what is tested
import pytest

from tests.fake_exchanges import urls
from tests.fake_exchanges.series import HOUR, ms

START = ms("2024-02-20")


def client(server, name, **options):
    return getattr(ccxt, name)(
        {"urls": urls(name, server.http_url), "enableRateLimit": False, "options": options}
    )


@pytest.mark.parametrize(
    ("name", "symbol", "coin"),
    [
        ("binance", "BTC/USDT", "BTCUSDT"),
        ("bybit", "BTC/USDT", "BTCUSDT"),
        ("bybit", "BTC/USDT:USDT", "BTCUSDT"),
        ("okx", "BTC/USDT", "BTCUSDT"),
        ("okx", "BTC/USDT:USDT", "BTCUSDT"),
        ("kraken", "BTC/USD", "BTCUSD"),
        ("coinbase", "BTC/USD", "BTCUSD"),
    ],
)
def test_a_page_begins_where_it_is_asked_to(exchanges, name, symbol, coin):
    found = client(exchanges, name).fetch_ohlcv(symbol, "1h", START, 100)
    truth = exchanges.world.coins[coin].bars("1h", START, START + 100 * HOUR)
    assert [row[0] for row in found] == [it.at for it in truth][: len(found)]
    assert len(found) == 100
    assert found[0][1] == float(truth[0].open)
    assert found[-1][5] == pytest.approx(float(truth[-1].volume))


def test_kraken_has_the_newest_720_alone(exchanges):
    found = client(exchanges, "kraken").fetch_ohlcv("BTC/USD", "1h", ms("2023-01-01"), 720)
    assert found[0][0] > ms("2024-01-30")


@pytest.mark.parametrize("name", ["okx", "coinbase"])
def test_a_window_before_the_listing_is_empty(exchanges, name):
    symbol = "BTC/USDT" if name == "okx" else "BTC/USD"
    assert client(exchanges, name).fetch_ohlcv(symbol, "1h", ms("2016-01-01"), 100) == []
