"""Refuses roots that are no folder, or on a network file system, where locks do not hold.

The kernel's table of mounts says what a device is; where there is none, no device is refused.
"""

import os
from pathlib import Path

from warehouse.errors import NetworkFileSystemError, RootError

ALLOW_VARIABLE = "RUSTYBT_ALLOW_NETWORK_FS"
MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs"}
)
_NETWORK_FUSE = frozenset(
    {"ceph-fuse", "davfs", "gcsfuse", "glusterfs", "goofys", "mount-s3", "rclone", "s3fs", "sshfs"}
)


def require_folder(root: Path) -> None:
    """Refuse a root that is there and is no folder that can be read; one may still be to come.

    Raises
    ------
    RootError
        It is a file, lies below one, is a link to nothing, or may not be read.
    """
    try:
        os.scandir(root).close()
    except FileNotFoundError as error:
        if root.is_symlink():
            raise RootError(root, "expected a folder, found a link to nothing") from error
    except NotADirectoryError as error:
        raise RootError(root, "expected a folder, found a file there or above it") from error
    except OSError as error:
        raise RootError(root, f"expected a folder that can be read, found: {error}") from error


def refuse_network(root: Path, *, mounts: Path = MOUNTS) -> None:
    """Refuse a root that lies on a network file system, unless the environment allows it.

    Parameters
    ----------
    root
        The folder, or where it will be created.
    mounts
        The kernel's table of mounts.

    Raises
    ------
    NetworkFileSystemError
        It does, and ``$RUSTYBT_ALLOW_NETWORK_FS`` is not ``1``.
    """
    kind = _kind(root, mounts)
    plain = kind.removeprefix("fuse.")
    remote = plain in (_NETWORK if plain == kind else _NETWORK | _NETWORK_FUSE)
    if remote and os.environ.get(ALLOW_VARIABLE) != "1":
        raise NetworkFileSystemError(root, kind, ALLOW_VARIABLE)


def _kind(root: Path, mounts: Path) -> str:
    existing = next(path for path in (root, *root.parents) if path.exists())
    device = existing.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        if before.split()[2] == wanted:
            return after.split()[0]
    return ""
