"""Whatever goes wrong between an exchange and ccxt: all that it has, or an error that says what is missing."""

import asyncio
import time

import pytest

from rustybt.errors import FetchError
from tests.adapters.ccxt_client import KLINES, QUICK, adapter, fetch, fetch_all, same, truth
from tests.fake_exchanges import faults

SPAN = ("2023-10-01", "2024-02-29", "1h")  # four pages


def whole(server):
    return truth(server, "BTC/USDT", "2023-10-01", "2024-03-01", "1h")


PASSING = {
    "429": faults.Status(429, "{}", {"Retry-After": "0"}),
    "429 without a time": faults.Status(429, '{"code":-1003}'),
    "418": faults.Status(418, "{}", {"Retry-After": "0"}),
    "limit by its code": faults.Status(400, '{"code":-1003,"msg":"Too many requests"}'),
    "clock by its code": faults.Status(400, '{"code":-1021,"msg":"Timestamp"}'),
    "500": faults.Status(500),
    "523": faults.Status(523),
    "HTML": faults.Status(200),
    "nothing": faults.Status(200, ""),
    "null": faults.Status(200, "null"),
    "an object": faults.Status(200, "{}"),
    "a number": faults.Status(200, "5"),
    "truncated by length": faults.Truncate("length"),
    "truncated in chunks": faults.Truncate("chunked"),
    "half JSON": faults.Truncate("valid"),
    "reset": faults.Reset(),
    "gzip bomb": faults.GzipBomb(80),
    "numbers that are null": faults.nulled(),
    "no rows": faults.emptied(),
    "no begin": faults.Without(("startTime",)),
    "no end": faults.Without(("endTime",)),
    "rows twice": faults.duplicated(),
    "rows in disorder": faults.unsorted(),
    "every second row": faults.Reshaped(lambda rows: rows[::2]),
    "without the first rows": faults.Reshaped(lambda rows: rows[300:]),
    "without the last rows": faults.Reshaped(lambda rows: rows[:300]),
    "a hole": faults.Reshaped(lambda rows: rows[:300] + rows[310:]),
    "coarser bars": faults.Instead("1h", "4h"),
    "finer bars": faults.Instead("1h", "1m"),
    "slow": faults.Slow(0.3),
}  # fmt: skip


ROWS = (
    "no rows",
    "no begin",
    "without the first rows",
    "a hole",
    "every second row",
    "coarser bars",
)
CASES = [*[(name, 3) for name in PASSING], *[(name, 1) for name in ROWS]]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "page"), CASES)
def test_what_passes_leaves_no_hole(exchanges, name, page):
    exchanges.fail(KLINES, PASSING[name], at=page)
    assert same(fetch(exchanges, "BTC/USDT", *SPAN), whole(exchanges))


LASTING = {
    "429": (faults.Status(429, "{}", {"Retry-After": "600"}), "rate limited"),
    "418": (faults.Status(418, "{}", {"Retry-After": "600"}), "rate limited"),
    "403": (faults.Status(403), "partial"),
    "451": (faults.Status(451), "partial"),
    "404": (faults.Status(404), "partial"),
    "500": (faults.Status(500), "partial"),
    "HTML": (faults.Status(200), "partial"),
    "null": (faults.Status(200, "null"), "partial"),
    "an object": (faults.Status(200, "{}"), "partial"),
    "half JSON": (faults.Truncate("valid"), "partial"),
    "truncated": (faults.Truncate("length"), "partial"),
    "reset": (faults.Reset(), "partial"),
    "gzip bomb": (faults.GzipBomb(80), "partial"),
    "hang": (faults.Hang(), "partial"),
    "drip": (faults.Drip(1, 0.1), "partial"),
    "redirect": (faults.Redirect("http://localhost:9/x"), "partial"),
    "numbers that are null": (faults.nulled(), "partial"),
    "no rows": (faults.emptied(), "partial"),
    "the same page": (faults.Instead("no such text", ""), "partial"),
    "bad symbol": (faults.Status(400, '{"code":-1121,"msg":"Invalid symbol."}'), "not found"),
    "coarser bars": (faults.Instead("1h", "4h"), "partial"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_an_error_that_says_what_is_missing(exchanges, name):
    fault, ending = LASTING[name]
    if name == "the same page":
        fault = faults.Stale()
        exchanges.fail(KLINES, fault, at=1, times=None)
    else:
        exchanges.fail(KLINES, fault, at=3, times=None)
    begun = time.monotonic()
    with pytest.raises(FetchError) as raised:
        fetch(exchanges, "BTC/USDT", *SPAN, timeout=2.0)
    (report,) = raised.value.report.symbols
    assert report.ending == ending
    assert report.reason
    ((start, until),) = report.missing
    there = whole(exchanges)
    came = there.filter(there["timestamp"] < start)
    assert same(raised.value.bars, came)
    assert came.height == (1000 if name == "the same page" else 2000)
    assert str(until) == "2024-03-01 00:00:00"
    assert len(exchanges.asked(KLINES)) < 20
    assert time.monotonic() - begun < 60


def test_an_exchange_that_heeds_no_begin_is_found(exchanges):
    exchanges.fail(KLINES, faults.Without(("startTime", "endTime")), times=None)
    with pytest.raises(FetchError, match="does not heed"):
        fetch(exchanges, "BTC/USDT", *SPAN)
    assert len(exchanges.asked(KLINES)) < 20


def test_markets_that_cannot_be_loaded_fail_every_symbol(exchanges):
    exchanges.fail("exchangeInfo", faults.Status(200), times=None)
    fetched = fetch_all(exchanges, ["BTC/USDT", "ETH/USDT"], *SPAN)
    assert [it.ending for it in fetched.report.symbols] == ["failed", "failed"]
    assert "expected JSON" in fetched.report.symbols[0].reason


def test_a_clock_that_is_ahead_or_behind_changes_nothing(exchanges):
    for skew in (-7_200_000, 7_200_000):
        exchanges.world.skew = skew
        bars = fetch(exchanges, "BTC/USDT", "2024-03-01", "2024-03-02", "1h")
        assert same(
            bars,
            truth(exchanges, "BTC/USDT", "2024-03-01", "2024-03-03", "1h").head(
                12 + skew // 3_600_000
            ),
        )


def test_one_symbol_that_fails_leaves_the_others(exchanges):
    exchanges.fail("symbol=ETHUSDT", faults.Status(500), times=None)
    symbols = ["ADA/USDT", "ETH/USDT", "BTC/USDT"]
    fetched = fetch_all(exchanges, symbols, "2024-01-01", "2024-01-31", "1h")
    assert [it.ending for it in fetched.report.symbols] == ["complete", "failed", "complete"]
    assert fetched.bars.height == 2 * 31 * 24


def test_a_fetch_that_is_cancelled_leaves_nothing_open(exchanges):
    exchanges.fail(KLINES, faults.Hang(), times=None)

    async def run():
        task = asyncio.create_task(adapter(exchanges).fetch("BTC/USDT", *SPAN))
        while not exchanges.asked(KLINES):  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [it for it in asyncio.all_tasks() if it is not asyncio.current_task()]

    assert asyncio.run(run()) == []


def test_more_at_once_are_four(exchanges):
    exchanges.fail(KLINES, faults.Slow(0.05), times=None)
    symbols = [
        f"{base}/{quote}"
        for base in ("BTC", "ETH", "XRP", "SOL", "BNB", "ADA")
        for quote in ("USDT",)
    ]
    fetch(exchanges, symbols, "2024-01-01", "2024-01-31", "1h", patience=QUICK)
    assert max(it.in_flight for it in exchanges.asked(KLINES)) == 4
