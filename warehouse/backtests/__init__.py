"""Stored runs of backtests: a folder each, of one Parquet file a table, that appears whole.

Beside the bundles, because a run is no state of one: it is never changed, only removed, and names the
snapshot that it was run on. All that is said of it stands in its table ``runs``, of one row.
"""

from warehouse.backtests.folder import ids
from warehouse.backtests.sound import Sound, damages, sound
from warehouse.backtests.stored import read, remove, snapshots, write
from warehouse.backtests.tables import (
    ARROW,
    DAILY,
    FILLS,
    ID,
    LEDGER,
    ORDERS,
    POSITIONS,
    RUNS,
    SCHEMA,
    TABLES,
    Table,
)

__all__ = [
    "ARROW",
    "DAILY",
    "FILLS",
    "ID",
    "LEDGER",
    "ORDERS",
    "POSITIONS",
    "RUNS",
    "SCHEMA",
    "TABLES",
    "Sound",
    "Table",
    "damages",
    "ids",
    "read",
    "remove",
    "snapshots",
    "sound",
    "write",
]
