"""The window of bars that a strategy may see, adjusted as known in the current session.

It holds the rows of the block in hand and some rows before it. A split or dividend is multiplied
into all earlier rows in place, once, when it comes into force; on every other day history is a
slice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rustybt.assets import Asset
from rustybt.finance.actions import Action
from rustybt.simulation.feed import STORED, Block, Floats

FIELDS: Final = (*STORED, "price")  # price: the last close known, however old
_FIELD: Final = {name: number for number, name in enumerate(FIELDS)}

Columns = NDArray[np.intp]
_CLOSE, _VOLUME, _PRICE = (_FIELD[name] for name in ("close", "volume", "price"))


class Panel:
    """Bars of all assets of a bundle around the current session.

    Parameters
    ----------
    assets
        The columns.
    actions
        Splits and dividends by number of session.
    reload
        Yields the blocks of a span of session numbers, for windows longer than what is kept.
    keep
        Rows kept before the block in hand; grows when a longer window is asked for.

    Attributes
    ----------
    version
        Changes whenever a last price may have.
    """

    def __init__(
        self,
        assets: Sequence[Asset],
        actions: Mapping[int, Sequence[Action]],
        reload: Callable[[int, int], Iterator[Block]],
        keep: int,
    ) -> None:
        self.version = 0
        self._assets = assets
        self._column = {asset: number for number, asset in enumerate(assets)}
        self._by_sid = {asset.sid: number for number, asset in enumerate(assets)}
        self._actions = actions
        self._reload = reload
        self._keep = keep
        self._first = 0  # number of the session of row 0
        self._values: Floats = np.empty((len(FIELDS), 0, len(assets)))
        self._until = 0  # rows before it are seen
        self._adjusted = 0  # actions of sessions before this number are in the rows
        nothing: Columns = np.empty(0, dtype=np.intp)
        self._picked: tuple[Sequence[Asset], Columns] = ([], nothing)
        self._held: tuple[Sequence[Asset], Columns] = ([], nothing)

    def load(self, block: Block) -> None:
        """Put a block behind the rows that are kept."""
        kept = self._values[:, -self._keep :] if self._keep else self._values[:, :0]
        if not self._values.shape[1]:
            self._first = block.first
            self._adjusted = block.first
        else:
            self._first = block.first - kept.shape[1]
        last = kept[_PRICE, -1] if kept.shape[1] else np.full(len(self._assets), np.nan)
        self._values = np.concatenate([kept, _with_price(block, last)], axis=1)

    def begin(self, session: int) -> None:
        """Bring the actions of a session into force, and see the rows before it."""
        for action in self._actions.get(session, ()):
            _adjust(self._values, session - self._first, self._by_sid[action.sid], action)
        self._adjusted = session + 1
        self._until = session - self._first
        self.version += 1

    def reveal(self) -> None:
        """See the row of the current session, too."""
        self._until += 1
        self.version += 1

    @property
    def last_session(self) -> int:
        """Number of the last session that is seen."""
        return self._first + self._until - 1

    def column(self, asset: Asset) -> int:
        """Return the column of an asset."""
        return self._column[asset]

    def columns(self, assets: Sequence[Asset]) -> Columns:
        """Return the columns of several assets; asking for the same ones again costs little."""
        if self._picked[0] != assets:
            found = np.array([self._column[it] for it in assets], dtype=np.intp)
            self._picked = (list(assets), found)
        return self._picked[1]

    def value(self, field: str, column: int) -> float:
        """Return one field of one column in the last row seen; NaN if none is."""
        if not self._until:
            return float("nan")
        return float(self._values[_FIELD[field], self._until - 1, column])

    def row(self, field: str, columns: Columns) -> Floats:
        """Return one field of several columns in the last row seen."""
        if not self._until:
            return np.full(len(columns), np.nan)
        row: Floats = self._values[_FIELD[field], self._until - 1].take(columns)
        return row

    def last_prices(self, assets: Sequence[Asset]) -> Floats:
        """Return the last known price of each asset, also past its last session."""
        if self._held[0] is not assets:
            found = np.array([self._column[it] for it in assets], dtype=np.intp)
            self._held = (assets, found)
        return self.row("price", self._held[1])

    def last_price(self, asset: Asset) -> float:
        """Return the last known price of one asset, also past its last session."""
        return self.value("price", self._column[asset])

    def traded(self) -> int:
        """Return how many assets have a close in the last row seen."""
        return int(np.count_nonzero(~np.isnan(self._values[_CLOSE, self._until - 1])))

    def window(self, field: str, columns: Columns | None, rows: int) -> Floats:
        """Return the last rows seen, oldest first, as a copy with C order (rows x columns).

        Parameters
        ----------
        columns
            Columns in their order; all if None.
        rows
            At most as many as there are sessions since the first bar of the bundle.
        """
        if rows > self._until:
            self._grow(rows)
        window = self._values[_FIELD[field], self._until - rows : self._until]
        # A view would show the future through its base, and change with later adjustments.
        return (
            window.copy() if columns is None else np.ascontiguousarray(window.take(columns, axis=1))
        )

    def _grow(self, rows: int) -> None:
        """Read the rows missing in front, adjusted as known in the current session."""
        missing = rows - self._until
        first = self._first - missing
        last = np.full(len(self._assets), np.nan)
        parts = []
        for block in self._reload(first, self._first):
            parts.append(_with_price(block, last))
            last = parts[-1][_PRICE, -1]
        older = np.concatenate(parts, axis=1)
        for session in range(first + 1, self._adjusted):
            for action in self._actions.get(session, ()):
                row = min(session - first, older.shape[1])
                _adjust(older, row, self._by_sid[action.sid], action)
        self._values = np.concatenate([older, self._values], axis=1)
        self._first = first
        self._until += missing
        self._keep = max(self._keep, rows)


def _with_price(block: Block, last: Floats) -> Floats:
    """Return the values of a block with the forward-filled close as one field more."""
    closes = np.vstack([last[None], block.values[_CLOSE]])
    rows = np.where(np.isnan(closes), 0, np.arange(len(closes))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    prices = np.take_along_axis(closes, rows, axis=0)[1:]
    return np.concatenate([block.values, prices[None]])


def _adjust(values: Floats, row: int, column: int, action: Action) -> None:
    """Multiply an action into the rows before `row`, and into prices carried past it."""
    ratio = action.ratio
    if ratio is None or not np.isfinite(ratio) or ratio <= 0:
        return
    values[:_VOLUME, :row, column] *= ratio
    traded = np.flatnonzero(~np.isnan(values[_CLOSE, row:, column]))
    carried = row + int(traded[0]) if len(traded) else values.shape[1]
    values[_PRICE, :carried, column] *= ratio
    if action.kind == "split":
        values[_VOLUME, :row, column] /= ratio
