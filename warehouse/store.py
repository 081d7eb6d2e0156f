"""A warehouse: the bundles under one root, open at one snapshot each."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from warehouse.catalog import create_bundle, create_meta
from warehouse.errors import RootError, UnknownBundleError, UnknownSnapshotError
from warehouse.layout import BundleDir, root_of
from warehouse.model import BundleName
from warehouse.query.result import Result
from warehouse.session import Parameters, Session, Stream
from warehouse.snapshots import lease, log
from warehouse.snapshots.lease import Lease
from warehouse.snapshots.manifest import Manifest
from warehouse.writing.transaction import Transaction


def open(root: str | os.PathLike[str] | None = None) -> "Warehouse":  # noqa: A001 - warehouse.open
    """Open the warehouse at a folder, every bundle at its newest snapshot.

    Parameters
    ----------
    root
        The folder; if None ``$RUSTYBT_DATA_DIR``, and without that ``~/.rustybt/data``. One that
        does not exist is an empty warehouse, created by the first ingest.

    Returns
    -------
    Warehouse
        Keeps the snapshots it opened until `Warehouse.refresh`, whatever is committed meanwhile.

    Raises
    ------
    RootError
        The path is no folder.
    DamageError
        A file of a snapshot is missing or has another size.

    Examples
    --------
    >>> import tempfile, warehouse
    >>> with warehouse.open(tempfile.mkdtemp()) as wh:
    ...     wh.sql("SELECT 1 + $more AS n", {"more": 1}).rows()
    [(2,)]
    """
    return Warehouse(root)


class Warehouse:
    """Bundles as schemas of one DuckDB; made by `warehouse.open`.

    Parameters
    ----------
    root
        As for `warehouse.open`.
    versions
        Snapshot to open, for bundles that shall not be at their head.
    as_of
        Open every bundle as it was at this instant (UTC if naive); younger ones are left out.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        versions: Mapping[str, int] | None = None,
        as_of: datetime | None = None,
    ) -> None:
        self.root = root_of(root)
        if self.root.exists() and not self.root.is_dir():
            raise RootError(self.root, "expected a folder, found a file")
        self._versions = dict(versions or {})
        self._as_of = as_of.replace(tzinfo=UTC) if as_of and as_of.tzinfo is None else as_of
        self._held: dict[str, Manifest] = {}
        self._pins: list[Lease] = []
        self._session = Session(spill_dir=None)
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    def refresh(self) -> None:
        """Go to the newest snapshots, new bundles included; open streams keep their old ones."""
        found = {name: self._choose(name) for name in log.bundle_names(self.root)}
        for name in self._versions.keys() - found.keys():
            raise UnknownBundleError(name, found, self.root)
        for name, manifest in found.items():
            if manifest is not None and manifest != self._held.get(name):
                self._show(manifest)
        create_meta(self._session, [(self._place(n), m) for n, m in sorted(self._held.items())])

    def at(
        self,
        *,
        snapshot: int | Mapping[str, int] | None = None,
        as_of: datetime | None = None,
    ) -> "Warehouse":
        """Open the same root at older snapshots.

        Parameters
        ----------
        snapshot
            Version per bundle; a bare number where the warehouse holds one bundle. Bundles that are
            not named are at their head.
        as_of
            Instant, UTC if naive; every bundle as it was then.

        Raises
        ------
        UnknownSnapshotError
            A bundle has no such version, or a bare number does not say of which bundle.
        UnknownBundleError
            No bundle of that name.
        """
        if isinstance(snapshot, int):
            if len(self._held) != 1:
                names = " or ".join(f"{{{name!r}: {snapshot}}}" for name in self.bundles())
                raise UnknownSnapshotError(f"(expected {names})", str(snapshot), ())
            snapshot = dict.fromkeys(self._held, snapshot)
        return Warehouse(self.root, versions=snapshot, as_of=as_of)

    def bundles(self) -> list[str]:
        """Return the names of the open bundles, sorted."""
        return sorted(self._held)

    def snapshot(self, bundle: str) -> Manifest:
        """Return the snapshot at which a bundle is open.

        Raises
        ------
        BundleNameError
            No bundle could have this name.
        UnknownBundleError
            No bundle has it; the nearest is named.
        """
        name = BundleName(bundle)
        if name not in self._held:
            raise UnknownBundleError(name, self._held, self.root)
        return self._held[name]

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
        """
        return Result(self._session.arrow(query, params))

    def stream(self, query: str, params: Parameters = None, *, batch_rows: int = 131_072) -> Stream:
        """Run one statement and read its rows as Arrow batches from a cursor of its own."""
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
        return Transaction(self._place(bundle), calendar, self.refresh)

    def close(self) -> None:
        """Give the pins back; results stay, open streams must be closed before."""
        self._session.close()
        while self._pins:
            self._pins.pop().release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Warehouse {self.root}: {', '.join(self.bundles()) or 'empty'}>"

    def _place(self, bundle: str) -> BundleDir:
        return BundleDir(self.root, BundleName(bundle))

    def _choose(self, name: str) -> Manifest | None:
        place = self._place(name)
        if name in self._versions:
            return log.read(place, self._versions[name])
        if self._as_of is None:
            return log.head(place)
        try:
            return log.as_of(place, self._as_of)
        except UnknownSnapshotError:
            return None

    def _show(self, manifest: Manifest) -> None:
        place = self._place(manifest.bundle)
        held = lease.pin(place, manifest.version)
        if held is not None:
            self._pins.append(held)
        create_bundle(self._session, place, manifest)
        self._held[manifest.bundle] = manifest
