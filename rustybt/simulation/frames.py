"""The frames handed to strategies: the only place of the simulation that knows pandas or polars.

Building an index is dearer than copying the values, so the indexes used last are kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from rustybt.assets import Asset
from rustybt.simulation.feed import Floats

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Frames:
    """Makes frames of the arrays of a run.

    Parameters
    ----------
    labels
        All sessions of the calendar, ascending.
    """

    def __init__(self, labels: Sequence[date]) -> None:
        self._labels = np.array(labels, dtype="datetime64[ns]")
        self._days = np.array(labels, dtype="datetime64[D]")
        self._sessions: pd.DatetimeIndex | None = None
        self._assets: tuple[list[Asset], pd.Index[Any] | None] = ([], None)

    def timestamp(self, instant: date | datetime) -> "pd.Timestamp":
        """Return a pandas Timestamp."""
        import pandas as pd

        return pd.Timestamp(instant)

    def sessions(self, first: int, until: int) -> "pd.DatetimeIndex":
        """Return session numbers as an index of naive Timestamps."""
        if self._sessions is None:
            import pandas as pd

            self._sessions = pd.DatetimeIndex(self._labels)
        return self._sessions[first:until]

    def series(self, values: Any, index: Any, name: Any = None) -> "pd.Series[Any]":
        """Return a Series; a list of assets as index is kept for the next call."""
        import pandas as pd

        return pd.Series(values, index=self._index(index), name=name, copy=False)

    def table(self, columns: Sequence[Floats], index: Any, names: list[str]) -> "pd.DataFrame":
        """Return a DataFrame of named columns."""
        import pandas as pd

        return pd.DataFrame(np.column_stack(columns), index=self._index(index), columns=names)

    def wide(self, values: Floats, rows: "pd.DatetimeIndex", assets: list[Asset]) -> "pd.DataFrame":
        """Return a DataFrame of sessions x assets over the array itself."""
        import pandas as pd

        return pd.DataFrame(values, index=rows, columns=self._index(assets), copy=False)

    def stacked(
        self,
        windows: Sequence[Floats],
        rows: "pd.DatetimeIndex",
        assets: list[Asset],
        names: list[str],
    ) -> "pd.DataFrame":
        """Return a DataFrame of (session, asset) x fields."""
        import pandas as pd

        index = pd.MultiIndex.from_product([rows, assets], names=["date", None])
        return pd.DataFrame(dict(zip(names, map(np.ravel, windows), strict=True)), index=index)

    def polars(
        self,
        windows: Sequence[Floats],
        span: tuple[int, int],
        assets: list[Asset],
        names: list[str],
    ) -> "pl.DataFrame":
        """Return a long frame: session, sid, symbol and the fields."""
        import polars as pl

        days, count = self._days[span[0] : span[1]], len(assets)
        return pl.DataFrame(
            {
                "session": np.repeat(days, count),
                "sid": np.tile(np.array([it.sid for it in assets], dtype=np.int32), len(days)),
                "symbol": pl.Series([it.symbol for it in assets] * len(days), dtype=pl.String),
                **dict(zip(names, map(np.ravel, windows), strict=True)),
            }
        )

    def _index(self, index: Any) -> Any:
        if not _of_assets(index):
            return index
        if self._assets[1] is None or self._assets[0] != index:
            import pandas as pd

            self._assets = (index, pd.Index(index, dtype=object))
        return self._assets[1]


def _of_assets(index: Any) -> bool:
    return isinstance(index, list) and bool(index) and isinstance(index[0], Asset)
