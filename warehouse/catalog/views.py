"""The views of one bundle over the files of one snapshot."""

import os
from collections.abc import Iterable, Mapping

from warehouse import sqltext
from warehouse.layout import BundleDir
from warehouse.schema import BASIC, Column, Dataset, Types, dataset
from warehouse.session import Session
from warehouse.snapshots import integrity
from warehouse.snapshots.manifest import DataFile, Manifest

ADJUSTED_VIEW = "bars_1d_adjusted"
ADJUSTED = "Daily bars adjusted for all later splits and dividends, as known at the last session"
_ADJUSTED_UNIT = {
    "open": "First price, trade currency, adjusted; DOUBLE",
    "high": "Highest price, trade currency, adjusted; DOUBLE",
    "low": "Lowest price, trade currency, adjusted; DOUBLE",
    "close": "Last price, trade currency, adjusted; DOUBLE",
    "volume": "Units traded, adjusted for splits; DOUBLE",
}


def create_bundle(session: Session, place: BundleDir, manifest: Manifest) -> None:
    """Create the schema of a bundle with every view.

    Raises
    ------
    DamageError
        A file of the snapshot is not as committed.
    """
    integrity.require(place, manifest, manifest.datasets)
    for name in relations(manifest):
        create_view(session, place, manifest, name)


def relations(manifest: Manifest) -> list[str]:
    """Return the views that a snapshot has, each after those it is built on."""
    built = [ADJUSTED_VIEW] if "bars_1d" in manifest.datasets else []
    return sorted({*BASIC, *manifest.datasets}) + built


def datasets_of(view: str) -> tuple[str, ...]:
    """Return the datasets that a view reads."""
    return ("bars_1d", "adjustments") if view == ADJUSTED_VIEW else (view,)


def create_view(session: Session, place: BundleDir, manifest: Manifest, name: str) -> None:
    """Create or replace one commented view, and the schema of the bundle if it is new."""
    schema = manifest.bundle
    session.execute(sqltext.render("views/schema", schema=schema))
    if name == ADJUSTED_VIEW:
        session.execute(sqltext.render("views/bars_1d_adjusted", schema=schema))
        comment(session, schema, name, ADJUSTED, adjusted_columns())
        return
    of = dataset(name)
    create_dataset(session, place, schema, of, manifest.datasets.get(name, {}))
    comment(session, schema, name, of.comment, of.columns)


def create_dataset(
    session: Session, place: BundleDir, schema: str, of: Dataset, files: Mapping[str, DataFile]
) -> None:
    """Create or replace the view of one dataset over its files."""
    columns, groups = shown(place, of, files)
    session.execute(
        sqltext.render(
            "views/dataset",
            schema=schema,
            name=of.name,
            columns=columns,
            groups=groups,
            optional=of.optional,
        )
    )


def shown(
    place: BundleDir, of: Dataset, files: Mapping[str, DataFile]
) -> tuple[tuple[Column, ...], list[list[str]]]:
    """Return a dataset's columns as a view shows them, and its files, those of the same types together."""
    groups: dict[Types, list[str]] = {}
    for _, file in sorted(files.items()):
        groups.setdefault(file.types, []).append(os.fspath(place.data / file.path))
    wide = {name for file in files.values() for name in file.wide}
    return of.typed(wide), list(groups.values())


def comment(
    session: Session,
    schema: str,
    name: str,
    text: str,
    columns: Iterable[Column],
    *,
    table: bool = False,
) -> None:
    """Write what a view or table and its columns mean into DuckDB's own catalog."""
    session.execute(
        sqltext.render(
            "views/comments", schema=schema, name=name, comment=text, columns=columns, table=table
        )
    )


def adjusted_columns() -> list[Column]:
    """Return the columns of ``bars_1d_adjusted`` with their units."""
    return [
        Column(it.name, it.type, _ADJUSTED_UNIT.get(it.name, it.comment))
        for it in dataset("bars_1d").columns
    ]
