"""What goes wrong on the way to a vendor with a key: complete data or an error that says what is missing."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
from rustybt.data.adapters.net.retry import Patience
from rustybt.data.adapters.polygon import PolygonAdapter
from tests.fake_exchanges import alpaca, alphavantage, faults, polygon

QUICK = Patience(attempts=4, seconds=20.0, first=0.01, longest=0.05)
SPAN = ("2024-01-24", "2024-02-09")


@dataclass
class Vendor:
    """How a vendor is asked for 15 minutes in several pages, and where it answers them."""

    kind: type
    keys: dict[str, str]
    path: str
    trading: bool = False

    def adapter(self, server: Any, fault: Any = None) -> Any:
        waits = isinstance(fault, faults.Hang | faults.Drip)
        timeout = 1.0 if waits else 10.0  # long enough for a busy machine
        places = {"base_url": server.http_url}
        if self.trading:
            places["trading_url"] = server.http_url
        return self.kind(**self.keys, **places, rate_limit=1e4, timeout=timeout, patience=QUICK)

    def ask(self, server: Any, fault: Any = None) -> Any:
        return asyncio.run(self.adapter(server, fault).fetch_all("SPY", *SPAN, "5m"))


VENDORS = {
    "polygon": Vendor(PolygonAdapter, {"api_key": polygon.KEY}, "/v2/aggs/ticker"),
    "alpaca": Vendor(
        AlpacaAdapter,
        {"api_key": alpaca.KEY, "api_secret": alpaca.SECRET},
        "/v2/stocks/bars",
        trading=True,
    ),
    "alphavantage": Vendor(AlphaVantageAdapter, {"api_key": alphavantage.KEY}, "INTRADAY"),
}
FAULTS = {
    "429": faults.Status(429, "{}", {"Retry-After": "1"}),
    "429 date": faults.Status(429, "{}", {"Retry-After": "Fri, 01 Mar 2024 12:34:57 GMT"}),
    "500": faults.Status(500),
    "503 json": faults.Status(503, '{"message": "later"}'),
    "html": faults.Status(200),
    "empty": faults.Status(200, b""),
    "null": faults.Status(200, "null"),
    "object": faults.Status(200, "{}"),
    "list": faults.Status(200, "[]"),
    "half": faults.Truncate("valid"),
    "short": faults.Truncate("length"),
    "chunked": faults.Truncate("chunked"),
    "reset": faults.Reset(),
    "hang": faults.Hang(),
    "drip": faults.Drip(100, 0.2),
    "bomb": faults.GzipBomb(70),
    "other symbol": faults.Instead("SPY", "MSFT"),
    "null numbers": faults.nulled(),
}
TWICE = {"duplicated": faults.duplicated(), "unsorted": faults.unsorted()}
GOOD = {"403": faults.Status(403, '{"message": "no"}'), "404": faults.Status(404, "{}")}


@pytest.fixture(params=VENDORS.values(), ids=VENDORS)
def vendor(request):
    return request.param


@pytest.mark.slow
@pytest.mark.parametrize("fault", (FAULTS | TWICE).values(), ids=FAULTS | TWICE)
def test_a_page_that_fails_comes_at_last(exchanges, vendor, fault):
    truth = vendor.ask(exchanges)
    exchanges.fail(vendor.path, fault, at=2)
    found = vendor.ask(exchanges, fault)
    assert found.bars.equals(truth.bars)
    assert truth.complete
    assert truth.bars.height == 13 * 78


@pytest.mark.slow
@pytest.mark.parametrize("fault", (FAULTS | GOOD).values(), ids=FAULTS | GOOD)
def test_what_fails_for_good_is_told_with_what_is_missing(exchanges, vendor, fault):
    truth = vendor.ask(exchanges)
    exchanges.fail(vendor.path, fault, at=2, times=None)
    found = vendor.ask(exchanges, fault)
    (report,) = found.report.symbols
    assert report.ending in ("partial", "rate limited")
    ((begin, until),) = report.missing
    assert until == datetime.fromisoformat("2024-02-10")
    assert found.bars.equals(truth.bars.filter(truth.bars["timestamp"] <= begin))
    assert all(key not in report.text for key in vendor.keys.values())


ACTIONS = {
    "polygon": "/stocks/v1/dividends",
    "alpaca": "/v1/corporate-actions",
    "alphavantage": "DIVIDENDS",
}
BAD_ACTIONS = {
    "html": faults.Status(200),
    "null numbers": faults.nulled(),
    "reset": faults.Reset(),
}


@pytest.mark.parametrize("fault", BAD_ACTIONS)
def test_actions_that_fail_come_at_last(start, fault):
    server = start("2021-03-01T12:00")
    for name, vendor in VENDORS.items():
        asked = vendor.adapter(server).fetch_all("AAPL", "2020-11-02", "2020-11-10")
        truth = asyncio.run(asked)
        server.fail(ACTIONS[name], BAD_ACTIONS[fault])
        found = asyncio.run(vendor.adapter(server).fetch_all("AAPL", "2020-11-02", "2020-11-10"))
        assert truth.actions.height == 1
        assert found.actions.equals(truth.actions), name
        assert found.complete


def test_no_log_has_a_key(exchanges, vendor, caplog):
    caplog.set_level("DEBUG")
    exchanges.fail(vendor.path, faults.Status(500), times=2)
    assert vendor.ask(exchanges).complete
    assert caplog.records
    assert all(key not in caplog.text for key in vendor.keys.values())


def test_a_redirect_to_another_host_is_refused(exchanges, vendor, start):
    other = start()
    exchanges.fail(vendor.path, faults.Redirect(f"{other.http_url}/v2/aggs/ticker/SPY"))
    (report,) = vendor.ask(exchanges).report.symbols
    assert report.ending == "failed"
    assert "another host" in report.reason
    assert not other.log
