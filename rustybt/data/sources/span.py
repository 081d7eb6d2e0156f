"""What is asked of a source, and what came of it for each symbol.

Apart from the sources, because the coordinator of an ingest cuts a span without knowing what reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from rustybt.data.resolutions import Resolution

Ending = Literal["complete", "partial", "empty", "not found", "failed"]


@dataclass(frozen=True)
class Span:
    """The rows that are wanted of a source.

    Parameters
    ----------
    symbols
        As the source writes them; all that it has if None.
    first, until
        Days in UTC, half open; None where the span has no such end.
    resolution
        What a row is, one of `rustybt.data.resolutions.RESOLUTIONS`.
    """

    symbols: tuple[str, ...] | None = None
    first: date | None = None
    until: date | None = None
    resolution: Resolution = "1d"

    @property
    def told(self) -> str:
        """The days in words, such as `` from 2024-01-02 on``; empty where there is no bound."""
        since = "" if self.first is None else f" from {self.first} on"
        return since if self.until is None else f"{since} before {self.until}"

    def of(self, symbols: Sequence[str]) -> "Span":
        """Return the same days of these symbols."""
        return replace(self, symbols=tuple(symbols))

    def cut(self, pieces: int) -> list["Span"]:
        """Return the span as at most so many of about equal counts of symbols, in their order."""
        if self.symbols is None or len(self.symbols) <= 1:
            return [self]
        count = min(pieces, len(self.symbols))
        ends = [i * len(self.symbols) // count for i in range(count + 1)]
        return [self.of(self.symbols[a:b]) for a, b in pairwise(ends)]


@dataclass(frozen=True)
class Outcome:
    """What came of one symbol.

    Parameters
    ----------
    ending
        ``complete``: all that the source has of the span. ``partial``: some of it, `reason` says what
        is missing. ``empty``: the source knows the symbol and has no rows of the span. ``not found``:
        it does not know the symbol. ``failed``: nothing was taken, `reason` says why.
    rows
        Rows that were taken.
    """

    symbol: str
    ending: Ending
    rows: int = 0
    reason: str = ""

    @property
    def lost(self) -> bool:
        """Whether nothing of the symbol could be taken, though it was asked for."""
        return self.ending in ("failed", "not found")
