"""Tables to write, and processes to kill."""

import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import warehouse

PRICES = ("open", "high", "low", "close", "volume")
INGESTER = os.fspath(Path(__file__).with_name("ingester.py"))
NARROW, WIDE = pa.decimal128(18, 8), pa.decimal128(38, 18)


def _bars(rows: Iterable[tuple[str, int, object]], *, wide: tuple[str, ...] = ()) -> pa.Table:
    """Daily bars of (session, sid, close): prices are the close, what is not wide beside it is 100."""
    rows = list(rows)
    close = [None if it[2] is None else Decimal(str(it[2])) for it in rows]
    columns: dict[str, pa.Array] = {
        "session": pa.array([date.fromisoformat(it[0]) for it in rows], pa.date32()),
        "sid": pa.array([it[1] for it in rows], pa.int32()),
        "symbol": pa.array([f"S{it[1]}" for it in rows], pa.string()),
    }
    for name in PRICES:
        values = (
            [Decimal(100)] * len(rows) if name == "volume" or (wide and name != "close") else close
        )
        columns[name] = pa.array(values, WIDE if name in wide else NARROW)
    return pa.table(columns)


def _assets(*symbols: str) -> pa.Table:
    count = len(symbols)
    return pa.table(
        {
            "sid": pa.array(range(count), pa.int32()),
            "symbol": pa.array(symbols, pa.string()),
            "exchange": pa.array(["XNYS"] * count, pa.string()),
            "asset_type": pa.array(["equity"] * count, pa.string()),
            "first_session": pa.array([date(2020, 1, 2)] * count, pa.date32()),
            "last_session": pa.array([date(2020, 12, 31)] * count, pa.date32()),
        }
    )


@pytest.fixture(scope="session")
def bars() -> Callable[..., pa.Table]:
    return _bars


@pytest.fixture(scope="session")
def assets() -> Callable[..., pa.Table]:
    return _assets


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def wh(root: Path) -> Iterator[warehouse.Warehouse]:
    with warehouse.open(root) as opened:
        yield opened


@pytest.fixture
def ingest(wh: warehouse.Warehouse) -> Callable[..., warehouse.Snapshot]:
    """Commit one daily upsert to bundle `eq`."""

    def commit(rows: Iterable[tuple[str, int, object]], **options) -> warehouse.Snapshot:
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", _bars(rows, **options))
            return txn.commit({"rows": "made by a test"})

    return commit


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[warehouse.Warehouse]:
    """Bundle `eq` of three snapshots that close at 1, 2 and 3, then `fx` of one; only to be read."""
    with warehouse.open(tmp_path_factory.mktemp("shared") / "data") as opened:
        for close in (1, 2, 3):
            with opened.begin("eq", calendar="XNYS") as txn:
                txn.upsert("bars_1d", _bars([("2020-01-02", 0, close)]))
                txn.replace("assets", _assets("A"))
                txn.commit({"close": close})
        with opened.begin("fx", calendar="24/7") as txn:
            txn.upsert("bars_1d", _bars([("2020-01-02", 0, 7)]))
            txn.commit()
        yield opened


class Nursery:
    """Starts processes that ingest, by forking one that has imported the warehouse already."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, INGESTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: object) -> int:
        return int(self._ask("start", *words))

    def wait(self, pid: int) -> int:
        """The exit code, negative for a signal."""
        return int(self._ask("wait", pid))

    def run(self, *words: object) -> int:
        return self.wait(self.start(*words))

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self.wait(pid) == -signal.SIGKILL

    def close(self) -> None:
        self._parent.communicate(timeout=60)

    def _ask(self, *words: object) -> str:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        print(*words, sep="\t", file=self._parent.stdin, flush=True)
        return self._parent.stdout.readline()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def write() -> Callable[..., warehouse.Snapshot]:
    """What the ingesting processes do, done in this one."""
    return runpy.run_path(INGESTER)["write"]


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a fact, two minutes at most."""

    def waited(fact: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not fact():
            assert time.monotonic() < end
            time.sleep(0.002)

    return waited
