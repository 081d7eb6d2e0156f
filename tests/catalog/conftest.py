"""A warehouse of two bundles, and a shell to read its catalog with."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import warehouse
from warehouse import Warehouse

EXACT = pa.decimal128(18, 8)


def _commit(wh: Warehouse, bundle: str, close: int, sids: int = 2) -> None:
    """Two sessions of some symbols that close at one price, as a new snapshot."""
    sessions = [date(2020, 1, 2), date(2020, 1, 3)]
    rows = [(session, sid) for sid in range(sids) for session in sessions]
    prices = pa.array([Decimal(close)] * len(rows), EXACT)
    bars = {
        "session": pa.array([session for session, _ in rows], pa.date32()),
        "sid": pa.array([sid for _, sid in rows], pa.int32()),
        "symbol": pa.array([f"S{sid}" for _, sid in rows]),
    }
    assets = {
        "sid": pa.array(range(sids), pa.int32()),
        "symbol": pa.array([f"S{sid}" for sid in range(sids)]),
        "exchange": pa.array(["XNYS"] * sids),
        "asset_type": pa.array(["equity"] * sids),
        "first_session": pa.array(sessions[:1] * sids, pa.date32()),
        "last_session": pa.array(sessions[1:] * sids, pa.date32()),
    }
    with wh.begin(bundle, calendar="XNYS") as txn:
        prices_of = dict.fromkeys(("open", "high", "low", "close", "volume"), prices)
        txn.upsert("bars_1d", pa.table(bars | prices_of))
        txn.replace("assets", pa.table(assets))
        txn.commit({"source": "made by a test", "close": close})


@pytest.fixture(scope="session")
def commit() -> Callable[..., None]:
    return _commit


def _two_bundles(root: Path) -> None:
    with warehouse.open(root) as made:
        _commit(made, "eq", 10)
        _commit(made, "fx", 20, sids=1)


@pytest.fixture
def wh(tmp_path: Path, copied: Callable[..., None]) -> Iterator[Warehouse]:
    copied(_two_bundles, tmp_path / "data")
    with warehouse.open(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(scope="session")
def shell() -> Callable[[Path, str], list[str]]:
    """What the `duckdb` command of another release of DuckDB answers, as CSV lines."""
    program = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    assert program, "duckdb-cli is one of the development requirements"

    def ask(path: Path, query: str) -> list[str]:
        words = [program, "-readonly", "-csv", "-noheader", path, query]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return ask
