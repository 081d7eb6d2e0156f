"""The durable steps of a commit: every change of the file system that must survive a power cut.

Kept apart so that a test can stop, fail or forget each of them.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system say of what it is, as those of an open file do not."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise


def make_dirs(path: Path) -> None:
    """Create a folder and its missing parents, each made durable in its parent."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_dir(folder.parent)


def sync_parents(path: Path) -> None:
    """Make the names of a folder and of all above it durable, whoever created them."""
    for folder in path.parents:
        if os.access(folder, os.R_OK):  # one that may not be read was not created by us
            sync_dir(folder)


def sync_file(path: Path) -> None:
    """Make the content of a file durable, and refuse to write it again."""
    path.chmod(0o444)
    _sync(path, os.O_RDONLY)


def sync_dir(path: Path) -> None:
    """Make the names in a folder durable."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and make its content durable."""
    with naming(path), path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o444)
        os.fsync(file.fileno())


def put_if_absent(source: Path, target: Path) -> None:
    """Give a file a second name.

    Raises
    ------
    FileExistsError
        The name is taken; nothing was changed.
    """
    os.link(source, target)


def rename(source: Path, target: Path) -> None:
    """Give a file another name in its folder."""
    source.rename(target)


def remove(path: Path) -> None:
    """Remove a file; one that is gone already is no error."""
    path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
