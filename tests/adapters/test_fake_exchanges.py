"""The server of fake exchanges itself: what the tests of adapters rest on."""

import asyncio
import time
from decimal import Decimal

import aiohttp
import pytest

from tests.fake_exchanges import Loopback, faults, urls
from tests.fake_exchanges.series import HOUR, MINUTE, Series, ms

JANUARY = ms("2024-01-01")


async def get(url, **given):
    async with aiohttp.ClientSession() as session, session.get(url, **given) as response:
        return response.status, response.headers, await response.read()


def klines(server, **query):
    asked = {"symbol": "BTCUSDT", "interval": "1h", "startTime": JANUARY, "limit": 10} | query
    text = "&".join(f"{k}={v}" for k, v in asked.items())
    return f"{server.http_url}/api/v3/klines?{text}"


@pytest.mark.parametrize(("symbol", "thin"), [("BTCUSDT", False), ("XRPUSDT", True)])
def test_an_hour_agrees_with_its_minutes(symbol, thin):
    series = Series(symbol, thin=thin)
    (hour,) = series.bars("1h", JANUARY, JANUARY + HOUR)
    minutes = series.bars("1m", JANUARY, JANUARY + HOUR)
    assert (len(minutes) < 60) is thin
    assert hour.open == minutes[0].open or thin
    assert hour.high >= max(it.high for it in minutes)
    assert hour.low <= min(it.low for it in minutes)
    assert hour.volume == sum(it.volume for it in minutes)
    assert all(it.low <= min(it.open, it.close) <= it.high for it in minutes)


def test_a_page_ends_at_its_limit_and_begins_at_the_listing():
    series = Series("XRPUSDT", thin=True, listed="2024-01-01T00:30")
    page = series.page("1m", 0, JANUARY + 5 * HOUR, 100)
    assert page[0].at >= JANUARY + 30 * MINUTE
    assert len(page) == 100
    assert page == series.bars("1m", 0, JANUARY + 5 * HOUR)[:100]


def test_a_revision_moves_one_minute():
    series = Series("BTCUSDT")
    before = series.bars("1m", JANUARY, JANUARY + 3 * MINUTE)
    series.revise(JANUARY + MINUTE, ticks=3)
    after = series.bars("1m", JANUARY, JANUARY + 3 * MINUTE)
    assert before[2] == after[2]
    assert after[1].open - before[1].open == Decimal("0.03")


def test_pages_are_windows_of_the_series(exchanges):
    import json

    status, _, body = asyncio.run(get(klines(exchanges, limit=3)))
    rows = json.loads(body)
    truth = exchanges.world.coins["BTCUSDT"].bars("1h", JANUARY, JANUARY + 3 * HOUR)
    assert status == 200
    assert [row[0] for row in rows] == [it.at for it in truth]
    assert [Decimal(row[4]) for row in rows] == [it.close for it in truth]
    assert exchanges.asked("symbol=BTCUSDT")[0].path == "/api/v3/klines"


def test_the_proxy_takes_every_host_to_the_server(exchanges, authority):
    import ssl

    trust = ssl.create_default_context(cafile=authority.ca_pem)
    url = "https://api.binance.com/api/v3/ping"
    status, _, body = asyncio.run(get(url, proxy=exchanges.proxy_url, ssl=trust))
    assert (status, body) == (200, b"{}")
    assert exchanges.log[0].host == "api.binance.com"


def test_faults_come_in_their_turn(exchanges):
    exchanges.fail("klines", faults.Status(500), at=2)
    got = [asyncio.run(get(klines(exchanges)))[0] for _ in range(3)]
    assert got == [200, 500, 200]


def test_a_script_that_is_not_used_up_is_told(authority):
    with Loopback() as server:
        server.fail("klines", faults.Reset())
        with pytest.raises(AssertionError, match="never used"):
            server.check()


def test_a_path_that_no_vendor_has_is_told():
    with Loopback() as server:
        assert asyncio.run(get(f"{server.http_url}/api/v9/klines"))[0] == 599
        with pytest.raises(AssertionError, match="no vendor answers"):
            server.check()


def test_the_limit_refuses_and_says_how_long(exchanges):
    limit = exchanges.limit("klines", most=3, seconds=30)

    async def burst():
        return [await get(klines(exchanges)) for _ in range(5)]

    answers = asyncio.run(burst())
    assert [it[0] for it in answers] == [200, 200, 200, 429, 429]
    assert limit.refused == 2
    assert 25 <= int(answers[-1][1]["Retry-After"]) <= 30


@pytest.mark.parametrize(
    "fault", [faults.Truncate("length"), faults.Truncate("chunked"), faults.Reset()]
)
def test_broken_transfers_are_broken(exchanges, fault):
    exchanges.fail("klines", fault, times=None)
    with pytest.raises(aiohttp.ClientError):
        asyncio.run(get(klines(exchanges)))


def test_half_a_document_is_a_whole_response(exchanges):
    exchanges.fail("klines", faults.Truncate("valid"))
    status, _, body = asyncio.run(get(klines(exchanges)))
    assert status == 200
    assert body.startswith(b"[[")
    assert not body.endswith(b"]]")


def test_a_bomb_is_small_until_it_is_read(exchanges):
    exchanges.fail("klines", faults.GzipBomb(8))

    async def sizes():
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.get(klines(exchanges)) as response,
        ):
            return len(await response.read())

    assert asyncio.run(sizes()) < 100_000


def test_what_hangs_is_cut_when_the_server_stops():
    began = time.monotonic()
    with Loopback() as server:
        server.fail("klines", faults.Hang())
        with pytest.raises(TimeoutError):
            asyncio.run(get(klines(server), timeout=aiohttp.ClientTimeout(total=0.2)))
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        (faults.duplicated(), 14),
        (faults.unsorted(), 10),
        (faults.emptied(), 0),
        (faults.nulled(), 10),
    ],
)
def test_rows_are_reshaped(exchanges, fault, rows):
    import json

    exchanges.fail("klines", fault)
    bad = json.loads(asyncio.run(get(klines(exchanges)))[2])
    good = json.loads(asyncio.run(get(klines(exchanges)))[2])
    assert len(bad) == rows
    assert bad != good


def test_every_base_url_of_an_exchange_is_replaced(exchanges):
    for exchange in ("binance", "binanceusdm", "bybit", "okx", "kraken", "coinbase"):
        api = urls(exchange, exchanges.http_url)["api"]
        assert all(str(it).startswith(exchanges.http_url) for it in api.values())
