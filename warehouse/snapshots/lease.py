"""Locked files that say who is at work: a writer on its transaction, a reader on a version.

The kernel frees the lock of a killed process, so a lease whose lock can be had is dead.
"""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from warehouse.errors import LockedError
from warehouse.layout import BundleDir
from warehouse.snapshots.manifest import Manifest

COMMIT_WAIT_SECONDS = 60.0
_LEASE_WAIT_SECONDS = 10.0  # a vacuum that asks whether a lease is dead holds its lock for a moment

Chosen = TypeVar("Chosen", bound=Manifest | None)


class Lease:
    """A lock held on a file of its own until `release`, or the end of the process.

    A forked child does not have it: the lock stays the parent's alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not thread-local: a warehouse may be closed by another thread than opened it.
        self._lock = FileLock(path, timeout=_LEASE_WAIT_SECONDS, thread_local=False)
        self._lock.acquire(poll_interval=0.01)

    def release(self) -> None:
        """Give the lock back and remove the file; a second call does nothing."""
        if self._lock.is_locked:
            self.path.unlink(missing_ok=True)
            self._lock.release()


def writer(place: BundleDir, txn: str) -> Lease:
    """Say that a transaction's files are wanted though no manifest names them yet."""
    return Lease(_writer_path(place, txn))


def pin(place: BundleDir, version: int) -> Lease | None:
    """Say that a version is being read; None where the folder is not ours to write."""
    if not os.access(place.leases, os.W_OK):
        return None
    return Lease(place.leases / f"pin-{version}-{uuid.uuid4().hex}")


def pinned(place: BundleDir, choose: Callable[[], Chosen]) -> tuple[Chosen, Lease | None]:
    """Choose a snapshot and pin it, again while a vacuum takes it away in between.

    A vacuum renames a manifest before it looks for pins, so a manifest that is there when the pin
    is held has files that stay.
    """
    while True:
        manifest = choose()
        if manifest is None:
            return manifest, None
        held = pin(place, manifest.version)
        if held is None or place.manifest(manifest.version).exists():
            return manifest, held
        held.release()


def live_writer(place: BundleDir, txn: str) -> bool:
    """Whether a transaction is still at work."""
    return _live(_writer_path(place, txn))


def live_pins(place: BundleDir) -> frozenset[int]:
    """Return the versions that are being read."""
    return frozenset(
        int(path.name.split("-")[1]) for path in place.leases.glob("pin-*-*") if _live(path)
    )


def remove_dead(place: BundleDir) -> None:
    """Remove the files of leases whose process is gone."""
    for path in place.leases.iterdir():
        lock = _dead(path)
        if lock is not None:
            path.unlink(missing_ok=True)  # locked, so nobody can take the lease meanwhile
            lock.release()


def commit_lock(place: BundleDir, seconds: float = COMMIT_WAIT_SECONDS) -> FileLock:
    """Return the held lock of the log, to be released by the caller.

    Raises
    ------
    LockedError
        Another process held it all the while.
    """
    return _locked(place.commit_lock, seconds)


def vacuum_lock(place: BundleDir, seconds: float = COMMIT_WAIT_SECONDS) -> FileLock:
    """Return the held lock of those who remove, to be released by the caller.

    Raises
    ------
    LockedError
        Another process held it all the while.
    """
    return _locked(place.vacuum_lock, seconds)


def _locked(path: Path, seconds: float) -> FileLock:
    lock = FileLock(path, timeout=seconds, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(path, seconds) from None
    return lock


def _writer_path(place: BundleDir, txn: str) -> Path:
    return place.leases / f"txn-{txn}"


def _live(path: Path) -> bool:
    if not path.exists():
        return False
    lock = _dead(path)
    if lock is not None:
        lock.release()
    return lock is None


def _dead(path: Path) -> FileLock | None:
    """Return the held lock of a lease that nobody else holds."""
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock
