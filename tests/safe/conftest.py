"""A small warehouse, a file beside it that nobody may read, and lists of statements."""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import warehouse
from warehouse.safe.guard import View
from warehouse.safe.reader import SafeWarehouse
from warehouse.safe.sources import give_views
from warehouse.session import Sealed, Session

HERE = Path(__file__).parent
CANARY = "nobody-may-read-this"
PRICE = pa.decimal128(18, 8)
DAYS = [date(2020, month, day) for month in (1, 2) for day in range(2, 29)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every line of a list to the tests that ask for it by the name of an argument."""
    marked = statements("differentials")
    lists = {
        "attack": statements("attacks"),
        "doubtful": [line[2:] for line in marked if line.startswith("- ")],
        "allowed": [*statements("allowed"), *(it[2:] for it in marked if it.startswith("+ "))],
    }
    for argument in lists.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(argument, lists[argument])


def statements(name: str) -> list[str]:
    """The lines of a list that are no comments."""
    lines = (HERE / f"{name}.sql").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("--")]


def _bars() -> pa.Table:
    keys = [(day, sid) for day in DAYS for sid in range(3)]
    price = pa.array([Decimal(10 * sid + day.day) for day, sid in keys], PRICE)
    return pa.table(
        {
            "session": [day for day, _ in keys],
            "sid": pa.array([sid for _, sid in keys], pa.int32()),
            "symbol": ["ABC"[sid] for _, sid in keys],
            **dict.fromkeys(("open", "high", "low", "close", "volume"), price),
        }
    )


def _assets() -> pa.Table:
    return pa.table(
        {
            "sid": pa.array(range(3), pa.int32()),
            "symbol": list("ABC"),
            "exchange": ["XNYS"] * 3,
            "asset_type": ["equity"] * 3,
            "first_session": [DAYS[0]] * 3,
            "last_session": [DAYS[-1]] * 3,
        }
    )


def _splits() -> pa.Table:
    return pa.table(
        {
            "sid": pa.array([1], pa.int32()),
            "symbol": ["B"],
            "session": [DAYS[20]],
            "kind": ["split"],
            "ratio": [0.5],
            "amount": pa.array([None], PRICE),
            "pay_date": pa.array([None], pa.date32()),
        }
    )


def _sessions() -> pa.Table:
    opens = [datetime(it.year, it.month, it.day, 14, 30) for it in DAYS]  # noqa: DTZ001 - as stored
    closes = [it.replace(hour=21) for it in opens]
    return pa.table({"session": DAYS, "open_at": opens, "close_at": closes})


@pytest.fixture(scope="session")
def listed() -> Callable[[str], list[str]]:
    return statements


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a warehouse with one bundle, ``sp``; only to be read."""
    root = tmp_path_factory.mktemp("safe") / "root"
    with warehouse.open(root) as wh, wh.begin("sp", calendar="XNYS") as txn:
        txn.upsert("bars_1d", _bars())
        txn.replace("assets", _assets())
        txn.replace("adjustments", _splits())
        txn.replace("sessions", _sessions())
        txn.commit({"source": "made by a test"})
    return root


@pytest.fixture(scope="session")
def data_file(stored: Path) -> Path:
    """The largest file of the warehouse."""
    return max(stored.rglob("*.parquet"), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="session")
def outside(stored: Path) -> Path:
    """A file beside the warehouse."""
    path = stored.parent / "outside.txt"
    path.write_text(CANARY)
    return path


@pytest.fixture(scope="session")
def filled(stored: Path, data_file: Path, outside: Path) -> Callable[[str], str]:
    """Put the paths of this run into a statement of a list."""
    holes = {"{data}": data_file, "{outside}": outside, "{root}": stored}

    def fill(statement: str) -> str:
        for hole, path in holes.items():
            statement = statement.replace(hole, os.fspath(path))
        return statement

    return fill


@pytest.fixture(scope="session")
def digest(stored: Path) -> Callable[[], str]:
    """One hash of every path and byte of the warehouse and of what lies beside it."""

    def of_everything() -> str:
        found = hashlib.sha256()
        for path in sorted(stored.parent.rglob("*")):
            if "leases" not in path.parts:
                content = path.read_bytes() if path.is_file() else b""
                found.update(f"{path.relative_to(stored.parent)}\0{len(content)}\0".encode())
                found.update(content)
        return found.hexdigest()

    return of_everything


@pytest.fixture(scope="session")
def views() -> frozenset[View]:
    """The views of that warehouse."""
    bundle = (
        "adjustments",
        "assets",
        "bars_1d",
        "bars_1d_adjusted",
        "flags",
        "rejects",
        "sessions",
    )
    meta = ("bundles", "snapshots", "data_files")
    return frozenset([*(("sp", it) for it in bundle), *(("meta", it) for it in meta)])


@pytest.fixture(scope="session")
def parser() -> Iterator[Session]:
    session = Session(threads=1)
    yield session
    session.close()


def _engine(stored: Path, views: frozenset[View]) -> Iterator[Sealed]:
    session = Sealed(threads=1, memory_limit="200MB")
    give_views(session, stored, {"sp": 1}, views)
    yield session
    session.close()


@pytest.fixture
def unsealed(stored: Path) -> Iterator[Sealed]:
    """The engine of safe mode with one view, before its seal."""
    yield from _engine(stored, frozenset({("sp", "bars_1d"), ("sp", "assets")}))


@pytest.fixture(scope="session")
def readable(stored: Path, views: frozenset[View]) -> Iterator[Sealed]:
    """The same with every view, only to be read."""
    yield from _engine(stored, views)


@pytest.fixture(scope="session")
def safe(stored: Path) -> Iterator[SafeWarehouse]:
    with warehouse.open(stored, safe=True) as opened:
        yield opened
