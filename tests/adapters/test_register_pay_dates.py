"""When dividends are paid, as a source tells it, stands in the bundle: fetched once, resumed, again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

import warehouse
from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
from rustybt.data.adapters.frame import ACTIONS, latest
from rustybt.data.adapters.polygon import PolygonAdapter
from rustybt.data.bundles import ingest, register
from rustybt.data.bundles.fetching import Fetch
from rustybt.errors import SymbolsFailedError
from tests.fake_exchanges import alpaca, alphavantage, faults, polygon
from tests.fake_exchanges.paging import MOST

AUGUST = ("AAPL", date(2020, 8, 7), Decimal("0.82"), date(2020, 8, 13))
NOVEMBER = ("AAPL", date(2020, 11, 6), Decimal("0.205"), date(2020, 11, 12))
FEBRUARY = ("MSFT", date(2021, 2, 17), Decimal("0.56"), date(2021, 2, 23))
DIVIDENDS = "/stocks/v1/dividends"


@pytest.fixture
def server(start, monkeypatch):
    monkeypatch.setenv("POLYGON_API_KEY", polygon.KEY)
    monkeypatch.setenv("ALPACA_API_KEY", alpaca.KEY)
    monkeypatch.setenv("ALPACA_API_SECRET", alpaca.SECRET)
    monkeypatch.setenv("ALPHAVANTAGE_API_KEY", alphavantage.KEY)
    return start("2021-06-01T12:00")


@pytest.fixture
def stocks(server, tmp_path):
    """Register a bundle ``us`` of days, from 27 July 2020."""

    def stocks(*symbols, start_date="2020-07-27", vendor=PolygonAdapter, **given):
        said = {it: given.pop(it) for it in ("end_date", "resolution") if it in given}
        said |= {"symbols": symbols, "start_date": start_date}
        adapter = vendor(base_url=server.http_url, rate_limit=1e4, **given)
        return register("us", adapter=adapter, root=tmp_path, **said)

    return stocks


@pytest.fixture
def paid(tmp_path):
    """Return the dividends of the bundle as it is now."""

    def paid():
        query = (
            "SELECT symbol, session, amount, pay_date FROM us.adjustments "
            "WHERE kind = 'dividend' ORDER BY symbol, session"
        )
        with warehouse.open(tmp_path) as wh:
            of_splits = "SELECT count(pay_date) FROM us.adjustments WHERE kind = 'split'"
            assert wh.sql(of_splits).rows() == [(0,)]
            return wh.sql(query).rows()

    return paid


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_pay_dates_are_stored(stocks, paid, tmp_path, workers) -> None:
    stocks("AAPL", "MSFT", "SPY", end_date="2021-02-26")
    ingest("us", wanted=Fetch(n_workers=workers), root=tmp_path)
    assert paid() == [
        AUGUST,
        NOVEMBER,
        ("AAPL", date(2021, 2, 5), Decimal("0.205"), date(2021, 2, 11)),
        FEBRUARY,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("vendor", [AlpacaAdapter, AlphaVantageAdapter])
def test_pay_dates_of_other_vendors_are_stored(server, stocks, paid, vendor) -> None:
    given = {"trading_url": server.http_url} if vendor is AlpacaAdapter else {}
    bundle = stocks("AAPL", end_date="2020-11-10", vendor=vendor, **given)
    bundle.ingest(end_date="2020-08-10")
    bundle.ingest()
    assert paid() == [AUGUST, NOVEMBER]


def test_pay_dates_stay_where_bars_come_later_or_again(stocks, paid) -> None:
    bundle = stocks("AAPL", end_date="2020-11-10")
    bundle.ingest(end_date="2020-08-10")
    assert paid() == [AUGUST]
    bundle.ingest(end_date="2020-08-20")  # 7 August comes again, with the last bars
    assert paid() == [AUGUST]
    bundle.ingest()  # it does not
    assert paid() == [AUGUST, NOVEMBER]
    assert not bundle.ingest().new


def test_pay_dates_of_kept_pages_are_stored(server, stocks, paid) -> None:
    bundle = stocks("AAPL", "MSFT", end_date="2021-02-26")
    server.fail("/ticker/MSFT", faults.Status(400))
    with pytest.raises(SymbolsFailedError, match="MSFT"):
        bundle.ingest()
    server.log.clear()
    bundle.ingest()
    assert {it.query["ticker"] for it in server.asked(DIVIDENDS)} == {"MSFT"}
    assert {AUGUST, NOVEMBER, FEBRUARY} < set(paid())


def test_a_dividend_that_is_revised_before_a_fetch_is_resumed_is_not_doubled(
    server, stocks, paid
) -> None:
    span = {"start_date": "2016-01-04", "end_date": "2020-12-31"}
    known = server.world.stocks["AAPL"]
    days = PolygonAdapter(base_url=server.http_url, rate_limit=1e4).fetch_sync(
        "AAPL", *span.values()
    )
    last = days["timestamp"][MOST - 1].date()  # of the first page, where the second fetch begins

    def pays(cash):
        dividends = {**known.dividends, last: Decimal(cash)}
        server.world.stocks["AAPL"] = replace(known, dividends=dividends)

    pays("0.5")
    server.fail("cursor", faults.Status(400), times=None)
    bundle = stocks("AAPL", **span)
    with pytest.raises(SymbolsFailedError, match="400"):
        bundle.ingest()
    server.script.clear()
    pays("0.7")
    bundle.ingest()
    assert [amount for _, day, amount, _ in paid() if day == last] == [Decimal("0.7")]


@pytest.mark.slow
def test_a_pay_date_that_the_source_tells_otherwise_is_replaced(
    server, stocks, paid, tmp_path
) -> None:
    def again(change=None):
        if change:
            server.fail(DIVIDENDS, faults.Reshaped(change))
        return ingest("us", wanted=Fetch(refetch=True), root=tmp_path).new, paid()

    stocks("AAPL", end_date="2020-08-20").ingest()
    assert again() == (False, [AUGUST])
    assert again(_paid_on("2020-09-01")) == (True, [(*AUGUST[:3], date(2020, 9, 1))])
    assert again(_paid_on(None)) == (True, [(*AUGUST[:3], None)])
    assert again() == (True, [AUGUST])
    assert again(lambda _: []) == (True, [])


def test_a_pay_date_stands_with_the_bar_that_has_its_dividend(server, stocks, paid) -> None:
    known = server.world.stocks["AAPL"]
    days = {
        date(2020, 8, 1): Decimal("0.1"),  # a Saturday, and its Monday
        date(2020, 8, 3): Decimal("0.2"),
        date(2020, 8, 16): Decimal("0.3"),  # a Sunday
        date(2020, 8, 22): Decimal("0.4"),  # after the last bar
    }
    server.world.stocks["AAPL"] = replace(known, dividends=days)
    stocks("AAPL", end_date="2020-08-23").ingest()
    assert paid() == [
        ("AAPL", date(2020, 8, 3), Decimal("0.3"), date(2020, 8, 9)),
        ("AAPL", date(2020, 8, 17), Decimal("0.3"), date(2020, 8, 22)),
    ]


def test_hours_and_weeks_have_no_pay_dates(stocks, tmp_path) -> None:
    for resolution, dataset in [("1h", "bars_1h"), ("1w", "bars_1w")]:
        assert stocks("AAPL", end_date="2020-08-14", resolution=resolution).ingest().actions == 0
        with warehouse.open(tmp_path) as wh:
            assert dataset in wh.snapshot("us").datasets


def told(*actions):
    rows = [
        ("A", date(2020, 8, day), kind, Decimal(value), paid) for day, kind, value, paid in actions
    ]
    return pl.DataFrame(rows, schema=dict(ACTIONS), orient="row")


def test_what_a_later_page_tells_replaces_what_one_before_told() -> None:
    before = told((7, "dividend", 1, None), (7, "dividend", 2, None), (7, "split", 4, None))
    later = told((7, "dividend", 3, date(2020, 8, 9)), (8, "dividend", 1, None))
    both = latest([before, later]).sort("session", "kind")
    assert both.select("kind", "value").rows() == [
        ("dividend", Decimal(3)),
        ("split", Decimal(4)),
        ("dividend", Decimal(1)),
    ]
    assert latest([before, before]).equals(before)


def _paid_on(day):
    return lambda rows: [it | {"pay_date": day} for it in rows]
