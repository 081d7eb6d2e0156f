"""What goes wrong between each adapter and its source: complete data or an error that says what is missing.

::

    python tests/campaigns/adapter_faults.py [--adapters binance,yahoo] [--scenarios reset,hang]

Prints a row a scenario and a column an adapter: what came when it went wrong once, and when for good. ``data``
is all that there is, ``told`` an error or a report that names what is missing, of which no row is wrong;
``HOLE`` is anything else, and ends it with 1; ``-`` cannot be known. The last line has the counts.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2]))

from rustybt.data.adapters import CCXTAdapter, ResampledAdapter, YFinanceAdapter
from rustybt.data.adapters.alpaca import AlpacaAdapter
from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
from rustybt.data.adapters.net.retry import Patience
from rustybt.data.adapters.polygon import PolygonAdapter
from rustybt.errors import DataAdapterError
from tests.fake_exchanges import (
    Authority,
    Loopback,
    World,
    alpaca,
    alphavantage,
    faults,
    polygon,
    urls,
)
from tests.fake_exchanges.series import ms

NOW = "2024-03-01T12:34:56"
NOWHERE = "https://nowhere.invalid"
QUICK = Patience(attempts=3, seconds=20.0, first=0.01, longest=0.05)
SECONDS = 1.0  # for one answer
_USERS = (  # settings that would lead to other servers
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY", "no_proxy"),
    *("https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"),
)


@dataclass(frozen=True)
class Case:
    """How an adapter is made and asked, and which requests of it go wrong, from which one on."""

    made: Callable[[Loopback, str], Any]  # of a server, and the place where it is asked
    asked: tuple[Any, ...]
    path: str
    at: int = 2
    repeats: int = 1  # requests that one look of a library makes
    named: tuple[
        str, ...
    ] = ()  # as answers write the symbol, and another one, where they write any
    now: int | None = ms(NOW)  # of the server; None for the clock of the machine


def exchange(name: str) -> Callable[[Loopback, str], Any]:
    def made(_: Loopback, place: str) -> Any:
        config = {"urls": urls(name, place)}
        return CCXTAdapter(name, config=config, rate_limit=2000, timeout=SECONDS, patience=QUICK)

    return made


def vendor(kind: type, **given: str) -> Callable[[Loopback, str], Any]:
    def made(_: Loopback, place: str) -> Any:
        places = {"base_url": place}
        if kind is AlpacaAdapter:
            places["trading_url"] = place
        options = {"rate_limit": 1e4, "timeout": SECONDS, "patience": QUICK}
        return kind(**given, **places, **options)

    return made


def yahoo(server: Loopback, place: str) -> Any:
    os.environ["HTTPS_PROXY"] = server.proxy_url if place == server.http_url else place
    return YFinanceAdapter(request_delay=1e-3, timeout=SECONDS, patience=QUICK)


_TODAY = datetime.now(UTC).date()
LATELY = _TODAY - timedelta(days=20), _TODAY - timedelta(days=2)
COINS = ("BTC/USDT", "2023-10-01", "2024-02-29", "1h")
TWO = ("SPY", "MSFT")
SHARES = ("SPY", "2024-01-24", "2024-02-09", "5m")
CASES = {
    "binance": Case(exchange("binance"), COINS, "/api/v3/klines"),
    "bybit": Case(exchange("bybit"), COINS, "kline", named=("BTC", "ETH")),
    "okx": Case(exchange("okx"), COINS, "candles"),
    # It has its newest bars alone, so it is asked by the clock of today.
    "kraken": Case(
        exchange("kraken"), ("BTC/USD", *LATELY, "1h"), "OHLC", at=1, now=None
    ),
    "coinbase": Case(exchange("coinbase"), ("BTC/USD", *COINS[1:]), "candles"),
    "resampled": Case(
        lambda server, place: ResampledAdapter(exchange("coinbase")(server, place)),
        ("BTC/USD", *COINS[1:3], "4h"),
        "candles",
    ),
    "yahoo": Case(yahoo, ("SPY", "2024-02-01", "2024-02-23", "1d"), "interval=1d&includePrePost", 1, 2, TWO),
    "polygon": Case(vendor(PolygonAdapter, api_key=polygon.KEY), SHARES, "/v2/aggs/ticker", named=TWO),
    "alpaca": Case(
        vendor(AlpacaAdapter, api_key=alpaca.KEY, api_secret=alpaca.SECRET), SHARES, "/v2/stocks/bars", named=TWO
    ),
    "alphavantage": Case(vendor(AlphaVantageAdapter, api_key=alphavantage.KEY), SHARES, "INTRADAY", named=TWO),
}  # fmt: skip


def revised(rows: list[Any]) -> list[Any]:
    """Say the first row once more, with the numbers of the next one."""
    if len(rows) < 2 or not isinstance(rows[0], (list, dict, tuple)):
        return rows
    if isinstance(rows[0], dict):
        return [*rows, {**rows[1], "t": rows[0].get("t")}]
    return [*rows, type(rows[0])([rows[0][0], *rows[1][1:]])]


ANOTHER, CLOCK, NAME = "another symbol", "clock an hour off", "no such host"
SCENARIOS: dict[str, Callable[[Case, Loopback], Any]] = {
    "429 with Retry-After": lambda *_: faults.Status(429, "{}", {"Retry-After": "1"}),
    "429 without": lambda *_: faults.Status(429, "{}"),
    "500": lambda *_: faults.Status(500),
    "503 in JSON": lambda *_: faults.Status(503, '{"message": "later"}'),
    "HTML with 200": lambda *_: faults.Status(200),
    "an empty body": lambda *_: faults.Status(200, b""),
    "null": lambda *_: faults.Status(200, "null"),
    "an empty object": lambda *_: faults.Status(200, "{}"),
    "half JSON": lambda *_: faults.Truncate("valid"),
    "cut by length": lambda *_: faults.Truncate("length"),
    "cut in chunks": lambda *_: faults.Truncate("chunked"),
    "reset": lambda *_: faults.Reset(),
    "hang": lambda *_: faults.Hang(),
    "slow drip": lambda *_: faults.Drip(64, 0.2),
    "gzip bomb": lambda *_: faults.GzipBomb(70),
    "redirect elsewhere": lambda _, other: faults.Redirect(f"{other.http_url}/api/v3/klines"),
    "rows twice": lambda *_: faults.duplicated(),
    "rows in disorder": lambda *_: faults.unsorted(),
    "a row revised": lambda *_: faults.Reshaped(revised),
    "numbers null": lambda *_: faults.nulled(),
    ANOTHER: lambda case, _: faults.Instead(*case.named),
    "no rows": lambda *_: faults.emptied(),
    "ten rows missing": lambda *_: faults.Reshaped(lambda rows: rows[:10] + rows[20:]),
}


class Campaign:
    """The servers and the truth of each adapter."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        for name in _USERS:
            os.environ.pop(name, None)
        os.environ["CURL_CA_BUNDLE"] = self.authority.ca_pem
        self.truths: dict[str, Any] = {}

    def ask(self, case: Case, server: Loopback, place: str | None = None) -> Any:
        """Return what came, or the error, which names what is missing: all."""
        os.environ.pop("HTTPS_PROXY", None)
        try:
            adapter = case.made(server, place or server.http_url)
            return asyncio.run(adapter.fetch_all(*case.asked))
        except DataAdapterError as error:
            return error

    def judged(self, name: str, found: Any) -> str:
        truth = self.truths[name]
        if isinstance(found, DataAdapterError):
            return "told"
        if found.complete and not found.report.symbols[0].gaps:
            return "data" if found.bars.equals(truth.bars) else "HOLE"
        report = found.report.symbols[0]
        known = {row[:7] for row in truth.bars.rows()}
        right = all(row[:7] in known for row in found.bars.rows())
        named = bool(report.missing) or bool(report.gaps) or bool(report.reason)
        return "told" if named and right else "HOLE"

    def cell(self, name: str, scenario: str) -> tuple[str, str]:
        """Return what came of one scenario, once and for good."""
        case = CASES[name]
        if scenario == ANOTHER and not case.named:
            return "-", "-"  # no answer says whose bars it has
        if scenario == NAME:
            with Loopback(World(case.now), self.authority) as server:
                place = "http://nowhere.invalid:9" if name == "yahoo" else NOWHERE
                told = self.judged(name, self.ask(case, server, place))
            return told, told
        return self.once(name, scenario, times=case.repeats), self.once(name, scenario, times=None)

    def once(self, name: str, scenario: str, times: int | None) -> str:
        case = CASES[name]
        with Loopback(World(case.now), self.authority) as server, Loopback(World(ms(NOW))) as other:
            if name not in self.truths:
                self.truths[name] = self.ask(case, server)
                assert self.truths[name].complete, self.truths[name].report.text
            if scenario == CLOCK:
                server.world.skew = 3_600_000 if times else -3_600_000
            else:
                server.fail(case.path, SCENARIOS[scenario](case, other), at=case.at, times=times)
            return self.judged(name, self.ask(case, server))


def chosen(told: str | None, known: list[str]) -> list[str]:
    names = known if told is None else [it.strip() for it in told.split(",")]
    if wrong := set(names) - set(known):
        sys.exit(f"expected some of {', '.join(known)}; found {', '.join(sorted(wrong))}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--adapters")
    parser.add_argument("--scenarios")
    given = parser.parse_args()
    adapters = chosen(given.adapters, list(CASES))
    scenarios = chosen(given.scenarios, [*SCENARIOS, CLOCK, NAME])
    counts: Counter[str] = Counter()
    print(f"{'once / for good':22}", *(f"{it:12}" for it in adapters))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder  # where limits and unknown symbols are kept
        campaign = Campaign(Path(folder))
        for scenario in scenarios:
            cells = [campaign.cell(it, scenario) for it in adapters]
            counts.update(it for cell in cells for it in cell)
            print(f"{scenario:22}", *(f"{' / '.join(it):12}" for it in cells), flush=True)
    figures = {"scenarios": len(scenarios), "adapters": len(adapters)}
    print(json.dumps({**figures, **{it: counts[it] for it in ("data", "told", "HOLE")}}))
    return int(counts["HOLE"] > 0)


if __name__ == "__main__":
    sys.exit(main())
