"""Yahoo as a source, by the real yfinance: what is stored is what was traded, and nothing is hidden."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest

import warehouse
from rustybt.data.adapters.net.negative import Unknown
from rustybt.data.adapters.net.retry import Patience
from rustybt.data.adapters.yahoo import YFinanceAdapter
from rustybt.data.bundles import register
from rustybt.errors import FetchError, RequestError, SymbolsFailedError, UnsupportedResolutionError
from tests.fake_exchanges import Authority, Loopback, faults
from tests.fake_exchanges.stocks import NEW_YORK
from tests.fake_exchanges.yahoo import RECORDED

at = datetime.fromisoformat
QUICK = Patience(attempts=4, seconds=20.0, first=0.01, longest=0.05)
_TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy")


@pytest.fixture
def yahoo(authority, monkeypatch):
    """Return an adapter whose requests go to a server, as a user sends them through a proxy."""

    def yahoo(server, **given):
        for name in _TRUST:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", server.proxy_url)
        monkeypatch.setenv("CURL_CA_BUNDLE", authority.ca_pem)
        return YFinanceAdapter(
            **({"request_delay": 1e-3, "patience": QUICK, "timeout": 4.0} | given)
        )

    return yahoo


def test_days_are_told_as_they_were_traded(start, yahoo):
    server = start("2024-06-20T12:00")
    bars = yahoo(server).fetch_sync("NVDA", "2021-07-12", "2021-07-23", "1d")
    truth = server.world.stocks["NVDA"].daily(date(2021, 7, 12), date(2021, 7, 23))
    assert [it.date() for it in bars["timestamp"]] == [day for day, _ in truth]
    for name in ("open", "high", "low", "close", "volume"):
        assert bars[name].to_list() == [getattr(bar, name) for _, bar in truth], name
    assert bars["split"].to_list() == [4 if day == date(2021, 7, 20) else 1 for day, _ in truth]


def test_dividends_are_told_as_they_were_paid(start, yahoo):
    server = start("2024-06-20T12:00")
    fetched = asyncio.run(yahoo(server).fetch_all(["AAPL"], "2020-08-03", "2020-11-10"))
    assert fetched.actions.select("session", "kind", "value").rows() == [
        (date(2020, 8, 7), "dividend", Decimal("0.82")),
        (date(2020, 8, 31), "split", Decimal(4)),
        (date(2020, 11, 6), "dividend", Decimal("0.205")),
    ]
    assert fetched.bars["dividend"].sum() == Decimal("1.025")


def test_a_reverse_split_is_undone(start, yahoo):
    server = start("2024-06-20T12:00")
    bars = yahoo(server).fetch_sync("GE", "2021-07-28", "2021-08-04")
    truth = dict(server.world.stocks["GE"].daily(date(2021, 7, 28), date(2021, 8, 4)))
    assert bars["close"].to_list() == [it.close for it in truth.values()]
    assert bars["split"].to_list()[3] == Decimal("0.125")


@pytest.mark.parametrize("wanted", [("dividend",), ("split",), ()])
def test_actions_that_are_not_wanted_are_left_out(start, yahoo, wanted):
    flags = {"fetch_dividends": "dividend" in wanted, "fetch_splits": "split" in wanted}
    adapter = yahoo(start("2021-03-01T12:00"), **flags)
    fetched = asyncio.run(adapter.fetch_all("AAPL", "2020-08-03", "2020-11-10"))
    assert set(fetched.actions["kind"]) == set(wanted)


def test_minutes_of_many_days_come_in_the_pieces_that_are_allowed(start, yahoo):
    server = start(None)
    first = datetime.now(UTC).date() - timedelta(days=20)
    until = first + timedelta(days=15)
    bars = yahoo(server).fetch_sync("SPY", first, until, "1m")
    stock = server.world.stocks["SPY"]
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) * 1000
    truth = stock.intraday("1m", begin, begin + 16 * 86_400_000)
    assert bars["close"].to_list() == [it.close for it in truth]
    assert len(server.asked("interval=1m")) == 3


def test_what_is_too_long_ago_is_told_before_anything_is_asked(exchanges, yahoo):
    with pytest.raises(UnsupportedResolutionError, match="nothing before"):
        yahoo(exchanges).fetch_sync("SPY", "2020-01-02", "2020-01-31", "5m")
    with pytest.raises(UnsupportedResolutionError, match="no other"):
        yahoo(exchanges).fetch_sync("SPY", "2020-01-02", "2020-01-31", "4h")
    assert not exchanges.log


def test_what_yahoo_does_not_know_is_not_found(exchanges, yahoo):
    adapter = yahoo(exchanges)
    for _ in range(4):  # yfinance asks elsewhere for the time zone, but only twice a process
        Unknown("yahoo").forget("NOSUCH")
        fetched = asyncio.run(adapter.fetch_all(["NOSUCH", "SPY"], "2024-02-20", "2024-02-23"))
        endings = {it.symbol: it.ending for it in fetched.report.symbols}
        assert endings == {"NOSUCH": "not found", "SPY": "complete"}


def test_what_is_not_found_is_not_asked_for_again(exchanges, yahoo):
    for _ in range(2):
        with pytest.raises(FetchError, match="no symbol 'NOSUCH'"):
            yahoo(exchanges).fetch_sync("NOSUCH", "2024-02-20", "2024-02-23")
    assert len(exchanges.asked("chart/NOSUCH")) == 2  # yfinance asks twice by itself


CHART = "interval=1d&includePrePost"
ONCE = {
    "429": faults.Status(429, "Too Many Requests", {"Retry-After": "1"}),
    "500": faults.Status(500),
    "502 json": faults.Status(502, '{"chart": null}'),
    "401": faults.Status(401, '{"finance": {"error": "Invalid Crumb"}}'),
    "html": faults.Status(200),
    "empty": faults.Status(200, b""),
    "null": faults.Status(200, "null"),
    "object": faults.Status(200, "{}"),
    "half": faults.Truncate("valid"),
    "short": faults.Truncate("length"),
    "chunked": faults.Truncate("chunked"),
    "reset": faults.Reset(),
    "hang": faults.Hang(),
    "drip": faults.Drip(64, 0.2),
    "bomb": faults.GzipBomb(2),
    "other symbol": faults.Instead("SPY", "MSFT"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_what_fails_twice_is_asked_for_again(exchanges, yahoo, fault):
    truth = yahoo(exchanges).fetch_sync("SPY", "2024-02-01", "2024-02-23")
    exchanges.fail(CHART, fault, times=2)  # yfinance itself repeats a bad status once
    waits = isinstance(fault, faults.Hang | faults.Drip)
    source = yahoo(exchanges, timeout=1.0) if waits else yahoo(exchanges)
    found = source.fetch_sync("SPY", "2024-02-01", "2024-02-23")
    assert found.equals(truth)
    assert truth.height == 16


@pytest.mark.slow
@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_what_fails_for_good_is_told(exchanges, yahoo, fault):
    exchanges.fail(CHART, fault, times=None)
    fetched = asyncio.run(yahoo(exchanges).fetch_all("SPY", "2024-02-01", "2024-02-23"))
    (report,) = fetched.report.symbols
    assert report.ending in ("failed", "rate limited")
    assert report.missing == ((at("2024-02-01"), at("2024-02-24")),)
    assert report.reason


@pytest.mark.parametrize("fault", [faults.duplicated(), faults.unsorted()])
def test_rows_in_any_order_and_number_are_each_taken_once(exchanges, yahoo, fault):
    truth = yahoo(exchanges).fetch_sync("SPY", "2024-02-01", "2024-02-23")
    exchanges.fail(CHART, fault)
    assert yahoo(exchanges).fetch_sync("SPY", "2024-02-01", "2024-02-23").equals(truth)


def test_a_certificate_of_somebody_else_is_refused(yahoo, tmp_path):
    with Loopback(authority=Authority(tmp_path)) as server:
        with pytest.raises(FetchError, match="not trusted"):
            yahoo(server).fetch_sync("SPY", "2024-02-01", "2024-02-23")
        assert not server.log


def test_parameters_make_it_again(exchanges, yahoo):
    adapter = yahoo(exchanges, rate_limit=3.0)
    assert YFinanceAdapter(**json.loads(json.dumps(adapter.parameters))) == adapter
    with pytest.raises(RequestError, match="request_delay"):
        YFinanceAdapter(request_delay=0.0)


def test_assets_are_told_by_the_head_of_a_chart(exchanges, yahoo):
    assets = asyncio.run(yahoo(exchanges).assets(["SPY", "NOSUCH", "BRK.B"]))
    assert assets.select("symbol", "asset_type", "name", "currency").rows() == [
        ("BRK-B", "equity", "Berkshire Hathaway Inc.", "USD"),
        ("SPY", "etf", "SPDR S&P 500 ETF Trust", "USD"),
    ]


@pytest.mark.parametrize(
    ("told", "currency", "hundredths"),
    [("GBp", "GBP", True), ("ZAc", "ZAR", True), ("ILA", "ILS", True), ("EUR", "EUR", False)],
)
def test_hundredths_of_a_currency_are_told_in_the_currency(
    exchanges, yahoo, told, currency, hundredths
):
    span = ("AAPL", "2020-11-02", "2020-11-20")
    in_dollars = asyncio.run(yahoo(exchanges).fetch(*span))
    assert in_dollars["dividend"].sum() > 0
    exchanges.world.stocks["AAPL"] = replace(exchanges.world.stocks["AAPL"], currency=told)
    bars = asyncio.run(yahoo(exchanges).fetch(*span))
    factor = 100 if hundredths else 1
    for name in ("open", "close", "dividend"):
        assert [it * factor for it in bars[name]] == in_dollars[name].to_list()
    assert bars["volume"].to_list() == in_dollars["volume"].to_list()
    assets = asyncio.run(yahoo(exchanges).assets("AAPL"))
    assert assets["currency"].to_list() == [currency]


def test_days_without_a_session_are_empty(exchanges, yahoo):
    fetched = asyncio.run(yahoo(exchanges).fetch_all("SPY", "2024-02-24", "2024-02-25"))
    assert fetched.report.symbols[0].ending == "empty"
    assert fetched.bars.is_empty()


def test_a_class_of_shares_is_asked_for_as_yahoo_writes_it(exchanges, yahoo):
    bars = yahoo(exchanges).fetch_sync(["brk.b", "BRK-B"], "2024-02-20", "2024-02-23")
    assert set(bars["symbol"]) == {"BRK-B"}
    assert bars.height == 4


def test_a_day_without_prices_is_told(exchanges, yahoo):
    exchanges.fail("interval=1d&includePrePost", faults.nulled())
    fetched = asyncio.run(yahoo(exchanges).fetch_all("SPY", "2024-02-20", "2024-02-23"))
    (report,) = fetched.report.symbols
    assert (report.ending, report.rows) == ("partial", 3)
    assert report.missing == ((at("2024-02-20"), at("2024-02-21")),)


@pytest.mark.parametrize("fault", [faults.emptied(), faults.Without(("period1",))])
def test_a_past_that_is_left_out_is_told(exchanges, yahoo, fault):
    exchanges.fail("interval=1d&includePrePost", fault)
    fetched = asyncio.run(yahoo(exchanges).fetch_all("SPY", "2023-11-20", "2024-02-29"))
    (report,) = fetched.report.symbols
    assert report.ending == "partial"
    assert report.missing[0][0] == at("2023-11-20")


def test_a_day_whose_minutes_are_left_out_is_told(start, yahoo):
    server = start(None)
    server.fail("interval=1m", faults.Reshaped(lambda rows: rows[390:]))
    first = datetime.now(UTC).date() - timedelta(days=12)
    fetched = asyncio.run(yahoo(server).fetch_all("SPY", first, first + timedelta(days=6), "1m"))
    (report,) = fetched.report.symbols
    assert report.ending == "partial"
    assert report.missing[0][1] - report.missing[0][0] == timedelta(days=1)


def test_another_symbol_is_refused(exchanges, yahoo):
    exchanges.fail("SPY", faults.Instead("SPY", "MSFT"), times=None)
    with pytest.raises(FetchError, match="expected SPY, found MSFT"):
        yahoo(exchanges).fetch_sync("SPY", "2024-02-20", "2024-02-23")


def test_the_day_that_is_running_is_left_out(start, yahoo):
    server = start(None)
    now = int(datetime.now(UTC).timestamp())

    class Running:
        """Adds a day whose session began an hour ago and lasts an hour more."""

        async def __call__(self, turn):
            answer = await turn.answer()
            document = answer.document
            (result,) = document["chart"]["result"]
            regular = result["meta"]["currentTradingPeriod"]["regular"]
            regular.update(start=now - 3600, end=now + 3600)
            result["timestamp"].append(now - 3600)
            for columns in (*result["indicators"]["quote"], *result["indicators"]["adjclose"]):
                for values in columns.values():
                    values.append(values[-1])
            return await type(answer).of(document).send()

    server.fail("interval=1d&includePrePost", Running())
    today = datetime.now(UTC).date()
    bars = yahoo(server).fetch_sync("SPY", today - timedelta(days=12), today)
    running = datetime.fromtimestamp(now - 3600, UTC).astimezone(NEW_YORK).date()
    assert bars.height
    assert bars["timestamp"].max().date() < running


@pytest.mark.reference
def test_the_recorded_year_with_a_split_is_as_it_was_traded(recorded, yahoo):
    bars = yahoo(recorded).fetch_sync("NVDA", "2021-02-01", "2022-01-28")
    by_day = {at.date(): close for at, close in bars.select("timestamp", "close").rows()}
    assert by_day[date(2021, 2, 1)] == Decimal("529.48")
    assert by_day[date(2021, 7, 19)] == Decimal("751.19")
    assert by_day[date(2021, 7, 20)] == Decimal("186.12")
    assert max(-it.as_tuple().exponent for it in map(Decimal.normalize, by_day.values())) <= 4


@pytest.mark.reference
@pytest.mark.parametrize(
    ("symbol", "first", "last", "within"),
    [
        ("AAPL", "2020-08-31", "2020-11-06", 3e-7),
        ("MSFT", "2021-02-01", "2022-01-28", 5e-7),  # Yahoo rounds once for each later dividend
    ],
)
def test_adjusted_closes_are_those_of_yahoo(recorded, yahoo, symbol, first, last, within):
    bars = yahoo(recorded).fetch_sync(symbol, first, last).sort("timestamp")
    body = recorded.world.recording(f"yahoo/{RECORDED[symbol]}")["response"]["bodyJson"]
    (result,) = body["chart"]["result"]
    told = result["indicators"]["adjclose"][0]["adjclose"][: bars.height]
    factor, adjusted = 1.0, []
    closes = [float(it) for it in bars["close"]]
    paid = [float(it) for it in bars["dividend"]]
    for i in reversed(range(bars.height)):
        adjusted.insert(0, closes[i] * factor)
        factor *= 1 - paid[i] / closes[i - 1]
    # Dividends after the recording are in what it tells: one factor for all days.
    later = median(it / own for it, own in zip(told, adjusted, strict=True))
    assert told == pytest.approx([it * later for it in adjusted], rel=within)


def registered(adapter, symbol, first, last, root):
    bundle = register(
        bundle_name="us",
        adapter=adapter,
        symbols=[symbol],
        start_date=first,
        end_date=last,
        root=root,
    )
    bundle.ingest()
    return warehouse.open(root)


def test_a_symbol_that_yahoo_does_not_know_is_left_out_of_a_bundle(exchanges, yahoo, tmp_path):
    bundle = register(
        bundle_name="us",
        adapter=yahoo(exchanges),
        symbols=["SPY", "NOSUCH"],
        start_date="2024-02-01",
        end_date="2024-02-23",
        root=tmp_path,
    )
    with pytest.raises(SymbolsFailedError, match="no symbol 'NOSUCH'"):
        bundle.ingest(on_error="raise")
    report = bundle.ingest(on_error="partial")
    assert (report.added, report.failed) == (16, 1)


def test_splits_and_dividends_land_in_a_bundle(start, yahoo, tmp_path):
    adapter = yahoo(start("2024-06-20T12:00"))
    with registered(adapter, "AAPL", "2020-08-03", "2020-11-10", tmp_path / "w") as wh:
        told = wh.sql("SELECT session, kind, amount FROM us.adjustments ORDER BY session").rows()
        ratio = wh.sql("SELECT ratio FROM us.adjustments WHERE kind = 'split'").rows()
        assets = wh.sql("SELECT symbol, exchange, asset_type, name, currency FROM us.assets").rows()
    assert told == [
        (date(2020, 8, 7), "dividend", Decimal("0.82")),
        (date(2020, 8, 31), "split", None),
        (date(2020, 11, 6), "dividend", Decimal("0.205")),
    ]
    assert ratio == [(0.25,)]
    assert assets == [("AAPL", "XNYS", "equity", "Apple Inc.", "USD")]


@pytest.mark.reference
def test_the_adjusted_view_is_yahoos_adjusted_close(recorded, yahoo, tmp_path):
    with registered(yahoo(recorded), "AAPL", "2020-08-31", "2020-11-06", tmp_path / "w") as wh:
        rows = wh.sql("SELECT close FROM us.bars_1d_adjusted ORDER BY session").rows()
    body = recorded.world.recording(f"yahoo/{RECORDED['AAPL']}")["response"]["bodyJson"]
    told = body["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"]
    adjusted = [float(close) for (close,) in rows]
    later = median(it / own for it, own in zip(told, adjusted, strict=True))
    assert told == pytest.approx([it * later for it in adjusted], rel=3e-7)
