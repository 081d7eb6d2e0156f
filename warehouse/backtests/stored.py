"""Stores, reads and removes runs."""

import json
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import layout
from warehouse.backtests.folder import damage, file_of, home, ids, unknown
from warehouse.backtests.sound import LISTING, require
from warehouse.backtests.tables import RUNS, TABLES
from warehouse.errors import DamageError, RunNameError
from warehouse.snapshots import disk

_LONG: Final = 24 * 3600  # seconds that no write takes


def write(root: Path, run: str, tables: Mapping[str, pa.Table]) -> None:
    """Store a run: readers see all of it or nothing.

    Parameters
    ----------
    root
        Of the warehouse.
    run
        New id.
    tables
        By the names of `TABLES`; ``runs`` of one row, which may have columns beside its own.

    Raises
    ------
    RunNameError
        The id cannot be one, or is taken.
    OSError
        It could not be written; nothing is left.
    """
    folder = layout.backtests_dir(root)
    target, scratch = home(root, run), folder / f".{run}"
    if target.exists():
        raise RunNameError(run, "there is a run of this id already")
    disk.make_dirs(folder)
    _remove_leftovers(folder)
    disk.make_dirs(scratch)
    try:
        files = {it.name: _written(scratch, it.name, tables[it.name]) for it in TABLES}
        listing = scratch / LISTING
        with disk.naming(listing):
            listing.write_text(json.dumps(files), encoding="utf-8")
        written = list(scratch.iterdir())
        with ThreadPoolExecutor(len(written)) as pool:  # a disk takes several syncs in one go
            list(pool.map(disk.sync_file, written))
        disk.sync_dir(scratch)
        disk.rename(scratch, target)
        disk.sync_dir(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def read(root: Path, run: str, table: str) -> pa.Table:
    """Return one table of a run, with all its columns.

    Raises
    ------
    RunNameError
        There is no run of the id.
    DamageError
        The file is not as it was written.
    """
    folder = home(root, run)
    if not folder.is_dir():
        raise unknown(run)
    return _read(folder, table)


def remove(root: Path, run: str) -> None:
    """Remove a run: it is gone for readers at once.

    Raises
    ------
    RunNameError
        There is no run of the id.
    """
    folder = layout.backtests_dir(root)
    gone = folder / f".{run}.removed"
    try:
        disk.rename(home(root, run), gone)
    except FileNotFoundError:
        raise unknown(run) from None
    disk.sync_dir(folder)
    shutil.rmtree(gone, ignore_errors=True)


def snapshots(root: Path, bundle: str) -> frozenset[int]:
    """Return the versions of a bundle that stored runs name; a damaged run names none."""
    found = set()
    for run in ids(root):
        with suppress(DamageError):
            row = _read(home(root, run), RUNS.name, ["bundle", "snapshot"])
            if row.column("bundle")[0].as_py() == bundle:
                found.add(row.column("snapshot")[0].as_py())
    return frozenset(found)


def _written(folder: Path, name: str, table: pa.Table) -> dict[str, object]:
    path = file_of(folder, name)
    texts = [it.name for it in table.schema if not pa.types.is_primitive(it.type)]
    with disk.naming(path):
        pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=texts)
    return {"size": path.stat().st_size, "sha256": disk.sha256_of(path)}


def _read(home: Path, table: str, columns: list[str] | None = None) -> pa.Table:
    require(home, table)
    path = file_of(home, table)
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise damage(path, str(error).splitlines()[0]) from error


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left unfinished, long ago."""
    for path in folder.glob(".*"):
        with suppress(OSError):  # whose it is may be done with it
            if time.time() - path.stat().st_mtime > _LONG:
                shutil.rmtree(path, ignore_errors=True)
