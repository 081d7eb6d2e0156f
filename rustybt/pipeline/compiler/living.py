"""Which rows a result has before its screen: the assets that are alive at each session."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from rustybt.assets import Asset
from rustybt.pipeline.vocabulary.nanmath import Values


class LivingRows:
    """The rows of living assets, by session and sid.

    Parameters
    ----------
    sessions
        All sessions of the bundle, in order.
    assets
        All assets of the bundle, in order of sid.
    """

    def __init__(self, sessions: Sequence[date], assets: Iterable[Asset]) -> None:
        self.sessions = sessions
        self._days = np.asarray(sessions, "datetime64[D]")
        listed = list(assets)
        self._sids = np.asarray([it.sid for it in listed], "i4")
        self._symbols = pa.array([it.symbol for it in listed], pa.string())
        # The first session has no label: nothing is known before it.
        self._begin = np.maximum(self._after([it.first_session for it in listed]), 1)
        self._end = self._after([it.last_session for it in listed])
        alive = self._begin < self._end
        changes = np.zeros(len(sessions) + 1, "i8")
        np.add.at(changes, self._begin[alive], 1)
        np.add.at(changes, self._end[alive], -1)
        self._before = np.concatenate([[0], np.cumsum(np.cumsum(changes[:-1]))])

    @property
    def all_sids(self) -> list[int]:
        """The sids of all assets, in order."""
        found: list[int] = self._sids.tolist()
        return found

    def symbols(self, sids: pa.Array) -> pa.Array:
        """Return the symbols of sids."""
        return self._symbols.take(pa.array(np.searchsorted(self._sids, sids.to_numpy())))

    def span(self, first: date | None, last: date | None) -> tuple[int, int]:
        """Return the numbers of the sessions from one day to another that can have rows, half open."""
        begin = 0 if first is None else bisect_left(self.sessions, first)
        end = len(self.sessions) if last is None else bisect_right(self.sessions, last)
        until = min(end, int(self._end.max(initial=0)))
        return min(max(begin, 1), until), until

    def count(self, first: int, until: int) -> int:
        """Return how many rows a span of numbers of sessions has, half open."""
        return int(self._before[until] - self._before[first])

    def reaching(self, first: int, until: int, rows: int) -> int:
        """Return up to which session a span has about so many rows; one session at least."""
        end = int(np.searchsorted(self._before, self._before[first] + rows, side="right")) - 1
        return min(max(end, first + 1), until)

    def keys(self, first: int, until: int) -> dict[str, pa.Array]:
        """Return session, sid and symbol of the rows of a span."""
        s, asset = self._places(first, until)
        return {
            "session": pa.array(self._days).take(pa.array(s)),
            "sid": pa.array(self._sids[asset]),
            "symbol": self._symbols.take(pa.array(asset)),
        }

    def sids(self, first: int, until: int) -> Values:
        """Return the sids of the rows of a span."""
        return self._sids[self._places(first, until)[1]]

    def _places(self, first: int, until: int) -> tuple[Values, Values]:
        labels = np.arange(first, until, dtype="i4")[:, None]
        s, asset = np.nonzero((labels >= self._begin) & (labels < self._end))
        return (s + first).astype("i4"), asset.astype("i4")

    def _after(self, days: Sequence[date]) -> Values:
        return np.searchsorted(self._days, np.asarray(days, "datetime64[D]"), side="right")
