"""The client: what it refuses, what it asks again, what it never shows."""

import asyncio
import json
import logging
import time
from decimal import Decimal
from pathlib import Path

import pytest

from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.keys import Secret
from rustybt.data.adapters.net.limiter import Limiter, Rate
from rustybt.data.adapters.net.retry import Patience
from rustybt.errors import (
    AuthenticationError,
    DataParsingError,
    NetworkError,
    RateLimitError,
    RefusedError,
)
from tests.fake_exchanges import faults

QUICK = Patience(attempts=4, seconds=5.0, first=0.02, longest=0.05)
KEY = "canary-0123456789abcdef"
PATH = "/api/v3/klines"
QUERY = {"symbol": "BTCUSDT", "interval": "1h", "limit": "3"}


def get(url, query=QUERY, **options):
    async def ask():
        limiter = Limiter("test", (Rate(1000),))
        secrets = {"api_key": Secret(KEY)}
        options.setdefault("patience", QUICK)
        async with Client("test", limiter, secrets, **options) as client:
            return await client.get(url, {**query, "apikey": KEY}, {"X-Key": KEY}, lambda it: it)

    return asyncio.run(ask())


def test_numbers_with_a_point_are_exact(exchanges):
    exchanges.fail(PATH, faults.Status(200, "[1.10, 3]"))
    assert get(exchanges.http_url + PATH) == [Decimal("1.10"), 3]


def test_keys_arrive(exchanges):
    get(exchanges.http_url + PATH)
    (asked,) = exchanges.asked(PATH)
    assert (asked.query["apikey"], asked.headers["X-Key"]) == (KEY, KEY)


HEALED = [
    faults.Status(500),
    faults.Status(503),
    faults.Status(523),
    faults.Status(408, ""),
    faults.Status(429, "{}", {"Retry-After": "0"}),
    faults.Status(418, "{}"),
    faults.Status(200),
    faults.Status(200, ""),
    faults.Truncate("length"),
    faults.Truncate("chunked"),
    faults.Truncate("valid"),
    faults.Reset(),
    faults.GzipBomb(2),
    faults.Status(200, b"no gzip", {"Content-Encoding": "gzip"}),
    faults.Status(200, "{}", {"Content-Encoding": "br"}),
]


@pytest.mark.parametrize("fault", HEALED, ids=repr)
def test_what_may_pass_is_asked_again(exchanges, fault):
    exchanges.fail(PATH, fault, times=2 if isinstance(fault, faults.Reset) else 1)
    assert len(get(exchanges.http_url + PATH, most_bytes=1_000_000)) == 3


@pytest.mark.parametrize(
    ("fault", "error", "asked"),
    [
        (faults.Status(500), NetworkError, 4),
        (faults.Status(200), DataParsingError, 3),
        (faults.GzipBomb(2), DataParsingError, 3),
        (faults.Status(404, "{}"), RefusedError, 1),
        (faults.Status(451), RefusedError, 1),
        (faults.Status(401, "{}"), AuthenticationError, 1),
        (faults.Status(403, "{}"), AuthenticationError, 1),
        (faults.Status(429, "{}", {"Retry-After": "3600"}), RateLimitError, 1),
    ],
    ids=repr,
)
def test_what_does_not_pass_is_an_error(exchanges, fault, error, asked):
    exchanges.fail(PATH, fault, times=None)
    with pytest.raises(error):
        get(exchanges.http_url + PATH, most_bytes=1_000_000)
    assert len(exchanges.asked(PATH)) == asked


@pytest.mark.parametrize("fault", [faults.Hang(), faults.Drip(1, 0.1)], ids=repr)
def test_the_deadline_is_of_all_the_answer(exchanges, fault):
    exchanges.fail(PATH, fault, times=None)
    begun = time.monotonic()
    with pytest.raises(NetworkError, match=r"no whole answer in 0\.3 seconds"):
        get(exchanges.http_url + PATH, timeout=0.3, patience=Patience(2, 5.0, 0.01, 0.01))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("where", ["http://localhost:{port}/x", "https://elsewhere.example/x"])
def test_a_redirect_to_another_host_is_refused(exchanges, where):
    port = exchanges.http_url.rpartition(":")[2]
    exchanges.fail(PATH, faults.Redirect(where.format(port=port)), times=None)
    with pytest.raises(RefusedError, match="another host"):
        get(exchanges.http_url + PATH)
    assert len(exchanges.log) == 1


def test_a_redirect_to_the_same_host_is_followed_but_not_for_ever(exchanges):
    exchanges.fail(PATH, faults.Redirect("/api/v3/time"))
    assert "serverTime" in get(exchanges.http_url + PATH)
    exchanges.fail(PATH, faults.Redirect(PATH), times=None)
    with pytest.raises(RefusedError, match="again and again"):
        get(exchanges.http_url + PATH)


def test_plain_http_leaves_no_machine():
    with pytest.raises(RefusedError, match="expected https"):
        get("http://api.example.com/x")


def test_the_proxy_and_the_certificates_of_the_environment_are_used(exchanges, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.setenv("SSL_CERT_FILE", str(exchanges.authority.ca_pem))
    assert len(get("https://api.binance.com" + PATH)) == 3
    assert exchanges.log[0].host == "api.binance.com"


def test_a_certificate_that_is_not_trusted_is_refused_at_once(exchanges, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(RefusedError, match="certificate"):
        get("https://api.binance.com" + PATH)


def test_nobody_there():
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 does not answer"):
        get("http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(401, f'{{"message": "wrong key {KEY}"}}'),
        faults.Status(200, f"<html>{KEY}</html>"),
        faults.Status(500, f"apikey={KEY}"),
        faults.Truncate("length"),
        faults.Reset(),
        faults.Redirect("http://localhost:1/x"),
        faults.GzipBomb(2),
    ],
    ids=lambda it: type(it).__name__,
)
def test_no_key_is_shown(exchanges, fault, caplog):
    exchanges.fail(PATH, fault, times=None)
    caplog.set_level(logging.DEBUG)
    with pytest.raises((NetworkError, DataParsingError, RefusedError)) as raised:
        get(exchanges.http_url + PATH, most_bytes=1_000_000)
    shown, error = [caplog.text], raised.value
    while error is not None:
        shown += [repr(error), str(error), json.dumps(vars(error), default=repr)]
        error = error.__cause__ or error.__context__
    assert not [text for text in shown if KEY in text]


def test_a_process_that_is_told_to_pause_tells_the_others(exchanges):
    exchanges.fail(PATH, faults.Status(429, "{}", {"Retry-After": "1"}))
    get(exchanges.http_url + PATH)
    first, second = exchanges.asked(PATH)
    assert second.at - first.at > 0.95
    assert Path("~/.rustybt/net/test.limit").expanduser().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "fe80::1%eth0", "::1"]
)
def test_an_inner_address_that_an_answer_names_is_refused(host):
    async def tell():
        async with Client("test", Limiter("test", (Rate(1000),))) as client:
            client.named(host)

    with pytest.raises(RefusedError, match="public address"):
        asyncio.run(tell())


def test_a_name_that_an_answer_names_is_judged_by_what_it_resolves_to(exchanges):
    place = exchanges.http_url.replace("127.0.0.1", "localhost") + PATH

    async def ask(*named):
        async with Client("test", Limiter("test", (Rate(1000),)), patience=QUICK) as client:
            for host in named:
                client.named(host)
            return await client.get(place, QUERY, {}, len)

    assert asyncio.run(ask("api.example.com")) == 3  # the user's own host is not judged
    with pytest.raises(RefusedError, match=r"found 127\.0\.0\.1 for localhost"):
        asyncio.run(ask("localhost"))
    assert len(exchanges.asked(PATH)) == 1
