"""A small adapter of the tests: a source that counts, with a script of what happens to each symbol."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from rustybt.data.adapters import DataAdapter, Page, Reach, Request, frame
from rustybt.data.resolutions import step_of
from rustybt.errors import SourceError

ROWS = 5  # of a page
_FIRST = datetime.fromisoformat("2024-01-01")


@dataclass(frozen=True)
class Ladder(DataAdapter):
    """The close of a bar is its number since 2024; `known` symbols end by their error, if any.

    An error comes instead of the page of that number.
    """

    known: Mapping[str, tuple[int, SourceError] | None] = field(default_factory=dict)
    told: tuple[tuple[Any, ...], ...] = ()
    reach: timedelta | None = None
    lacking: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def name(self) -> str:
        return "ladder"

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {}

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        return {"1h": Reach(self.reach), "1d": Reach(), "1w": Reach()}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Open"]:
        yield _Open(self)


@dataclass(frozen=True)
class _Open:
    ladder: Ladder

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SourceError]:
        return {it: it.upper() for it in symbols}

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        step, number = step_of(request.resolution), 1
        begins = [request.start]
        while begins[-1] + step < request.until:
            begins.append(begins[-1] + step)
        for first in range(0, len(begins), ROWS):
            page = begins[first : first + ROWS]
            fault = self.ladder.known[symbol]
            if fault is not None and fault[0] == number:
                raise fault[1]
            closes = [(it - _FIRST) // step for it in page]
            rows = frame.bars(symbol, page, dict.fromkeys(frame.PRICES, closes))
            actions = frame.actions(symbol, self.ladder.told)
            why = "it lost them" if self.ladder.lacking else ""
            yield Page(rows, page[-1] + step, actions, self.ladder.lacking, why)
            number += 1

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        return frame.assets({"symbol": it, "currency": "USD"} for it in symbols)
