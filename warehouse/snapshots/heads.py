"""The snapshots that a warehouse is open at, one of each bundle, and the pins that keep them."""

from collections.abc import Mapping
from datetime import datetime

from warehouse.errors import DamageError, UnknownSnapshotError, WarehouseError
from warehouse.layout import BundleDir
from warehouse.snapshots import lease, log
from warehouse.snapshots.lease import Lease
from warehouse.snapshots.manifest import Manifest


class Heads:
    """What is open.

    `held` has the manifest of each bundle; `absent` why a bundle has none: its newest manifest is
    damaged, or it is younger than the instant.

    Parameters
    ----------
    versions
        Of bundles that shall not be at their newest.
    as_of
        Instant, with its zone, at which every other bundle is; the newest if None.
    """

    def __init__(self, versions: Mapping[str, int], as_of: datetime | None) -> None:
        self.held: dict[str, Manifest] = {}
        self.absent: dict[str, WarehouseError] = {}
        self._versions = dict(versions)
        self._as_of = as_of
        self._pins: dict[str, Lease] = {}
        self._superseded: list[Lease] = []  # of snapshots that an open stream may still read

    def is_fixed(self, bundle: str) -> bool:
        """Whether a bundle stays where it is whatever is committed."""
        return self._as_of is not None or bundle in self._versions

    def follow(self, place: BundleDir) -> Manifest | WarehouseError | None:
        """Go to the snapshot of a bundle, and pin it.

        Returns
        -------
        Manifest, WarehouseError or None
            The snapshot if it is another than before; why there is none; None if nothing changed.

        Raises
        ------
        DamageError, UnknownSnapshotError
            The version that was asked for cannot be opened.
        """
        try:
            manifest, pin = lease.pinned(place, lambda: self._choose(place))
        except (DamageError, UnknownSnapshotError) as error:
            if place.bundle in self._versions:
                raise
            self.held.pop(place.bundle, None)
            self.absent[place.bundle] = error
            return error
        if manifest is None or manifest == self.held.get(place.bundle):
            self._superseded += [pin] if pin is not None else []
            return None
        self.absent.pop(place.bundle, None)
        self.held[place.bundle] = manifest
        old = self._pins.pop(place.bundle, None)
        self._superseded += [old] if old is not None else []
        if pin is not None:
            self._pins[place.bundle] = pin
        return manifest

    def let_go(self) -> None:
        """Give back the pins of snapshots that are no longer open."""
        while self._superseded:
            self._superseded.pop().release()

    def close(self) -> None:
        """Give all pins back."""
        self._superseded += self._pins.values()
        self._pins.clear()
        self.let_go()

    def _choose(self, place: BundleDir) -> Manifest | None:
        if place.bundle in self._versions:
            return log.read(place, self._versions[place.bundle])
        return log.head(place) if self._as_of is None else log.as_of(place, self._as_of)
