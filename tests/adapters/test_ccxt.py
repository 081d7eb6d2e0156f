"""CCXT: the real library over the loopback answers what the exchange has, under any name of a market."""

import ast
import asyncio
import json
import logging
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import FunctionType

import polars as pl
import pytest

from rustybt.data.adapters import ASSETS, FUNDING, TRADES, CCXTAdapter
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.errors import (
    FetchError,
    RefusedError,
    RequestError,
    SymbolNotFoundError,
    UnknownAdapterError,
    UnsupportedResolutionError,
)
from tests.adapters.ccxt_client import KLINES, adapter, fetch, fetch_all, same, truth
from tests.fake_exchanges import faults
from tests.fake_exchanges.series import ms

at = datetime.fromisoformat


def test_two_symbols_of_a_month_of_hours(exchanges):
    bars = fetch(exchanges, ["BTC/USDT", "ETH/USDT"], "2024-01-01", "2024-01-31", "1h")
    expected = [
        truth(exchanges, it, "2024-01-01", "2024-02-01", "1h") for it in ("BTC/USDT", "ETH/USDT")
    ]
    assert same(bars, pl.concat(expected))
    assert bars.height == 2 * 31 * 24


@pytest.mark.parametrize(
    ("resolution", "first", "until", "requests"),
    [
        ("1m", "2024-02-27", "2024-03-01", 5),
        ("5m", "2024-02-20", "2024-03-01", 3),
        ("15m", "2024-02-20", "2024-03-01", 1),
        ("4h", "2023-01-01", "2024-02-01", 3),
        ("1d", "2017-01-01", "2024-02-01", 6),  # three, and a look for what was before it
        ("1w", "2019-01-07", "2024-02-05", 1),
        ("1mo", "2019-01-01", "2024-02-01", 1),
    ],
)
def test_all_pages_of_every_length(exchanges, resolution, first, until, requests):
    last = (at(until) - (at("2024-01-02") - at("2024-01-01"))).date()
    bars = fetch(exchanges, "BTC/USDT", first, last, resolution)
    assert same(bars, truth(exchanges, "BTC/USDT", first, until, resolution))
    assert len(exchanges.asked(KLINES)) == requests


def test_minutes_without_a_trade_have_no_bar(exchanges):
    bars = fetch(exchanges, "XRP/USDT", "2024-02-27", "2024-02-29", "1m")
    assert same(bars, truth(exchanges, "XRP/USDT", "2024-02-27", "2024-03-01", "1m"))
    assert 4000 < bars.height < 3 * 1440


def test_minutes_without_a_trade_are_told_and_were_asked_twice(exchanges):
    fetched = fetch_all(exchanges, "XRP/USDT", "2024-02-29", "2024-02-29", "1m")
    assert fetched.complete
    (report,) = fetched.report.symbols
    missing = sum((until - first) // timedelta(minutes=1) for first, until in report.gaps)
    assert fetched.bars.height + missing == 1440
    assert f"no bar in {len(report.gaps)} stretches: 2024-02-29 " in report.text
    first = int(report.gaps[0][0].replace(tzinfo=UTC).timestamp() * 1000)
    assert str(first) in [it.query["startTime"] for it in exchanges.asked(KLINES)]


@pytest.mark.parametrize("dropped", [slice(300, 301), slice(300, 340)])
def test_minutes_that_one_answer_leaves_out_are_there(exchanges, dropped):
    exchanges.fail(
        KLINES, faults.Reshaped(lambda rows: rows[: dropped.start] + rows[dropped.stop :])
    )
    fetched = fetch_all(exchanges, "BTC/USDT", "2024-02-28", "2024-02-28", "1m")
    assert same(fetched.bars, truth(exchanges, "BTC/USDT", "2024-02-28", "2024-02-29", "1m"))
    assert fetched.report.symbols[0].gaps == ()


def test_a_minute_that_every_answer_leaves_out_is_told(exchanges):
    at_noon = ms("2024-02-28T12:00")
    exchanges.fail(
        KLINES, faults.Reshaped(lambda rows: [it for it in rows if it[0] != at_noon]), times=None
    )
    fetched = fetch_all(exchanges, "BTC/USDT", "2024-02-28", "2024-02-28", "1m")
    assert fetched.report.symbols[0].gaps == ((at("2024-02-28T12:00"), at("2024-02-28T12:01")),)
    assert fetched.bars.height == 1439


def test_the_bar_that_begins_at_the_end_is_wanted(exchanges):
    bars = fetch(exchanges, "BTC/USDT", "2024-01-01T10:00", "2024-01-01T12:00", "1h")
    assert bars["timestamp"].to_list() == [at(f"2024-01-01T{it}:00") for it in (10, 11, 12)]


def test_before_the_listing_there_is_nothing(exchanges):
    bars = fetch(exchanges, "XRP/USDT", "2010-01-01", "2024-01-31", "1d")
    assert same(bars, truth(exchanges, "XRP/USDT", "2010-01-01", "2024-02-01", "1d"))
    assert bars["timestamp"][0] == at("2018-05-04")
    (report,) = fetch_all(exchanges, "XRP/USDT", "2010-01-01", "2011-01-01", "1d").report.symbols
    assert report.ending == "empty"


def test_the_bar_that_is_not_over_is_left_out(exchanges):
    bars = fetch(exchanges, "BTC/USDT", "2024-03-01", "2024-03-31", "1h")
    assert bars["timestamp"][-1] == at("2024-03-01T11:00")
    exchanges.world.set("2024-03-01T13:00:00")
    bars = fetch(exchanges, "BTC/USDT", "2024-03-01", "2024-03-31", "1h")
    assert bars["timestamp"][-1] == at("2024-03-01T12:00")
    weeks = fetch(exchanges, "BTC/USDT", "2024-02-01", "2024-03-31", "1w")
    assert weeks["timestamp"][-1] == at("2024-02-19")


def test_the_clock_of_the_exchange_is_asked_once_for_all_symbols(exchanges):
    symbols = ["ADA/USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"]
    bars = fetch(exchanges, symbols, "2024-03-01", "2024-03-31", "1h")
    assert bars["timestamp"].max() == at("2024-03-01T11:00")
    assert bars.height == 5 * 12
    assert len(exchanges.asked("/api/v3/time")) == 1


def test_derivatives_are_loaded_when_one_is_wanted(exchanges):
    async def names():
        async with adapter(exchanges).connect() as connection:
            before = await connection.names(["BTC/USDT"])
            loaded = len(exchanges.asked("/fapi/v1/exchangeInfo"))
            return before, loaded, await connection.names(["BTC/USDT:USDT"])

    before, loaded, after = asyncio.run(names())
    assert (before, loaded) == ({"BTC/USDT": "BTC/USDT"}, 0)
    assert after == {"BTC/USDT:USDT": "BTC/USDT:USDT"}


def test_pages_say_until_when_the_bars_are_told(exchanges):
    async def untils():
        source = adapter(exchanges)
        request, _ = source.reached(source_request("2024-03-01", "2024-03-31"))
        async with source.connect() as connection:
            names = await connection.names(["BTC/USDT"])
            return [it.until async for it in connection.pages(names["BTC/USDT"], request)]

    def source_request(start, end):
        from rustybt.data.adapters import Request

        return Request.of("BTC/USDT", start, end, "1h")

    assert asyncio.run(untils())[-1] == at("2024-03-01T12:00")


@pytest.mark.parametrize(
    "name", ["BTC/USDT", "BTC-USDT", "BTCUSDT", "btc/usdt", "btcusdt", "BTC_USDT"]
)
def test_every_name_of_a_market(exchanges, name):
    bars = fetch(exchanges, name, "2024-01-01", "2024-01-01", "1h")
    assert bars["symbol"].unique().to_list() == ["BTC/USDT"]


def test_two_names_of_one_market_are_asked_once(exchanges):
    assert fetch(exchanges, ["BTCUSDT", "BTC/USDT"], "2024-01-01", "2024-01-01", "1h").height == 24
    assert len(exchanges.asked(KLINES)) == 1


def test_a_perpetual_is_another_market(exchanges):
    bars = fetch(exchanges, ["BTC/USDT:USDT"], "2024-01-01", "2024-01-03", "1m")
    assert same(bars, truth(exchanges, "BTC/USDT:USDT", "2024-01-01", "2024-01-04", "1m"))
    assert len(exchanges.asked("/fapi/v1/klines")) == 9
    assert not exchanges.asked(KLINES)


def test_a_symbol_that_is_not_there_names_the_nearest(exchanges):
    with pytest.raises(FetchError, match=r"BTC/UDST: not found.*Nearest: 'BTC/USDT'") as raised:
        fetch(exchanges, ["BTC/UDST", "ETH/USDT"], "2024-01-01", "2024-01-01", "1h")
    assert raised.value.bars.height == 24
    assert len(exchanges.asked(KLINES)) == 1


def test_trades_are_all_there(exchanges):
    trades = fetch(exchanges, "BTC/USDT", "2024-02-29", "2024-02-29T12:00", "tick")
    expected = exchanges.world.coins["BTCUSDT"].trades(1_709_164_800_000, 1_709_208_000_001)
    assert trades.schema.names() == list(TRADES)
    assert trades["id"].to_list() == [str(it.id) for it in expected]
    assert trades["price"].to_list() == [it.price for it in expected]
    assert set(trades["side"]) == {"buy", "sell"}


def test_funding_is_told_at_full_seconds(exchanges):
    rates = asyncio.run(adapter(exchanges).funding("BTC/USDT:USDT", "2022-01-01", "2024-02-29"))
    assert rates.schema == pl.Schema(FUNDING)
    every = pl.datetime_range(at("2022-01-01"), at("2024-02-29T16:00"), "8h", eager=True)
    assert rates["ts"].to_list() == every.to_list()
    assert rates["rate"].abs().max() == 0.0002
    with pytest.raises(RefusedError, match="no perpetual"):
        asyncio.run(adapter(exchanges).funding("BTC/USDT", "2024-01-01", "2024-02-29"))
    with pytest.raises(SymbolNotFoundError):
        asyncio.run(adapter(exchanges).funding("ABC/USDT:USDT", "2024-01-01", "2024-02-29"))


def test_what_is_known_of_markets(exchanges):
    known = asyncio.run(adapter(exchanges).assets(["BTC/USDT", "BTC/USDT:USDT"]))
    assert known.schema == pl.Schema(ASSETS)
    names = ("symbol", "asset_type", "currency", "tick_size", "lot_size", "multiplier")
    assert known.select(names).rows() == [
        ("BTC/USDT", "crypto", "USDT", 0.01, 0.00001, None),
        ("BTC/USDT:USDT", "perpetual", "USDT", 0.01, 0.00001, 1.0),
    ]


# ---------------------------------------------------------------- the adapter itself


def test_constructors_ask_nothing_and_know_their_exchange():
    assert CCXTAdapter(exchange="kraken").name == "ccxt kraken"
    assert CCXTAdapter().calendar == "24/7"
    with pytest.raises(RequestError, match="nearest: 'binance'"):
        CCXTAdapter(exchange_id="binanse")


def test_lengths_that_an_exchange_has_not_are_refused():
    kraken = CCXTAdapter("kraken")
    with pytest.raises(
        UnsupportedResolutionError, match="1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w of ccxt kraken"
    ):
        kraken.fetch_sync("BTC/USD", "2024-01-01", "2024-01-02", "2h")
    with pytest.raises(UnsupportedResolutionError, match="nothing before"):
        kraken.fetch_sync("BTC/USD", "2010-01-01", "2010-01-02", "1h")
    assert "tick" not in kraken.resolutions
    assert "1mo" in CCXTAdapter().resolutions


def test_an_adapter_is_made_again_of_its_parameters(exchanges):
    source = adapter(exchanges, rate_limit=7.0)
    assert AdapterRegistry.name_of(source) == "ccxt"
    stored = json.loads(json.dumps(source.parameters))
    again = AdapterRegistry.rebuilt("ccxt", stored)
    assert again.parameters == source.parameters
    assert pickle.loads(pickle.dumps(source)) == source
    with pytest.raises(UnknownAdapterError, match="Nearest: 'ccxt'"):
        AdapterRegistry.get_adapter("ccxxt")


def test_keys_are_shown_nowhere():
    source = CCXTAdapter(api_key="canary-key", api_secret="canary-secret")
    assert "canary" not in f"{source} {source!r} {source.parameters}"
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        pickle.dumps(source)
    with pytest.raises(RequestError, match="api_key") as raised:
        CCXTAdapter(config={"apiKey": "canary-key"})
    assert "canary" not in str(raised.value)


def test_the_urls_of_the_exchange_through_a_proxy(exchanges, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.setenv("SSL_CERT_FILE", str(exchanges.authority.ca_pem))
    bars = CCXTAdapter("binance").fetch_sync("BTC/USDT", date(2024, 1, 1), date(2024, 1, 2), "1h")
    assert same(bars, truth(exchanges, "BTC/USDT", "2024-01-01", "2024-01-03", "1h"))
    assert {it.host for it in exchanges.log} == {"api.binance.com"}


WORKFLOW = """
from rustybt.data.adapters import CCXTAdapter
import pandas as pd

# 1. Create adapter
adapter = CCXTAdapter(exchange_id='binance')

# 2. Fetch data
df = await adapter.fetch(
    symbols=['BTC/USDT', 'ETH/USDT'],
    start_date=pd.Timestamp('2024-01-01'),
    end_date=pd.Timestamp('2024-01-31'),
    resolution='1h'
)
"""


def test_the_first_workflow_of_the_manual(exchanges, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.setenv("SSL_CERT_FILE", str(exchanges.authority.ca_pem))
    scope = {}
    code = compile(WORKFLOW, "workflow", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(FunctionType(code, scope)())
    expected = [
        truth(exchanges, it, "2024-01-01", "2024-02-01", "1h") for it in ("BTC/USDT", "ETH/USDT")
    ]
    assert same(scope["df"], pl.concat(expected))


def test_no_key_is_shown_when_an_exchange_refuses_it(exchanges, caplog):
    caplog.set_level(logging.DEBUG)
    refused = faults.Status(401, '{"code":-2015,"msg":"canary-key"}')
    exchanges.fail("/sapi/", refused, times=None)  # asked for with a key alone, and signed
    fetched = fetch_all(
        exchanges, "BTC/USDT", "2024-01-01", "2024-01-02", api_key="canary-key", api_secret="canary"
    )
    assert [it.ending for it in fetched.report.symbols] == ["failed"]
    assert "canary" not in f"{fetched.report} {caplog.text}"
    assert "signature" not in f"{fetched.report} {caplog.text}"
    assert exchanges.asked("signature=")[0].headers["X-MBX-APIKEY"] == "canary-key"


# ---------------------------------------------------------------- recorded


def test_five_hundred_hours_equal_the_recording(recorded, reference):
    rows = json.loads((reference / "recorded/binance/klines_BTCUSDT_1h.json").read_text())["body"]
    first, last = (
        datetime.fromtimestamp(row[0] / 1000, at("2020-01-01T00:00:00+00:00").tzinfo)
        for row in (rows[0], rows[-1])
    )
    bars = fetch(recorded, "BTC/USDT", first, last, "1h")
    over = [row for row in rows if row[6] < recorded.world.now]
    assert len(rows) == 500
    assert bars.height == len(over)
    told = bars.select("open", "high", "low", "close", "volume").rows()
    assert told == [tuple(Decimal(it) for it in row[1:6]) for row in over]


def test_all_recorded_markets_are_known(recorded):
    async def count():
        async with adapter(recorded).connect() as connection:
            await connection.names(["BTC/USDT"])
            return len(connection.exchange.ccxt.markets)

    assert asyncio.run(count()) == 1131
