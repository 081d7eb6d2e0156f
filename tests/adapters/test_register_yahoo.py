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
        adapter=YFinanceAdapter(request_delay=0.0),
        symbols="NVDA",
        start_date="2021-05-03",
        end_date="2021-07-30",
        root=tmp_path,
    )
    truth = server.world.stocks["NVDA"].daily(date(2021, 5, 3), date(2021, 7, 30))
    assert bundle.ingest().added == len(truth)
    with warehouse.open(tmp_path) as wh:
        closes = wh.sql("SELECT session, close FROM stocks.bars_1d ORDER BY session").rows()
        assert closes == [(day, bar.close) for day, bar in truth]
        told = "SELECT session, kind, ratio, amount FROM stocks.adjustments ORDER BY session"
        *dividends, split = wh.sql(told).rows()
        assert split == (date(2021, 7, 20), "split", 0.25, None)
        assert [(day, kind, Decimal(paid)) for day, kind, _, paid in dividends] == [
            (date(2021, 6, 9), "dividend", Decimal("0.16"))
        ]
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
