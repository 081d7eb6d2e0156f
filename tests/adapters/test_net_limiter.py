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


def grants(limiter, count, cost=1.0):
    """Return when each of `count` turns came, asked for at once."""

    async def one():
        await limiter.slot(cost)
        return time.time()

    async def all_of_them():
        return sorted(await asyncio.gather(*[one() for _ in range(count)]))

    return asyncio.run(all_of_them())


def worker(count, queue):
    queue.put(grants(Limiter("shared", (Rate(50),)), count))


def most_in(times, seconds):
    return max(sum(begin <= it < begin + seconds for it in times) for begin in times)


def test_two_processes_share_one_limit():
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=worker, args=(50, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    parts = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    times = sorted(it for part in parts for it in part)
    assert len(times) == 100
    assert most_in(times, 1.0) <= 50
    # Some turns lie in the seconds in which only one of them ran.
    assert times[-1] - times[0] < 100 / (50 * 0.9) + abs(parts[0][0] - parts[1][0])


def test_a_burst_comes_at_once_and_then_the_rate():
    times = grants(Limiter("burst", (Rate(20, burst=5),)), 8)
    step = 1 / (20 * 0.95)
    assert times[4] - times[0] < step
    assert times[7] - times[4] > 2.5 * step


def test_the_slowest_of_several_limits_counts():
    times = grants(Limiter("both", (Rate(100), Rate(600, 60.0))), 4)
    assert 0.27 < times[-1] - times[0] < 1.0


def test_a_dear_request_takes_more():
    times = grants(Limiter("dear", (Rate(20),)), 3, cost=4.0)
    assert times[-1] - times[0] > 2 * 4 / 20


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
    grants(limiter, 1)
    for _ in range(3):
        with pytest.raises(RateLimitError) as raised:
            grants(limiter, 1)
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
    deadline = time.monotonic() + 30
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    times = grants(Limiter("dead", (Rate(20),)), 3)
    assert times[-1] - times[0] < 0.3


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x00\x01", b"<html>" * 100])
def test_a_damaged_file_stops_nobody(damage):
    limiter = Limiter("damaged", (Rate(1000),))
    grants(limiter, 1)
    (Path.home() / ".rustybt" / "net" / "damaged.limit").write_bytes(damage)
    begun = time.time()
    grants(limiter, 2)
    assert time.time() - begun < 1


def test_a_clock_that_is_set_back_stops_nobody():
    limiter = Limiter("clock", (Rate(1, 30 * 86_400.0), Rate(1000)))
    asyncio.run(limiter.hold(30 * 86_400.0))
    fresh = Limiter("clock", (Rate(1000),))
    assert len(grants(fresh, 1)) == 1


def test_the_setting_and_the_call_say_the_rate(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    usual = (Rate(20),)
    assert rates_of("ccxt", None, usual) == usual
    (tmp_path / "rustybt.yaml").write_text("adapters:\n  ccxt:\n    rate_limit: 3\n")
    assert rates_of("ccxt", None, usual) == (Rate(3.0),)
    assert rates_of("ccxt", 7.0, usual) == (Rate(7.0),)
    assert rates_of("yfinance", None, usual) == usual
