"""Fetches with 4 workers in 2 processes from a server that refuses what is above its limit.

::

    python tests/campaigns/request_rate.py --seconds 60 --rate 10

Counts, in the server's log, the requests of every window of 60 seconds: never above the limit, and at
least 90 % of what it allows from the first request to the last; 1 if not.
"""

import argparse
import bisect
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from rustybt.data.adapters import CCXTAdapter
from tests.fake_exchanges import Loopback, World, urls
from tests.fake_exchanges.series import ms

WORKERS, PROCESSES = 4, 2
KLINES = "/api/v3/klines"


def work(url: str, rate: float, symbols: Sequence[str], days: int) -> None:
    """Fetch minutes of some symbols, one page after another, four symbols side by side."""
    adapter = CCXTAdapter("binance", config={"urls": urls("binance", url)}, rate_limit=rate)
    assert adapter.concurrency == WORKERS
    adapter.fetch_sync(symbols, "2023-01-01", f"2023-{1 + days // 28:02}-{1 + days % 28:02}", "1m")


def most_in(times: Sequence[float], seconds: float) -> int:
    """Return the most requests of any window of so many seconds."""
    return max(bisect.bisect_left(times, at + seconds) - i for i, at in enumerate(times))


def run(seconds: float, rate: float) -> dict[str, float]:
    """Return the figures of a run of about so many seconds."""
    pages = seconds * rate / (PROCESSES * WORKERS)
    days = max(1, round(pages * 1000 / 1440))
    bases = ("BTC", "ETH", "SOL", "BNB"), ("ADA", "DOGE", "LTC", "BTC")
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as home, Loopback(World(ms("2024-03-01"))) as server:
        os.environ["HOME"] = home
        limit = server.limit(KLINES, rate * 60, 60.0)
        names = [[f"{base}/USDT" for base in part] for part in bases]
        processes = [
            context.Process(target=work, args=(server.http_url, rate, it, days)) for it in names
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        server.check()
        times = sorted(it.at for it in server.log if KLINES in it.text)
    overlap = (times[-1] - times[0]) or 1.0
    return {
        "requests": len(times),
        "seconds": round(overlap, 2),
        "refused": limit.refused,
        "most_in_60_s": most_in(times, 60.0),
        "allowed_in_60_s": rate * 60,
        "most_in_1_s": most_in(times, 1.0),
        "used": round((len(times) - 1) / overlap / rate, 4),
        "failed": sum(process.exitcode != 0 for process in processes),
    }


def right(found: dict[str, float]) -> bool:
    """Whether the limit was held, and used."""
    return (
        found["most_in_60_s"] <= found["allowed_in_60_s"]
        and found["refused"] == 0
        and 0.9 <= found["used"] <= 1.0
        and not found["failed"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second")
    given = parser.parse_args()
    found = run(given.seconds, given.rate)
    print(json.dumps(found))
    sys.exit(not right(found))


if __name__ == "__main__":
    main()
