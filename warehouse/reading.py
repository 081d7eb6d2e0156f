"""Reads the bundles under one root, each at the snapshot at which it was opened."""

import os
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
from typing_extensions import override

from warehouse import backtests
from warehouse.catalog import Gate
from warehouse.catalog.changed import first_changes
from warehouse.catalog.diff import diff
from warehouse.catalog.lazy import scan
from warehouse.catalog.meta import Held
from warehouse.catalog.saved import saved_views
from warehouse.closing import Closing
from warehouse.errors import (
    AmbiguousSnapshotError,
    DamageError,
    UnknownBundleError,
    WarehouseError,
)
from warehouse.layout import BundleDir, root_of
from warehouse.model import BundleName, instant
from warehouse.query.result import Result
from warehouse.session import Parameters, Session, Stream
from warehouse.snapshots import integrity, lease, log
from warehouse.snapshots.derived import derived
from warehouse.snapshots.filesystem import refuse_network, require_folder
from warehouse.snapshots.heads import Heads
from warehouse.snapshots.manifest import Manifest
from warehouse.snapshots.shelf import Shelf

if TYPE_CHECKING:
    import polars as pl


class Reader(Closing):
    """Bundles as schemas of one DuckDB, at snapshots that stay until `refresh`.

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
        require_folder(self.root)
        refuse_network(self.root)
        self._heads = Heads(versions or {}, None if as_of is None else instant(as_of))
        self._session = Session(spill_dir=None)
        self._gate = Gate(self._session, partial(saved_views, self.root), self.root)
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
    ) -> Self:
        """Open the same root at older snapshots.

        Parameters
        ----------
        snapshot
            Version per bundle; a bare number where the warehouse holds one bundle. Bundles that are
            not named are at their head.
        as_of
            Instant, as the class takes it; every bundle as it was then.

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
        return type(self)(self.root, versions=snapshot, as_of=as_of)

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

    def scan(self, bundle: str, dataset: str = "bars_1d") -> "pl.LazyFrame":
        """Return a stored dataset as a polars LazyFrame over the files of the open snapshot.

        What is asked of it reads only the columns and row groups that it needs; the files stay for
        as long as the warehouse is open. Columns and types are those of the view; rows come in the
        order of the files, each by its key.

        Raises
        ------
        UnknownBundleError
            No bundle of that name.
        SchemaError
            There is no such dataset; a computed view is none, and `sql` reads it.
        DamageError
            A file is missing, or not as committed.
        """
        place = self._known(bundle)
        return scan(place, self.snapshot(bundle), dataset)

    def saved_views(self) -> dict[str, str]:
        """Return the SELECT of each view of the schema ``pipelines``, by name."""
        return saved_views(self.root)

    def runs(self) -> list[str]:
        """Return the ids of the stored runs of backtests, oldest first."""
        return backtests.ids(self.root)

    def run(self, run: str, table: str) -> pa.Table:
        """Return one table of a stored run, after it was proved to be as it was written.

        Parameters
        ----------
        run
            Id.
        table
            ``runs``, ``daily``, ``orders``, ``fills``, ``positions`` or ``ledger``.

        Raises
        ------
        RunNameError
            There is no run of the id.
        DamageError
            The file is not as it was written.
        """
        return backtests.read(self.root, run, table)

    def run_damages(
        self, runs: Collection[str] | None = None, *, sizes: bool = False
    ) -> list[DamageError]:
        """Return what is wrong with the files of stored runs, every byte of which is read.

        Statements over ``backtests`` leave a damaged table of a run out, and log a warning.

        Parameters
        ----------
        runs
            Ids; all stored runs if None.
        sizes
            Look at the sizes of the files alone, and read those of the table ``runs``.

        Raises
        ------
        RunNameError
            There is no run of one of the ids.
        """
        return list(backtests.damages(self.root, runs, sizes=sizes))

    def arrow(
        self, query: str, params: Parameters = None, *, tables: Mapping[str, pa.Table] | None = None
    ) -> pa.Table:
        """Run one statement over the views and Arrow tables of the caller, by name; see `sql`."""
        self._gate.admit(query)
        return self._session.arrow(query, params, tables=tables)

    def derived(self, bundle: str, name: str, build: Callable[[Path], None]) -> Path | None:
        """Return a file that is computed from the open snapshot of a bundle, built when missing.

        Parameters
        ----------
        bundle
            Name of the bundle.
        name
            What it is, with the version of its form.
        build
            Writes it to the path that it is given.

        Returns
        -------
        Path or None
            Of a sound file; None where it cannot be written. A vacuum removes it with its snapshot.
        """
        manifest = self.snapshot(bundle)
        return derived(self._place(bundle), manifest, name, build)

    def shelf(self, bundle: str) -> Shelf:
        """Return the results that were computed from the open snapshot of a bundle, and kept."""
        return Shelf(self._place(bundle), self.snapshot(bundle))

    def first_changes(
        self, bundle: str, other: Manifest, datasets: Mapping[str, Collection[str]]
    ) -> dict[str, date]:
        """Return the first day on which the open snapshot of a bundle differs from another.

        Parameters
        ----------
        bundle
            Name of the bundle.
        other
            The other snapshot.
        datasets
            Columns that count, for each dataset that has a session. Of ``assets`` all do, and the day
            is the last session before which they are alike.

        Returns
        -------
        dict
            The day by dataset; those that do not differ are left out.

        Raises
        ------
        DamageError
            A file that differs is not as committed.
        QueryError
            A file of the other snapshot is gone.
        """
        return first_changes(self._place(bundle), other, self.snapshot(bundle), datasets)

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

    @override
    def close(self) -> None:
        """Give the pins back; results stay, open streams must be closed before."""
        self._session.close()
        self._heads.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.root}: {', '.join(self.bundles()) or 'empty'}>"

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
