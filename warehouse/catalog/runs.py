"""The schema `backtests`: every table of the stored runs, as one view over all of them."""

import glob
import os
from pathlib import Path

from warehouse import backtests, sqltext
from warehouse.catalog.views import comment
from warehouse.session import Session


def create_runs(session: Session, root: Path, *, empty: bool) -> None:
    """Create or replace the views.

    Parameters
    ----------
    session
        Where.
    root
        Of the warehouse.
    empty
        Whether there is no run yet: then the views are without rows until they are made again.
    """
    session.execute(sqltext.render("views/schema", schema=backtests.SCHEMA))
    for table in backtests.TABLES:
        pattern = backtests.files_of(Path(glob.escape(os.fspath(root))), table.name)
        session.execute(
            sqltext.render(
                "views/stored_runs",
                schema=backtests.SCHEMA,
                name=table.name,
                columns=[(table.derived.get(it.name, it.name), it) for it in table.columns],
                files="" if empty else os.fspath(pattern),
            )
        )
        columns = (backtests.ID, *table.columns)
        comment(session, backtests.SCHEMA, table.name, table.comment, columns)
