"""CCXT: exchanges that page by windows, newest first, or have their last bars alone."""

import asyncio
from datetime import datetime

import polars as pl
import pytest

from rustybt.errors import FetchError, UnsupportedResolutionError
from tests.adapters.ccxt_client import adapter, fetch, fetch_all, same, truth
from tests.fake_exchanges import faults
from tests.fake_exchanges.series import ms

at = datetime.fromisoformat
CANDLES = {"bybit": "kline", "okx": "candles", "coinbase": "candles"}
QUOTE = {"bybit": "USDT", "okx": "USDT", "coinbase": "USD"}


@pytest.mark.parametrize("exchange", CANDLES)
@pytest.mark.parametrize(
    ("resolution", "first", "until"),
    [("1h", "2024-01-01", "2024-02-15"), ("1m", "2024-02-28", "2024-02-29"), ("1d", "2022-01-01", "2024-02-01")],
)  # fmt: skip
def test_all_pages(exchanges, exchange, resolution, first, until):
    symbol = f"BTC/{QUOTE[exchange]}"
    last = (at(until) - (at("2024-01-02") - at("2024-01-01"))).date()
    bars = fetch(exchanges, symbol, first, last, resolution, exchange_id=exchange)
    assert same(bars, truth(exchanges, symbol, first, until, resolution))


@pytest.mark.parametrize("exchange", CANDLES)
def test_minutes_without_a_trade_and_the_listing(exchanges, exchange):
    symbol = f"XRP/{QUOTE[exchange]}"
    minutes = fetch(exchanges, symbol, "2024-02-28", "2024-02-28", "1m", exchange_id=exchange)
    assert same(minutes, truth(exchanges, symbol, "2024-02-28", "2024-02-29", "1m"))
    days = fetch(exchanges, symbol, "2017-01-01", "2019-01-01", "1d", exchange_id=exchange)
    assert same(days, truth(exchanges, symbol, "2017-01-01", "2019-01-02", "1d"))


@pytest.mark.parametrize("exchange", CANDLES)
def test_the_bar_that_is_not_over_is_left_out(exchanges, exchange):
    symbol = f"BTC/{QUOTE[exchange]}"
    bars = fetch(exchanges, symbol, "2024-02-20", "2024-03-31", "1h", exchange_id=exchange)
    assert bars["timestamp"][-1] == at("2024-03-01T11:00")
    assert bars.height == 10 * 24 + 12


def test_candles_of_another_market_are_refused(exchanges):
    exchanges.fail("kline", faults.Instead("BTC", "ETH"), times=None)
    fetched = fetch_all(
        exchanges, "BTC/USDT", "2024-01-01", "2024-01-02", "1h", exchange_id="bybit"
    )
    assert "expected candles of BTCUSDT, found those of ETHUSDT" in fetched.report.text


@pytest.mark.parametrize("exchange", ["bybit", "okx"])
def test_funding_of_many_pages(exchanges, exchange):
    source = adapter(exchanges, exchange)
    rates = asyncio.run(source.funding("BTC/USDT:USDT", "2023-06-01", "2024-02-29"))
    every = pl.datetime_range(at("2023-06-01"), at("2024-02-29T16:00"), "8h", eager=True)
    assert rates["ts"].to_list() == every.to_list()
    truth = exchanges.world.coins["BTCUSDT"].funding(ms("2023-06-01"), ms("2024-03-01"))
    assert rates["rate"].to_list() == [float(rate) for _, rate in truth]


PASSING = {
    "500": faults.Status(500),
    "429": faults.Status(429, "{}", {"Retry-After": "0"}),
    "HTML": faults.Status(200),
    "an object": faults.Status(200, "{}"),
    "half JSON": faults.Truncate("valid"),
    "no rows": faults.emptied(),
    "numbers that are null": faults.nulled(),
    "a hole": faults.Reshaped(lambda rows: rows[:30] + rows[40:]),
    "without the first rows": faults.Reshaped(lambda rows: rows[30:]),
    "without the last rows": faults.Reshaped(lambda rows: rows[:30]),
    "rows in disorder": faults.unsorted(),
    "rows twice": faults.duplicated(),
}


@pytest.mark.slow
@pytest.mark.parametrize("exchange", CANDLES)
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_leaves_no_hole(exchanges, exchange, name):
    symbol = f"BTC/{QUOTE[exchange]}"
    exchanges.fail(CANDLES[exchange], PASSING[name], at=2)
    bars = fetch(exchanges, symbol, "2024-01-01", "2024-02-15", "1h", exchange_id=exchange)
    assert same(bars, truth(exchanges, symbol, "2024-01-01", "2024-02-16", "1h"))


@pytest.mark.parametrize("exchange", CANDLES)
def test_what_lasts_is_an_error(exchanges, exchange):
    exchanges.fail(CANDLES[exchange], faults.Status(200, "{}"), at=2, times=None)
    symbol = f"BTC/{QUOTE[exchange]}"
    with pytest.raises(FetchError):
        fetch(exchanges, symbol, "2024-01-01", "2024-02-28", "1h", exchange_id=exchange)


def test_kraken_has_its_last_bars_alone(exchanges):
    now = datetime.now(at("2024-01-01T00:00+00:00").tzinfo).replace(tzinfo=None, microsecond=0)
    exchanges.world.set(now)
    start = now.replace(minute=0, second=0).isoformat()
    kraken = adapter(exchanges, "kraken")
    bars = kraken.fetch_sync("BTC/USD", now.date().isoformat(), now.isoformat(), "1h")
    assert same(bars, truth(exchanges, "BTC/USD", f"{now.date()}T00:00", start, "1h"))
    (report,) = asyncio.run(kraken.fetch_all("BTC/USD", "2020-01-01", now, "1h")).report.symbols
    assert report.ending == "partial"
    assert report.rows in (719, 720)
    with pytest.raises(UnsupportedResolutionError):
        kraken.fetch_sync("BTC/USD", "2020-01-01", "2020-01-02", "1h")


@pytest.mark.parametrize("exchange", CANDLES)
def test_a_symbol_that_is_not_there(exchanges, exchange):
    (report,) = fetch_all(
        exchanges, "ABC/XYZ", "2024-01-01", "2024-01-02", exchange_id=exchange
    ).report.symbols
    assert report.ending == "not found"
