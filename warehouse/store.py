"""A warehouse: the bundles under one root, open at one snapshot each."""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Literal, overload

from typing_extensions import override

from warehouse.catalog import Gate
from warehouse.catalog.build import CatalogBuild, CatalogCheck, build_catalog, verify_catalog
from warehouse.catalog.diff import diff
from warehouse.catalog.meta import Held
from warehouse.closing import Closing
from warehouse.errors import (
    AmbiguousSnapshotError,
    DamageError,
    RootError,
    UnknownBundleError,
    WarehouseError,
)
from warehouse.layout import BundleDir, catalog_of, root_of
from warehouse.model import BundleName, instant
from warehouse.query.result import Result
from warehouse.safe.limits import Limits
from warehouse.safe.reader import SafeWarehouse
from warehouse.session import Parameters, Session, Stream
from warehouse.snapshots import integrity, lease, log
from warehouse.snapshots.filesystem import refuse_network
from warehouse.snapshots.heads import Heads
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


class Warehouse(Closing):
    """Bundles as schemas of one DuckDB; made by `warehouse.open`.

    Parameters
    ----------
    root
        As for `warehouse.open`.
    versions
        Snapshot to open, for bundles that shall not be at their head.
    as_of
        Open every bundle as it was at this instant, UTC if it says no zone: a datetime, a date (its
        first instant) or ISO 8601 text of either. Younger bundles are left out.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        versions: Mapping[str, int] | None = None,
        as_of: date | str | None = None,
    ) -> None:
        self.root = root_of(root)
        if self.root.exists() and not self.root.is_dir():
            raise RootError(self.root, "expected a folder, found a file")
        refuse_network(self.root)
        self._heads = Heads(versions or {}, None if as_of is None else instant(as_of))
        self._session = Session(spill_dir=None)
        self._gate = Gate(self._session)
        try:
            for name in versions or {}:
                self._known(name)
            self.refresh()
        except BaseException:
            self.close()
            raise

    def refresh(self) -> None:
        """Go to the newest snapshots, new bundles included; open streams keep their old ones."""
        for name in log.bundle_names(self.root):
            self._follow(name)
        self._let_go()

    def at(
        self,
        *,
        snapshot: int | Mapping[str, int] | None = None,
        as_of: date | str | None = None,
    ) -> "Warehouse":
        """Open the same root at older snapshots.

        Parameters
        ----------
        snapshot
            Version per bundle; a bare number where the warehouse holds one bundle. Bundles that are
            not named are at their head.
        as_of
            Instant, as `Warehouse` takes it; every bundle as it was then.

        Raises
        ------
        UnknownSnapshotError
            A bundle has no such version.
        AmbiguousSnapshotError
            A bare number does not say of which bundle.
        InstantError
            `as_of` is no instant.
        DamageError
            The manifest of a version that was asked for is damaged.
        UnknownBundleError
            No bundle of that name.
        """
        if isinstance(snapshot, int):
            if len(self.bundles()) != 1:
                raise AmbiguousSnapshotError(snapshot, self.bundles())
            snapshot = dict.fromkeys(self.bundles(), snapshot)
        return Warehouse(self.root, versions=snapshot, as_of=as_of)

    def bundles(self) -> list[str]:
        """Return the names of the bundles, sorted; those whose newest manifest is damaged too."""
        absent = self._heads.absent.items()
        return sorted(
            {*self._heads.held, *(it for it, why in absent if isinstance(why, DamageError))}
        )

    def snapshot(self, bundle: str) -> Manifest:
        """Return the snapshot at which a bundle is open.

        Raises
        ------
        BundleNameError
            No bundle could have this name.
        UnknownBundleError
            No bundle has it; the nearest is named.
        UnknownSnapshotError
            It is younger than the instant at which the warehouse was opened.
        DamageError
            Its newest manifest is damaged.
        """
        name = BundleName(bundle)
        if name in self._heads.absent:
            raise self._heads.absent[name]
        if name not in self._heads.held:
            raise UnknownBundleError(name, self._heads.held, self.root)
        return self._heads.held[name]

    def snapshots(self, bundle: str) -> list[Manifest]:
        """Return every snapshot of a bundle that can be opened, oldest first.

        Raises
        ------
        UnknownBundleError
            No bundle of that name.
        DamageError
            A manifest cannot be trusted.
        """
        place = self._known(bundle)
        return log.history(place)

    def sql(self, query: str, params: Parameters = None) -> Result:
        """Run one statement over the views.

        Parameters
        ----------
        query
            DuckDB SQL over ``<bundle>.bars_1d``, ``<bundle>.assets``, ``meta.bundles`` …
        params
            Values for ``?`` (sequence) or ``$name`` (mapping).

        Raises
        ------
        QueryError
            DuckDB refused it; the message is DuckDB's.
        DamageError
            A file that it would read is missing, of another size or of another content.
        """
        self._gate.admit(query)
        return Result(self._session.arrow(query, params))

    def stream(self, query: str, params: Parameters = None, *, batch_rows: int = 131_072) -> Stream:
        """Run one statement and read its rows as Arrow batches from a cursor of its own."""
        self._gate.admit(query)
        return self._session.stream(query, params, batch_rows=batch_rows)

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
            for name in head.datasets:
                txn.rewrite(name)
            if not txn.touched:
                return head
            return txn.commit({**head.lineage, "compacted": head.version})

    def vacuum(
        self, bundle: str, *, keep: int = 10, days: float = 7, dry_run: bool = False
    ) -> VacuumReport:
        """Remove old snapshots of a bundle, and every file that none of those left names.

        Parameters
        ----------
        keep
            How many of the newest snapshots stay. The head always does.
        days
            Snapshots committed within so many days stay too.
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
        return vacuum(place, older_than(keep, timedelta(days=days)), dry_run=dry_run)

    def discard(self, bundle: str, versions: Collection[int]) -> VacuumReport:
        """Remove snapshots by number as `vacuum` does; the head and what is being read stay."""
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

    @property
    def damages(self) -> list[DamageError]:
        """What is wrong with the sizes and manifests of the open snapshots; no sound file is read."""
        found = [why for why in self._heads.absent.values() if isinstance(why, DamageError)]
        for place, manifest in self._open_snapshots():
            found += integrity.size_damages(place, manifest)
        return found

    def diff(self, bundle: str, before: int, after: int, *, rows: bool = False) -> Result:
        """Compare two snapshots of a bundle; only partitions whose files differ are read.

        Parameters
        ----------
        bundle
            Name.
        before, after
            Versions, in any order.
        rows
            Return every row instead of how many.

        Returns
        -------
        Result
            Columns dataset, symbol, added, changed, removed: rows by their key, ordered by dataset
            and symbol; symbol is NULL in a dataset without. With `rows`: dataset, symbol, change
            (``added``, ``changed``, ``removed``), before, after: the row as text, NULL where there
            is none; ordered by dataset and key.

        Raises
        ------
        UnknownBundleError, UnknownSnapshotError
            There is no such bundle, or no such version of it.
        DamageError
            A file that differs is not as committed.
        """
        place = self._known(bundle)
        pinned = [
            lease.pinned(place, partial(log.read, place, version)) for version in (before, after)
        ]
        try:
            return Result(diff(place, pinned[0][0], pinned[1][0], rows=rows))
        finally:
            for _, pin in pinned:
                if pin is not None:
                    pin.release()

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

    @override
    def close(self) -> None:
        """Give the pins back; results stay, open streams must be closed before."""
        self._session.close()
        self._heads.close()

    def __repr__(self) -> str:
        return f"<Warehouse {self.root}: {', '.join(self.bundles()) or 'empty'}>"

    def _open_snapshots(self) -> list[Held]:
        return [
            (self._place(name), manifest) for name, manifest in sorted(self._heads.held.items())
        ]

    def _place(self, bundle: str) -> BundleDir:
        return BundleDir(self.root, BundleName(bundle))

    def _known(self, bundle: str) -> BundleDir:
        place = self._place(bundle)
        if not log.versions(place):
            raise UnknownBundleError(bundle, log.bundle_names(self.root), self.root)
        return place

    def _follow(self, name: str) -> None:
        found = self._heads.follow(self._place(name))
        if isinstance(found, WarehouseError):
            self._gate.refuse(name, found)
        elif found is not None:
            self._gate.hold(self._place(name), found)

    def _let_go(self) -> None:
        """Give pins back that only an open stream could still need, if there is none."""
        if not self._session.reading:
            self._heads.let_go()

    def _committed(self, manifest: Manifest) -> None:
        """Go to a snapshot that a transaction of this warehouse made, unless opened at older ones.

        The commit stands whatever happens here; `refresh` tries again.
        """
        if not self._heads.is_fixed(manifest.bundle):
            with suppress(OSError, WarehouseError):
                self._follow(manifest.bundle)
                self._let_go()
