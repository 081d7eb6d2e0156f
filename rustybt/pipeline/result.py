"""What a pipeline computed, in the form each reader wants."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rustybt.assets import AssetFinder

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class PipelineResult:
    """One row per session and asset that passed the screen, by session and sid.

    Attributes
    ----------
    cached
        By column, how many sessions were read from what earlier runs kept, instead of computed.
    """

    def __init__(
        self,
        table: pa.Table,
        sql: Callable[[], str],
        assets: AssetFinder,
        cached: Mapping[str, int],
    ) -> None:
        self._table, self._sql, self._assets = table, sql, assets
        self.cached = cached

    @cached_property
    def sql(self) -> str:
        """The statement that computes it in any DuckDB client; equal but for the last bits."""
        return self._sql()

    def arrow(self) -> pa.Table:
        """Return ``session``, ``sid``, ``symbol`` and the columns; NULL where missing."""
        return self._table

    def pl(self) -> "pl.DataFrame":
        """Return the rows of `arrow` as a polars frame."""
        import polars as pl

        frame = pl.from_arrow(self._table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives no series
        return frame

    def df(self, assets: AssetFinder | None = None) -> "pd.DataFrame":
        """Return zipline's frame.

        Parameters
        ----------
        assets
            Whose assets stand in the index; since assets are compared by identity, those of a
            running algorithm for frames that it gets. A finder of its own if None.

        Returns
        -------
        pandas.DataFrame
            Indexed by session (naive Timestamp) and `rustybt.assets.Asset`, both levels unnamed;
            factors float64 with NaN where missing, filters bool, classifiers int64 with -1 where
            missing, or categories of text.
        """
        import pandas as pd

        names = self._table.column_names[3:]
        sessions, session_codes = np.unique(_numpy(self._table, "session"), return_inverse=True)
        sids, sid_codes = np.unique(_numpy(self._table, "sid"), return_inverse=True)
        listed = (assets or self._assets).retrieve_all(sids.tolist())
        levels: list[Any] = [pd.DatetimeIndex(sessions.astype("M8[ns]")), listed]
        codes: list[Any] = [session_codes, sid_codes]
        index = pd.MultiIndex(levels=levels, codes=codes, names=[None, None])
        values = {name: _pandas(self._table, number) for number, name in enumerate(names, start=3)}
        return pd.DataFrame(values, index=index, columns=names)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the rows over by the Arrow PyCapsule interface."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        names = ", ".join(self._table.column_names)
        return f"<PipelineResult of {len(self):,} rows: {names}>"

    def _repr_html_(self) -> str:
        return str(self.pl()._repr_html_())


def _pandas(table: pa.Table, number: int) -> Any:
    kind = table.schema.field(number).type
    if pa.types.is_integer(kind):
        return table.column(number).fill_null(-1).to_numpy()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        import pandas as pd

        return pd.Categorical(table.column(number).to_pandas())
    return _numpy(table, number)


def _numpy(table: pa.Table, name: str | int) -> np.ndarray[Any, Any]:
    values = table.column(name).combine_chunks()
    array: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
    return array
