"""The rows of one statement, for whoever asks: Arrow, polars, pandas, tuples, a notebook."""

from collections.abc import Iterator
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Literal, overload

import pyarrow as pa

from warehouse.errors import QueryError
from warehouse.session import Session

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_DAY = 86_400_000_000  # microseconds


class Result:
    """All rows of a statement, held as one Arrow table.

    Anything that speaks the Arrow PyCapsule interface takes it as it is:
    ``polars.DataFrame(result)``, ``pyarrow.table(result)``, ``duckdb.from_arrow(result)``. For rows
    that do not fit in memory `warehouse.Warehouse.stream` gives batches.

    Parameters
    ----------
    table
        The rows.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._table.column_names)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def arrow(self) -> pa.Table:
        """Return the Arrow table; DECIMAL stays exact."""
        return self._table

    @overload
    def pl(self, *, lazy: Literal[False] = False) -> "pl.DataFrame": ...

    @overload
    def pl(self, *, lazy: Literal[True]) -> "pl.LazyFrame": ...

    def pl(self, *, lazy: bool = False) -> "pl.DataFrame | pl.LazyFrame":
        """Return a polars frame; DECIMAL stays exact, INTERVAL becomes Duration.

        A second column `a` is named `a_1`. With `lazy` it is a LazyFrame over the same rows;
        `warehouse.Warehouse.scan` gives one over files that were not read.
        """
        import polars as pl

        frame = pl.DataFrame(_with_durations(self._named_apart()))
        return frame.lazy() if lazy else frame

    def batches(self, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Yield the rows as Arrow batches of at most so many, without a copy."""
        yield from self._table.to_batches(max_chunksize=rows)

    def df(self) -> "pd.DataFrame":
        """Return a pandas frame; DECIMAL becomes the nearest float64, DATE datetime64.

        A second column `a` is named `a_1`.
        """
        return _converter().pandas(self._named_apart())

    def rows(self) -> list[tuple[Any, ...]]:
        """Return tuples of Python values; DECIMAL becomes `decimal.Decimal`."""
        return list(zip(*(column.to_pylist() for column in self._table.columns), strict=True))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the rows over by the Arrow PyCapsule interface."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return repr(self.pl())

    def _named_apart(self) -> pa.Table:
        """Return the table with every name once, as frames need it."""
        names: list[str] = []
        for name in self._table.column_names:
            tries = chain([name], (f"{name}_{n}" for n in count(1)))
            names.append(next(it for it in tries if it not in names))
        return self._table.rename_columns(names)

    def _repr_html_(self) -> str:
        return self.pl()._repr_html_()


def _with_durations(table: pa.Table) -> pa.Table:
    for at, kind in enumerate(table.schema.types):
        if pa.types.is_interval(kind):
            duration = pa.array(map(_microseconds, table.column(at).to_pylist()), pa.int64())
            table = table.set_column(at, table.field(at).name, duration.cast(pa.duration("us")))
    return table


def _microseconds(interval: pa.MonthDayNano | None) -> int | None:
    if interval is None:
        return None
    if interval.months:
        problem = f"polars has no type for {interval}; expected no months, or CAST(... AS VARCHAR)"
        raise QueryError(problem)
    return int(interval.days * _DAY + interval.nanoseconds // 1000)


@cache
def _converter() -> Session:
    # A session of this module, because a result outlives the warehouse that it came from.
    return Session(threads=1)
