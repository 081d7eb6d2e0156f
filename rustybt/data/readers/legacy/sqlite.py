"""zipline's SQLite files: assets and adjustments, by queries that the parent sends."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from rustybt.data.readers.legacy.layout import LayoutError


class Database:
    """A SQLite file, opened to be read alone.

    Parameters
    ----------
    path
        Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def facts(self) -> dict[str, Any]:
        """Return nothing: all is in the tables."""
        return {}

    def tables(self, queries: Mapping[str, str]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the rows of each query.

        Raises
        ------
        LayoutError
            It is no such file, is damaged, or lacks a table or column that a query names.
        """
        if not self._path.is_file():
            raise LayoutError(self._path, "it cannot be read (no such file)")
        # `immutable`: SQLite looks for no journal and takes no lock, and so writes nothing.
        place = f"{self._path.as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(place, uri=True)) as connection:
                for name, query in queries.items():
                    yield name, _table(connection.execute(query))
        except (sqlite3.Error, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise LayoutError(self._path, f"expected a file of zipline ({error})") from error


def _table(cursor: sqlite3.Cursor) -> pa.Table:
    names = [it[0] for it in cursor.description]
    rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(it) for it in columns], names)
