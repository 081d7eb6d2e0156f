"""Takes old snapshots out of a bundle's log, then the files that nothing wants any more.

Order is everything. A manifest leaves the log by one rename, before pins are looked at, so a reader
either is seen or finds it gone and starts over; it lies under its other name until nobody reads its
files, so a vacuum that was killed is finished by the next. Pins are read before manifests, because a
transaction lets its base go only after its own manifest is in the log.
"""

import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.errors import RootError
from warehouse.layout import BundleDir
from warehouse.snapshots import disk, lease, log
from warehouse.snapshots.derived import files_in, folders, unwanted
from warehouse.snapshots.manifest import Manifest

Chooser = Callable[[Collection[Manifest]], Collection[int]]
Versions = Callable[[], Collection[int]]
_EVER = 365_000


@dataclass(frozen=True)
class VacuumReport:
    """What a vacuum took away, or would.

    Parameters
    ----------
    bundle
        Of which.
    removed
        Versions that can no longer be opened, ascending.
    pinned
        Versions that would have gone but are being read or committed, ascending.
    kept
        Versions that can be opened, ascending; never empty.
    files
        How many files went, those of ended transactions included.
    size
        Their bytes.
    dry_run
        Whether nothing was touched.
    named
        Versions that would have gone but are what a stored run ran on, ascending.
    """

    bundle: str
    removed: tuple[int, ...]
    pinned: tuple[int, ...]
    kept: tuple[int, ...]
    files: int
    size: int
    dry_run: bool
    named: tuple[int, ...] = ()


def older_than(newest: int, days: float) -> Chooser:
    """Choose what is neither among the newest nor committed within so many days before now.

    Days beyond `_EVER`, or what is no number of days, are all there were.
    """
    span = timedelta(days=max(0, min(_EVER, days)))

    def choose(manifests: Collection[Manifest]) -> Collection[int]:
        since = datetime.now(UTC) - span
        by_age = sorted(manifests, key=lambda it: it.version)
        old = by_age[: max(0, len(by_age) - newest)]
        return {it.version for it in old if it.created_at < since}

    return choose


def vacuum(
    place: BundleDir, choose: Chooser, *, named: Versions = frozenset, dry_run: bool = False
) -> VacuumReport:
    """Remove the snapshots that are chosen, and every file that nothing names.

    The head stays, so a number is never given twice, and so does what is read or being committed, and
    what `named` returns: it is asked after the pins, since a run is stored before it lets its pin go.

    Raises
    ------
    LockedError
        Another process vacuums the bundle, or commits to it, for too long.
    RootError
        The folder cannot be written.
    DamageError
        A manifest cannot be trusted, so nobody can say which files it names.
    """
    try:
        lock = lease.vacuum_lock(place)
    except OSError as error:
        problem = f"expected one that can be written, found: {error}"
        raise RootError(place.root, problem) from error
    try:
        return _vacuum(place, choose, named, dry_run=dry_run)
    finally:
        lock.release()


def _vacuum(place: BundleDir, choose: Chooser, named: Versions, *, dry_run: bool) -> VacuumReport:
    if not dry_run:
        disk.make_dirs(place.leases)
        disk.sync_dir(place.log)  # the head must be there to stay before what it replaces goes
    removed, pinned, kept = _expire(place, choose, named, dry_run=dry_run)
    ended = _ended_transactions(place)
    waste, finished = _waste(place, ended, removed if dry_run else ())
    report = VacuumReport(
        bundle=place.bundle,
        removed=removed,
        pinned=pinned,
        kept=tuple(it for it in log.versions(place) if it not in removed),
        files=len(waste),
        size=sum(map(_size, waste)),
        dry_run=dry_run,
        named=kept,
    )
    if not dry_run:
        _remove([*ended, *folders(place)], [*waste, *map(place.expired, finished)])
        lease.remove_dead(place)
    return report


def _expire(
    place: BundleDir, choose: Chooser, named: Versions, *, dry_run: bool
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Take the chosen manifests out of the log; return their versions, those in use and those named."""
    lock = lease.commit_lock(place)
    try:
        manifests = {version: log.read(place, version) for version in log.versions(place)}
        chosen = set(choose(manifests.values())) - {max(manifests, default=0)}
        pins = lease.live_pins(place)
        wanted = {v for v in chosen if v in pins or lease.live_writer(place, manifests[v].txn)}
        kept = chosen & set(named())
        removed = sorted(chosen - wanted - kept)
        if not dry_run:
            for version in removed:
                disk.rename(place.manifest(version), place.expired(version))
            _remove_scratch(place)
            disk.sync_dir(place.log)
        return tuple(removed), tuple(sorted(wanted)), tuple(sorted(kept))
    finally:
        lock.release()


def _remove_scratch(place: BundleDir) -> None:
    """Remove manifests that were written and never linked; no commit runs, for its lock is ours."""
    for path in place.log.glob(".*"):
        if not lease.live_writer(place, path.name.removeprefix(".")):
            disk.remove(path)


def _ended_transactions(place: BundleDir) -> list[Path]:
    # The lease is older than the folder, so a folder without a live one is at no writer's hand.
    if not place.data.is_dir():
        return []
    return [path for path in place.data.iterdir() if not lease.live_writer(place, path.name)]


def _waste(
    place: BundleDir, ended: list[Path], without: Collection[int]
) -> tuple[list[Path], list[int]]:
    """Return the files that nothing names, and the versions of manifests that wait no longer."""
    pins = lease.live_pins(place)
    wanted = [log.read(place, it) for it in log.versions(place) if it not in without]
    expired = log.expired(place)
    wanted += [it for it in expired if it.version in pins]
    named = {place.data / file.path for it in wanted for _, _, file in it.files()}
    held = (path for folder in ended for path in files_in(folder))
    waste = sorted(path for path in held if path not in named)
    waste += unwanted(place, wanted)
    return waste, [it.version for it in expired if it.version not in pins]


def _remove(ended: list[Path], waste: list[Path]) -> None:
    for path in waste:
        disk.remove(path)
    for folder in ended:
        if not any(path.is_file() for path in files_in(folder)):
            shutil.rmtree(folder, ignore_errors=True)


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):  # whoever built a derived file may take it away, too
        return path.stat().st_size
    return 0
