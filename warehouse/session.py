"""The only module that opens DuckDB.

A `Session` is a private in-memory database with the house settings. DuckDB reads immutable Parquet
files through it and never writes a database that another process could want. An open result owns
its connection, so every statement runs on a cursor of its own.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from typing_extensions import override

from warehouse.closing import Closing
from warehouse.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd

Parameters = Sequence[Any] | Mapping[str, Any] | None

ENGINE: str = duckdb.__version__

SETTINGS: Mapping[str, Any] = {
    "TimeZone": "UTC",  # casts between TIMESTAMP and TIMESTAMPTZ follow it
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,  # else SQL could read Python variables
}

# Against statements that nobody trusts. The order matters: the lock comes last.
SEAL: Mapping[str, Any] = {
    "enable_external_access": False,
    "disabled_filesystems": "LocalFileSystem",
    "lock_configuration": True,
}

_SHORT = "arrow_output_version"  # from 1.5 on there are decimals of 32 and 64 bits
_LEAVING = 30.0  # seconds that another thread may take to leave a stream

# Of a file for other tools: small, and readable by every DuckDB since 1.2.
FILE: Mapping[str, str | bool | int | float | list[str]] = {
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
    read_only
        The database file exists and stays as it is.

    Raises
    ------
    QueryError
        The database file cannot be opened.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        spill_dir: Path | None = None,
        database: Path | None = None,
        read_only: bool = False,
    ) -> None:
        self._settings = {**SETTINGS, "temp_directory": "" if spill_dir is None else str(spill_dir)}
        if threads is not None:
            self._settings["threads"] = threads
        if memory_limit is not None:
            self._settings["memory_limit"] = memory_limit
        self._reads = _Reads()
        self.watch: Callable[[str], None] | None = None  # is told each query, and may refuse it
        self._connecting = Lock()
        self._closed = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        if database is not None:
            config = {} if read_only else dict(FILE)
            self._connection = self._connected(database, read_only=read_only, config=config)

    @property
    def _raw(self) -> duckdb.DuckDBPyConnection:
        """The connection, made when it is first needed: who asks no SQL does not wait for it."""
        with self._connecting:
            if self._connection is None:
                if self._closed:
                    raise QueryError("the session is closed")
                self._connection = self._connected(":memory:")
            return self._connection

    def _connected(
        self, database: Path | str, *, read_only: bool = False, config: Any = None
    ) -> duckdb.DuckDBPyConnection:
        with _refusals():
            raw = duckdb.connect(database, read_only=read_only, config=config or {})
        for name, value in self._settings.items():
            # GLOBAL: a plain SET is forgotten by the next cursor.
            raw.execute(f"SET GLOBAL {name} = {_setting(value)}")
        return raw

    def execute(self, query: str, params: Parameters = None) -> None:
        """Run statements whose rows nobody needs."""
        self._tell(query)
        with _refusals(), self._raw.cursor() as cursor:
            cursor.execute(query, params)
            cursor.complete()

    def rows(self, query: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Return all rows as tuples of Python values."""
        self._tell(query)
        with _refusals(), self._raw.cursor() as cursor:
            return cursor.execute(query, params).fetchall()

    def arrow(
        self,
        query: str,
        params: Parameters = None,
        *,
        tables: Mapping[str, pa.Table] | None = None,
    ) -> pa.Table:
        """Return all rows as one Arrow table; `tables` are seen by this statement alone."""
        self._tell(query)
        with self._reads, _refusals(), self._raw.cursor() as cursor:
            for name, table in (tables or {}).items():
                cursor.register(name, table)
            relation = cursor.sql(query, params=params)
            return pa.table({}) if relation is None else relation.to_arrow_table()

    def pandas(self, table: pa.Table) -> "pd.DataFrame":
        """Return an Arrow table as a pandas frame by DuckDB's conversion: DECIMAL to float64."""
        with _refusals(), self._raw.cursor() as cursor:
            frame: pd.DataFrame = cursor.from_arrow(table).df()
            return frame

    def stream(
        self,
        query: str,
        params: Parameters = None,
        *,
        batch_rows: int = 131_072,
        short: bool = False,
    ) -> "Stream":
        """Return the rows as batches from a cursor that belongs to this result alone.

        A DECIMAL comes as Arrow's decimal128, or, if `short`, as the narrowest that has its digits.
        """
        self._tell(query)
        with ExitStack() as reading:
            reading.enter_context(self._reads)
            cursor = self._raw.cursor()
            reading.callback(free, cursor.close)
            with _refusals():
                if short:
                    cursor.execute(f"SET {_SHORT} = '1.5'")  # of this cursor alone
                reader = cursor.sql(query, params=params).to_arrow_reader(batch_rows)
            reading.callback(free, reader.close)
            return Stream(reader, reading.pop_all())

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Run statements on one thread meanwhile: only then a join keeps the order of its rows."""
        ((before,),) = self.rows("SELECT current_setting('threads')")
        self.execute("SET GLOBAL threads = 1")
        try:
            yield
        finally:
            self.execute("SET GLOBAL threads = $before", {"before": before})

    def load(self, table: str, rows: Any) -> None:
        """Create or replace a table from an Arrow table, reader or anything with a C stream."""
        name = '"' + table.replace('"', '""') + '"'
        with _refusals(), self._raw.cursor() as cursor:
            cursor.register("rows_to_load", rows)  # seen by this cursor alone
            cursor.execute(f"CREATE OR REPLACE TABLE {name} AS FROM rows_to_load")
            cursor.complete()

    @property
    def reading(self) -> bool:
        """Whether rows are being read: a query runs, or a stream was not closed."""
        return self._reads.count > 0

    def kinds(self, text: str) -> list[str]:
        """Return what DuckDB's parser takes each statement of a text for, such as ``['SELECT']``.

        It is the kind of the outermost form: a SELECT may still hold an INSERT.
        """
        with _refusals():
            return [_kind(it) for it in self._raw.extract_statements(text)]

    def close(self) -> None:
        """End the database; open streams of it must be closed before."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _tell(self, query: str) -> None:
        if self.watch is not None:
            self.watch(query)


class Sealed(Session):
    """A database for statements that nobody trusts: it reads what it was given and opens no file.

    Given data belongs to one connection, so that here statements share it and come one at a time.
    """

    def give(self, name: str, rows: Any) -> None:
        """Make an Arrow table or dataset readable under a name."""
        with _refusals():
            self._raw.register(name, rows)

    def define(self, statement: str) -> None:
        """Run a statement that creates a schema or a view over given data."""
        with _refusals():
            self._raw.execute(statement)

    def seal(self, *, seconds: float) -> None:
        """Refuse files, the network and every further setting, for good.

        Parameters
        ----------
        seconds
            Time that a statement may take; one call of a function is not interrupted by it.
        """
        settings = {"max_execution_time": max(1, int(seconds * 1000)), **SEAL}
        with _refusals():
            for name, value in settings.items():
                self._raw.execute(f"SET GLOBAL {name} = {_setting(value)}")

    def reader(
        self, query: str, params: Parameters = None, *, batch_rows: int = 16_384
    ) -> pa.RecordBatchReader:
        """Return the rows of one statement as Arrow batches, before the next one begins."""
        with _refusals():
            return self._raw.sql(query, params=params).to_arrow_reader(batch_rows)


def free(close: Callable[[], object]) -> None:
    """Close a reader or its cursor, which refuses for as long as another thread is leaving it."""
    latest = time.monotonic() + _LEAVING
    while True:
        try:
            close()
        except duckdb.ResourceInUseException:
            if time.monotonic() > latest:
                raise
            time.sleep(0.001)
        else:
            return


class Stream(Closing):
    """Ordered Arrow batches from one cursor.

    Iterates `pyarrow.RecordBatch`. Closing it early is allowed and frees the cursor.
    """

    def __init__(self, reader: pa.RecordBatchReader, reading: ExitStack) -> None:
        self._reader = reader
        self._reading = reading

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

    @override
    def close(self) -> None:
        """Free the cursor."""
        self._reading.close()


class _Reads:
    """Counts what is being read, from any thread."""

    def __init__(self) -> None:
        self.count = 0
        self._changing = Lock()

    def __enter__(self) -> None:
        with self._changing:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        with self._changing:
            self.count -= 1


_INTERRUPTED = "Query interrupted"  # what DuckDB makes of the KeyboardInterrupt that it catches


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
        if isinstance(error, RuntimeError) and str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from error


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # DuckDB has kinds that its Python module cannot name
        return "OTHER"


def _setting(value: object) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"
