"""The window of bars that a strategy may see, adjusted as known in the current session.

It holds the block of bars in hand and some bars before it. A split or dividend is multiplied into
all earlier bars in place, once, when it comes into force; on every other day history is a slice.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rustybt.assets import Asset
from rustybt.finance.actions import Action
from rustybt.simulation.feed import CLOSE, FIELDS, PRICE, VOLUME, Block, Floats, no_room
from rustybt.simulation.timeline import Timeline

FIELD: Final = {name: number for number, name in enumerate(FIELDS)}

_LOOK_BACK: Final = 64  # bars that are read at once in search of a price

Columns = NDArray[np.intp] | slice


class Blocks(Protocol):
    """Reads bars."""

    def __call__(
        self, first: int, until: int, room: Callable[[], int] = no_room
    ) -> Iterator[Block]:
        """Yield the blocks of a span of bars, each with so much room before it as is told then."""


class Panel:
    """Bars of all assets of a bundle around the current one.

    Parameters
    ----------
    assets
        The columns.
    timeline
        Numbers the bars.
    actions
        Splits and dividends by the number of the session from which on they are in force.
    blocks
        Yields the blocks of a span of bars.
    keep
        Bars kept before the block in hand; grows when a longer window is asked for.

    Attributes
    ----------
    seen
        Number of the bar after the last that is seen; the loop moves it.
    first
        Number of the first bar that is held.
    """

    def __init__(
        self,
        assets: Sequence[Asset],
        timeline: Timeline,
        actions: Mapping[int, Sequence[Action]],
        blocks: Blocks,
        keep: int,
    ) -> None:
        self.timeline = timeline
        self.column = {asset: number for number, asset in enumerate(assets)}
        self.seen = self.first = 0
        self._begins = timeline.begins([it.first_session for it in assets])
        self._by_sid = {asset.sid: number for number, asset in enumerate(assets)}
        self._acting = [
            (timeline.bars(session)[0], action)
            for session in sorted(actions)
            for action in actions[session]
        ]
        self._in_force = 0  # so many of them are multiplied in
        self._blocks = blocks
        self._coming: Iterator[Block] = iter(())
        self._keep = keep
        self._values: Floats = np.empty((len(FIELDS), 0, len(assets)))
        self._picked: dict[int, tuple[Sequence[Asset], Columns]] = {}  # by how many they are

    @property
    def until(self) -> int:
        """Number of the bar after the last that is held."""
        return self.first + int(self._values.shape[1])

    @property
    def version(self) -> int:
        """A number that grows whenever a last price may have changed."""
        return self.seen + self._in_force

    def start(self, bar: int, until: int) -> None:
        """Hold the bars from one on, to before another, as they are reached; nothing held before."""
        self.first = self.seen = bar
        self._values = self._values[:, :0]
        self._coming = self._blocks(bar, until, lambda: int(self._values.shape[1]))
        self._in_force = bisect_right(self._acting, bar, key=lambda it: it[0])

    def reach(self, until: int) -> None:
        """Hold all bars before one, and those before them that are kept."""
        while self.until < until:
            kept = self._values[:, max(self._values.shape[1] - self._keep, 0) :].copy()
            self.first = self.until - kept.shape[1]
            self._values = kept  # the block in hand is freed before the next is read
            block = next(self._coming)
            last = kept[PRICE, -1] if kept.shape[1] else self._before(block, self._in_force)
            _carry_price(block.values, last)
            block.buffer[:, : block.room] = kept
            self._values = block.buffer

    def begin(self, bar: int) -> None:
        """Bring into force what is from a bar on, and see the bars before it."""
        acting = self._acting
        while self._in_force < len(acting) and acting[self._in_force][0] <= bar:
            at, action = acting[self._in_force]
            self._adjust(self._values, max(at - self.first, 0), action)
            self._in_force += 1
        self.seen = bar

    def columns(self, assets: Sequence[Asset]) -> Columns:
        """Return the columns of several assets; asking for the same ones again costs little.

        Raises
        ------
        KeyError
            With the first that is no asset of the bundle.
        """
        known = self._picked.get(len(assets))
        if known is None or known[0] != assets:
            found = np.array([self.column[it] for it in assets], dtype=np.intp)
            known = self._picked[len(assets)] = (list(assets), _as_slice(found))
        return known[1]

    def value(self, field: int, column: int) -> float:
        """Return one field of one column in the last bar seen; NaN if none is."""
        row = self.seen - self.first
        return self._values.item(field, row - 1, column) if row else math.nan

    def row(self, field: int, columns: Columns) -> Floats:
        """Return a copy of one field of several columns in the last bar seen."""
        row = self.seen - self.first
        if not row:
            return np.full(len(self.column), np.nan)[columns]
        found: Floats = self._values[field, row - 1][columns]
        return found.copy() if isinstance(columns, slice) else found

    def last_prices(self, columns: NDArray[np.intp]) -> Floats:
        """Return the last known prices of some columns, also past the last session of their assets."""
        return self.row(PRICE, columns)

    def last_price(self, asset: Asset) -> float:
        """Return the last known price of one asset, also past its last session."""
        return self.value(PRICE, self.column[asset])

    def traded(self, bars: int) -> int:
        """Return how many closes there are in the last bars seen."""
        row = self.seen - self.first
        return int(np.count_nonzero(~np.isnan(self._values[CLOSE, row - bars : row])))

    def window(self, field: int, columns: Columns, bars: int) -> Floats:
        """Return the last bars seen, oldest first, as a copy with C order (bars x columns).

        Parameters
        ----------
        bars
            At most as many as there are since the first bar of the bundle.
        """
        row = self.seen - self.first
        if bars > row:
            self._grow(bars - row)
            row = bars
        window = self._values[field, row - bars : row]
        # A view would show the future through its base, and change with later adjustments.
        if isinstance(columns, slice):
            return window[:, columns].copy()
        return np.ascontiguousarray(window.take(columns, axis=1))

    def _grow(self, missing: int) -> None:
        """Read the bars missing in front, adjusted as known in the current session."""
        first = self.first - missing
        last: Floats | None = None
        parts = []
        for block in self._blocks(first, self.first):
            if last is None:
                in_force = bisect_right(self._acting, first, key=lambda it: it[0])
                last = self._before(block, in_force)
            _carry_price(block.values, last)
            parts.append(block.values)
            last = block.values[PRICE, -1]
        older = np.concatenate(parts, axis=1)
        for at, action in self._acting[: self._in_force]:
            if at > first:
                self._adjust(older, at - first, action)
        later = self._values[PRICE]  # what had no price may have been traded in the older bars
        np.copyto(later, older[PRICE, -1], where=np.isnan(later))
        self._values = np.concatenate([older, self._values], axis=1)
        self.first = first
        self._keep = max(self._keep, self.seen - first)

    def _before(self, block: Block, in_force: int) -> Floats:
        """Return the last prices before a block where it needs them, so many actions multiplied in."""
        prices = np.full(len(self.column), np.nan)
        until = block.first
        wanted = np.isnan(block.values[CLOSE, 0]) & (self._begins < until)
        while wanted.any() and until > 0:
            first = max(until - _LOOK_BACK, 0)
            for part in reversed(list(self._blocks(first, until))):
                _carry_price(part.values, None)
                for at, action in self._acting[:in_force]:
                    if at > part.first:
                        self._adjust(part.values, at - part.first, action)
                found = part.values[PRICE, -1]
                np.copyto(prices, found, where=wanted)
                wanted &= np.isnan(found)
            until = first
            wanted &= self._begins < until
        return prices

    def _adjust(self, values: Floats, row: int, action: Action) -> None:
        """Multiply an action into the rows before `row`, and into prices carried past it."""
        ratio = action.ratio
        if ratio is None or not np.isfinite(ratio) or ratio <= 0:
            return
        column = self._by_sid[action.sid]
        row = min(row, values.shape[1])
        values[:VOLUME, :row, column] *= ratio
        traded = np.flatnonzero(~np.isnan(values[CLOSE, row:, column]))
        carried = row + int(traded[0]) if len(traded) else values.shape[1]
        values[PRICE, :carried, column] *= ratio
        if action.kind == "split":
            values[VOLUME, :row, column] /= ratio


def _carry_price(values: Floats, last: Floats | None) -> None:
    """Fill the last field of a block with the close carried forward, `last` before it."""
    closes, prices = values[CLOSE], values[PRICE]
    prices[:] = closes
    missing = np.isnan(closes)
    if not missing.any():
        return
    if last is not None and len(prices):
        prices[0] = np.where(missing[0], last, prices[0])
        missing[0] = False
    gaps = np.flatnonzero(missing.any(axis=0))
    rows = np.where(missing[:, gaps], 0, np.arange(len(closes))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    prices[:, gaps] = np.take_along_axis(prices[:, gaps], rows, axis=0)


def _as_slice(columns: NDArray[np.intp]) -> Columns:
    """Return columns that follow each other as a slice, which is cheaper to take."""
    if len(columns) and (np.diff(columns) == 1).all():
        return slice(int(columns[0]), int(columns[-1]) + 1)
    return columns
