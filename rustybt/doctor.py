"""What is installed, where the data lies, and what is wrong with either."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Final, Literal

from packaging.requirements import Requirement

import rustybt
import warehouse
from warehouse import config, layout
from warehouse.errors import ConfigError, DamageError, WarehouseError
from warehouse.layout import root_of

State = Literal["ok", "note", "wrong"]
_LITTLE_ROOM: Final = 1_000_000_000  # bytes below which an ingest may not end


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    what
        What was looked at: a package, a folder, a bundle.
    state
        ``ok``; ``note``: worth knowing, nothing fails for it; ``wrong``: something will fail.
    found
        What was found, and what to do where it is wrong.
    """

    what: str
    state: State
    found: str


def examine(root: str | os.PathLike[str] | None = None) -> Iterator[Finding]:
    """Yield what is found of the installation, of the settings and of the warehouse.

    Parameters
    ----------
    root
        Folder of the warehouse; else as the settings say.
    """
    yield from _installed()
    yield from _settings()
    try:
        place = root_of(root)
    except ConfigError:
        return  # said by _settings
    yield from _folder("data", place)
    yield from _warehouse(place)


def _installed() -> Iterator[Finding]:
    yield Finding("rustybt", "ok", f"{rustybt.__version__} in {Path(rustybt.__file__).parent}")
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    known = metadata("rustybt").get_all("Provides-Extra") or []
    for line in requires("rustybt") or ():
        needed = Requirement(line)
        extras = [it for it in known if needed.marker and needed.marker.evaluate({"extra": it})]
        if needed.marker is None or extras or needed.marker.evaluate({"extra": ""}):
            yield _package(needed, extras)


def _package(needed: Requirement, extras: list[str]) -> Finding:
    mend = (
        f"pip install 'rustybt[{extras[0]}]'"
        if extras
        else f"pip install '{needed.name}{needed.specifier}'"
    )
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        if extras:
            return Finding(needed.name, "note", f"not installed; {mend} if it is wanted")
        return Finding(needed.name, "wrong", f"not installed; {mend}")
    if not needed.specifier.contains(found, prereleases=True):
        return Finding(needed.name, "wrong", f"{found} is installed; {mend}")
    return Finding(needed.name, "ok", found)


def _settings() -> Iterator[Finding]:
    for file in (config.PROJECT_FILE, config.USER_FILE.expanduser()):
        if file.exists():
            yield Finding("settings", "ok", f"read from {file.absolute()}")
    try:
        settings = config.load()
    except ConfigError as error:
        yield Finding("settings", "wrong", str(error))
        return
    yield from _folder("cache", Path(str(settings["cache.dir"])).expanduser())


def _folder(what: str, folder: Path) -> Iterator[Finding]:
    above = next(it for it in (folder, *folder.parents) if it.exists())
    if not above.is_dir():
        yield Finding(what, "wrong", f"{folder}: {above} is a file; name another folder")
        return
    if not os.access(above, os.W_OK | os.X_OK):
        yield Finding(what, "note", f"{folder}: {above} can be read alone; nothing can be written")
    elif above != folder:
        yield Finding(what, "ok", f"{folder} does not exist yet; it is made when it is needed")
    else:
        yield Finding(what, "ok", str(folder))
    free = shutil.disk_usage(above).free
    state: State = "note" if free < _LITTLE_ROOM else "ok"
    yield Finding(f"{what}: room", state, f"{free / 1e9:,.1f} GB free")


def _warehouse(root: Path) -> Iterator[Finding]:
    if not root.is_dir():
        return
    try:
        with warehouse.open(root) as wh:
            for name in wh.bundles():
                yield _bundle(wh, name)
            yield from (Finding("damage", "wrong", str(it)) for it in wh.damages)
            if runs := wh.runs():
                yield Finding("stored runs", "ok", f"{len(runs):,} in {layout.backtests_dir(root)}")
            for damage in wh.run_damages(sizes=True):
                yield Finding("damage", "wrong", str(damage))
    except WarehouseError as error:
        yield Finding("warehouse", "wrong", str(error))


def _bundle(wh: warehouse.Warehouse, name: str) -> Finding:
    try:
        snapshot = wh.snapshot(name)
    except DamageError as error:
        return Finding(f"bundle {name}", "wrong", str(error))
    files = [it for _, _, it in snapshot.files()]
    size = sum(it.size for it in files) / 1e6
    told = f"snapshot {snapshot.version}, {len(files):,} files, {size:,.1f} MB"
    return Finding(f"bundle {name}", "ok", told)
