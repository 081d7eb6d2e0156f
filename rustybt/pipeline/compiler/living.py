"""Which rows a result has before its screen: the assets that are alive at each session."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from rustybt.assets import Asset
from rustybt.pipeline.vocabulary.nanmath import Values


class Lives(NamedTuple):
    """Sids of assets, and the days of their first and last session."""

    sids: Values
    first: Values
    last: Values


class LivingRows:
    """The rows of living assets, by session and sid.

    Parameters
    ----------
    sessions
        All sessions of the bundle, in order.
    assets
        All assets of the bundle, in order of sid.

    Attributes
    ----------
    days
        The sessions as an array.
    """

    def __init__(self, sessions: Sequence[date], assets: Iterable[Asset]) -> None:
        self.sessions = sessions
        self.days = np.asarray(sessions, "datetime64[D]")
        listed = list(assets)
        self._sids = np.asarray([it.sid for it in listed], "i4")
        self._symbols = pa.array([it.symbol for it in listed], pa.string())
        self._first = np.asarray([it.first_session for it in listed], "datetime64[D]")
        self._last = np.asarray([it.last_session for it in listed], "datetime64[D]")
        # The first session has no label: nothing is known before it.
        self._begin = np.maximum(np.searchsorted(self.days, self._first, side="right"), 1)
        self._end = np.searchsorted(self.days, self._last, side="right")
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

    def lives(self, lowest: int, highest: int) -> Lives:
        """Return the lives of the assets whose sids lie between two, both inclusive."""
        some = (self._sids >= lowest) & (self._sids <= highest)
        return Lives(self._sids[some], self._first[some], self._last[some])

    def sids_since(self, day: date) -> list[int]:
        """Return the sids of the assets whose first session is after a day."""
        found: list[int] = self._sids[self._first > np.datetime64(day)].tolist()
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
        there = self.alive(first, until)
        asset = self._assets(there)
        days = self.days[first:until].astype("i8").astype("i4")  # as Arrow has them
        session = np.repeat(days, np.count_nonzero(there, axis=1))
        return {
            "session": pa.array(session).view(pa.date32()),
            "sid": pa.array(self._sids[asset]),
            "symbol": self._symbols.take(pa.array(asset)),
        }

    def sids(self, first: int, until: int) -> Values:
        """Return the sids of the rows of a span."""
        return self._sids[self._assets(self.alive(first, until))]

    def alive(self, first: int, until: int) -> Values:
        """Return which assets are alive at each session of a span, of shape (sessions, assets)."""
        labels = np.arange(first, until, dtype="i4")[:, None]
        found: Values = (labels >= self._begin) & (labels < self._end)
        return found

    def placed(self, table: pa.Table, column: str, keys: pa.Table) -> pa.ChunkedArray:
        """Return a column of numbers of a table at other rows.

        Parameters
        ----------
        table
            With session and sid, by which it comes.
        column
            Its name.
        keys
            The session and sid of each row that is wanted, by them.
        """
        if table["session"].equals(keys["session"]) and table["sid"].equals(keys["sid"]):
            return table[column]
        own, wanted = self._numbered(table), self._numbered(keys)
        found = np.full(len(wanted), np.nan)
        _, at, there = np.intersect1d(own, wanted, assume_unique=True, return_indices=True)
        found[there] = table[column].to_numpy()[at]
        return pa.chunked_array([pa.array(found, mask=np.isnan(found))])

    def _numbered(self, rows: pa.Table) -> Values:
        """Return a number for each row, in the order of its session and sid."""
        days, sids = (rows[it].to_numpy() for it in ("session", "sid"))
        session = np.searchsorted(self.days, days.astype("datetime64[D]"))
        number: Values = session * len(self._sids) + np.searchsorted(self._sids, sids)
        return number

    def _assets(self, there: Values) -> Values:
        """Return the number of the asset of each row."""
        assets = np.arange(len(self._sids), dtype="i4")
        found: Values = np.broadcast_to(assets, there.shape)[there]
        return found
