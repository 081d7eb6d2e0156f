"""A process that fetches is killed between two pages: the next one asks for the others alone."""

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import warehouse
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.bundles import register
from tests.adapters.coins import Coins
from tests.fake_exchanges import faults

AdapterRegistry.register(Coins, "coins")

HERE = Path(__file__).parents[2]
SYMBOLS = ("BTC/USDT", "ETH/USDT", "XRP/USDT")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_no_page_is_asked_twice(exchanges, tmp_path, workers: int) -> None:
    root = tmp_path / "warehouse"
    bundle = register(
        bundle_name="c",
        adapter=Coins(exchanges.http_url),
        symbols=SYMBOLS,
        start_date="2024-01-01",
        end_date="2024-01-04",
        resolution="1h",
        root=root,
    )
    exchanges.fail("startTime=1704240000000", faults.Hang(), times=None)  # the third page of each
    told = [sys.executable, "-m", "tests.adapters.interrupted", str(root), str(workers)]
    process = subprocess.Popen(told, cwd=HERE, start_new_session=True)
    at_once = len(SYMBOLS) if workers == 1 else workers  # a process asks for several side by side
    end = time.monotonic() + 120
    while len(_hanging(exchanges)) < at_once:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert warehouse.open(root).bundles() == []
    before = Counter(it.text for it in exchanges.asked("/klines"))
    hung = {it.text for it in _hanging(exchanges)}
    exchanges.script.clear()
    report = bundle.ingest()
    assert report.added == 3 * 96
    after = Counter(it.text for it in exchanges.asked("/klines")) - before
    assert {text for text in before if text in after} == hung
    with warehouse.open(root) as wh:
        assert wh.verify("c").sound


def _hanging(server) -> list:
    return server.asked("startTime=1704240000000")
