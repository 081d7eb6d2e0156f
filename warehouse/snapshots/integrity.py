"""Whether the files of a snapshot are still what was committed.

DuckDB does not notice a flipped bit in a page, so the SHA-256 of a file is taken before the first
statement that touches it, and again in this process only when its inode, size or times change.
"""

import os
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import DamageError, WarehouseError
from warehouse.layout import BundleDir
from warehouse.schema import holds_market
from warehouse.snapshots import disk, log
from warehouse.snapshots.manifest import DataFile, Manifest

Identity = tuple[int, int, int, int, int]
Entry = tuple[str, str, DataFile]  # dataset, partition, file
File = tuple[Path, DataFile]

# A file changed twice within one tick of the file system's clock would look unchanged.
_SETTLED_NS = 100_000_000

_hashes: dict[Path, tuple[Identity, str]] = {}


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    `snapshots` are the versions that were read, oldest first; `files` and `size` count distinct
    data files and their bytes.
    """

    bundle: str
    snapshots: tuple[int, ...]
    files: int
    size: int
    damages: tuple[DamageError, ...]

    @property
    def sound(self) -> bool:
        """Whether everything is as committed."""
        return not self.damages


def require(place: BundleDir, manifest: Manifest, datasets: Collection[str]) -> None:
    """Refuse datasets of which a file is not as committed.

    Raises
    ------
    DamageError
        Names the file, what is wrong with it and how to get it back.
    """
    entries = [it for it in manifest.files() if it[0] in datasets]
    for damage in damages(place, manifest, entries):
        raise damage


def damages(
    place: BundleDir, manifest: Manifest, entries: Sequence[Entry]
) -> Iterator[DamageError]:
    """Yield the damage of every file that has not the size and SHA-256 of the manifest."""
    problems = _problems([(place.data / file.path, file) for _, _, file in entries])
    for entry, problem in zip(entries, problems, strict=True):
        if problem is not None:
            yield _damage(place, manifest, entry, problem)


def size_damages(place: BundleDir, manifest: Manifest) -> Iterator[DamageError]:
    """Yield the damage of every file that is missing or has another size; no sound one is read."""
    folder = os.fspath(place.data)
    for entry in manifest.files():
        problem = _size_problem(_status(f"{folder}/{entry[2].path}"), entry[2])
        if problem is not None:
            yield _damage(place, manifest, entry, problem)


def verify(place: BundleDir, version: int | None = None) -> Verification:
    """Read every manifest and every data file of a bundle anew, or of one snapshot.

    Raises
    ------
    UnknownSnapshotError
        There is no such version.
    """
    versions = log.versions(place) if version is None else [version]
    found: list[DamageError] = []
    seen: dict[str, int] = {}
    for number in versions:
        try:
            manifest = log.read(place, number)
        except DamageError as damage:
            found.append(damage)
            continue
        new = [it for it in manifest.files() if it[2].path not in seen]
        for _, _, file in new:
            seen[file.path] = file.size
            forget(place.data / file.path)
        found += damages(place, manifest, new)
    return Verification(place.bundle, tuple(versions), len(seen), sum(seen.values()), tuple(found))


def content(path: Path) -> str | None:
    """Return the SHA-256 of a file, read once as long as it does not change; None if unreadable."""
    status = _status(path)
    if isinstance(status, str):
        return None
    try:
        return _sha256(path, status)
    except OSError:
        return None


def forget(path: Path) -> None:
    """Let a file be read anew though it looks unchanged."""
    _hashes.pop(path, None)


def _problems(files: Sequence[File]) -> list[str | None]:
    if sum(not _is_read(path) for path, _ in files) > 1:
        with ThreadPoolExecutor() as pool:  # hashing leaves Python's lock to others
            return list(pool.map(_problem, files))
    return list(map(_problem, files))


def _problem(of: File) -> str | None:
    path, file = of
    status = _status(path)
    problem = _size_problem(status, file)
    if problem is not None or isinstance(status, str):
        return problem
    try:
        found = _sha256(path, status)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return None if found == file.sha256 else f"its SHA-256 is {found}, not the committed one"


def _size_problem(status: os.stat_result | str, file: DataFile) -> str | None:
    if isinstance(status, str):
        return status
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_size != file.size:
        return f"expected {file.size:,} bytes, found {status.st_size:,}"
    return None


def _status(path: Path | str) -> os.stat_result | str:
    try:
        return os.stat(path)  # noqa: PTH116 - thousands of these when a warehouse is opened
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _sha256(path: Path, status: os.stat_result) -> str:
    identity = _identity(status)
    known = _hashes.get(path)
    if known is not None and known[0] == identity:
        return known[1]
    found = disk.sha256_of(path)
    if time.time_ns() - status.st_ctime_ns > _SETTLED_NS:
        _hashes[path] = (identity, found)
    return found


def _is_read(path: Path) -> bool:
    known, status = _hashes.get(path), _status(path)
    return isinstance(status, str) or (known is not None and known[0] == _identity(status))


def _identity(status: os.stat_result) -> Identity:
    return (
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip


def _damage(place: BundleDir, manifest: Manifest, entry: Entry, problem: str) -> DamageError:
    dataset, partition, file = entry
    path = place.data / file.path
    twin = _twin(path, manifest, file)
    if twin is not None:
        problem = f"{problem}, which is the content of {twin}"
    said = f"{dataset}/{partition} of snapshot {manifest.version} of bundle {place.bundle!r}: {problem}"
    return DamageError(path, said, restore=_way_back(place, manifest, entry))


def _twin(path: Path, manifest: Manifest, file: DataFile) -> str | None:
    """Return which other file of the snapshot lies at the path, where two were exchanged."""
    try:
        found = disk.sha256_of(path)
    except OSError:
        return None
    others = ((f"{name}/{key}", it.sha256) for name, key, it in manifest.files())
    return next((name for name, sha256 in others if found == sha256 != file.sha256), None)


def _way_back(place: BundleDir, manifest: Manifest, entry: Entry) -> str:
    dataset, partition, file = entry
    ingest, older = "the ingest that wrote it", ""
    for other in _manifests(place, manifest):
        if other.txn == file.path.partition("/")[0]:
            ingest = _ingest(other)
        held = other.datasets.get(dataset, {}).get(partition, file)
        if not older and held.path != file.path and not _problem((place.data / held.path, held)):
            older = (
                f" Snapshot {other.version} still holds {dataset}/{partition} as it was then: "
                f"at(snapshot={{{place.bundle!r}: {other.version}}})."
            )
    copy = f"To restore it, copy it back from a backup (SHA-256 {file.sha256})"
    if holds_market(dataset):
        copy += f", or repeat {ingest}"
    return f"{copy}.{older}"


def _ingest(manifest: Manifest) -> str:
    source = manifest.lineage.get("source")
    named = f" from {source!r}" if isinstance(source, str) else ""
    return f"the ingest{named} that made snapshot {manifest.version}"


def _manifests(place: BundleDir, manifest: Manifest) -> Iterator[Manifest]:
    """Yield the manifest, then those of the log that can be read, newest first."""
    yield manifest
    for version in reversed(log.versions(place)):
        try:
            if version != manifest.version:
                yield log.read(place, version)
        except WarehouseError:  # a damage of its own
            continue
