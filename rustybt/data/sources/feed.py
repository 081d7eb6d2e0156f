"""Sources that answer one symbol at a time: the protocol of network adapters.

An adapter yields Arrow batches and says how a symbol ended; typing, rejects, workers and the commit
are done for it.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pyarrow as pa

from rustybt.data.sources.source import Reading
from rustybt.data.sources.span import Outcome, Span
from rustybt.data.sources.staging import Staging
from rustybt.data.sources.table import TableSource
from rustybt.errors import SourceError, WrongRowsError

Batches = Generator[pa.RecordBatch, None, Outcome]


class Feed(Protocol):
    """Answers the bars of one symbol; pickled when worker processes read it."""

    @property
    def name(self) -> str:
        """The feed in words, without secrets."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any] | None:
        """As `Source.parameters`."""
        ...

    def symbols(self) -> list[str] | None:
        """As `Source.symbols`."""
        ...

    def bars(self, symbol: str, span: Span) -> Batches:
        """Yield the rows of one symbol, and return its `Outcome`.

        Batches have one schema, with columns named as those of a file; a column of symbols may be
        left out. Rows outside the span are left out later, so a feed may yield whole pages. Text and
        decimals are taken exactly; see `FileSource` for binary floats.

        Raises
        ------
        SourceError
            The symbol cannot be read; the others still are.
        """
        ...


@dataclass(frozen=True)
class FeedSource:
    """A feed as a source of bars."""

    feed: Feed

    @property
    def name(self) -> str:
        """That of the feed."""
        return self.feed.name

    @property
    def parameters(self) -> Mapping[str, Any] | None:
        """Those of the feed."""
        return self.feed.parameters

    def symbols(self) -> list[str] | None:
        """Return those of the feed."""
        return self.feed.symbols()

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it, symbol by symbol.

        Raises
        ------
        WrongRowsError
            The feed yielded rows of another symbol than it was asked for, or of unlike columns.
        """
        span = staging.span
        tables, outcomes = [], []
        for symbol in span.symbols or self.symbols() or ():
            try:
                rows, outcome = self._bars(symbol, span)
            except SourceError as error:
                outcomes.append(Outcome(symbol, "failed", reason=str(error)))
                continue
            outcomes.append(outcome)
            if rows.num_rows and outcome.ending != "failed":
                tables.append(rows)
        if not tables:
            return Reading(0, outcomes=tuple(outcomes))
        try:
            fetched = pa.concat_tables(tables)
        except pa.ArrowInvalid as error:
            raise WrongRowsError(self.name, f"expected batches of one schema ({error})") from error
        reading = TableSource(self.name, fetched).stage(staging)
        found = {it.symbol: it for it in reading.outcomes}
        return replace(reading, outcomes=tuple(_counted(it, found) for it in outcomes))

    def _bars(self, symbol: str, span: Span) -> tuple[pa.Table, Outcome]:
        batches = []
        answer = self.feed.bars(symbol, span)
        while True:
            try:
                batches.append(next(answer))
            except StopIteration as end:
                outcome = end.value
                break
        if not isinstance(outcome, Outcome) or outcome.symbol != symbol:
            raise WrongRowsError(self.name, f"expected the outcome of {symbol}, found {outcome!r}")
        rows = pa.Table.from_batches(batches) if batches else pa.table({})
        if "symbol" not in rows.column_names:
            return rows.append_column(
                "symbol", pa.array([symbol] * len(rows), pa.string())
            ), outcome
        others = set(rows["symbol"].unique().to_pylist()) - {symbol}
        if others:
            raise WrongRowsError(
                self.name, f"expected rows of {symbol}, found {sorted(map(str, others))}"
            )
        return rows, outcome


def _counted(outcome: Outcome, found: Mapping[str, Outcome]) -> Outcome:
    """Return the outcome that a feed told with what the typing made of it."""
    if outcome.symbol not in found or outcome.ending == "failed":
        return outcome
    typed = found[outcome.symbol]
    if typed.ending == "partial":
        return typed
    ending = "empty" if outcome.ending == "complete" and not typed.rows else outcome.ending
    return replace(outcome, ending=ending, rows=typed.rows)
