"""The frames handed to strategies: the only place of the simulation that knows pandas or polars.

Building an index is dearer than copying the values, so the indexes used last are kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt.assets import Asset
from rustybt.simulation.feed import Floats
from rustybt.simulation.timeline import Numbers, Timeline
from rustybt.simulation.windows import Window

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


_LABELS: Final = 100_000  # made at once


class Frames:
    """Makes frames of the arrays of a run."""

    def __init__(self) -> None:
        self._indexes: dict[str, tuple[int, pd.DatetimeIndex]] = {}
        self._assets: tuple[list[Asset], pd.Index[Any] | None] = ([], None)

    def timestamp(self, instant: date | datetime | None) -> "pd.Timestamp":
        """Return a pandas Timestamp; NaT of None."""
        import pandas as pd

        return pd.Timestamp("NaT" if instant is None else instant)

    def days(self, labels: Sequence[date]) -> "pd.DatetimeIndex":
        """Return days as naive midnights."""
        import pandas as pd

        return pd.DatetimeIndex(np.array(labels, dtype="datetime64[D]")).as_unit("ns")

    def index(self, window: Window) -> "pd.DatetimeIndex":
        """Return the labels of a window: naive midnights for days, UTC for minutes."""
        timeline, bars = window.timeline, window.bars
        if not isinstance(bars, tuple):
            return _labels(timeline, bars)
        first, until = bars
        begin, index = self._indexes.get(timeline.resolution) or (0, None)
        if index is None or first < begin or until > begin + len(index):
            begin = first
            end = min(max(until, first + _LABELS), timeline.count)
            index = _labels(timeline, np.arange(begin, end))
            self._indexes[timeline.resolution] = begin, index
        return index[first - begin : until - begin]

    def series(self, values: Any, index: Any, name: Any = None) -> "pd.Series[Any]":
        """Return a Series; a list of assets as index is kept for the next call."""
        import pandas as pd

        return pd.Series(values, index=self._index(index), name=name, copy=False)

    def table(self, columns: Sequence[Floats], index: Any, names: list[str]) -> "pd.DataFrame":
        """Return a DataFrame of named columns."""
        import pandas as pd

        return pd.DataFrame(np.column_stack(columns), index=self._index(index), columns=names)

    def mixed(self, columns: dict[str, list[Any]], index: Any) -> "pd.DataFrame":
        """Return a DataFrame of columns that may be of several types."""
        import pandas as pd

        return pd.DataFrame(columns, index=self._index(index))

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
        """Return a DataFrame of (date, asset) x fields, the assets in the order of their sids."""
        import pandas as pd

        # A continuous future has no sid, and stays where it was asked for.
        sids = [getattr(it, "sid", -1) for it in assets]
        order = sorted(range(len(assets)), key=sids.__getitem__)
        if order != list(range(len(assets))):
            assets, windows = [assets[it] for it in order], [it[:, order] for it in windows]
        index = pd.MultiIndex.from_product([rows, assets], names=["date", "asset"])
        return pd.DataFrame(dict(zip(names, map(np.ravel, windows), strict=True)), index=index)

    def polars(self, window: Window, assets: list[Asset], names: list[str]) -> "pl.DataFrame":
        """Return a long frame: session or ts (UTC), sid, symbol and the fields."""
        import polars as pl

        bars = np.arange(*window.bars) if isinstance(window.bars, tuple) else window.bars
        label = "session" if window.timeline.resolution == "1d" else "ts"
        count = len(assets)
        # A continuous future has no sid, and its root symbol for a symbol.
        sids = pl.Series([getattr(it, "sid", None) for it in assets], dtype=pl.Int32)
        return pl.DataFrame(
            {
                label: np.repeat(window.timeline.stamps(bars), count),
                "sid": sids.gather(np.tile(np.arange(count), len(bars))),
                "symbol": pl.Series([str(it) for it in assets] * len(bars), dtype=pl.String),
                **dict(zip(names, map(np.ravel, window.values), strict=True)),
            }
        )

    def _index(self, index: Any) -> Any:
        if not _of_assets(index):
            return index
        if self._assets[1] is None or self._assets[0] != index:
            import pandas as pd

            self._assets = (index, pd.Index(index, dtype=object))
        return self._assets[1]


def _labels(timeline: Timeline, bars: Numbers) -> "pd.DatetimeIndex":
    import pandas as pd

    index = pd.DatetimeIndex(timeline.stamps(bars)).as_unit("ns")
    return index if timeline.resolution == "1d" else index.tz_localize("UTC")


def _of_assets(index: Any) -> bool:
    return isinstance(index, list) and bool(index) and isinstance(index[0], Asset)
