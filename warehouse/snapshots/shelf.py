"""Many small files computed from a snapshot, any of which may be gone at any time.

What `derived` is to one file that is built when asked for, a shelf is to results: whoever computed one
puts it there, whoever finds it saves the work. A name ends in the SHA-256 of the content. Files that
hold for a later snapshot too are taken over by a second link, so a vacuum takes each link with its
snapshot. The least recently used ones go when there are too many.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import WarehouseError
from warehouse.layout import BundleDir, bundles_dir
from warehouse.session import ENGINE
from warehouse.snapshots import disk, log
from warehouse.snapshots.derived import Build, written
from warehouse.snapshots.manifest import Manifest

_NAME: Final = re.compile(rf"(.+)-{re.escape(ENGINE)}-([0-9a-f]{{64}})\.arrow")
_USED: Final = 3600.0  # seconds after which another use is written down
_ROOM: Final = 0.9  # of the limit, that is left filled when files go

_sound: dict[tuple[int, int], tuple[int, int, str]] = {}  # size, time and hash of what was read


class Shelf:
    """The files of one snapshot, by name.

    Parameters
    ----------
    place, manifest
        Bundle and snapshot.
    """

    def __init__(self, place: BundleDir, manifest: Manifest) -> None:
        self._place, self.manifest = place, manifest
        self._folder = place.derived(manifest.sha256)

    def held(self) -> dict[str, Path]:
        """Return the files by name; none has been read."""
        found = {}
        with suppress(OSError):
            for path in sorted(self._folder.iterdir()):
                match = _NAME.fullmatch(path.name)
                if match is not None:
                    found[match[1]] = path
        return found

    def is_sound(self, path: Path) -> bool:
        """Whether a file has the content that its name says; it counts as used then, else it goes."""
        try:
            if _content(path) == path.stem[-64:]:
                _use(path)
                return True
            disk.remove(path)
        except OSError:
            pass
        return False

    def put(self, name: str, write: Build) -> Path | None:
        """Add a file that `write` writes to the path that it is given; None where it cannot be."""
        with suppress(OSError):
            target = written(self._folder, f"{name}-{ENGINE}", ".arrow", write, _close)
            _remember(target)
            return target
        return None

    def take(self, files: Mapping[str, Path]) -> None:
        """Take files of another snapshot over, each under a name; those that cannot be are left out."""
        with suppress(OSError):
            disk.make_dirs(self._folder)
        folder = os.fspath(self._folder)
        for name, path in files.items():
            with suppress(OSError):
                os.link(path, f"{folder}/{name}-{ENGINE}-{path.stem[-64:]}.arrow")

    def others(self) -> Iterator["Shelf"]:
        """Yield the shelves of the other snapshots in the log that have files, newest first."""
        for version in reversed(log.versions(self._place)):
            if version == self.manifest.version:
                continue
            try:
                other = Shelf(self._place, log.read(self._place, version))
            except WarehouseError:  # a damage of its own, or a vacuum took it
                continue
            if other.held():
                yield other

    @property
    def is_new(self) -> bool:
        """Whether nobody has said that it is `begun`."""
        return not (self._folder / "begun").exists()

    def begin(self) -> None:
        """Say that what other snapshots have was taken over."""
        with suppress(OSError):
            disk.make_dirs(self._folder)
            (self._folder / "begun").touch()


@dataclass(frozen=True)
class Kept:
    """A file of any shelf under a root, with all its links."""

    status: os.stat_result
    links: list[Path]


def kept(root: Path) -> list[Kept]:
    """Return the files of all bundles under a root, the one used least recently first."""
    found: dict[int, Kept] = {}
    for folder in bundles_dir(root).glob("*/derived/*"):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".arrow"):
                    status = entry.stat()
                    file = found.setdefault(status.st_ino, Kept(status, []))
                    file.links.append(Path(entry.path))
    return sorted(found.values(), key=lambda it: it.status.st_mtime_ns)


def trim(root: Path, limit: int) -> int:
    """Remove the files used least recently, of all bundles under a root, beyond a number of bytes.

    Return how many went.
    """
    files = kept(root)
    size, gone = sum(it.status.st_size for it in files), 0
    if size <= limit:
        return 0
    for file in files:
        if size <= limit * _ROOM:
            break
        for path in file.links:
            with suppress(OSError):
                disk.remove(path)
        size -= file.status.st_size
        gone += 1
    return gone


def _close(path: Path) -> None:
    # It need not last: one that a power cut tore does not have its hash.
    path.chmod(0o444)


def _content(path: Path) -> str:
    status = path.stat()
    known = _sound.get((status.st_dev, status.st_ino))
    if known is not None and known[:2] == (status.st_size, status.st_mtime_ns):
        return known[2]
    return _remember(path, disk.sha256_of(path))


def _remember(path: Path, sha256: str = "") -> str:
    status = path.stat()
    found = sha256 or path.stem[-64:]
    _sound[status.st_dev, status.st_ino] = status.st_size, status.st_mtime_ns, found
    return found


def _use(path: Path) -> None:
    # Its time of change is that of its last use; a read-only root has none.
    if time.time() - path.stat().st_mtime > _USED:
        with suppress(OSError):
            os.utime(path)
            _remember(path)
