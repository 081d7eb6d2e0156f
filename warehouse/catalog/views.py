"""The views of one bundle over the files of one snapshot."""

import os
from collections.abc import Iterable, Mapping

from warehouse import sqltext
from warehouse.catalog.derived import derived_views
from warehouse.catalog.macros import macros
from warehouse.layout import BundleDir
from warehouse.schema import BASIC, Column, Dataset, Types, dataset
from warehouse.session import Session
from warehouse.snapshots import integrity
from warehouse.snapshots.manifest import DataFile, Manifest


def create_bundle(session: Session, place: BundleDir, manifest: Manifest) -> None:
    """Create the schema of a bundle with every view.

    Raises
    ------
    DamageError
        A file of the snapshot is not as committed.
    """
    integrity.require(place, manifest, manifest.datasets)
    for name in names(manifest):
        create_view(session, place, manifest, name)


def relations(manifest: Manifest) -> list[str]:
    """Return the views that a snapshot has, each after those it is built on."""
    return [*sorted({*BASIC, *manifest.datasets}), *derived_views(manifest.datasets)]


def names(manifest: Manifest) -> list[str]:
    """Return the views and the macros that a snapshot has, each after those it is built on."""
    return [*relations(manifest), *macros(manifest.datasets)]


def datasets_of(manifest: Manifest, view: str) -> set[str]:
    """Return the datasets that a view or macro of a snapshot reads, by itself or through others."""
    of = manifest.datasets
    return views_of(manifest, view) - derived_views(of).keys() - macros(of).keys()


def views_of(manifest: Manifest, view: str) -> set[str]:
    """Return a view or macro and the views it reads, by itself or through others."""
    of = manifest.datasets
    known = derived_views(of).get(view) or macros(of).get(view)
    behind = (views_of(manifest, it) for it in known.reads) if known else ()
    return {view}.union(*behind)


def create_view(session: Session, place: BundleDir, manifest: Manifest, name: str) -> None:
    """Create or replace one commented view or macro, and the schema of the bundle if it is new."""
    schema = manifest.bundle
    session.execute(sqltext.render("views/schema", schema=schema))
    macro = macros(manifest.datasets).get(name)
    if macro is not None:
        session.execute(macro.create(schema))
        told = {"schema": schema, "name": name, "comment": macro.comment}
        session.execute(sqltext.render("views/macro_comment", **told))
        return
    derived = derived_views(manifest.datasets).get(name)
    if derived is not None:
        session.execute(derived.create(schema))
        comment(session, schema, name, derived.comment, derived.columns)
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
