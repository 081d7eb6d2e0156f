"""The rows of one statement, for whoever asks: Arrow, polars, pandas, tuples, a notebook."""

from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from warehouse.session import Session

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


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

    def pl(self) -> "pl.DataFrame":
        """Return a polars frame; DECIMAL stays exact."""
        import polars as pl

        return pl.DataFrame(self._table)

    def df(self) -> "pd.DataFrame":
        """Return a pandas frame; DECIMAL becomes the nearest float64, DATE datetime64."""
        return _converter().pandas(self._table)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return tuples of Python values; DECIMAL becomes `decimal.Decimal`."""
        return list(zip(*(column.to_pylist() for column in self._table.columns), strict=True))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the rows over by the Arrow PyCapsule interface."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return repr(self.pl())

    def _repr_html_(self) -> str:
        return self.pl()._repr_html_()


@cache
def _converter() -> Session:
    # A session of this module, because a result outlives the warehouse that it came from.
    return Session(threads=1)
