"""Market data as immutable Parquet snapshots behind DuckDB views.

`open` gives a `Warehouse`: bundles are schemas, ``SELECT … FROM sp500.bars_1d`` works, and every
commit to a bundle is a numbered snapshot that stays readable.
"""

from warehouse import errors
from warehouse.model import BundleName, Changes
from warehouse.query.result import Result
from warehouse.session import Stream
from warehouse.snapshots.manifest import Manifest as Snapshot
from warehouse.snapshots.vacuum import VacuumReport
from warehouse.store import Warehouse, open  # noqa: A004 - read as warehouse.open
from warehouse.writing.transaction import Transaction

__all__ = [
    "BundleName",
    "Changes",
    "Result",
    "Snapshot",
    "Stream",
    "Transaction",
    "VacuumReport",
    "Warehouse",
    "errors",
    "open",
]
