"""The market of a bundle whose bars are kept in blocks, so that they can be asked for in any order."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from typing_extensions import override

from rustybt.data.cache import CacheManager
from rustybt.simulation.feed import STORED, Block, empty, no_room
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

    def block(self, timeline: Timeline, session: int) -> tuple[int, int]:
        """Return the sessions, first and until, of the block in which the bars of one are kept."""
        a_session = max(timeline.count // max(len(self.labels), 1), 1)
        length = max(_CELLS // max(len(self.assets) * a_session, 1), 1)
        begin = session - session % length
        return begin, min(begin + length, len(self.labels))

    @override
    def _bars_of(
        self, timeline: Timeline, query: str, held: tuple[date, date] | None
    ) -> "CachedBars":
        return CachedBars(self, timeline, query, held)


class CachedBars(Bars):
    """Bars that are read in blocks of the same sessions every time, each once."""

    _market: CachedMarket

    @override
    def blocks(self, first: int, until: int, room: Callable[[], int] = no_room) -> Iterator[Block]:
        """Yield copies of a span of bars, cut where the kept blocks end."""
        timeline, session = self.timeline, self.timeline.session(first)
        assets = len(self._market.assets)
        while first < until:
            begin, beyond = self._market.block(timeline, session)
            start, end = timeline.bars(begin)[0], timeline.bars(beyond - 1)[1]
            kept, space = self._kept(start, end), room()
            yield self._block(kept, start, empty(first, min(until, end), assets, space))
            first, session = min(until, end), beyond

    def _kept(self, first: int, until: int) -> pl.DataFrame:
        """Return the bars of a block as a frame, one column a field, assets going fastest."""
        market = self._market
        key = f"{market.key}/{self.timeline.resolution}/{first}/{until}"
        return market.cache.get_or_fetch(key, partial(self._read, first, until))

    def _block(self, kept: pl.DataFrame, start: int, block: Block) -> Block:
        """Return a block, with copies in it of the bars of a kept one that begins with bar `start`."""
        _, bars, assets = block.values.shape
        begin = (block.first - start) * assets
        for values, name in zip(block.values, STORED, strict=False):
            found = kept[name].to_numpy()[begin : begin + bars * assets]
            values[:] = found.reshape(bars, assets)
        return block

    def _read(self, first: int, until: int) -> pl.DataFrame:
        parts = [it.values[: len(STORED)] for it in super().blocks(first, until)]
        values = np.concatenate(parts, axis=1)
        return pl.DataFrame({name: it.ravel() for name, it in zip(STORED, values, strict=True)})
