"""Polygon as a source: all pages, prices as traded, actions, and no key anywhere."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

import warehouse
from rustybt.data.adapters.net.retry import Patience
from rustybt.data.adapters.polygon import PolygonAdapter
from rustybt.data.bundles import register
from rustybt.errors import AuthenticationError, FetchError, RequestError
from tests.fake_exchanges import faults
from tests.fake_exchanges.polygon import KEY
from tests.fake_exchanges.series import ms

at = datetime.fromisoformat
QUICK = Patience(attempts=4, seconds=20.0, first=0.01, longest=0.05)


def polygon(server, **given):
    options = {"api_key": KEY, "base_url": server.http_url, "rate_limit": 1e4, "patience": QUICK}
    return PolygonAdapter(**(options | given))


def test_days_are_told_as_they_were_traded(start):
    server = start("2021-09-01T12:00")
    bars = polygon(server).fetch_sync("NVDA", "2021-07-12", "2021-07-23", "1d")
    truth = server.world.stocks["NVDA"].daily(date(2021, 7, 12), date(2021, 7, 23))
    assert [it.date() for it in bars["timestamp"]] == [day for day, _ in truth]
    for name in ("open", "high", "low", "close", "volume"):
        assert bars[name].to_list() == [getattr(bar, name) for _, bar in truth], name
    assert bars["split"].to_list() == [4 if day == date(2021, 7, 20) else 1 for day, _ in truth]


def test_minutes_of_all_pages_come(exchanges):
    bars = polygon(exchanges).fetch_sync("SPY", "2024-01-02", "2024-01-12", "1m")
    first, last = ms("2024-01-02"), ms("2024-01-13")
    truth = exchanges.world.stocks["SPY"].intraday("1m", first, last)
    assert len(truth) > 3_000
    assert bars["timestamp"].dt.epoch("ms").to_list() == [it.at for it in truth]
    assert bars["close"].to_list() == [it.close for it in truth]
    assert len(exchanges.asked("/v2/aggs")) == -(-len(truth) // 1_000)


def test_actions_come_with_what_was_paid(start):
    adapter = polygon(start("2021-03-01T12:00"))
    fetched = asyncio.run(adapter.fetch_all("AAPL", "2020-08-03", "2020-11-10"))
    assert fetched.actions.select("session", "kind", "value", "pay_date").rows() == [
        (date(2020, 8, 7), "dividend", Decimal("0.82"), date(2020, 8, 13)),
        (date(2020, 8, 31), "split", Decimal(4), None),
        (date(2020, 11, 6), "dividend", Decimal("0.205"), date(2020, 11, 12)),
    ]


@pytest.mark.parametrize(
    ("resolution", "begins"),
    [("1w", ["2024-01-08", "2024-01-15", "2024-01-22"]), ("1mo", ["2024-01-01", "2024-02-01"])],
)
def test_weeks_and_months_begin_on_their_first_day(start, resolution, begins):
    last = "2024-01-26" if resolution == "1w" else "2024-02-29"
    bars = polygon(start("2024-04-01T12:00")).fetch_sync(
        "SPY", begins[0][:8] + "01", last, resolution
    )
    found = [str(it.date()) for it in bars["timestamp"]]
    assert found == (["2024-01-01", *begins] if resolution == "1w" else begins)


def test_trades_come_with_microseconds(exchanges):
    trades = polygon(exchanges).fetch_sync("SPY", "2024-02-01T15:00", "2024-02-01T23:00", "tick")
    truth = exchanges.world.stocks["SPY"].series.trades(
        ms("2024-02-01T15:00"), ms("2024-02-01T23:00")
    )
    assert trades["id"].to_list() == [f"4:{it.id}" for it in truth] + [
        f"4:{truth[-1].id + 1}"
    ]  # its exchange and its number
    assert trades["price"].to_list()[:-1] == [it.price for it in truth]


def test_a_coin_is_asked_for_as_polygon_writes_it(exchanges):
    adapter = polygon(exchanges, asset_type="crypto")
    bars = adapter.fetch_sync(["BTC/USD", "x:btcusd"], "2024-02-01", "2024-02-03")
    truth = exchanges.world.coins["BTCUSD"].bars("1d", ms("2024-02-01"), ms("2024-02-04"))
    assert set(bars["symbol"]) == {"X:BTCUSD"}
    assert adapter.calendar == "24/7"
    assert bars["volume"].to_list() == [it.volume for it in truth]


def test_the_bar_that_is_not_over_is_left_out(start):
    server = start(None)
    today = datetime.now(UTC).date()
    bars = polygon(server, asset_type="crypto").fetch_sync(
        "BTCUSD", today - timedelta(days=1), today, "1h"
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    assert now - timedelta(hours=2) < bars["timestamp"].max() <= now - timedelta(hours=1)


def test_unknown_is_told_apart_from_empty(exchanges):
    adapter = polygon(exchanges)
    fetched = asyncio.run(adapter.fetch_all(["NOSUCH", "SPY"], "2024-02-24", "2024-02-25"))
    assert [it.ending for it in fetched.report.symbols] == ["not found", "empty"]
    asked = len(exchanges.log)
    fetched = asyncio.run(adapter.fetch_all(["NOSUCH"], "2024-02-20", "2024-02-25"))
    assert fetched.report.symbols[0].ending == "not found"
    assert len(exchanges.log) == asked


def test_assets_are_told(exchanges):
    assets = asyncio.run(polygon(exchanges).assets(["SPY", "NOSUCH", "AAPL"]))
    assert assets.select("symbol", "asset_type", "name", "currency").rows() == [
        ("AAPL", "equity", "Apple Inc.", "USD"),
        ("SPY", "etf", "SPDR S&P 500 ETF Trust", "USD"),
    ]


def test_the_key_goes_to_no_other_host(exchanges, start):
    other = start()

    class Away:
        """Says that the next page is at the other server."""

        async def __call__(self, turn):
            answer = await turn.answer()
            document = answer.document
            document["next_url"] = f"{other.http_url}/v2/aggs/ticker/SPY"
            return await type(answer).of(document).send()

    exchanges.fail("/v2/aggs", Away())
    with pytest.raises(FetchError, match="another host"):
        polygon(exchanges).fetch_sync("SPY", "2024-01-02", "2024-01-31", "1d")
    assert not other.log


def test_pages_without_an_end_are_told(exchanges):
    exchanges.fail("/v2/aggs", faults.Stale(), times=None)
    with pytest.raises(FetchError, match=r"do not end|begins at"):
        polygon(exchanges).fetch_sync("SPY", "2024-01-02", "2024-01-31", "1m")
    assert len(exchanges.log) < 10


def test_a_wrong_key_is_told_without_it(exchanges):
    with pytest.raises(FetchError, match="Unknown API Key") as error:
        polygon(exchanges, api_key="a-secret-key").fetch_sync("SPY", "2024-01-02", "2024-01-31")
    assert "a-secret-key" not in str(error.value)
    assert len(exchanges.log) == 1


def test_a_key_that_is_nowhere_is_told(exchanges, monkeypatch):
    monkeypatch.delenv("POLYGON_API_KEY", raising=False)
    with pytest.raises(AuthenticationError, match="POLYGON_API_KEY"):
        polygon(exchanges, api_key=None).fetch_sync("SPY", "2024-01-02", "2024-01-31")


def test_the_key_of_the_environment_goes_through_the_proxy(exchanges, authority, monkeypatch):
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca_pem)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    bars = PolygonAdapter(rate_limit=1e4).fetch_sync("SPY", "2024-01-02", "2024-01-31", "5m")
    assert bars.height == 21 * 78
    assert {it.host for it in exchanges.log} == {"api.massive.com"}


def test_parameters_hold_no_key_and_make_it_again(exchanges):
    adapter = polygon(exchanges, tier="starter", asset_type="forex")
    told = json.dumps(adapter.parameters)
    assert KEY not in told + repr(vars(adapter))
    assert PolygonAdapter(**json.loads(told)).parameters == adapter.parameters
    with pytest.raises(RequestError, match="one of free"):
        polygon(exchanges, tier="gold")


def test_actions_and_no_key_land_in_a_bundle(start, monkeypatch, tmp_path):
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    adapter = polygon(start("2021-03-01T12:00"), api_key=None)
    register(
        bundle_name="us",
        adapter=adapter,
        symbols=["AAPL"],
        start_date="2020-08-24",
        end_date="2020-11-10",
        root=tmp_path,
    ).ingest()
    with warehouse.open(tmp_path) as wh:
        rows = wh.sql("SELECT session, kind, amount FROM us.adjustments ORDER BY 1").rows()
    assert rows == [
        (date(2020, 8, 31), "split", None),
        (date(2020, 11, 6), "dividend", Decimal("0.205")),
    ]
    assert not any(KEY.encode() in it.read_bytes() for it in tmp_path.rglob("*") if it.is_file())
