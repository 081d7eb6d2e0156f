"""Arrow batches of bars, ordered by session and sid, to dense arrays of sessions x assets."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

STORED: Final = ("open", "high", "low", "close", "volume")
_VOLUME: Final = STORED.index("volume")
_CELLS: Final = 1_000_000  # of one field in one block; bounds memory for sparse, wide bundles

Floats = NDArray[np.float64]


class Block(NamedTuple):
    """Bars of consecutive sessions.

    `first` is the number of the first session; `values` has the shape (5, sessions, assets) in
    the order of `STORED`, NaN where there is no price, 0 where there is no volume.
    """

    first: int
    values: Floats

    @property
    def until(self) -> int:
        """Number of the session after the last."""
        return self.first + int(self.values.shape[1])


class _Rows(NamedTuple):
    """Bars as they came: number of the session, column of the asset, values (5, rows)."""

    session: NDArray[np.int64]
    column: NDArray[np.int64]
    values: Floats

    def cut(self, session: int) -> tuple["_Rows", "_Rows"]:
        """Return the rows before a session and those from it on."""
        at = int(np.searchsorted(self.session, session))
        return (
            _Rows(self.session[:at], self.column[:at], self.values[:, :at]),
            _Rows(self.session[at:], self.column[at:], self.values[:, at:]),
        )


class Feed:
    """Cuts a stream of bars into blocks of whole sessions.

    Parameters
    ----------
    sessions
        All sessions of the calendar, datetime64[D], ascending.
    sids
        Sids of the columns, ascending.
    price_decimals
        Decimals to round prices to, half to even, read back as n x 10^-decimals; a price that
        becomes 0 is missing. As stored if None.
    """

    def __init__(
        self,
        sessions: NDArray[np.datetime64],
        sids: NDArray[np.int64],
        price_decimals: int | None = None,
    ) -> None:
        self._sessions = sessions
        self._sids = sids
        self._decimals = price_decimals
        self._most = max(_CELLS // max(len(sids), 1), 1)

    def blocks(self, batches: Iterable[pa.RecordBatch], first: int, until: int) -> Iterator[Block]:
        """Yield blocks that together cover the sessions from `first` to before `until`.

        Parameters
        ----------
        batches
            Columns session, sid and `STORED`, ordered by session and sid.
        """
        waiting: list[_Rows] = []
        for batch in batches:
            if not batch.num_rows:
                continue
            rows = self._rows(batch)
            waiting.append(rows)
            last = int(rows.session[-1])  # later batches may hold more of it
            if last > first:
                whole, rest = _joined(waiting).cut(last)
                yield from self._dense(whole, first, last)
                waiting, first = [rest], last
        yield from self._dense(_joined(waiting), first, until)

    def _rows(self, batch: pa.RecordBatch) -> _Rows:
        session = np.searchsorted(self._sessions, batch["session"].to_numpy(zero_copy_only=False))
        column = np.searchsorted(self._sids, batch["sid"].to_numpy(zero_copy_only=False))
        values = np.empty((len(STORED), batch.num_rows))
        for row, name in enumerate(STORED):
            values[row] = floats(batch[name])
        if self._decimals is not None:
            prices = values[:_VOLUME]
            np.rint(prices * 10.0**self._decimals, out=prices)
            prices *= 10.0**-self._decimals
            prices[prices == 0] = np.nan
        values[_VOLUME] = np.nan_to_num(values[_VOLUME], nan=0.0)
        return _Rows(session, column, values)

    def _dense(self, rows: _Rows, first: int, until: int) -> Iterator[Block]:
        while first < until:
            end = min(first + self._most, until)
            part, rows = rows.cut(end)
            values = np.full((len(STORED), end - first, len(self._sids)), np.nan)
            values[_VOLUME] = 0.0
            values[:, part.session - first, part.column] = part.values
            yield Block(first, values)
            first = end


def floats(column: pa.Array) -> Floats:
    """Return a DECIMAL column as the nearest doubles; NaN where it is NULL."""
    if column.type.precision > 18:
        # Text is parsed to the nearest double; Arrow's own cast of wide decimals is not exact.
        texts = column.cast(pa.string()).cast(pa.float64())
        return np.array(texts.to_numpy(zero_copy_only=False), dtype=np.float64)
    # The low word of a decimal128 of up to 18 digits is its value; an exact integer over an exact
    # power of ten is rounded once, so the quotient is the nearest double.
    words = np.frombuffer(column.buffers()[1], dtype="<i8")[2 * column.offset :: 2]
    found: Floats = words[: len(column)] / 10.0**column.type.scale
    if column.null_count:
        found[column.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found


def _joined(parts: list[_Rows]) -> _Rows:
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return _Rows(nothing, nothing, np.empty((len(STORED), 0)))
    if len(parts) == 1:
        return parts[0]
    return _Rows(
        np.concatenate([it.session for it in parts]),
        np.concatenate([it.column for it in parts]),
        np.concatenate([it.values for it in parts], axis=1),
    )
