"""The only module that opens DuckDB.

A `Session` is a private in-memory database with the house settings. DuckDB reads immutable Parquet
files through it and never writes a database that another process could want. An open result owns
its connection, so every statement runs on a cursor of its own.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa

from warehouse.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd

Parameters = Sequence[Any] | Mapping[str, Any] | None

SETTINGS: Mapping[str, Any] = {
    "TimeZone": "UTC",  # casts between TIMESTAMP and TIMESTAMPTZ follow it
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,  # else SQL could read Python variables
}

# Of a file for other tools: small, and readable by every DuckDB since 1.2.
FILE: Mapping[str, str | int] = {
    "default_block_size": 16_384,
    "storage_compatibility_version": "v1.2.0",
}


class Session:
    """A private in-memory DuckDB database.

    Parameters
    ----------
    threads
        Worker threads; the engine's choice if None.
    memory_limit
        As DuckDB writes it, ``'2GB'``; the engine's choice if None.
    spill_dir
        Where sorts larger than memory go; no spilling if None.
    database
        A new database file to build for other tools, in memory if None.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        spill_dir: Path | None = None,
        database: Path | None = None,
    ) -> None:
        self._raw = duckdb.connect(database or ":memory:", config=dict(FILE) if database else {})
        settings = dict(SETTINGS)
        settings["temp_directory"] = "" if spill_dir is None else os.fspath(spill_dir)
        if threads is not None:
            settings["threads"] = threads
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        for name, value in settings.items():
            # GLOBAL: a plain SET is forgotten by the next cursor.
            self._raw.execute(f"SET GLOBAL {name} = {_setting(value)}")

    def execute(self, query: str, params: Parameters = None) -> None:
        """Run statements whose rows nobody needs."""
        with _refusals(), self._raw.cursor() as cursor:
            cursor.execute(query, params)
            cursor.complete()

    def rows(self, query: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Return all rows as tuples of Python values."""
        with _refusals(), self._raw.cursor() as cursor:
            return cursor.execute(query, params).fetchall()

    def arrow(self, query: str, params: Parameters = None) -> pa.Table:
        """Return all rows as one Arrow table."""
        with _refusals(), self._raw.cursor() as cursor:
            relation = cursor.sql(query, params=params)
            return pa.table({}) if relation is None else relation.to_arrow_table()

    def pandas(self, table: pa.Table) -> "pd.DataFrame":
        """Return an Arrow table as a pandas frame by DuckDB's conversion: DECIMAL to float64."""
        with _refusals(), self._raw.cursor() as cursor:
            frame: pd.DataFrame = cursor.from_arrow(table).df()
            return frame

    def stream(
        self, query: str, params: Parameters = None, *, batch_rows: int = 131_072
    ) -> "Stream":
        """Return the rows as batches from a cursor that belongs to this result alone."""
        cursor = self._raw.cursor()
        with _refusals():
            reader = cursor.sql(query, params=params).to_arrow_reader(batch_rows)
        return Stream(cursor, reader)

    def load(self, table: str, rows: Any) -> None:
        """Create or replace a table from an Arrow table, reader or anything with a C stream."""
        name = '"' + table.replace('"', '""') + '"'
        with _refusals(), self._raw.cursor() as cursor:
            cursor.register("rows_to_load", rows)  # seen by this cursor alone
            cursor.execute(f"CREATE OR REPLACE TABLE {name} AS FROM rows_to_load")
            cursor.complete()

    def close(self) -> None:
        """End the database; open streams of it must be closed before."""
        self._raw.close()


class Stream:
    """Ordered Arrow batches from one cursor.

    Iterates `pyarrow.RecordBatch`. Closing it early is allowed and frees the cursor.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> None:
        self._cursor = cursor
        self._reader = reader

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._reader
        except (OSError, pa.ArrowException) as error:  # as which Arrow passes DuckDB's refusals on
            raise QueryError(str(error)) from error

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the remaining batches over by the Arrow PyCapsule interface."""
        return self._reader.__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Free the cursor."""
        self._reader.close()
        self._cursor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _refusals:  # noqa: N801 - reads as a statement: `with _refusals():`
    """Turn DuckDB's exceptions into `QueryError`, in one place."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, duckdb.Error):
            raise QueryError(str(error)) from error


def _setting(value: object) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"
