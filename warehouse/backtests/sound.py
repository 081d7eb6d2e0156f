"""Whether the files of stored runs are still what was written.

A run lists the size and SHA-256 of its files. DuckDB refuses all files of a pattern for one that it
cannot read, and does not notice a flipped bit, so who reads many runs asks here which are sound.
"""

import glob
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import layout
from warehouse.backtests.folder import PREFIX, damage, file_of, home, ids, strays, unknown
from warehouse.backtests.tables import RUNS, TABLES
from warehouse.errors import DamageError
from warehouse.snapshots import integrity

LISTING: Final = "files.json"  # size and SHA-256 of each file of a run, by table
_LISTED: Final = "files"  # column of ``runs`` that lists the other files of a run without a listing

Listing = Mapping[str, Mapping[str, Any]]

_listings: dict[Path, tuple[str, Listing]] = {}  # each with the SHA-256 of where it was read


class Sound(NamedTuple):
    """One table of the stored runs, as far as it is as it was written.

    `paths` are its files, one a sound run; `files` the same for DuckDB: one pattern, of runs to come
    too, where nothing is left out. `damages` say what is.
    """

    paths: tuple[Path, ...]
    files: tuple[str, ...]
    damages: tuple[DamageError, ...]


def sound(root: Path, table: str) -> Sound:
    """Return where one table of all stored runs is sound; a file is read once while it is the same."""
    found, lost = [], []
    for folder in (home(root, it) for it in ids(root)):
        try:
            require(folder, table)
        except DamageError as error:
            if folder.exists():  # else somebody removed the run
                lost.append(error)
        else:
            found.append(file_of(folder, table))
    named = found
    if found and not lost and not strays(root):
        named = [file_of(layout.backtests_dir(root) / f"{PREFIX}*", table)]
    escaped = Path(glob.escape(os.fspath(root)))
    files = (os.fspath(escaped / it.relative_to(root)) for it in named)
    return Sound(tuple(found), tuple(files), tuple(lost))


def damages(
    root: Path, runs: Collection[str] | None = None, *, sizes: bool = False
) -> Iterator[DamageError]:
    """Yield the damage of each file of runs, every byte of which is read.

    Parameters
    ----------
    root
        Of the warehouse.
    runs
        Ids of stored runs; all if None.
    sizes
        Look at the sizes of the files alone, and read those of the table ``runs``.

    Raises
    ------
    RunNameError
        There is no run of one of the ids.
    """
    for run in ids(root) if runs is None else runs:
        folder = home(root, run)
        if runs is not None and not folder.exists():
            raise unknown(run)
        integrity.forget(folder / LISTING)
        found: dict[Path, DamageError] = {}  # a damaged listing is met at each table
        for table in TABLES:
            integrity.forget(file_of(folder, table.name))
            try:
                require(folder, table.name, sizes=sizes and table is not RUNS)
            except DamageError as error:
                found.setdefault(error.path, error)
        yield from found.values()


def require(home: Path, table: str, *, sizes: bool = False) -> None:
    """Refuse a file of a run that is not as it was written.

    Raises
    ------
    DamageError
        Names the file, what is wrong with it and what to do.
    """
    path = file_of(home, table)
    told = _listing(home)[table]
    content = None if sizes else integrity.content(path)
    if content == told["sha256"]:
        return
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damage(path, _of_system(error)) from error
    if size != told["size"]:
        raise damage(path, f"expected {told['size']:,} bytes, found {size:,}")
    if not sizes:
        found = "it cannot be read" if content is None else f"its SHA-256 is {content}"
        raise damage(path, f"{found}, not as it was written")


def _listing(home: Path) -> Listing:
    """Return the listing of a run; of one that was stored without, that of its table ``runs``."""
    path, read = home / LISTING, _read
    content = integrity.content(path)
    if content is None and not path.exists():
        path, read = file_of(home, RUNS.name), _read_of_old
        content = integrity.content(path)
    if content is None:
        problem = "it cannot be read" if path.exists() else "it is missing"
        raise damage(path, problem)
    known = _listings.get(path)
    if known is None or known[0] != content:
        try:
            known = content, read(path)
        except (OSError, pa.ArrowException, LookupError, TypeError, ValueError) as error:
            raise damage(path, str(error).partition("\n")[0]) from error
        _listings[path] = known
    return known[1]


def _read(path: Path) -> Listing:
    return _formed(json.loads(path.read_bytes()))


def _read_of_old(path: Path) -> Listing:
    """Read the whole table, which has no checksum."""
    told = json.loads(pq.ParquetFile(path).read().column(_LISTED)[0].as_py())
    own = {"size": path.stat().st_size, "sha256": integrity.content(path)}
    return _formed({**told, RUNS.name: own})


def _formed(told: Any) -> Listing:
    files = {it.name: told[it.name] for it in TABLES}
    return {
        name: {"size": int(it["size"]), "sha256": str(it["sha256"])} for name, it in files.items()
    }


def _of_system(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is missing"
    return f"it cannot be read ({error.strerror})"
