"""A warehouse for each test, a server of fake exchanges, and bundles that the manual takes for granted."""

import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from rustybt.data.bundles import ingest_files
from tests.fake_exchanges import Authority, Loopback, World
from tests.fake_exchanges.series import ms

NOW = "2024-03-01T12:34:56"
HEADER = "date,symbol,open,high,low,close,volume\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The warehouse of the environment; the settings are the defaults, and the cache is empty."""
    for name in ("CACHE_SIZE_MB", "CACHE_DIR"):
        monkeypatch.delenv(f"RUSTYBT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture
def exchanges(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server that stands for every exchange: clients keep their hosts and TLS."""
    with Loopback(World(ms(NOW)), authority) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.proxy_url)
        monkeypatch.setenv("SSL_CERT_FILE", os.fspath(authority.ca_pem))
        yield server
        server.check()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write daily bars of some symbols over a span into a file; closes rise by 1 a day from 100."""

    def written(symbols: list[str], first: date, last: date, *, weekends: bool = False) -> Path:
        days = [first + timedelta(it) for it in range((last - first).days + 1)]
        rows = [
            f"{day},{symbol},{100 + it},{102 + it},{99 + it},{101 + it},{1000 + it}"
            for symbol in symbols
            for it, day in enumerate(it for it in days if weekends or it.weekday() < 5)
        ]
        path = tmp_path / "bars.csv"
        path.write_text(HEADER + "\n".join(rows) + "\n")
        return path

    return written


@pytest.fixture
def crypto_data(root: Path, written: Callable[..., Path]) -> str:
    """The bundle of the first workflow, as of a file."""
    path = written(["BTC/USDT", "ETH/USDT"], date(2024, 1, 1), date(2024, 1, 31), weekends=True)
    ingest_files(path, "crypto_data", calendar="24/7")
    return "crypto_data"
