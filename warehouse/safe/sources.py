"""Gives a sealed session the views that a statement reads, over Arrow data instead of files."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from warehouse import backtests, sqltext
from warehouse.backtests import ARROW, Table
from warehouse.catalog import create_meta
from warehouse.catalog.derived import derived_views
from warehouse.catalog.saved import SCHEMA
from warehouse.catalog.views import datasets_of, shown, views_of
from warehouse.layout import BundleDir, backtests_dir
from warehouse.model import BundleName
from warehouse.safe.guard import View
from warehouse.schema import Dataset, dataset
from warehouse.session import Sealed, Session
from warehouse.snapshots import integrity, log
from warehouse.snapshots.manifest import DataFile, Manifest

META = "meta"


def give_views(
    session: Sealed, root: Path, versions: Mapping[str, int], views: Collection[View]
) -> list[str]:
    """Create the schemas of the named views: bundles and runs over their files, `meta` as tables.

    Returns
    -------
    list[str]
        What is said of stored runs that are damaged, and left out.

    Raises
    ------
    DamageError
        A file of a snapshot is missing or not as committed.
    """
    named: dict[str, set[str]] = {}
    for schema, name in views:
        named.setdefault(schema, set()).add(name)
    meta, runs = named.pop(META, set()), named.pop(backtests.SCHEMA, set())
    for schema in sorted(named):
        place = BundleDir(root, BundleName(schema))
        _give_bundle(session, place, log.read(place, versions[schema]), named[schema])
    if meta:
        _give_meta(session, root, versions, sorted(meta))
    told = (
        it for of in backtests.TABLES if of.name in runs for it in _give_runs(session, root, of)
    )
    return list(dict.fromkeys(told))


def give_saved(session: Sealed, saved: Mapping[str, str]) -> None:
    """Create views of the schema ``pipelines`` from checked texts, each after those that it reads."""
    if saved:
        session.define(sqltext.render("views/schema", schema=SCHEMA))
    for name, text in saved.items():
        session.define(sqltext.render("views/saved", schema=SCHEMA, name=name, text=text))


def _give_bundle(
    session: Sealed, place: BundleDir, manifest: Manifest, views: Collection[str]
) -> None:
    datasets = sorted({it for view in views for it in datasets_of(manifest, view)})
    integrity.require(place, manifest, datasets)
    session.define(sqltext.render("views/schema", schema=manifest.bundle))
    for name in datasets:
        _give_dataset(session, place, dataset(name), manifest.datasets.get(name, {}))
    wanted = {it for view in views for it in views_of(manifest, view)}
    for name, view in derived_views(manifest.datasets).items():
        if name in wanted:
            session.define(view.create(manifest.bundle))


def _give_dataset(
    session: Sealed, place: BundleDir, of: Dataset, files: Mapping[str, DataFile]
) -> None:
    columns, groups = shown(place, of, files)
    view = {"schema": place.bundle, "name": of.name, "columns": columns, "optional": of.optional}
    if not files:
        session.define(sqltext.render("views/dataset", **view, groups=[]))
        return
    sources = []
    for number, paths in enumerate(groups):
        sources.append(f"{place.bundle}.{of.name}.{number}")
        session.give(sources[-1], ds.dataset(paths, format="parquet"))
    session.define(sqltext.render("safe/dataset", **view, sources=sources))


def _give_runs(session: Sealed, root: Path, table: Table) -> list[str]:
    """Give one table of the stored runs; return what is said of damaged ones."""
    session.define(sqltext.render("views/schema", schema=backtests.SCHEMA))
    paths, _, damages = backtests.sound(root, table.name)
    view = {"schema": backtests.SCHEMA, "name": table.name, "columns": table.shown}
    if paths:
        given = f"{backtests.SCHEMA}.{table.name}.given"
        session.give(given, _rows_of(root, table, paths))
        session.define(sqltext.render("safe/stored_runs", **view, given=given))
    else:
        empty = {"stored": table.stored, "files": (), "portable": False}
        session.define(sqltext.render("views/stored_runs", **view, **empty))
    return list(map(str, damages))


def _rows_of(root: Path, table: Table, paths: Sequence[Path]) -> ds.Dataset:
    """Return one table of several runs, each with its id; what a file does not have is NULL."""
    columns = [backtests.ID, *table.stored]
    schema = pa.schema([(it.name, ARROW[it.type]) for it in columns])
    folders = ds.partitioning(pa.schema([schema.field(backtests.ID.name)]), flavor="hive")
    base = os.fspath(backtests_dir(root))
    files = list(map(os.fspath, paths))
    return ds.dataset(
        files, schema, format="parquet", partitioning=folders, partition_base_dir=base
    )


def _give_meta(
    session: Sealed, root: Path, versions: Mapping[str, int], names: Collection[str]
) -> None:
    """Read `meta` in a session of our own, for some of its views read files."""
    ours = Session(threads=1)
    places = [BundleDir(root, BundleName(bundle)) for bundle in sorted(versions)]
    create_meta(ours, [(place, log.read(place, versions[place.bundle])) for place in places])
    session.define(sqltext.render("views/schema", schema=META))
    for name in names:
        relation = {"schema": META, "name": name}
        session.give(f"{META}.{name}", ours.arrow(sqltext.render("safe/rows", **relation)))
        session.define(sqltext.render("safe/given", **relation, source=f"{META}.{name}"))
    ours.close()
