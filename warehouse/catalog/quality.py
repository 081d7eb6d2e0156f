"""What a record of checks is about, so that it never speaks for data that were not checked."""

import hashlib
from collections.abc import Mapping

from warehouse.snapshots.manifest import Partitions

_JUDGED_WITH = ("adjustments", "assets", "policy", "sessions")


def content_of(datasets: Mapping[str, Partitions], dataset: str) -> str:
    """Return the SHA-256 over all that the checks of a dataset look at, hex.

    It is made of the hashes of the files of the dataset, of the assets, sessions and actions, and of
    the policy, out of all `datasets` of a snapshot. A record of another content says nothing about
    this one.
    """
    digest = hashlib.sha256()
    for name in sorted({dataset, *_JUDGED_WITH}):
        for partition, file in sorted(datasets.get(name, {}).items()):
            digest.update(f"{name}/{partition} {file.sha256}\n".encode())
    return digest.hexdigest()
