"""A warehouse: the bundles under one root, read, written and kept up."""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Literal, overload

import pyarrow as pa

from warehouse import backtests, sqltext
from warehouse.catalog.build import CatalogBuild, CatalogCheck, build_catalog, verify_catalog
from warehouse.catalog.saved import drop_view, save_view
from warehouse.errors import SavedViewError, WarehouseError
from warehouse.layout import catalog_of
from warehouse.reading import Reader
from warehouse.safe.limits import Limits
from warehouse.safe.reader import SafeWarehouse
from warehouse.snapshots import integrity
from warehouse.snapshots.integrity import Verification
from warehouse.snapshots.manifest import Manifest
from warehouse.snapshots.vacuum import VacuumReport, older_than, vacuum
from warehouse.writing.restore import restore
from warehouse.writing.transaction import Transaction


@overload
def open(  # noqa: A001 - warehouse.open
    root: str | os.PathLike[str] | None = None, *, safe: Literal[False] = False
) -> "Warehouse": ...


@overload
def open(  # noqa: A001 - warehouse.open
    root: str | os.PathLike[str] | None = None, *, safe: Literal[True], limits: Limits | None = None
) -> SafeWarehouse: ...


def open(  # noqa: A001 - warehouse.open
    root: str | os.PathLike[str] | None = None,
    *,
    safe: bool = False,
    limits: Limits | None = None,
) -> "Warehouse | SafeWarehouse":
    """Open the warehouse at a folder, every bundle at its newest snapshot.

    Parameters
    ----------
    root
        The folder; if None ``$RUSTYBT_DATA_DIR``, and without that ``~/.rustybt/data``. One that
        does not exist is an empty warehouse, created by the first ingest.
    safe
        Whether whoever writes the SQL is not trusted: each statement is guarded and runs in a
        confined process of its own.
    limits
        What a statement may cost in safe mode; as `Limits` has it if None.

    Returns
    -------
    Warehouse or, in safe mode, SafeWarehouse
        Keeps the snapshots it opened until `Warehouse.refresh`, whatever is committed meanwhile.

    Raises
    ------
    RootError
        The path is no folder, or lies on a network file system: locks do not hold there. Where one
        machine alone uses it, ``RUSTYBT_ALLOW_NETWORK_FS=1`` in the environment allows it.

    Examples
    --------
    >>> import tempfile, warehouse
    >>> with warehouse.open(tempfile.mkdtemp()) as wh:
    ...     wh.sql("SELECT 1 + $more AS n", {"more": 1}).rows()
    [(2,)]
    """
    opened = Warehouse(root)
    return SafeWarehouse(opened, limits or Limits()) if safe else opened


class Warehouse(Reader):
    """Bundles to be read as `Reader` has them, to be written, and to be kept up."""

    def begin(self, bundle: str, *, calendar: str | None = None) -> Transaction:
        """Begin the next snapshot of a bundle; see `Transaction`.

        Parameters
        ----------
        bundle
            Name; a new bundle is created by the commit.
        calendar
            Exchange calendar, such as ``XNYS`` or ``24/7``; needed for a new bundle.
        """
        return Transaction(self._place(bundle), calendar, self._committed)

    def save_view(self, name: str, query: str, *, replace: bool = False) -> None:
        """Save a SELECT as ``pipelines.<name>``, for every later session and the next catalog.

        Parameters
        ----------
        name
            1 to 63 of ``a-z``, ``0-9`` and ``_``, the first no digit.
        query
            One SELECT without parameters, over views of bundles.
        replace
            Whether a view of that name is replaced.

        Raises
        ------
        SavedViewError
            The name cannot be, or is taken; or it is no SELECT, or one that would read itself.
        QueryError
            DuckDB refuses the query; nothing was saved.
        """
        if self._session.kinds(query) != ["SELECT"]:
            raise SavedViewError(name, "expected one SELECT statement")
        self._gate.admit(query)
        self._session.rows(sqltext.render("views/described", text=query))
        save_view(self.root, name, query, replace=replace)

    def drop_view(self, name: str) -> None:
        """Remove a saved view.

        Raises
        ------
        SavedViewError
            There is none of that name.
        """
        drop_view(self.root, name)

    def store_run(self, run: str, tables: Mapping[str, pa.Table]) -> None:
        """Store a run of a backtest: the next statement over ``backtests`` sees it.

        Parameters
        ----------
        run
            New id.
        tables
            One for each view of the schema ``backtests``, without the column ``run``.

        Raises
        ------
        RunNameError
            The id cannot be one, or is taken.
        OSError
            It could not be written; nothing is left of it.
        """
        backtests.write(self.root, run, tables)

    def remove_run(self, run: str) -> None:
        """Remove a stored run.

        Raises
        ------
        RunNameError
            There is none of the id.
        """
        backtests.remove(self.root, run)

    def restore(self, bundle: str, snapshot: int) -> Manifest:
        """Make what an older snapshot holds the newest one; every snapshot between stays readable.

        Returns
        -------
        Manifest
            The new head, or the old one if it holds the same already. Files are shared, not copied.

        Raises
        ------
        UnknownSnapshotError
            The bundle has no such version.
        ConflictError
            Another commit touched the same partitions meanwhile.
        """
        manifest = restore(self._known(bundle), snapshot)
        self._committed(manifest)
        return manifest

    def compact(self, bundle: str) -> Manifest:
        """Write partitions anew where that gives a narrower type or a smaller file; rows stay equal.

        Returns
        -------
        Manifest
            The new head, or the old one if there is nothing to gain. Older snapshots keep their
            files until `vacuum`.

        Raises
        ------
        ConflictError
            Another commit touched the same partitions meanwhile.
        """
        with self.begin(self._known(bundle).bundle) as txn:
            head = txn.head or self.snapshot(bundle)
            if not txn.compact():
                return head
            return txn.commit({**head.lineage, "compacted": head.version})

    def vacuum(
        self,
        bundle: str,
        *,
        keep: int = 10,
        days: float = 7,
        runs: bool = True,
        dry_run: bool = False,
    ) -> VacuumReport:
        """Remove old snapshots of a bundle, and every file that none of those left names.

        Parameters
        ----------
        keep
            How many of the newest snapshots stay. The head always does.
        days
            Snapshots committed within so many days stay too.
        runs
            Whether those stay that stored runs of backtests name, so that these can be repeated.
        dry_run
            Say what would go, and touch nothing.

        Returns
        -------
        VacuumReport
            Snapshots that are being read, here or in another process, or whose transaction is not
            closed, stay and are named. Who reads a folder that it may not write is
            not seen, and finds its files missing.

        Raises
        ------
        UnknownBundleError
            No bundle of that name.
        LockedError
            Another process vacuums the bundle, or commits to it, for too long.
        """
        place = self._known(bundle)
        named = partial(backtests.snapshots, self.root, bundle) if runs else frozenset
        chooser = older_than(keep, days)
        return vacuum(place, chooser, named=named, dry_run=dry_run)

    def discard(self, bundle: str, versions: Collection[int]) -> VacuumReport:
        """Remove snapshots by number as `vacuum` does; the head and what is being read stay.

        Those that stored runs name go: whoever gives a number says which.
        """
        place = self._known(bundle)
        return vacuum(place, lambda held: {it.version for it in held} & set(versions))

    def verify(self, bundle: str, snapshot: int | None = None) -> Verification:
        """Read the manifests and data files of a bundle anew, and compare each with its SHA-256.

        Parameters
        ----------
        bundle
            Name.
        snapshot
            Version to read; every one in the log if None.

        Returns
        -------
        Verification
            With each damage as an error that was not raised.

        Raises
        ------
        UnknownBundleError, UnknownSnapshotError
            There is no such bundle, or no such version of it.
        """
        return integrity.verify(self._known(bundle), snapshot)

    def build_catalog(self, target: str | os.PathLike[str] | None = None) -> CatalogBuild:
        """Write a DuckDB file with the views of the open snapshots, for shells and other tools.

        It names the Parquet files by absolute path, holds `meta` as tables and can be rebuilt at any
        time. One that is there is replaced in one step; a process that has it open keeps the old.

        Parameters
        ----------
        target
            The file; ``catalog.duckdb`` in the root if None.

        Raises
        ------
        CatalogError
            It could not be written whole; the old one is as it was.
        """
        return build_catalog(self.root, self._open_snapshots(), catalog_of(self.root, target))

    def verify_catalog(self, target: str | os.PathLike[str] | None = None) -> CatalogCheck:
        """Compare such a file with what `build_catalog` would write now."""
        return verify_catalog(self.root, self._open_snapshots(), catalog_of(self.root, target))

    def _committed(self, manifest: Manifest) -> None:
        """Go to a snapshot that a transaction of this warehouse made, unless opened at older ones.

        The commit stands whatever happens here; `refresh` tries again.
        """
        if not self._heads.is_fixed(manifest.bundle):
            with suppress(OSError, WarehouseError):
                self._follow(manifest.bundle)
                self._let_go()
