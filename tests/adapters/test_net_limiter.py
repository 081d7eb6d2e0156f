"""The limit holds over all processes, nobody is overtaken, and a pause is a pause for all."""

import asyncio
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from rustybt.data.adapters.net.limiter import Limiter, Rate, rates_of
from rustybt.errors import RateLimitError


def waits(limiter, count, cost=1.0):
    """Return the seconds until each of `count` turns, reserved one after another."""
    return [limiter._reserve(cost) for _ in range(count)]


SLOW = 60.0 / 0.95  # seconds from one turn to the next at one a minute, of which 95 % are used
MINUTE = Rate(1, 60.0)


def worker(count):
    waits(Limiter("shared", (MINUTE,), longest=1e9), count)


def test_no_turn_of_two_processes_is_lost_or_given_twice():
    limiter = Limiter("shared", (MINUTE,), longest=1e9)
    limiter._reserve(1.0)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=worker, args=(200,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [it.exitcode for it in processes] == [0, 0]
    # Each turn is a minute after the one before, so the next says how many there were.
    assert limiter._reserve(1.0) / SLOW == pytest.approx(401, abs=0.9)


def test_a_burst_comes_at_once_and_then_the_rate():
    found = waits(Limiter("burst", (Rate(1, 60.0, burst=5),)), 7)
    assert found[:5] == [0.0] * 5
    assert found[5:] == pytest.approx([SLOW, 2 * SLOW], abs=10)


def test_the_slowest_of_several_limits_counts():
    assert waits(Limiter("both", (Rate(1), MINUTE)), 2) == pytest.approx([0.0, SLOW], abs=10)


def test_a_dear_request_takes_more():
    found = waits(Limiter("dear", (MINUTE,)), 2, cost=4.0)
    assert found == pytest.approx([0.0, 4 * SLOW], abs=10)


def test_a_turn_is_waited_for():
    async def run():
        limiter = Limiter("turn", (Rate(20),))
        begun = time.time()
        await asyncio.gather(*[limiter.slot() for _ in range(4)])
        return time.time() - begun

    assert asyncio.run(run()) > 3 * 0.05


def test_those_who_wait_already_hold_a_pause_too():
    async def run():
        limiter = Limiter("pause", (Rate(10),))
        await limiter.slot()
        begun = time.time()
        waiting = asyncio.create_task(limiter.slot())
        await asyncio.sleep(0.02)
        await limiter.hold(0.6)
        await waiting
        return time.time() - begun

    assert asyncio.run(run()) > 0.55


def test_who_would_wait_too_long_is_refused_and_takes_no_turn():
    limiter = Limiter("long", (Rate(1, 60.0),), longest=1.0)
    waits(limiter, 1)
    for _ in range(3):
        with pytest.raises(RateLimitError) as raised:
            waits(limiter, 1)
        assert 60 < raised.value.retry_after < 64


def hang():
    async def wait():
        await asyncio.gather(*[Limiter("dead", (Rate(20),)).slot() for _ in range(3)])
        await asyncio.sleep(60)

    asyncio.run(wait())


def test_a_process_that_dies_stops_nobody():
    process = multiprocessing.get_context("spawn").Process(target=hang)
    process.start()
    file = Path.home() / ".rustybt" / "net" / "dead.limit"
    deadline = time.monotonic() + 120
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert max(waits(Limiter("dead", (Rate(20),)), 3)) < 20


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x00\x01", b"<html>" * 100])
def test_a_damaged_file_stops_nobody(damage):
    limiter = Limiter("damaged", (Rate(1000),))
    waits(limiter, 1)
    (Path.home() / ".rustybt" / "net" / "damaged.limit").write_bytes(damage)
    assert max(waits(limiter, 2)) < 1


def test_a_clock_that_is_set_back_stops_nobody():
    limiter = Limiter("clock", (Rate(1, 30 * 86_400.0), Rate(1000)))
    asyncio.run(limiter.hold(30 * 86_400.0))
    fresh = Limiter("clock", (Rate(1000),))
    assert waits(fresh, 1) == [0.0]


def test_the_setting_and_the_call_say_the_rate(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    usual = (Rate(20),)
    assert rates_of("ccxt", None, usual) == usual
    (tmp_path / "rustybt.yaml").write_text("adapters:\n  ccxt:\n    rate_limit: 3\n")
    assert rates_of("ccxt", None, usual) == (Rate(3.0),)
    assert rates_of("ccxt", 7.0, usual) == (Rate(7.0),)
    assert rates_of("yfinance", None, usual) == usual


def test_how_long_is_waited_is_known_and_costs_no_turn():
    limiter = Limiter("ahead", (MINUTE,))
    assert limiter.ahead() == 0.0
    limiter._reserve(1.0)
    assert limiter.ahead() == pytest.approx(SLOW, abs=10)
    assert limiter.ahead() == pytest.approx(SLOW, abs=10)
    asyncio.run(limiter.hold(300))
    assert limiter.ahead() == pytest.approx(300, abs=10)
