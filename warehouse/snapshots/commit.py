"""Adds a snapshot to a bundle's log.

The files are durable before this begins. Under the commit lock the head is read again: if it moved
and touched the same partitions the commit is refused, else it is rebased. One `link` makes it
visible, one sync of the folder makes it last. An error in between leaves it open whether the
snapshot exists; trying again finds it by its transaction and adds no second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from warehouse.errors import ConflictError
from warehouse.layout import BundleDir
from warehouse.snapshots import disk, log
from warehouse.snapshots.lease import commit_lock
from warehouse.snapshots.manifest import DataFile, Manifest

Touched = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Proposal:
    """What a transaction wants to become the next snapshot.

    `files` maps (dataset, partition) to the new file, or to None where the partition goes.
    """

    txn: str
    base: Manifest | None
    calendar: str
    files: Mapping[tuple[str, str], DataFile | None]
    lineage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def base_version(self) -> int:
        """Version it was prepared on, 0 for none."""
        return self.base.version if self.base else 0


def commit(place: BundleDir, proposal: Proposal) -> Manifest:
    """Make the proposal the head.

    Raises
    ------
    ConflictError
        Another commit touched the same partitions meanwhile; nothing was added.
    LockedError
        Another process holds the log.
    """
    lock = commit_lock(place)
    try:
        return _already(place, proposal) or _append(place, _next(place, proposal))
    finally:
        lock.release()


def _already(place: BundleDir, proposal: Proposal) -> Manifest | None:
    """Return the snapshot that an earlier try of the same transaction added."""
    for version in reversed(log.versions(place)):
        if version <= proposal.base_version:
            return None
        manifest = log.read(place, version)
        if manifest.txn == proposal.txn:
            disk.sync_dir(place.log)
            _scratch(place, proposal.txn).unlink(missing_ok=True)
            return manifest
    return None


def _next(place: BundleDir, proposal: Proposal) -> Manifest:
    head = log.head(place)
    if head is not None and head.version != proposal.base_version:
        clash = _touched(proposal.base, head) & frozenset(proposal.files)
        names = [f"{dataset}/{partition}" for dataset, partition in clash]
        if head.calendar != proposal.calendar:
            names.append("the calendar")
        if names:
            raise ConflictError(place.bundle, proposal.base_version, head.version, names)
    now = datetime.now(UTC)
    if head is not None:  # `as_of` needs instants in the order of versions
        now = max(now, head.created_at + timedelta(microseconds=1))
    return Manifest(
        bundle=place.bundle,
        version=head.version + 1 if head else 1,
        parent=head.sha256 if head else "",
        txn=proposal.txn,
        created_at=now,
        calendar=proposal.calendar,
        datasets=_merged(head, proposal.files),
        lineage=proposal.lineage,
    )


def _touched(base: Manifest | None, head: Manifest) -> Touched:
    before = {(name, key): file for name, key, file in base.files()} if base else {}
    after = {(name, key): file for name, key, file in head.files()}
    return frozenset(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))


def _merged(
    head: Manifest | None, files: Mapping[tuple[str, str], DataFile | None]
) -> dict[str, dict[str, DataFile]]:
    merged = {name: dict(held) for name, held in head.datasets.items()} if head else {}
    for (name, key), file in files.items():
        if file is None:
            merged.get(name, {}).pop(key, None)
        else:
            merged.setdefault(name, {})[key] = file
    return merged


def _append(place: BundleDir, manifest: Manifest) -> Manifest:
    scratch = _scratch(place, manifest.txn)
    scratch.unlink(missing_ok=True)
    sealed, content = manifest.seal()
    disk.write_file(scratch, content)
    disk.put_if_absent(scratch, place.manifest(manifest.version))
    disk.sync_dir(place.log)
    scratch.unlink()
    return sealed


def _scratch(place: BundleDir, txn: str) -> Path:
    return place.log / f".{txn}"
