"""Reads the manifests of a bundle: which there are, the newest, and that the chain holds."""

import os
import re
from datetime import datetime
from pathlib import Path

from warehouse.errors import DamageError, UnknownSnapshotError
from warehouse.layout import BundleDir, bundles_dir
from warehouse.model import BundleName
from warehouse.snapshots.manifest import Manifest, decode

_MANIFEST = re.compile(r"(\d{20})\.json")


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
    try:
        listed = [path.name for path in place.log.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(int(match[1]) for name in listed if (match := _MANIFEST.fullmatch(name)))


def head(place: BundleDir) -> Manifest | None:
    """Return the newest manifest, or None if there is none yet."""
    held = versions(place)
    return read(place, held[-1]) if held else None


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
    if place.manifest(version - 1).exists():
        parent = _decode(place, version - 1).sha256
        if parent != manifest.parent:
            raise DamageError(path, "it does not follow from the snapshot before it")
    return manifest


def as_of(place: BundleDir, instant: datetime) -> Manifest:
    """Return the newest manifest committed at or before an instant (UTC).

    Raises
    ------
    UnknownSnapshotError
        The bundle is younger, or its older manifests are gone.
    """
    for version in reversed(versions(place)):
        manifest = read(place, version)
        if manifest.created_at <= instant:
            return manifest
    raise UnknownSnapshotError(place.bundle, f"as of {instant.isoformat()}", versions(place))


def _decode(place: BundleDir, version: int) -> Manifest:
    path = place.manifest(version)
    try:
        return decode(path.read_bytes(), path)
    except FileNotFoundError:
        raise UnknownSnapshotError(place.bundle, str(version), versions(place)) from None


def _is_bundle(root: Path, name: str) -> bool:
    try:
        return bool(versions(BundleDir(root, BundleName(name))))
    except ValueError:
        return False
