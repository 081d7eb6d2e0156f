"""A cached source is asked for what no answer covers, and for nothing else."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rustybt.data.adapters import AdapterRegistry, CachedAdapter, Connection, YFinanceAdapter
from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
from rustybt.data.adapters.polygon import PolygonAdapter
from rustybt.data.bundles import get, ingest, register
from rustybt.data.cache import CacheManager
from rustybt.data.sources.freshness import (
    AlwaysStaleFreshnessPolicy,
    NeverStaleFreshnessPolicy,
    TTLFreshnessPolicy,
)
from rustybt.errors import FetchError, OptionError, RequestError
from tests.adapters import ladder
from tests.adapters.coins import Coins
from tests.fake_exchanges import alpaca, alphavantage, faults, polygon

AdapterRegistry.register(Coins, "coins")


@dataclass(frozen=True)
class Counting(ladder.Ladder):
    """Notes which terms it was asked for, and tells none of the silent ones."""

    silent: tuple[str, ...] = ()
    asked: list[tuple[str, ...]] = field(default_factory=list, compare=False)

    @asynccontextmanager
    async def connect(self):
        async with super().connect() as connection:
            yield _Counting(self, connection)


@dataclass(frozen=True)
class _Counting:
    adapter: Counting
    connection: Connection

    async def names(self, symbols):
        return await self.connection.names(symbols)

    def pages(self, symbol, request):
        return self.connection.pages(symbol, request)

    async def assets(self, symbols):
        self.adapter.asked.append(tuple(symbols))
        return await self.connection.assets([it for it in symbols if it not in self.adapter.silent])


KEYS = {
    "POLYGON_API_KEY": polygon.KEY,
    "ALPACA_API_KEY": alpaca.KEY,
    "ALPACA_API_SECRET": alpaca.SECRET,
    "ALPHAVANTAGE_API_KEY": alphavantage.KEY,
}
HOURS = ("BTC/USDT", "2024-01-01", "2024-01-04", "1h")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "100")
    monkeypatch.setenv("RUSTYBT_CACHE_DIR", str(tmp_path / "cache"))
    return CacheManager()


@pytest.fixture
def coins(exchanges, cache):
    """Make a cached source of pages of 24 bars."""

    def coins(freshness=NeverStaleFreshnessPolicy(), of=cache):  # noqa: B008 - frozen
        return CachedAdapter(Coins(exchanges.http_url), freshness, of)

    return coins


def spans(server, symbol="BTCUSDT"):
    """Return the hours since 2024 that were asked for of a symbol since the last look, as from and to."""
    begin = 1_704_067_200_000
    asked = [it.query for it in server.asked("/api/v3/klines") if it.query["symbol"] == symbol]
    server.log.clear()
    ends = [(int(it["startTime"]), int(it["endTime"]) + 1) for it in asked]
    return [((first - begin) // 3_600_000, (last - begin) // 3_600_000) for first, last in ends]


def plain(server, *asked):
    return Coins(server.http_url).fetch_sync(*asked)


# ---------------------------------------------------------------- spans


def test_every_part_of_what_came_is_a_hit(coins, exchanges):
    bars = coins().fetch_sync(*HOURS)
    assert bars.equals(plain(exchanges, *HOURS))
    exchanges.log.clear()
    assert coins().fetch_sync(*HOURS).equals(bars)
    part = coins().fetch_sync("BTC/USDT", "2024-01-02T07:00", "2024-01-03T09:00", "1h")
    assert part.equals(bars.slice(31, 27))
    assert exchanges.log == []


def test_of_a_longer_span_the_gaps_alone_are_asked_for(coins, exchanges):
    for first, last in (("2024-01-03", "2024-01-04"), ("2024-01-06", "2024-01-06")):
        coins().fetch_sync("BTC/USDT", first, last, "1h")
    exchanges.log.clear()
    asked = ("BTC/USDT", "2024-01-02", "2024-01-07", "1h")
    bars = coins().fetch_sync(*asked)
    assert spans(exchanges) == [(24, 48), (96, 120), (144, 168)]
    assert bars.equals(plain(exchanges, *asked))
    exchanges.log.clear()
    assert coins().fetch_sync(*asked).equals(bars)
    assert exchanges.log == []


def test_symbols_and_lengths_are_kept_apart(coins, exchanges):
    coins().fetch_sync(*HOURS)
    exchanges.log.clear()
    both = coins().fetch_sync(["BTC/USDT", "ETH/USDT"], *HOURS[1:])
    assert both.equals(plain(exchanges, ["BTC/USDT", "ETH/USDT"], *HOURS[1:]))
    coins().fetch_sync(*HOURS[:3], "1d")
    exchanges.log.clear()
    both = coins().fetch_sync(["ETH/USDT", "BTC-USDT"], *HOURS[1:])
    assert both["symbol"].unique().sort().to_list() == ["BTC/USDT", "ETH/USDT"]
    assert exchanges.log == []


def test_another_source_is_not_answered_from_it(coins, exchanges, cache):
    coins().fetch_sync(*HOURS)
    exchanges.log.clear()
    CachedAdapter(Coins(exchanges.http_url, 12), NeverStaleFreshnessPolicy(), cache).fetch_sync(
        *HOURS
    )
    assert len(spans(exchanges)) == 8


@pytest.mark.slow
def test_another_process_asks_for_nothing(coins, exchanges, tmp_path):
    bars = coins().fetch_sync(*HOURS)
    exchanges.log.clear()
    script = (
        "import sys; from tests.adapters.coins import Coins\n"
        "from rustybt.data.adapters import CachedAdapter\n"
        "found = CachedAdapter(Coins(sys.argv[1])).fetch_sync(*sys.argv[2:])\n"
        "print(found.height, found['close'].sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, exchanges.http_url, *HOURS],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.stdout.split() == [str(bars.height), str(bars["close"].sum())]
    assert exchanges.log == []


# ---------------------------------------------------------------- what is not covered


def test_bars_that_may_not_be_over_are_asked_for_again(cache):
    source = ladder.Ladder(known={"A": None})
    cached = CachedAdapter(source, NeverStaleFreshnessPolicy(), cache)
    now = datetime.now(UTC).replace(tzinfo=None)
    first = (now - timedelta(hours=30)).isoformat()
    bars = cached.fetch_sync("A", first, (now + timedelta(hours=5)).isoformat(), "1h")
    kept = cached.shelf("A", "1h").kept(lambda _: True)
    assert bars["timestamp"].max() > now
    assert max(it.until for it in kept) <= now - timedelta(minutes=59)


def test_pages_before_a_failure_are_kept(coins, exchanges):
    exchanges.fail("startTime=1704153600000", faults.Status(500), times=1)
    with pytest.raises(FetchError):
        coins().fetch_sync(*HOURS)
    exchanges.log.clear()
    bars = coins().fetch_sync(*HOURS)
    assert spans(exchanges)[0] == (24, 96)
    assert bars.equals(plain(exchanges, *HOURS))


def test_a_span_without_bars_is_known_to_have_none(coins, exchanges):
    before = ("XRP/USDT", "2018-04-28", "2018-05-02", "1d")  # XRP is listed on 4 May
    for _ in range(2):
        (told,) = asyncio.run(coins().fetch_all(*before)).report.symbols
        assert told.ending == "empty"
        assert len(exchanges.log) == 1


def test_what_a_source_cannot_give_is_asked_for_again(cache):
    at = datetime.fromisoformat
    lacking = ((at("2024-01-01T02:00"), at("2024-01-01T03:00")),)
    source = ladder.Ladder(known={"A": None}, lacking=lacking)
    cached = CachedAdapter(source, NeverStaleFreshnessPolicy(), cache)
    for _ in range(2):
        with pytest.raises(FetchError, match="missing"):
            cached.fetch_sync("A", "2024-01-01", "2024-01-01", "1h")
    covered = cached.shelf("A", "1h").kept(lambda _: True)
    assert not [it for it in covered if it.begin <= lacking[0][0] < it.until]


@pytest.mark.parametrize("harm", ["flip", "cut", "gone", "all gone"])
def test_a_page_that_the_cache_lost_is_asked_for_again(coins, exchanges, tmp_path, harm):
    bars = coins().fetch_sync(*HOURS)
    files = sorted((tmp_path / "cache").glob("*.arrow"), key=lambda it: it.stat().st_mtime_ns)
    for path in files if harm == "all gone" else files[1:2]:
        content = path.read_bytes()
        path.chmod(0o644)
        if harm == "flip":
            path.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
        elif harm == "cut":
            path.write_bytes(content[:100])
        else:
            path.unlink()
    exchanges.log.clear()
    assert coins(of=CacheManager()).fetch_sync(*HOURS).equals(bars)
    assert len(spans(exchanges)) == (4 if harm == "all gone" else 1)


def test_an_unknown_symbol_is_told_each_time(coins):
    for _ in range(2):
        (told,) = asyncio.run(coins().fetch_all("GONE/USDT", *HOURS[1:])).report.symbols
        assert told.ending == "not found"


# ---------------------------------------------------------------- freshness


def test_what_is_stale_is_asked_for_again_and_replaced(coins, exchanges, cache):
    coins().fetch_sync(*HOURS)
    count = cache.get_stats()["entry_count"]
    exchanges.world.coins["BTCUSDT"].revise(1_704_067_200_000, ticks=7)
    revised = plain(exchanges, *HOURS)
    assert not coins().fetch_sync(*HOURS).equals(revised)
    exchanges.log.clear()
    assert coins(AlwaysStaleFreshnessPolicy()).fetch_sync(*HOURS).equals(revised)
    assert len(spans(exchanges)) == 4
    assert coins().fetch_sync(*HOURS).equals(revised)
    assert exchanges.log == []
    assert cache.get_stats()["entry_count"] == count, "old pages stay in the cache"


@pytest.mark.parametrize(("seconds", "asked"), [(0, 4), (3600, 0)])
def test_a_time_to_live(coins, exchanges, seconds, asked):
    coins(TTLFreshnessPolicy(seconds)).fetch_sync(*HOURS)
    exchanges.log.clear()
    coins(TTLFreshnessPolicy(seconds)).fetch_sync(*HOURS)
    assert len(spans(exchanges)) == asked


# ---------------------------------------------------------------- terms of assets


def test_terms_are_asked_for_once_while_they_hold(coins, exchanges):
    source = Coins(exchanges.http_url)
    plain = asyncio.run(source.assets(["BTC/USDT", "ETH/USDT"]))
    assert plain.height == 2
    first = asyncio.run(coins().assets(["ETH/USDT"]))
    exchanges.log.clear()
    assert asyncio.run(coins().assets(["ETH/USDT"])).equals(first)
    assert exchanges.log == []
    both = asyncio.run(coins().assets(["BTC/USDT", "ETH/USDT"]))
    assert both.equals(plain)
    exchanges.log.clear()
    stale = asyncio.run(coins(AlwaysStaleFreshnessPolicy()).assets(["BTC/USDT"]))
    assert stale.equals(plain.head(1))


def test_terms_hold_no_longer_than_the_policy_says(cache):
    source = Counting(known={"A": None})
    for policy, asked in ((NeverStaleFreshnessPolicy(), 1), (TTLFreshnessPolicy(0), 3)):
        source.asked.clear()
        for _ in range(3):
            told = asyncio.run(CachedAdapter(source, policy, cache).assets("A"))
            assert told.rows(named=True)[0]["currency"] == "USD"
        assert len(source.asked) == asked


def test_that_a_source_tells_nothing_of_an_asset_is_kept_too(cache):
    source = Counting(known={"A": None, "B": None}, silent=("B",))
    cached = CachedAdapter(source, NeverStaleFreshnessPolicy(), cache)
    for _ in range(2):
        assert asyncio.run(cached.assets(["A", "B"]))["symbol"].to_list() == ["A"]
    assert source.asked == [("A", "B")]


# ---------------------------------------------------------------- the option of every adapter


def test_every_adapter_has_it_as_an_option(exchanges, cache):
    source = Coins(exchanges.http_url)
    bars = source.fetch_sync(*HOURS)
    assert source.fetch_sync(*HOURS, cache=True).equals(bars)
    exchanges.log.clear()
    assert source.fetch_sync(*HOURS, cache=True).equals(bars)
    assert asyncio.run(source.fetch_all(*HOURS, cache=True)).bars.equals(bars)
    part = source.fetch_sync("BTC/USDT", start="2024-01-02", end="2024-01-02", frequency="1h", cache=True)  # fmt: skip
    assert part.equals(bars.slice(24, 24))
    assert exchanges.log == []
    # What it keeps is what the wrapper keeps, and a policy says how long it holds.
    assert CachedAdapter(source).fetch_sync(*HOURS).equals(bars)
    assert exchanges.log == []
    assert source.fetch_sync(*HOURS, cache=AlwaysStaleFreshnessPolicy()).equals(bars)
    assert len(spans(exchanges)) == 4
    assert source.fetch_sync(*HOURS).equals(bars)
    assert len(spans(exchanges)) == 4


def test_a_wrapper_takes_another_policy_for_one_call(coins, exchanges):
    cached = coins()
    cached.fetch_sync(*HOURS)
    exchanges.log.clear()
    cached.fetch_sync(*HOURS, cache=True)
    assert exchanges.log == []
    cached.fetch_sync(*HOURS, cache=TTLFreshnessPolicy(0))
    assert len(spans(exchanges)) == 4


@pytest.mark.parametrize("said", [1, "yes", None])
def test_an_option_that_cannot_be_is_refused(exchanges, said):
    with pytest.raises(RequestError, match="cache: expected True, False or a policy"):
        Coins(exchanges.http_url).fetch_sync(*HOURS, cache=said)
    assert exchanges.log == []


def test_a_cache_that_is_switched_off_keeps_nothing(exchanges, monkeypatch, tmp_path):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "0")
    source, none = Coins(exchanges.http_url), CacheManager()
    for _ in range(2):
        exchanges.log.clear()
        source.fetch_sync(*HOURS, cache=True)
        assert len(spans(exchanges)) == 4
    assert none.get_stats()["entry_count"] == 0


def test_the_limit_of_the_source_holds():
    yahoo = YFinanceAdapter()
    assert CachedAdapter(yahoo).limiter == yahoo.limiter


# ---------------------------------------------------------------- bundles


def test_a_bundle_of_it_is_fetched_from_what_came_before(coins, exchanges, tmp_path):
    coins().fetch_sync(["BTC/USDT", "ETH/USDT"], *HOURS[1:])
    exchanges.log.clear()
    register(
        bundle_name="c", adapter=coins(), symbols=["BTC/USDT", "ETH/USDT"], start_date="2024-01-01",
        end_date="2024-01-04", resolution="1h", root=tmp_path,
    )  # fmt: skip
    assert ingest("c", root=tmp_path).added == 2 * 96
    assert exchanges.asked("/api/v3/klines") == []
    assert get("c", root=tmp_path).snapshot.calendar == "24/7"


def test_its_parameters_make_it_again(coins):
    told = coins(TTLFreshnessPolicy(60)).parameters
    again = AdapterRegistry.rebuilt("cached", json.loads(json.dumps(dict(told))))
    assert again.parameters == told
    assert again.policy == TTLFreshnessPolicy(60)
    assert again.name == "coins, cached"
    with pytest.raises(OptionError, match="MarketCloseFreshnessPolicy"):
        _ = CachedAdapter(again.source, {"policy": "Sometimes"}).policy
    assert CachedAdapter(YFinanceAdapter()).resolutions == YFinanceAdapter().resolutions


# ---------------------------------------------------------------- other sources


@pytest.mark.parametrize("vendor", [PolygonAdapter, AlpacaAdapter, AlphaVantageAdapter])
@pytest.mark.parametrize("resolution", ["1d", "1h"])
def test_what_is_kept_of_a_vendor_is_what_it_tells(start, monkeypatch, vendor, resolution):
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    server = start("2021-06-01T12:00")
    adapter = vendor(base_url=server.http_url, rate_limit=1e4)
    asked = (["AAPL", "MSFT"], "2021-04-28", "2021-05-05", resolution)
    told = adapter.fetch_sync(*asked)
    assert adapter.fetch_sync(*asked, cache=True).equals(told)
    server.log.clear()
    assert adapter.fetch_sync(*asked, cache=True).equals(told)
    part = ("AAPL", "2021-04-30", "2021-05-03", resolution)
    found = adapter.fetch_sync(*part, cache=True)
    assert server.log == []
    assert found.height > 0
    assert found.equals(adapter.fetch_sync(*part))
