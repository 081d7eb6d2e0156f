"""How far a fetch is, in numbers and in words: what came, and what is waited for."""

from rustybt.cli.progress import _waits
from rustybt.data.bundles import Fetch, register, specification
from rustybt.data.bundles.fetching import fetch
from rustybt.data.bundles.watching import Fetching
from tests.adapters.ccxt_client import KLINES, adapter
from tests.fake_exchanges import faults


def test_a_fetch_tells_whose_limit_it_waits_for(exchanges, tmp_path) -> None:
    asked = {"start_date": "2024-01-01", "end_date": "2024-01-02", "resolution": "1h"}
    register("c", adapter=adapter(exchanges), symbols="BTC/USDT", root=tmp_path, **asked)
    exchanges.fail(KLINES, faults.Status(429, "{}", {"Retry-After": "2"}))
    seen = []
    told = specification.find("c", tmp_path)
    fetch(told, Fetch(), root=tmp_path, watch=seen.append)
    assert {it.account for it in seen} == {"ccxt binance"}
    assert 1 < max(it.waits for it in seen) <= 2
    assert (seen[-1].done, seen[-1].total, seen[-1].rows) == (1, 1, 48)


def test_a_wait_is_said_in_words() -> None:
    step = Fetching(1, 2, 10, 5.0, quiet=1.0, waits=0.2, account="polygon")
    assert _waits(step) == ""
    slow = Fetching(1, 2, 10, 5.0, quiet=12.3, waits=0.0)
    assert _waits(slow) == ", no page for 12 s"
    held = Fetching(1, 2, 10, 5.0, quiet=12.3, waits=48.0, account="polygon")
    assert _waits(held) == ", waiting 48 s for the limit of polygon"
