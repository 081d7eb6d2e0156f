"""The server's Yahoo, asked by the real yfinance through the proxy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CLIENT = Path(__file__).parent / "yahoo_client.py"
_TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy")


@pytest.fixture
def chart(authority, tmp_path):
    """Return the rows that yfinance gets of a server, or the name of its exception."""

    def chart(server, symbol, start, end, interval="1d"):
        env = {name: value for name, value in os.environ.items() if name not in _TRUST}
        env |= {"HTTPS_PROXY": server.proxy_url, "CURL_CA_BUNDLE": authority.ca_pem}
        asked = [sys.executable, str(CLIENT), symbol, start, end, interval, str(tmp_path)]
        done = subprocess.run(asked, env=env, capture_output=True, check=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])

    return chart


def test_prices_are_in_the_shares_of_today(start, chart):
    server = start("2021-08-02T12:00")
    rows = chart(server, "NVDA", "2021-07-16", "2021-07-22")
    assert [row["at"][:10] for row in rows] == [
        "2021-07-16",
        "2021-07-19",
        "2021-07-20",
        "2021-07-21",
    ]
    assert [row["Stock Splits"] for row in rows] == [0, 0, 4, 0]
    assert max(row["Close"] for row in rows) / min(row["Close"] for row in rows) < 1.2
    traded = server.world.stocks["NVDA"].daily(*[server.world.today.replace(month=7, day=19)] * 2)
    assert rows[1]["Close"] * 4 == pytest.approx(float(traded[0][1].close), rel=1e-6)


def test_minutes_are_told_inside_the_hours(start, chart):
    server = start("2024-03-01T22:00")
    rows = chart(server, "SPY", "2024-02-29", "2024-03-01", "5m")
    assert len(rows) == 78
    assert rows[0]["at"].startswith("2024-02-29T14:30")


@pytest.mark.parametrize(
    ("symbol", "first", "interval", "told"),
    [
        ("NOSUCH", "2024-02-20", "1d", "HTTPError"),  # it asks for the zone, and gets 404
        ("SPY", "2023-01-03", "5m", "YFPricesMissingError"),
    ],
)
def test_what_yahoo_does_not_have_is_told(exchanges, chart, symbol, first, interval, told):
    assert chart(exchanges, symbol, first, "2024-02-29", interval) == told


def test_the_cookie_is_taken_up_by_the_next_process(exchanges, chart):
    first, second = (chart(exchanges, "SPY", "2024-02-20", "2024-02-22") for _ in range(2))
    assert first == second
    hosts = [it.host for it in exchanges.log]
    assert hosts.count("fc.yahoo.com") == 1
    assert len(exchanges.asked("getcrumb")) == 2


@pytest.mark.reference
def test_the_recorded_split_and_dividend_arrive(recorded, chart):
    rows = chart(recorded, "AAPL", "2020-08-31", "2020-11-07")
    assert len(rows) == 49
    assert rows[0]["Stock Splits"] == 4
    assert rows[-1]["Dividends"] == 0.205
