"""Where the rows of a spine stand, and which of them come out.

Each asset has a row for each of its sessions, one after the other, behind a pad or not, and is alive in its last
ones. So a few numbers of each asset tell where a row stands, and no sort has to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.streaming import PAD
from rustybt.pipeline.vocabulary.nanmath import Values

_KEYS: Final = ("sid", "s", "k", "alive")
_DENSE: Final = 0.5  # of the cells: where fewer come out they are not worth their memory
_STORED: Final = 16  # files of rows whose blocks are kept


@dataclass(frozen=True)
class Blocks:
    """The rows of each asset.

    Parameters
    ----------
    sids
        Of the assets.
    starts, lasts
        First and last row of each asset.
    last_sessions
        Number of the session of the last row of each asset.
    living
        How many of its last rows each asset is alive in.
    pad
        A row of a pad; any where there is none.
    """

    sids: Values
    starts: Values
    lasts: Values
    last_sessions: Values
    living: Values
    pad: int

    @classmethod
    def of(cls, rows: Mapping[str, pa.ChunkedArray], cut: int | None = None) -> "Blocks":
        """Return those of rows with sid, s, k and alive.

        `cut` is the session at which an asset may begin without a pad; None if the order is proven.

        Raises
        ------
        RowOrderError
            The rows are not sorted, dense and padded.
        """
        sid, s, k, alive = (numbers(rows[it]) for it in _KEYS)
        if cut is not None and not _in_order(sid, s, k, cut):
            raise RowOrderError("rows of the spine")
        starts = np.append(0, np.flatnonzero(sid[1:] != sid[:-1]) + 1)[: len(sid)]
        lasts = np.append(starts[1:], len(sid))[: len(starts)] - 1
        living = np.add.reduceat(alive, starts, dtype="i4") if len(starts) else starts
        padded = starts[k[starts] < 0]
        pad = int(padded[0]) if len(padded) else 0
        return cls(sid[starts], starts, lasts, s[lasts], living, pad)

    def standing(self, first: int, until: int) -> "Standing":
        """Return which rows come out of sessions by number, half open."""
        ends = np.minimum(self.last_sessions + 1, until)
        begins = np.maximum(self.last_sessions + 1 - self.living, first)
        labels = np.arange(first, until, dtype="i4")[:, None]
        return Standing(self, first, (labels >= begins) & (labels < ends))


@lru_cache(_STORED)
def blocks_of(path: Path, rows: int) -> Blocks:
    """Return those of the rows that are stored in a file, which has pads and so many rows.

    Raises
    ------
    RowOrderError
        The rows are not sorted, dense and padded.
    """
    table = pq.read_table(path, columns=[*_KEYS])
    if len(table) != rows:
        raise RowOrderError(str(path))
    return Blocks.of(dict(zip(_KEYS, table.select(_KEYS).columns, strict=True)), cut=-PAD)


@dataclass(frozen=True)
class Standing:
    """Which rows come out.

    Parameters
    ----------
    blocks
        The rows.
    first
        Number of the first session that comes out.
    there
        Whether a row comes out, of shape (sessions, assets).
    """

    blocks: Blocks
    first: int
    there: Values

    @cached_property
    def _offsets(self) -> Values:
        """What makes the number of a session that of the row of an asset."""
        found: Values = (self.blocks.lasts - self.blocks.last_sessions).astype("i4")
        return found

    def keys(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Return session, sid (a dictionary) and place of the rows that come out, by session and sid."""
        every = np.arange(len(self.blocks.sids), dtype="i4")
        assets = np.broadcast_to(every, self.there.shape)[self.there]
        labels = np.arange(self.first, self.first + len(self.there), dtype="i4")
        numbers = np.repeat(labels, np.count_nonzero(self.there, axis=1))
        sids = pa.DictionaryArray.from_arrays(pa.array(assets), pa.array(self.blocks.sids))
        return pa.array(numbers), sids, pa.array(self._offsets[assets] + numbers)

    def places(self) -> Values:
        """Return the place of each row that comes out, by session and sid."""
        labels = np.arange(self.first, self.first + len(self.there), dtype="i4")[:, None]
        found: Values = (self._offsets + labels)[self.there]
        return found

    def cells(self, sessions_before: int) -> pa.Array:
        """Return the row of each cell, from so many sessions before the first that comes out."""
        begin = self.first - sessions_before
        labels = np.arange(begin, self.first + len(self.there), dtype="i4")[:, None]
        rows = labels + self._offsets
        rows[(rows < self.blocks.starts) | (rows > self.blocks.lasts)] = self.blocks.pad
        return pa.array(rows.ravel())

    @cached_property
    def numbers_of_cells(self) -> tuple[Values, Values]:
        """The numbers of all cells of the sessions that come out, and of those that do."""
        cells = np.arange(self.there.size, dtype="i4")
        return cells, cells if self.there.all() else cells[self.there.ravel()]

    def is_dense(self) -> bool:
        """Return whether about as many rows come out as there are cells."""
        return is_dense(int(np.count_nonzero(self.there)), self.there.size)


def is_dense(rows: int, cells: int) -> bool:
    """Return whether so many rows are worth laying out in so many cells."""
    return rows > _DENSE * cells


def _in_order(sid: Values, s: Values, k: Values, cut: int) -> bool:
    """Return whether rows are those that `statement` would prove."""
    next_asset = np.append(True, sid[1:] > sid[:-1])[: len(sid)]
    next_session = np.append(False, (np.diff(s) == 1) & (np.diff(k) == 1))[: len(sid)]
    same = np.append(False, sid[1:] == sid[:-1])[: len(sid)]
    return bool(((same & next_session) | (next_asset & ((k == -PAD) | (s == cut)))).all())


def numbers(values: pa.ChunkedArray) -> Values:
    """Return a column without missing values as an array."""
    found: Values = values.combine_chunks().to_numpy(zero_copy_only=False)
    return found
