"""Writes a stored partition anew where that gives its rows a narrower type or a smaller file.

A correction can take away the one value that made a column wide, and another version of the engine
may pack the same rows in less. Both are worth a new file, never a changed one.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from warehouse import sqltext
from warehouse.catalog.quality import content_of
from warehouse.errors import DamageError
from warehouse.schema import Dataset, holds_market
from warehouse.session import Session
from warehouse.snapshots.manifest import DataFile, Partitions
from warehouse.writing.partition import Writer

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
    session.execute(
        sqltext.render("writing/rewriting", stored=os.fspath(path), optional=of.optional)
    )
    writer = Writer(session, of, of.typed(stored.wide), "rewriting")
    file = writer.write(writer.whole(), target, None)
    if file.rows != stored.rows or writer.differs(target):
        raise DamageError(target, f"it does not hold the rows of {path}, of which it is a copy")
    if file.types != stored.types or file.size <= GAIN * stored.size:
        return file
    target.unlink()
    return None


def restated(
    session: Session, before: Mapping[str, Partitions], after: Mapping[str, Partitions]
) -> pa.Table:
    """Return the records of checks, those about files that were written anew being about the new.

    The rows of both were proved equal, so what was found in the one is what is in the other. A
    record of yet another content stays as it is.
    """
    judged = [name for name in before if holds_market(name)]
    contents = {
        "dataset": judged,
        "before": [content_of(before, name) for name in judged],
        "after": [content_of(after, name) for name in judged],
    }
    session.load(
        "restated", pa.table({key: pa.array(of, pa.string()) for key, of in contents.items()})
    )
    return session.arrow(sqltext.load("writing/restated"))
