"""A table in memory as a source: what a network adapter fetched, or a user has."""

from dataclasses import dataclass
from typing import Any

from rustybt.data.sources.columns import find_columns
from rustybt.data.sources.source import Reading, Reject, Staging, time_form, told_actions
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

    def stage(self, staging: Staging) -> Reading:
        """Add all rows to a staging.

        Raises
        ------
        ColumnsError
            A required column is missing, the symbols too.
        ColumnTypeError
            A column has a type that cannot be what it is named.
        """
        staging.session.load("fetched", self.rows)
        names = [name for name, _ in staging.session.rows(sqltext.load("ingest/fetched_types"))]
        columns = find_columns(self.name, names, adjusted=self.actions_from, symbol=True)
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
        rows = staging.gather() + len(rejects)
        return Reading(rows, rejects, told_actions(columns))
