"""A bundle as Python sees it: a name, a snapshot, its assets, a place to ask SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

import warehouse
from warehouse import Snapshot, Warehouse, sqltext


@dataclass(frozen=True)
class Bundle:
    """A bundle at one snapshot.

    Parameters
    ----------
    name
        Of the bundle, and of its schema in SQL.
    snapshot
        Which stays the same whatever is ingested meanwhile.
    warehouse
        Open at that snapshot: ``bundle.warehouse.sql("SELECT … FROM sp500.bars_1d")``.
    """

    name: str
    snapshot: Snapshot
    warehouse: Warehouse

    def assets(self) -> pa.Table:
        """Return sid, symbol, exchange, asset_type, first_session, last_session, in order of sid."""
        query = sqltext.render("ingest/bundle_assets", bundle=self.name)
        return self.warehouse.sql(query).arrow()

    def overview(self) -> tuple[int, date, date]:
        """Return how many symbols it has, and the first and last session of their bars."""
        query = sqltext.render("ingest/bundle_overview", bundle=self.name)
        ((symbols, first, last),) = self.warehouse.sql(query).rows()
        return symbols, first, last


def names(root: str | Path | None = None) -> list[str]:
    """Return the names of all bundles, sorted; `root` as `warehouse.open` takes it."""
    with warehouse.open(root) as wh:
        return wh.bundles()


def get(name: str, *, root: str | Path | None = None) -> Bundle:
    """Return a bundle at its newest snapshot.

    Raises
    ------
    UnknownBundleError
        No bundle has the name; the nearest is named.
    """
    return load(name, root=root)


def load(name: str, timestamp: datetime | None = None, *, root: str | Path | None = None) -> Bundle:
    """Return a bundle as it was at an instant.

    Parameters
    ----------
    name
        Of the bundle.
    timestamp
        Instant, UTC if naive: the newest snapshot committed by then. The newest of all if None.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Raises
    ------
    UnknownBundleError
        No bundle has the name, or had it then; the nearest is named.
    """
    wh = Warehouse(root, as_of=timestamp)
    return Bundle(name, wh.snapshot(name), wh)
