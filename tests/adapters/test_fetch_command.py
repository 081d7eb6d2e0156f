"""``rustybt ingest SOURCE`` and ``rustybt ingest -b NAME``, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_exchanges import Loopback, World, faults
from tests.fake_exchanges.series import ms

HERE = Path(__file__).parents[2]


@pytest.fixture
def rustybt(tmp_path):
    """Run the command with an adapter that a package of another author offers."""
    told = tmp_path / "site" / "coins_of_others-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: coins-of-others\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(
        "[rustybt.adapters]\ncoins = tests.adapters.coins:Coins\n"
    )
    path = os.pathsep.join((os.fspath(told.parent), os.fspath(HERE)))
    environment = os.environ | {"PYTHONPATH": path, "RUSTYBT_DATA_DIR": str(tmp_path / "root")}

    def rustybt(*words):
        return subprocess.run(
            [sys.executable, "-m", "rustybt", *words],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    return rustybt


@pytest.fixture
def market():
    """200 coins, of which 20 cannot be had."""
    bases = tuple(f"C{number}" for number in range(200))
    with Loopback(World(ms("2024-03-01T12:34:56"), bases=bases)) as server:
        for number in range(0, 200, 10):
            server.fail(f"symbol=C{number}USDT", faults.Status(500), times=None)
        yield server


@pytest.mark.slow
def test_what_failed_is_completed_alone(rustybt, market) -> None:
    symbols = ",".join(f"C{number}/USDT" for number in range(200))
    first = rustybt(
        *("ingest", "coins", "--bundle", "c", "--symbols", symbols, "--start", "2024-01-01"),
        *("--end", "2024-01-10", "--option", f"base_url={market.http_url}"),
        *("--workers", "2", "--format", "json"),
    )
    assert first.returncode == 3, first.stderr
    (told,) = (
        json.loads(first.stdout) if first.stdout.startswith("[") else [json.loads(first.stdout)]
    )
    assert (told["failed"], told["added"]) == (20, 1800)
    assert "left out C0/USDT: coins: C0/USDT: HTTP 500" in first.stderr
    market.script.clear()
    market.log.clear()
    second = rustybt("ingest", "-b", "c", "--failed-only", "--format", "json")
    assert second.returncode == 0, second.stderr
    assert {it.query["symbol"] for it in market.log} == {f"C{it}USDT" for it in range(0, 200, 10)}
    rows = rustybt(
        "sql",
        "SELECT count(DISTINCT symbol) AS n, count(*) AS rows FROM c.bars_1d",
        "--format",
        "csv",
    )
    assert rows.stdout.split() == ["n,rows", "200,2000"]
    third = rustybt("ingest", "-b", "c", "--failed-only")
    assert third.returncode == 1
    assert "got all of its symbols" in third.stderr


def test_sources_are_listed_and_unknown_bundles_told(rustybt) -> None:
    listed = rustybt("ingest", "--help").stdout
    assert all(name in listed for name in ("ccxt", "coins", "csv", "yahoo"))
    missing = rustybt("ingest", "-b", "nothing")
    assert missing.returncode == 1
    assert "No bundle 'nothing' is registered" in missing.stderr
    assert rustybt("ingest").returncode == 2
    assert rustybt("ingest", "-b", "x", "csv", "y", "--bundle", "z").returncode == 2
