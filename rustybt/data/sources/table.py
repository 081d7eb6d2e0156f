"""A table in memory as a source: what a network adapter fetched, or a user has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rustybt.data.sources.columns import Columns, find_columns
from rustybt.data.sources.source import Reading, Reject, time_form, told_actions
from rustybt.data.sources.span import Outcome
from rustybt.data.sources.staging import Staging
from warehouse import sqltext


@dataclass(frozen=True)
class TableSource:
    """Rows in memory as a source of bars.

    Parameters
    ----------
    name
        Tells the rows in reports and lineage.
    rows
        An Arrow table, or a stream of Arrow batches (``__arrow_c_stream__``), with a column of
        symbols; columns are found by the names that files may have.
    actions_from
        Name of a column of adjusted closes, from which splits and dividends are derived.
    """

    name: str
    rows: Any
    actions_from: str | None = None

    @property
    def parameters(self) -> None:
        """None: rows in memory are gone with the process."""
        return

    def symbols(self) -> None:
        """Return None: the rows were not read yet."""
        return

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it.

        Raises
        ------
        ColumnsError
            A required column is missing, the symbols too.
        ColumnTypeError
            A column has a type that cannot be what it is named.
        """
        rejects, columns = self.add(staging)
        rows = staging.gather() + len(rejects)
        return Reading(rows, rejects, told_actions(columns), outcomes=tuple(outcomes_of(staging)))

    def add(self, staging: Staging) -> tuple[tuple[Reject, ...], Columns]:
        """Add the rows as one part; return those that cannot be taken, and where its columns stand.

        Raises as `stage` does.
        """
        staging.session.load("fetched", self.rows)
        names = [name for name, _ in staging.session.rows(sqltext.load("ingest/fetched_types"))]
        columns = find_columns(
            self.name, names, adjusted=self.actions_from, symbol=True, fields=staging.fields
        )
        incoming = sqltext.render(
            "ingest/incoming_table",
            file=self.name,
            table="fetched",
            columns=[(k, names[i]) for k, i in columns.found.items()],
        )
        staging.session.execute(incoming)
        types = dict(staging.session.rows(sqltext.load("ingest/types")))
        values = [value for (value,) in staging.session.rows(sqltext.load("ingest/first_times"))]
        form = time_form(self.name, types["at"], values)
        rejects = tuple(Reject.of(it) for it in staging.add(incoming, form, files=[self.name]))
        return rejects, columns


def outcomes_of(staging: Staging) -> Iterator[Outcome]:
    """Yield what came of each symbol that was wanted or found; after `Staging.gather`."""
    counts, span = staging.counts(), staging.span
    for symbol in counts if span.symbols is None else span.symbols:
        taken, refused = counts.get(symbol, (0, 0))
        if refused:
            yield Outcome(symbol, "partial", taken, "rows of it were rejected")
        else:
            yield Outcome(symbol, "complete" if taken else "not found", taken)
