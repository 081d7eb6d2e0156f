"""A bundle as Python sees it: a name, a snapshot, its assets, a place to ask SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from typing_extensions import override

import warehouse
from rustybt.assets import AssetFinder
from rustybt.data.bundles import specification
from rustybt.data.bundles.ingest import OnError, Request, ingest
from rustybt.data.bundles.part import Fetch
from rustybt.data.bundles.report import IngestReport
from rustybt.data.quality import check
from rustybt.data.resolutions import Resolution
from rustybt.data.sources import Source, rebuilt
from rustybt.errors import NoSourceError, NotIngestedError
from warehouse import Result, Snapshot, Warehouse, sqltext
from warehouse.closing import Closing
from warehouse.errors import UnknownBundleError, UnknownSnapshotError

if TYPE_CHECKING:
    import polars as pl

    from rustybt.data.readers.adjustments import AdjustmentReader
    from rustybt.data.readers.stored import WarehouseBarReader


@dataclass(frozen=True)
class Bundle(Closing):
    """A bundle at one snapshot; one that is registered may have none yet, and then only `ingest` works.

    Parameters
    ----------
    name
        Of the bundle, and of its schema in SQL.
    head
        Its snapshot, which stays the same whatever is ingested meanwhile; None if it has none.
    warehouse
        Open at that snapshot: ``bundle.warehouse.sql("SELECT … FROM sp500.bars_1d")``.
    """

    name: str
    head: Snapshot | None
    warehouse: Warehouse

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot.

        Raises
        ------
        NotIngestedError
            There is none yet; all that reads the bundle raises it.
        """
        if self.head is None:
            raise NotIngestedError(self.name)
        return self.head

    @cached_property
    def asset_finder(self) -> AssetFinder:
        """The assets of the bundle: ``asset_finder.lookup_symbol("AAPL")``."""
        self._require_snapshot()
        return AssetFinder(self.warehouse, self.name)

    @property
    def calendar(self) -> str:
        """The exchange calendar by which it trades, such as ``XNYS`` or ``24/7``."""
        return self.snapshot.calendar

    @cached_property
    def equity_daily_bar_reader(self) -> "WarehouseBarReader":
        """Its days with zipline's contract of readers; of every type of asset."""
        return self._reader("1d")

    @cached_property
    def equity_minute_bar_reader(self) -> "WarehouseBarReader":
        """Its minutes with zipline's contract of readers; of every type of asset."""
        return self._reader("1m")

    @cached_property
    def adjustment_reader(self) -> "AdjustmentReader":
        """Its splits, dividends and mergers with the words of zipline's reader."""
        from rustybt.data.readers.adjustments import AdjustmentReader

        self._require_snapshot()
        return AdjustmentReader(self.warehouse, self.name)

    def assets(self) -> pa.Table:
        """Return the columns of the view ``assets``, in order of sid."""
        self._require_snapshot()
        query = sqltext.render("ingest/bundle_assets", bundle=self.name)
        return self.warehouse.sql(query).arrow()

    def scan(self, dataset: str = "bars_1d") -> "pl.LazyFrame":
        """Return a stored dataset as a polars LazyFrame over its files; see `Warehouse.scan`."""
        return self.warehouse.scan(self.name, dataset)

    def overview(self) -> tuple[int, date, date]:
        """Return how many symbols it has, and the first and last session of their bars."""
        self._require_snapshot()
        query = sqltext.render("ingest/bundle_overview", bundle=self.name)
        ((symbols, first, last),) = self.warehouse.sql(query).rows()
        return symbols, first, last

    def ingest(
        self,
        symbols: Sequence[str] | None = None,
        start_date: str | date | None = None,
        end_date: str | date | None = None,
        *,
        n_workers: int = 1,
        on_error: OnError = "raise",
        source: Source | None = None,
        failed_only: bool = False,
    ) -> IngestReport:
        """Take rows into the bundle: one new snapshot; this handle stays at its own.

        Of a bundle that is registered, only what it lacks is fetched, and its last bars again.

        Parameters
        ----------
        symbols
            As the source writes them; all that are registered, or that it has, if None.
        start_date, end_date
            Days, as dates or ISO text, both included; those that are registered, or no bound, if None.
        n_workers
            Processes that read the source. For more than 1, a source whose class a script defines needs
            ``if __name__ == "__main__":`` in it.
        on_error
            ``raise``: all or nothing. ``partial``: symbols that fail are left out and reported.
        source
            The registered one, else that of the bundle's last ingest, if None.
        failed_only
            Those symbols alone that the last ingest of a registered bundle did not get.

        Raises
        ------
        NoSourceError
            No snapshot says how its source is read again.
        SourceError
            As `rustybt.data.bundles.ingest`.

        Examples
        --------
        ``bundles.get("sp500").ingest(["AAPL"], "2020-01-01", "2023-12-31", n_workers=4)``
        """
        wanted = Fetch(
            None if symbols is None else tuple(symbols),
            _day(start_date),
            _day(end_date),
            n_workers=n_workers,
            on_error=on_error,
            failed_only=failed_only,
        )
        told = None if source else specification.find(self.name, self.warehouse.root)
        if told is not None:
            from rustybt.data.bundles.fetching import fetch

            return fetch(told, wanted, root=self.warehouse.root)
        last = self._last_ingest()
        again = source or (rebuilt(last["parameters"]) if last else None)
        if again is None:
            raise NoSourceError(self.name)
        request = Request(
            wanted.symbols,
            wanted.start_date,
            wanted.end_date,
            n_workers=n_workers,
            on_error=on_error,
        )
        resolution = last["resolution"] if last else "1d"
        return ingest(again, self.name, request, resolution=resolution, root=self.warehouse.root)

    def _last_ingest(self) -> Mapping[str, Any] | None:
        """Return the lineage of the newest snapshot up to this one that tells of a source."""
        newest = 0 if self.head is None else self.head.version
        for version in range(newest, 0, -1):
            try:
                with self.warehouse.at(snapshot={self.name: version}) as old:
                    lineage = old.snapshot(self.name).lineage
            except UnknownSnapshotError:  # removed by a vacuum, as all before it
                return None
            if lineage.get("parameters") is not None and "resolution" in lineage:
                return lineage
        return None

    def quality(self) -> Result:
        """Run the checks of the bundle's policy over all bars of this snapshot; nothing is stored.

        Returns
        -------
        Result
            One row a dataset and check, with the columns of ``meta.quality``, where what
            ``rustybt bundle quality`` found stands; `Result.pl` and `Result.df` give frames.
        """
        self._require_snapshot()
        return check(self.warehouse, self.name).result()

    @override
    def close(self) -> None:
        """Close the warehouse; what was read of it stays. ``with load(…) as bundle:`` does so, too."""
        self.warehouse.close()

    def _reader(self, resolution: Resolution) -> "WarehouseBarReader":
        from rustybt.data.readers.stored import WarehouseBarReader

        self._require_snapshot()
        return WarehouseBarReader(self.warehouse, self.name, resolution)

    def _require_snapshot(self) -> None:
        _ = self.snapshot


def _day(given: str | date | None) -> date | None:
    return date.fromisoformat(given) if isinstance(given, str) else given


def names(root: str | Path | None = None) -> list[str]:
    """Return the names of all bundles, sorted; `root` as `warehouse.open` takes it."""
    with warehouse.open(root) as wh:
        return wh.bundles()


def get(name: str, *, root: str | Path | None = None) -> Bundle:
    """Return a bundle at its newest snapshot; one that is registered may have none.

    Raises
    ------
    UnknownBundleError
        No bundle has the name; the nearest is named.
    """
    wh = Warehouse(root)
    try:
        return Bundle(name, _head(wh, name), wh)
    except BaseException:
        wh.close()
        raise


def _head(wh: Warehouse, name: str) -> Snapshot | None:
    try:
        return wh.snapshot(name)
    except UnknownBundleError:
        if specification.find(name, wh.root) is None:
            raise
    return None


def load(
    name: str, timestamp: date | str | None = None, *, root: str | Path | None = None
) -> Bundle:
    """Return a bundle as it was at an instant.

    Parameters
    ----------
    name
        Of the bundle.
    timestamp
        Instant, UTC if it says no zone, as a datetime (also of pandas), a date (its first instant) or
        ISO 8601 text: the newest snapshot committed by then. The newest of all if None.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Raises
    ------
    UnknownBundleError
        No bundle has the name; the nearest is named.
    UnknownSnapshotError
        The bundle is younger; the message says since when there is one.
    InstantError
        `timestamp` is no instant.
    """
    wh = Warehouse(root, as_of=timestamp)
    try:
        return Bundle(name, wh.snapshot(name), wh)
    except BaseException:
        wh.close()
        raise
