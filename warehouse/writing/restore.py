"""Makes the content of an older snapshot the newest one: a rollback that loses nothing."""

import uuid

from warehouse.layout import BundleDir
from warehouse.snapshots import integrity, lease, log
from warehouse.snapshots.commit import Proposal, commit
from warehouse.snapshots.manifest import DataFile, Manifest


def restore(place: BundleDir, version: int) -> Manifest:
    """Commit what a version holds as a new head; the head itself if it holds the same.

    Both share their files, so nothing is copied. The new lineage is that of the version, with
    ``restored`` saying which.

    Raises
    ------
    UnknownSnapshotError
        The log does not hold the version.
    DamageError
        A file of it is missing or damaged.
    ConflictError
        Another commit touched the same partitions meanwhile.
    """
    wanted, wanted_pin = lease.pinned(place, lambda: log.read(place, version))
    head, head_pin = lease.pinned(place, lambda: log.head(place))
    try:
        integrity.require(place, wanted, wanted.datasets)
        files = _difference(head, wanted)
        if not files:
            return head or wanted
        lineage = {**wanted.lineage, "restored": version}
        return commit(place, Proposal(uuid.uuid4().hex, head, wanted.calendar, files, lineage))
    finally:
        for pin in (wanted_pin, head_pin):
            if pin is not None:
                pin.release()


def _difference(head: Manifest | None, wanted: Manifest) -> dict[tuple[str, str], DataFile | None]:
    held = {(name, key): file for name, key, file in head.files()} if head else {}
    after = {(name, key): file for name, key, file in wanted.files()}
    keys = held.keys() | after.keys()
    return {it: after.get(it) for it in keys if held.get(it) != after.get(it)}
