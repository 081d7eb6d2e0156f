"""The views of one bundle over the files of one snapshot."""

import os
from collections.abc import Iterable, Mapping

from warehouse import sqltext
from warehouse.errors import DamageError
from warehouse.layout import BundleDir
from warehouse.schema import BASIC, Column, Dataset, dataset
from warehouse.session import Session
from warehouse.snapshots.manifest import DataFile, Manifest

ADJUSTED = "Daily bars adjusted for all later splits and dividends, as known at the last session"
_ADJUSTED_UNIT = {
    "open": "First price, trade currency, adjusted; DOUBLE",
    "high": "Highest price, trade currency, adjusted; DOUBLE",
    "low": "Lowest price, trade currency, adjusted; DOUBLE",
    "close": "Last price, trade currency, adjusted; DOUBLE",
    "volume": "Units traded, adjusted for splits; DOUBLE",
}


def create_bundle(session: Session, place: BundleDir, manifest: Manifest) -> None:
    """Create the schema of a bundle with a commented view of every dataset.

    Raises
    ------
    DamageError
        A file of the snapshot is missing or has another size than committed.
    """
    require_files(place, manifest)
    session.execute(sqltext.render("views/schema", schema=manifest.bundle))
    for name in sorted({*BASIC, *manifest.datasets}):
        of = dataset(name)
        create_dataset(session, place, manifest.bundle, of, manifest.datasets.get(name, {}))
        comment(session, manifest.bundle, name, of.comment, of.columns)
    if "bars_1d" in manifest.datasets:
        session.execute(sqltext.render("views/bars_1d_adjusted", schema=manifest.bundle))
        comment(session, manifest.bundle, "bars_1d_adjusted", ADJUSTED, adjusted_columns())


def create_dataset(
    session: Session, place: BundleDir, schema: str, of: Dataset, files: Mapping[str, DataFile]
) -> None:
    """Create or replace the view of one dataset over its files."""
    wide = {name for file in files.values() for name in file.wide}
    groups: dict[tuple[str, ...], list[str]] = {}
    for _, file in sorted(files.items()):
        groups.setdefault(file.wide, []).append(os.fspath(place.data / file.path))
    session.execute(
        sqltext.render(
            "views/dataset",
            schema=schema,
            name=of.name,
            columns=of.typed(wide),
            groups=list(groups.values()),
        )
    )


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


def require_files(place: BundleDir, manifest: Manifest) -> None:
    """Refuse a snapshot of which a file is missing or has another size than committed.

    Raises
    ------
    DamageError
        Names the file.
    """
    for _, _, file in manifest.files():
        path = place.data / file.path
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise DamageError(path, f"it is missing from snapshot {manifest.version}") from None
        if size != file.size:
            raise DamageError(path, f"expected {file.size} bytes, found {size}")


def adjusted_columns() -> list[Column]:
    """Return the columns of ``bars_1d_adjusted`` with their units."""
    return [
        Column(it.name, it.type, _ADJUSTED_UNIT.get(it.name, it.comment))
        for it in dataset("bars_1d").columns
    ]
