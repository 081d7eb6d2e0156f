"""Refuses roots on network file systems, where locks and the order of writes do not hold.

The kernel's table of mounts says what a device is; where there is none, nothing is refused.
"""

import os
from pathlib import Path

from warehouse.errors import NetworkFileSystemError

ALLOW_VARIABLE = "RUSTYBT_ALLOW_NETWORK_FS"
MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs"}
)
_NETWORK_FUSE = frozenset(
    {"ceph-fuse", "davfs", "gcsfuse", "glusterfs", "goofys", "mount-s3", "rclone", "s3fs", "sshfs"}
)


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
