"""Reads the manifests of a bundle: which there are, the newest, and that the chain holds."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from warehouse.errors import DamageError, UnknownSnapshotError
from warehouse.layout import BundleDir, bundles_dir
from warehouse.model import BundleName
from warehouse.snapshots.manifest import Manifest, decode

_MANIFEST = re.compile(r"(\d{20})\.(json|expired)")


def bundle_names(root: Path) -> list[str]:
    """Return the bundles that have a snapshot, sorted; other folders are passed over."""
    folder = bundles_dir(root)
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and _is_bundle(root, entry.name)
    )


def versions(place: BundleDir) -> list[int]:
    """Return the versions the log holds, oldest first."""
    return _numbers(place, "json")


def history(place: BundleDir) -> list[Manifest]:
    """Return the manifests of the log, oldest first."""
    found = []
    for version in versions(place):
        with suppress(UnknownSnapshotError):  # a vacuum took it since it was listed
            found.append(read(place, version))
    return found


def expired(place: BundleDir) -> list[Manifest]:
    """Return the manifests that a vacuum took out of the log and is not done with."""
    return [
        decode(path.read_bytes(), path) for path in map(place.expired, _numbers(place, "expired"))
    ]


def head(place: BundleDir) -> Manifest | None:
    """Return the newest manifest, or None if there is none yet."""
    return _newest(place, lambda _: True)


def read(place: BundleDir, version: int) -> Manifest:
    """Return a version's manifest.

    Raises
    ------
    UnknownSnapshotError
        The log does not hold it.
    DamageError
        Its hash, its number or its link to the version before is wrong.
    """
    path = place.manifest(version)
    manifest = _decode(place, version)
    if (manifest.bundle, manifest.version) != (place.bundle, version):
        raise DamageError(path, f"it is snapshot {manifest.version} of {manifest.bundle!r}")
    before = _before(place, version)
    if before is not None and before.sha256 != manifest.parent:
        raise DamageError(path, "it does not follow from the snapshot before it")
    return manifest


def as_of(place: BundleDir, instant: datetime) -> Manifest:
    """Return the newest manifest committed at or before an instant (UTC).

    Raises
    ------
    UnknownSnapshotError
        The bundle is younger, or a manifest that may be the one is gone.
    """
    found = _newest(place, lambda manifest: manifest.created_at <= instant)
    held = versions(place)
    if found is None or (found.version != held[-1] and found.version + 1 not in held):
        since = read(place, held[0]).created_at if held else None
        wanted = f"as of {instant.isoformat()}"
        raise UnknownSnapshotError(place.bundle, wanted, held, since=since)
    return found


def _newest(place: BundleDir, fits: Callable[[Manifest], bool]) -> Manifest | None:
    while True:
        held = versions(place)
        for version in reversed(held):
            try:
                manifest = read(place, version)
            except UnknownSnapshotError:
                break  # a vacuum took it since it was listed, so there is a newer head
            if fits(manifest):
                return manifest
        else:
            return None


def _before(place: BundleDir, version: int) -> Manifest | None:
    try:
        return _decode(place, version - 1)
    except (UnknownSnapshotError, DamageError):  # whose damage is found when it is read itself
        return None


def _numbers(place: BundleDir, kind: str) -> list[int]:
    try:
        listed = [path.name for path in place.log.iterdir()]
    except FileNotFoundError:
        return []
    matches = (_MANIFEST.fullmatch(name) for name in listed)
    return sorted(int(it[1]) for it in matches if it and it[2] == kind)


def _decode(place: BundleDir, version: int) -> Manifest:
    path = place.manifest(version)
    try:
        return decode(path.read_bytes(), path)
    except FileNotFoundError:
        raise UnknownSnapshotError(place.bundle, str(version), versions(place)) from None
    except IsADirectoryError:
        raise DamageError(path, "it is a folder") from None


def _is_bundle(root: Path, name: str) -> bool:
    try:
        return bool(versions(BundleDir(root, BundleName(name))))
    except ValueError:
        return False
