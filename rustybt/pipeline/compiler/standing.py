"""Where the rows of a spine stand, and which of them come out.

Each asset has a row for each of its sessions, one after the other, behind a pad or not, and is alive in its last
ones. So a few numbers of each asset tell where a row stands, and no sort has to.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.streaming import PAD
from rustybt.pipeline.vocabulary.nanmath import Values

_KEYS: Final = ("sid", "s", "k", "alive")
_DENSE: Final = 0.5  # of the cells: where fewer come out they are not worth their memory
_STORED: Final = 16  # files of rows whose blocks are kept
_AT_ONCE: Final = 500_000  # rows of a file that are looked at, so that its memory does not grow

_Part: TypeAlias = tuple[Values, ...]  # sid, s, k and alive of some rows


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
    def of(cls, rows: Mapping[str, pa.ChunkedArray]) -> "Blocks":
        """Return those of rows with sid, s, k and alive that are sorted, dense and padded."""
        return _counted([tuple(numbers(rows[it]) for it in _KEYS)])

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
    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows != rows:
            raise RowOrderError(str(path))
        parts = (
            tuple(numbers(part[it]) for it in _KEYS)
            for part in file.iter_batches(_AT_ONCE, columns=[*_KEYS])
        )
        return _counted(_in_order(parts, path))


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


def _in_order(parts: Iterable[_Part], path: Path) -> Iterator[_Part]:
    """Yield parts of rows if each follows the one before as `statement` would prove it."""
    last = (-(2**31), 0, 0)
    for part in parts:
        sid, s, k = (np.append(it, now) for it, now in zip(last, part[:3], strict=True))
        same = sid[1:] == sid[:-1]
        next_session = (np.diff(s) == 1) & (np.diff(k) == 1)
        next_asset = (sid[1:] > sid[:-1]) & (k[1:] == -PAD)
        if not np.where(same, next_session, next_asset).all():
            raise RowOrderError(str(path))
        last = sid[-1], s[-1], k[-1]
        yield part


def _counted(parts: Iterable[_Part]) -> Blocks:
    sids, starts, sessions, living = [], [], [], []
    pads: list[Values] = []
    row = count = 0
    last_sid = last_session = -(2**31)
    for sid, s, k, alive in parts:
        begins = np.flatnonzero(np.append(last_sid, sid[:-1]) != sid)
        sids.append(sid[begins])
        starts.append(row + begins)
        pads.append(row + begins[k[begins] < 0])
        sessions.append(np.append(last_session, s)[begins])
        living.append(count + np.append(0, np.cumsum(alive, dtype="i8"))[begins])
        row += len(sid)
        count += int(np.count_nonzero(alive))
        if len(sid):
            last_sid, last_session = sid[-1], s[-1]
    before = np.append(np.concatenate(living), count)
    first, pad = np.concatenate(starts), np.concatenate(pads)
    return Blocks(
        np.concatenate(sids),
        first,
        np.append(first[1:], row)[: len(first)] - 1,
        np.append(np.concatenate(sessions)[1:], last_session)[: len(first)],
        np.diff(before).astype("i4"),
        int(pad[0]) if len(pad) else 0,
    )


def numbers(values: pa.ChunkedArray | pa.Array) -> Values:
    """Return a column without missing values as an array."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    found: Values = whole.to_numpy(zero_copy_only=False)
    return found
