"""Stocks of Yahoo as a bundle: what was traded, with splits and dividends beside it."""

import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import warehouse
from rustybt.data.adapters import CCXTAdapter, YFinanceAdapter
from rustybt.data.bundles import register
from rustybt.data.bundles.adapted import AdapterSource
from rustybt.data.bundles.journal import Journal

_TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy")


def test_actions_stand_beside_prices_as_traded(start, authority, monkeypatch, tmp_path) -> None:
    server = start("2024-06-20T12:00")
    for name in _TRUST:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.proxy_url)
    monkeypatch.setenv("CURL_CA_BUNDLE", authority.ca_pem)
    bundle = register(
        bundle_name="stocks",
        adapter=YFinanceAdapter(request_delay=0.001),
        symbols="AAPL",
        start_date="2020-07-27",
        end_date="2020-09-04",
        root=tmp_path,
    )
    truth = server.world.stocks["AAPL"].daily(date(2020, 7, 27), date(2020, 9, 4))
    assert bundle.ingest().added == len(truth)
    with warehouse.open(tmp_path) as wh:
        closes = wh.sql("SELECT session, close FROM stocks.bars_1d ORDER BY session").rows()
        assert closes == [(day, bar.close) for day, bar in truth]
        told = "SELECT session, kind, ratio, amount FROM stocks.adjustments ORDER BY session"
        dividend, split = wh.sql(told).rows()
        assert split == (date(2020, 8, 31), "split", 0.25, None)
        assert (*dividend[:2], dividend[3]) == (date(2020, 8, 7), "dividend", Decimal("0.82"))
        assert 0.99 < dividend[2] < 1
    again = bundle.ingest()
    assert (again.new, again.actions) == (False, 2)


def test_no_key_goes_to_a_worker() -> None:
    adapter = CCXTAdapter("binance", api_key="canary-key", api_secret="canary-secret")
    source = AdapterSource(adapter, Journal(Path("x")), {"A": ()}, "1d", "k", {})
    told = pickle.dumps(source)
    assert b"canary" not in told
    made = pickle.loads(told)
    assert made.adapter.exchange_id == "binance"
    assert (made.journal, made.wanted, made.key) == (source.journal, source.wanted, "k")
