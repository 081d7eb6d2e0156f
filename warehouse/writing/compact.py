"""Writes a stored partition anew where that gives its rows a narrower type or a smaller file.

A correction can take away the one value that made a column wide, and another version of the engine
may pack the same rows in less. Both are worth a new file, never a changed one.
"""

import os
from datetime import date
from pathlib import Path

from warehouse import sqltext
from warehouse.errors import DamageError
from warehouse.schema import EXACT, Dataset
from warehouse.session import Session
from warehouse.snapshots.manifest import DataFile
from warehouse.writing.partition import Partition, Writer, partition_of

GAIN = 0.9  # a file of the same types must shrink to this share of its size


def rewritten(
    session: Session, of: Dataset, stored: DataFile, *, path: Path, target: Path
) -> DataFile | None:
    """Return the file of a stored partition written anew, or None if there is nothing to gain.

    Raises
    ------
    DamageError
        What was written does not read back as what was stored.
    """
    session.execute(sqltext.render("writing/rewriting", stored=os.fspath(path)))
    wide = _needed(session, stored.wide)
    writer = Writer(session, of, of.typed(wide), "rewriting")
    file = writer.write(_partition(of, stored), target, None)
    if file.rows != stored.rows or writer.differs(target):
        raise DamageError(target, f"it does not hold the rows of {path}, of which it is a copy")
    if file.wide != stored.wide or file.size <= GAIN * stored.size:
        return file
    target.unlink()
    return None


def _needed(session: Session, wide: tuple[str, ...]) -> list[str]:
    if not wide:
        return []
    query = sqltext.render("writing/wide_needed", columns=wide, narrow=EXACT[0])
    (needed,) = session.rows(query)
    return [name for name, is_needed in zip(wide, needed, strict=True) if is_needed]


def _partition(of: Dataset, stored: DataFile) -> Partition:
    if of.period == "all":
        return Partition("all")
    return partition_of(of, date.fromisoformat(stored.first[:10]))
