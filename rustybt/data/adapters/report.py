"""What came of a request: the frames, and for each symbol how it ended and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from rustybt.data.adapters.frame import ACTIONS

Ending = Literal["complete", "partial", "empty", "not found", "rate limited", "failed"]
Stretch = tuple[datetime, datetime]  # half open, UTC
_SHOWN = 3


@dataclass(frozen=True)
class Page:
    """Some rows of one symbol, in their order.

    Parameters
    ----------
    rows
        Of the schema of the resolution; none twice, none outside the request.
    until
        All rows that begin before it, and are wanted, were given by now.
    actions
        Splits and dividends, if the source tells any; the same may come with several pages.
    missing
        Stretches that the source can not give, for the `reason`.
    reason
        Why rows are missing, or what was found about them, as a sentence.
    gaps
        Stretches in which the source has no bar, and so nothing was traded.
    """

    rows: pl.DataFrame
    until: datetime
    actions: pl.DataFrame | None = None
    missing: tuple[Stretch, ...] = ()
    reason: str = ""
    gaps: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class SymbolReport:
    """What came of one symbol.

    Parameters
    ----------
    symbol
        As it was asked for.
    ending
        ``complete``: all that the source has of the span. ``partial``: some of it, `missing` says what
        is not there. ``empty``: the source knows the symbol and has no rows of the span. ``not
        found``: it does not know the symbol. ``rate limited``: it wanted fewer requests for longer than
        was waited. ``failed``: it could not be read.
    name
        As the rows write the symbol.
    rows
        That came.
    reason
        Why it is not complete, or what was found of gaps, as sentences.
    missing
        Stretches of the span that are not there, half open.
    gaps
        Stretches of the span in which the source has no bar, and so nothing was traded; half open.
    """

    symbol: str
    ending: Ending
    name: str = ""
    rows: int = 0
    reason: str = ""
    missing: tuple[Stretch, ...] = ()
    gaps: tuple[Stretch, ...] = ()

    @property
    def text(self) -> str:
        """All of it in one line."""
        lacks = f"; missing: {shown(self.missing)}" if self.missing else ""
        quiet = f"; {quiet_text(self.gaps)}" if self.gaps else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.symbol}: {self.ending}, {self.rows:,} rows{lacks}{quiet}{why}"


@dataclass(frozen=True)
class FetchReport:
    """What came of each symbol of a request, in the order of the request."""

    source: str
    symbols: tuple[SymbolReport, ...]

    @property
    def lacking(self) -> Sequence[SymbolReport]:
        """Those that are not complete."""
        return tuple(it for it in self.symbols if it.ending != "complete")

    @property
    def text(self) -> str:
        """A line for each symbol."""
        return "\n".join(it.text for it in self.symbols)


@dataclass(frozen=True)
class Fetched:
    """The answer of `fetch_all`.

    Parameters
    ----------
    bars
        All rows that came, by symbol and time, in the schema of `rustybt.data.adapters.BARS`, or of
        `rustybt.data.adapters.TRADES` for ticks.
    actions
        Splits and dividends, in the schema of `rustybt.data.adapters.ACTIONS`.
    report
        What came of each symbol.
    """

    bars: pl.DataFrame
    actions: pl.DataFrame
    report: FetchReport

    @property
    def complete(self) -> bool:
        """Whether every symbol is complete."""
        return not self.report.lacking


def shown(stretches: Sequence[Stretch]) -> str:
    """Return the first of some stretches in words, and how many more there are."""
    spans = [f"{start} to {until}" for start, until in stretches[:_SHOWN]]
    if len(stretches) > _SHOWN:
        spans.append(f"{len(stretches) - _SHOWN:,} more")
    return ", ".join(spans)


def quiet_text(gaps: Sequence[Stretch]) -> str:
    """Say in which stretches there is no bar."""
    return f"no bar in {len(gaps):,} stretches: {shown(gaps)}"


def no_actions() -> pl.DataFrame:
    """Return a frame of actions without rows."""
    return pl.DataFrame(schema=dict(ACTIONS))
