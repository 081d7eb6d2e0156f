"""The market of a bundle whose bars are kept in blocks, so that they can be asked for in any order."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from typing_extensions import override

from rustybt.data.cache import CacheManager
from rustybt.simulation.feed import FIELDS, STORED, Block
from rustybt.simulation.market import Bars, Market
from rustybt.simulation.timeline import Timeline
from warehouse import Warehouse

_CELLS: Final = 50_000  # of one field in one block


class CachedMarket(Market):
    """A market that reads its bars through a cache.

    Parameters
    ----------
    warehouse, bundle
        Open warehouse, and the name of the bundle.
    cache
        Keeps the blocks, by snapshot, resolution and span.
    """

    def __init__(self, warehouse: Warehouse, bundle: str, cache: CacheManager) -> None:
        super().__init__(warehouse, bundle)
        self.cache = cache
        self.key = f"bars/{warehouse.snapshot(self.bundle).sha256}"

    @override
    def _bars_of(
        self, timeline: Timeline, query: str, held: tuple[date, date] | None
    ) -> "CachedBars":
        return CachedBars(self, timeline, query, held)


class CachedBars(Bars):
    """Bars that are read in blocks of the same sessions every time, each once."""

    _market: CachedMarket

    @override
    def blocks(self, first: int, until: int) -> Iterator[Block]:
        """Yield copies of a span of bars, cut where the kept blocks end."""
        timeline, session = self.timeline, self.timeline.session(first)
        while first < until:
            begin, beyond = self._sessions(session)
            start, end = timeline.bars(begin)[0], timeline.bars(beyond - 1)[1]
            yield self._block(self._kept(start, end), start, first, min(until, end))
            first, session = min(until, end), beyond

    def _sessions(self, session: int) -> tuple[int, int]:
        """Return the sessions of the block of one."""
        a_session = max(self.timeline.count // max(len(self._market.labels), 1), 1)
        length = max(_CELLS // max(len(self._market.assets) * a_session, 1), 1)
        begin = session - session % length
        return begin, min(begin + length, len(self._market.labels))

    def _kept(self, first: int, until: int) -> pl.DataFrame:
        """Return the bars of a block as a frame, one column a field, assets going fastest."""
        market = self._market
        key = f"{market.key}/{self.timeline.resolution}/{first}/{until}"
        return market.cache.get_or_fetch(key, partial(self._read, first, until))

    def _block(self, kept: pl.DataFrame, start: int, first: int, until: int) -> Block:
        """Return a copy of some bars of a block that begins with bar `start`."""
        assets = len(self._market.assets)
        values = np.full((len(FIELDS), until - first, assets), np.nan)
        for number, name in enumerate(STORED):
            bars = kept[name].to_numpy()[(first - start) * assets : (until - start) * assets]
            values[number] = bars.reshape(until - first, assets)
        return Block(first, values)

    def _read(self, first: int, until: int) -> pl.DataFrame:
        parts = [it.values[: len(STORED)] for it in super().blocks(first, until)]
        values = np.concatenate(parts, axis=1)
        return pl.DataFrame({name: it.ravel() for name, it in zip(STORED, values, strict=True)})
