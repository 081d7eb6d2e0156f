"""Arrow batches of bars, in any order, to dense arrays of bars x assets."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rustybt.simulation.timeline import Timeline

STORED: Final = ("open", "high", "low", "close", "volume")
FIELDS: Final = (*STORED, "price")  # price: the last close known, however old
OPEN, HIGH, LOW, CLOSE, VOLUME, PRICE = range(len(FIELDS))

Floats = NDArray[np.float64]

_EXACT: Final = 2**53  # up to here every integer is a double


class Block(NamedTuple):
    """Consecutive bars.

    `first` is the number of the first bar; `buffer` has the shape (6, rows, assets) in the order of
    `FIELDS`, NaN where there is no price, 0 where there is no volume. Its first rows, as many as
    `room`, are no bars and left for the panel to fill, as is the last field.
    """

    first: int
    buffer: Floats
    room: int = 0

    @property
    def values(self) -> Floats:
        """The bars without the room before them, (6, bars, assets)."""
        return self.buffer[:, self.room :]

    @property
    def until(self) -> int:
        """Number of the bar after the last."""
        return self.first + int(self.buffer.shape[1]) - self.room


class Feed:
    """Puts bars in their places.

    Parameters
    ----------
    timeline
        Numbers the bars.
    sids
        Sids of the columns, ascending.
    price_decimals
        Decimals to round prices to, half to even, read back as n x 10^-decimals; a price that
        becomes 0 is missing. As stored if None.
    """

    def __init__(
        self,
        timeline: Timeline,
        sids: NDArray[np.int64],
        price_decimals: int | None = None,
    ) -> None:
        self._timeline = timeline
        self._assets = len(sids)
        self._column = np.zeros(int(sids[-1]) + 1 if len(sids) else 0, dtype=np.int64)
        self._column[sids] = np.arange(len(sids))
        self._decimals = price_decimals

    def block(
        self, batches: Iterable[pa.RecordBatch], first: int, until: int, room: int = 0
    ) -> Block:
        """Return the bars from `first` to before `until`; others in the batches are left out.

        Parameters
        ----------
        batches
            Columns that the timeline places, sid and `STORED`, in any order.
        room
            Rows to leave free before the bars.
        """
        made = empty(first, until, self._assets, room)
        flat = [it.reshape(-1) for it in made.values]  # views: the rows of a field lie together
        for batch in batches:
            if batch.num_rows:
                self._scatter(batch, flat, first, until)
        return made

    def _scatter(self, batch: pa.RecordBatch, flat: list[Floats], first: int, until: int) -> None:
        bars = self._timeline.place(batch)
        sids = np.frombuffer(batch["sid"].buffers()[1], dtype="<i4")
        columns = self._column[sids[batch["sid"].offset :][: len(bars)]]
        inside = (bars >= first) & (bars < until)
        kept = None if inside.all() else np.flatnonzero(inside)
        place = (bars - first) * self._assets + columns
        place = place if kept is None else place[kept]
        for field, name in enumerate(STORED):
            values = floats(batch[name])
            values = self._price(values) if field != VOLUME else np.nan_to_num(values, copy=False)
            flat[field][place] = values if kept is None else values[kept]

    def _price(self, prices: Floats) -> Floats:
        if self._decimals is not None:
            np.rint(prices * 10.0**self._decimals, out=prices)
            prices *= 10.0**-self._decimals
            prices[prices == 0] = np.nan
        return prices


def no_room() -> int:
    """Return 0, for blocks that begin with their bars."""
    return 0


def empty(first: int, until: int, assets: int, room: int) -> Block:
    """Return a block without any bar, with room before it."""
    made = Block(first, np.empty((len(FIELDS), room + until - first, assets)), room)
    made.values[:] = np.nan
    made.values[VOLUME] = 0.0
    return made


def floats(column: pa.Array) -> Floats:
    """Return a DECIMAL column as the nearest doubles; NaN where it is NULL."""
    if column.type.precision > 18:
        return _parsed(column)
    # The low word of a decimal128 of up to 18 digits is its value; an exact integer over an exact
    # power of ten is rounded once, so the quotient is the nearest double.
    words = np.frombuffer(column.buffers()[1], dtype="<i8")[2 * column.offset :: 2][: len(column)]
    found: Floats = words / 10.0**column.type.scale
    inexact = np.flatnonzero((words > _EXACT) | (words < -_EXACT))
    if len(inexact):  # volumes of some days, say: 90 million shares of eight decimals
        found[inexact] = _parsed(column.take(pa.array(inexact.tolist())))
    if column.null_count:
        found[column.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found


def _parsed(column: pa.Array) -> Floats:
    """Return decimals by way of their text, which is parsed to the nearest double; Arrow's cast is not exact."""
    texts = column.cast(pa.string()).cast(pa.float64())
    return np.array(texts.to_numpy(zero_copy_only=False), dtype=np.float64)
