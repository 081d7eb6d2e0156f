"""The durable steps of a commit: every change of the file system that must survive a power cut.

Kept apart so that a test can stop, fail or forget each of them.
"""

import hashlib
import os
from pathlib import Path


def make_dirs(path: Path) -> None:
    """Create a folder and its missing parents, each made durable in its parent."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_dir(folder.parent)


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    _sync(path, os.O_RDONLY)


def sync_dir(path: Path) -> None:
    """Make the names in a folder durable."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and make its content durable."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_if_absent(source: Path, target: Path) -> None:
    """Give a file a second name.

    Raises
    ------
    FileExistsError
        The name is taken; nothing was changed.
    """
    os.link(source, target)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
