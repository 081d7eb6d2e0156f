"""Locked files that say who is at work: a writer on its transaction, a reader on a version.

The kernel frees the lock of a killed process, so a lease whose lock can be had is dead.
"""

import os
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.errors import LockedError
from warehouse.layout import BundleDir

COMMIT_WAIT_SECONDS = 60.0


class Lease:
    """A lock held on a file of its own until `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not thread-local: a warehouse may be closed by another thread than opened it.
        self._lock = FileLock(path, timeout=0, thread_local=False)
        self._lock.acquire()

    def release(self) -> None:
        """Give the lock back and remove the file; a second call does nothing."""
        if self._lock.is_locked:
            self.path.unlink(missing_ok=True)
            self._lock.release()


def writer(place: BundleDir, txn: str) -> Lease:
    """Say that a transaction's files are wanted though no manifest names them yet."""
    return Lease(place.leases / f"txn-{txn}")


def pin(place: BundleDir, version: int) -> Lease | None:
    """Say that a version is being read; None where the folder is not ours to write."""
    if not os.access(place.leases, os.W_OK):
        return None
    return Lease(place.leases / f"pin-{version}-{uuid.uuid4().hex}")


def commit_lock(place: BundleDir, seconds: float = COMMIT_WAIT_SECONDS) -> FileLock:
    """Return the held lock of the log, to be released by the caller.

    Raises
    ------
    LockedError
        Another process held it all the while.
    """
    lock = FileLock(place.commit_lock, timeout=seconds, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(place.commit_lock, seconds) from None
    return lock
