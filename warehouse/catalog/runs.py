"""The schema `backtests`: every table of the stored runs, as one view over all that are sound."""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from warehouse import backtests, sqltext
from warehouse.backtests import TABLES, Table
from warehouse.catalog.views import comment
from warehouse.errors import DamageError
from warehouse.session import Session

log = logging.getLogger(__name__)


class StoredRuns:
    """The views of the stored runs in one session; not for two threads at once.

    Parameters
    ----------
    session
        In which the views are created.
    root
        Of the warehouse.
    """

    def __init__(self, session: Session, root: Path) -> None:
        self._session = session
        self._root = root
        self._shown: dict[str, Sequence[str]] = {}  # files by table, as the views have them
        self._told: set[str] = set()

    def show(self, tables: Collection[str]) -> None:
        """Create or replace the views: those of the named tables over what is sound now.

        What is left out of them is logged once as a warning. The others are there too, as they were
        when they were named last.
        """
        for table in TABLES:
            files = self._shown.get(table.name, ())
            if table.name in tables:
                _, files, damages = backtests.sound(self._root, table.name)
                self._tell(damages)
            if self._shown.get(table.name) != files:
                create_runs(self._session, table, files)
                self._shown[table.name] = files

    def _tell(self, damages: Sequence[DamageError]) -> None:
        for told in map(str, damages):
            if told not in self._told:
                log.warning("A stored run is left out: %s", told)
                self._told.add(told)


def create_runs(
    session: Session, table: Table, files: Sequence[str], *, portable: bool = False
) -> None:
    """Create or replace the view of one table.

    Parameters
    ----------
    session
        Where.
    table
        Of the stored runs.
    files
        As `backtests.sound` gives them.
    portable
        Whether DuckDB 1 shall be able to read the view.
    """
    session.execute(sqltext.render("views/schema", schema=backtests.SCHEMA))
    view = {"schema": backtests.SCHEMA, "name": table.name, "columns": table.shown}
    told = sqltext.render(
        "views/stored_runs", **view, stored=table.stored, files=files, portable=portable
    )
    session.execute(told)
    columns = (backtests.ID, *table.columns)
    comment(session, backtests.SCHEMA, table.name, table.comment, columns)
