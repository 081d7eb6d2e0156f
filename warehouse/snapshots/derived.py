"""Files that can be computed from a snapshot again, kept beside it.

They are no part of the snapshot: whoever wants one says how to build it, and gets a path or, where
nothing can be written, none. A name ends in the SHA-256 of the content, so a damaged file is seen,
and two processes that build at once do each other no harm.
"""

import os
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from warehouse.layout import BundleDir
from warehouse.session import ENGINE
from warehouse.snapshots import disk, integrity
from warehouse.snapshots.manifest import Manifest

Build = Callable[[Path], None]

BUILDING: Final = ".building-"
_LONG: Final = 24 * 3600  # seconds that no build takes


def derived(place: BundleDir, manifest: Manifest, name: str, build: Build) -> Path | None:
    """Return a file computed from a snapshot, built now if it is missing or damaged.

    Parameters
    ----------
    place, manifest
        Bundle and snapshot.
    name
        What it is, with the version of its form; the engine's version is added.
    build
        Writes the file to the path that it is given.

    Returns
    -------
    Path or None
        None where it is missing and cannot be written.
    """
    stem = f"{name}-{ENGINE}"
    found = _sound(place.derived(manifest.sha256), stem)
    if found is not None:
        return found
    with suppress(OSError):
        folder = place.derived(manifest.sha256)
        return written(folder, stem, ".parquet", build, disk.sync_file)
    return None


def written(
    folder: Path, stem: str, ending: str, build: Build, finish: Callable[[Path], None]
) -> Path:
    """Return a new file of a folder, named by its content when it is whole.

    `build` writes it elsewhere in the folder, and `finish` closes it to writing.
    """
    disk.make_dirs(folder)
    with tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder) as scratch:
        path = Path(scratch, "file")
        build(path)
        finish(path)
        target = folder / f"{stem}-{disk.sha256_of(path)}{ending}"
        path.rename(target)
    return target


def folders(place: BundleDir) -> list[Path]:
    """Return the folders of derived files, one a snapshot."""
    root = place.derived("")
    return sorted(root.iterdir()) if root.is_dir() else []


def unwanted(place: BundleDir, wanted: Collection[Manifest]) -> Iterator[Path]:
    """Yield the derived files of snapshots that are not wanted, and those that no build finished."""
    kept = {place.derived(it.sha256) for it in wanted}
    for folder in folders(place):
        for path in files_in(folder):
            if folder not in kept or _is_left(path):
                yield path


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it; others may remove some of them meanwhile."""
    for where, _, names in os.walk(folder):
        yield from (Path(where, name) for name in sorted(names))


def _is_left(path: Path) -> bool:
    if not path.parent.name.startswith(BUILDING):
        return False
    with suppress(OSError):  # it may be done, and gone
        return time.time() - path.stat().st_mtime > _LONG
    return False


def _sound(folder: Path, stem: str) -> Path | None:
    pattern = re.compile(re.escape(stem) + r"-([0-9a-f]{64})\.parquet")
    found: list[Path] = []
    with suppress(OSError):  # there is none, or a vacuum takes it
        found = sorted(folder.iterdir())
    for path in found:
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        if integrity.content(path) == match[1]:
            return path
        with suppress(OSError):
            disk.remove(path)
    return None
