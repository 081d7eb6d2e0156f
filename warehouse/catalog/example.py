"""Builds ``catalog.duckdb.example``: the shapes of the views, with ten sessions of two assets.

A view over Parquet needs its files, so the example holds tables; the names, types and comments are
those of any bundle.
"""

from pathlib import Path

from warehouse import sqltext
from warehouse.catalog.build import require_replaceable
from warehouse.catalog.derived import derived_views
from warehouse.catalog.views import comment
from warehouse.schema import dataset
from warehouse.session import Session

SCHEMA = "example"
_TABLES = ("assets", "former_symbols", "sessions", "adjustments", "bars_1d")


def build_example(target: Path) -> None:
    """Write the example database, in place of one that is there.

    Parameters
    ----------
    target
        The file. It is replaced in one step, so a reader sees the old one or the new one.

    Raises
    ------
    CatalogError
        There is a file that is no database.
    """
    require_replaceable(target)
    scratch = target.with_name(f".{target.name}.new")
    scratch.unlink(missing_ok=True)
    session = Session(database=scratch)
    try:
        session.execute(sqltext.load("catalog/example_schema"))
        for name in _TABLES:
            session.execute(sqltext.load(f"catalog/example_{name}"))
            of = dataset(name)
            comment(session, SCHEMA, name, of.comment, of.columns, table=True)
        for view in derived_views(_TABLES).values():
            session.execute(view.create(SCHEMA))
            comment(session, SCHEMA, view.name, view.comment, view.columns)
    finally:
        session.close()
    scratch.replace(target)
