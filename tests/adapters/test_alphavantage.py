"""Alpha Vantage as a source: what it says with status 200 is told, and no key stands anywhere."""

import asyncio
import json
from datetime import date
from decimal import Decimal

import pytest

from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
from rustybt.data.adapters.net.retry import Patience
from rustybt.errors import AuthenticationError, FetchError, RequestError
from tests.fake_exchanges import faults
from tests.fake_exchanges.alphavantage import KEY
from tests.fake_exchanges.series import ms

QUICK = Patience(attempts=4, seconds=20.0, first=0.01, longest=0.05)


def alphavantage(server, **given):
    options = {"api_key": KEY, "base_url": server.http_url, "rate_limit": 1e4, "patience": QUICK}
    return AlphaVantageAdapter(**(options | given))


def test_days_are_told_as_they_were_traded(start):
    server = start("2021-09-01T12:00")
    bars = alphavantage(server).fetch_sync("NVDA", "2021-07-12", "2021-07-23", "1d")
    truth = server.world.stocks["NVDA"].daily(date(2021, 7, 12), date(2021, 7, 23))
    assert [it.date() for it in bars["timestamp"]] == [day for day, _ in truth]
    for name in ("open", "high", "low", "close", "volume"):
        assert bars[name].to_list() == [getattr(bar, name) for _, bar in truth], name
    assert bars["split"].to_list() == [4 if day == date(2021, 7, 20) else 1 for day, _ in truth]


def test_minutes_come_month_by_month_and_are_made_utc(start):
    server = start("2024-04-10T12:00")
    bars = alphavantage(server).fetch_sync("SPY", "2024-02-26", "2024-03-13", "15m")
    truth = server.world.stocks["SPY"].intraday("15m", ms("2024-02-26"), ms("2024-03-14"))
    assert bars["timestamp"].dt.epoch("ms").to_list() == [
        it.at for it in truth
    ]  # DST began on 10 March
    assert bars["close"].to_list() == [it.close for it in truth]
    assert [it.query["month"] for it in server.asked("INTRADAY")] == ["2024-02", "2024-03"]


def test_actions_come_with_what_was_paid(start):
    adapter = alphavantage(start("2021-03-01T12:00"))
    fetched = asyncio.run(adapter.fetch_all("AAPL", "2020-08-03", "2020-11-10"))
    assert fetched.actions.select("session", "kind", "value", "pay_date").rows() == [
        (date(2020, 8, 7), "dividend", Decimal("0.82"), date(2020, 8, 13)),
        (date(2020, 8, 31), "split", Decimal(4), None),
        (date(2020, 11, 6), "dividend", Decimal("0.205"), date(2020, 11, 12)),
    ]


@pytest.mark.parametrize("kind", ["forex", "crypto"])
def test_days_of_a_pair_come(exchanges, kind):
    adapter = alphavantage(exchanges, asset_type=kind)
    bars = adapter.fetch_sync(["BTC/USD", "btcusd"], "2024-02-01", "2024-02-03")
    truth = exchanges.world.coins["BTCUSD"].bars("1d", ms("2024-02-01"), ms("2024-02-04"))
    assert set(bars["symbol"]) == {"BTC/USD"}
    assert bars["close"].to_list() == [it.close for it in truth]
    assert bars["volume"].to_list() == [None if kind == "forex" else it.volume for it in truth]
    assets = asyncio.run(adapter.assets(["BTC/USD"]))
    assert assets.select("symbol", "asset_type", "currency").rows() == [("BTC/USD", kind, "USD")]


def test_unknown_is_told_apart_from_empty(exchanges):
    fetched = asyncio.run(
        alphavantage(exchanges).fetch_all(["NOSUCH", "SPY"], "2024-02-24", "2024-02-25")
    )
    assert [it.ending for it in fetched.report.symbols] == ["not found", "empty"]
    pairs = alphavantage(exchanges, asset_type="forex").fetch_all(
        ["EURO"], "2024-02-24", "2024-02-25"
    )
    assert asyncio.run(pairs).report.symbols[0].ending == "not found"


def said(name, words):
    return faults.Status(200, json.dumps({name: words}))


@pytest.mark.parametrize(
    ("fault", "ending", "words", "asked"),
    [
        (
            said("Information", f"Your key {KEY}: our standard rate limit is 25 requests per day."),
            "rate limited",
            "of this day are used up",
            1,
        ),
        (
            said("Note", "Please consider spreading out your free API requests more sparingly."),
            "rate limited",
            "fewer requests a minute",
            4,
        ),
        (said("Information", "This is a premium endpoint."), "failed", "plan of the key", 1),
        (said("Error Message", "the parameter apikey is invalid."), "failed", "key is invalid", 1),
        (said("Information", f"Something new about {KEY}."), "failed", "not known", 1),
        (said("Meta Data", "none"), "failed", "expected a time series", 3),
        (faults.Status(200, "{}"), "failed", "expected a time series", 3),
        (faults.Instead("SPY", "MSFT"), "failed", "expected a series of SPY", 3),
        (faults.Without(("outputsize",)), "failed", "the last alone", 3),
    ],
)
def test_what_is_said_with_status_200_is_told(exchanges, fault, ending, words, asked):
    exchanges.fail("TIME_SERIES_DAILY", fault, times=None)
    fetched = asyncio.run(alphavantage(exchanges).fetch_all("SPY", "2024-01-02", "2024-01-31"))
    (report,) = fetched.report.symbols
    assert report.ending == ending
    assert words in report.reason
    assert KEY not in report.text
    assert len(exchanges.asked("TIME_SERIES_DAILY")) == asked


def test_what_it_wants_fewer_of_is_asked_again_later(exchanges):
    exchanges.fail("TIME_SERIES_DAILY", said("Note", "5 calls per minute"), times=2)
    assert alphavantage(exchanges).fetch_sync("SPY", "2024-01-02", "2024-01-31").height == 21


def test_another_month_is_refused(start):
    server = start("2024-04-10T12:00")
    server.fail("INTRADAY", faults.Instead("2024-02", "2024-03"), times=None)
    with pytest.raises(FetchError, match="expected rows of 2024-02"):
        alphavantage(server).fetch_sync("SPY", "2024-02-06", "2024-02-07", "5m")


def test_a_key_that_is_nowhere_is_told(exchanges, monkeypatch):
    monkeypatch.delenv("ALPHAVANTAGE_API_KEY", raising=False)
    with pytest.raises(AuthenticationError, match="ALPHAVANTAGE_API_KEY"):
        alphavantage(exchanges, api_key=None).fetch_sync("SPY", "2024-01-02", "2024-01-31")


def test_parameters_hold_no_key_and_make_it_again(exchanges):
    adapter = alphavantage(exchanges, tier="premium")
    told = json.dumps(adapter.parameters)
    assert KEY not in told + repr(vars(adapter))
    assert AlphaVantageAdapter(**json.loads(told)).parameters == adapter.parameters
    with pytest.raises(RequestError, match="one of stocks, forex, crypto"):
        alphavantage(exchanges, asset_type="bonds")
