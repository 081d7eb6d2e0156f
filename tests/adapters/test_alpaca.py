"""Alpaca as a source: all pages, prices as traded, actions, and no key anywhere."""

import asyncio
import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.net.retry import Patience
from rustybt.errors import AuthenticationError, FetchError, RequestError
from tests.fake_exchanges import faults
from tests.fake_exchanges.alpaca import KEY, SECRET
from tests.fake_exchanges.series import ms

QUICK = Patience(attempts=4, seconds=20.0, first=0.01, longest=0.05)


def alpaca(server, **given):
    options = {"api_key": KEY, "api_secret": SECRET, "rate_limit": 1e4, "patience": QUICK}
    places = {"base_url": server.http_url, "trading_url": server.http_url}
    return AlpacaAdapter(**(options | places | given))


def test_days_are_told_as_they_were_traded(start):
    server = start("2021-09-01T12:00")
    bars = alpaca(server).fetch_sync("NVDA", "2021-07-12", "2021-07-23", "1d")
    truth = server.world.stocks["NVDA"].daily(date(2021, 7, 12), date(2021, 7, 23))
    assert [it.date() for it in bars["timestamp"]] == [day for day, _ in truth]
    for name in ("open", "high", "low", "close", "volume"):
        assert bars[name].to_list() == [getattr(bar, name) for _, bar in truth], name
    assert bars["split"].to_list() == [4 if day == date(2021, 7, 20) else 1 for day, _ in truth]


def test_minutes_of_all_pages_come(exchanges):
    bars = alpaca(exchanges).fetch_sync(["SPY", "MSFT"], "2024-01-02", "2024-01-05", "1m")
    for symbol in ("SPY", "MSFT"):
        stock = exchanges.world.stocks[symbol]
        truth = stock.intraday("1m", ms("2024-01-02"), ms("2024-01-06"))
        rows = bars.filter(symbol=symbol)
        assert rows["timestamp"].dt.epoch("ms").to_list() == [it.at for it in truth]
        assert rows["close"].to_list() == [it.close for it in truth]
    assert len(exchanges.asked("/v2/stocks/bars")) == 4


def test_actions_come_with_what_was_paid(start):
    adapter = alpaca(start("2021-03-01T12:00"))
    fetched = asyncio.run(adapter.fetch_all("AAPL", "2020-08-03", "2020-11-10"))
    assert fetched.actions.select("session", "kind", "value", "pay_date").rows() == [
        (date(2020, 8, 7), "dividend", Decimal("0.82"), date(2020, 8, 13)),
        (date(2020, 8, 31), "split", Decimal(4), None),
        (date(2020, 11, 6), "dividend", Decimal("0.205"), date(2020, 11, 12)),
    ]


def test_weeks_begin_on_monday_and_months_on_the_first(start):
    adapter = alpaca(start("2024-04-01T12:00"))
    weeks = adapter.fetch_sync("SPY", "2024-01-01", "2024-01-19", "1w")
    assert [str(it.date()) for it in weeks["timestamp"]] == [
        "2024-01-01",
        "2024-01-08",
        "2024-01-15",
    ]
    months = adapter.fetch_sync("SPY", "2024-01-01", "2024-02-29", "monthly")
    assert [str(it.date()) for it in months["timestamp"]] == ["2024-01-01", "2024-02-01"]


def test_trades_come(exchanges):
    trades = alpaca(exchanges).fetch_sync("SPY", "2024-02-01T15:00", "2024-02-01T22:59:59", "tick")
    truth = exchanges.world.stocks["SPY"].series.trades(
        ms("2024-02-01T15:00"), ms("2024-02-01T23:00")
    )
    assert trades["id"].to_list() == [f"V:{it.id}" for it in truth]  # its exchange and its number
    assert trades["size"].to_list() == [it.amount for it in truth]


def test_the_last_minutes_of_all_exchanges_are_not_asked_for(start):
    server = start(None)
    today = datetime.now().astimezone().date()
    fetched = asyncio.run(
        alpaca(server, feed="sip").fetch_all("SPY", today - timedelta(days=6), today, "1h")
    )
    assert fetched.report.symbols[0].ending == "complete"


def test_unknown_is_told_apart_from_empty(exchanges):
    adapter = alpaca(exchanges)
    fetched = asyncio.run(adapter.fetch_all(["NOSUCH", "SPY"], "2024-02-24", "2024-02-25"))
    assert [it.ending for it in fetched.report.symbols] == ["not found", "empty"]


def test_assets_are_told(exchanges):
    assets = asyncio.run(alpaca(exchanges).assets(["AAPL", "NOSUCH"]))
    assert assets.select("symbol", "name", "currency").rows() == [("AAPL", "Apple Inc.", "USD")]


def test_tokens_that_come_again_are_told(exchanges):
    exchanges.fail("/v2/stocks/bars", faults.Stale(), times=None)
    with pytest.raises(FetchError, match=r"do not end|begins at"):
        alpaca(exchanges).fetch_sync("SPY", "2024-01-02", "2024-01-31", "1m")


def test_a_wrong_key_is_told_without_it(exchanges):
    with pytest.raises(FetchError, match="status 403") as error:
        alpaca(exchanges, api_secret="a-secret").fetch_sync("SPY", "2024-01-02", "2024-01-31")
    assert "a-secret" not in str(error.value)
    assert KEY not in str(error.value)


def test_half_of_a_key_is_told(exchanges, monkeypatch):
    monkeypatch.delenv("ALPACA_API_SECRET", raising=False)
    with pytest.raises(AuthenticationError, match="ALPACA_API_SECRET"):
        alpaca(exchanges, api_secret=None).fetch_sync("SPY", "2024-01-02", "2024-01-31")


def test_parameters_hold_no_key_and_make_it_again(exchanges):
    adapter = alpaca(exchanges, is_paper=False, feed="sip")
    told = json.dumps(adapter.parameters)
    assert SECRET not in told + repr(vars(adapter))
    assert AlpacaAdapter(**json.loads(told)).parameters == adapter.parameters
    with pytest.raises(RequestError, match="one of iex, sip"):
        alpaca(exchanges, feed="otc")
