"""The schema `meta`: which bundles, snapshots and files there are."""

import os
from collections.abc import Iterable

from warehouse import sqltext
from warehouse.catalog.views import comment
from warehouse.layout import BundleDir
from warehouse.schema import Column
from warehouse.session import Session
from warehouse.snapshots import log
from warehouse.snapshots.manifest import Manifest

Held = tuple[BundleDir, Manifest]

_FILES = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version that is open here"),
    Column("dataset", "VARCHAR", "Dataset"),
    Column("partition", "VARCHAR", "Span of the file: all, a year or a month"),
    Column("path", "VARCHAR", "Where it lies"),
    Column("rows", "BIGINT", "Rows"),
    Column("size", "BIGINT", "Bytes"),
    Column("sha256", "VARCHAR", "SHA-256 at commit, hex"),
    Column("first", "VARCHAR", "First value of its time column, ISO; empty if it has none"),
    Column("last", "VARCHAR", "Last value of its time column, ISO; empty if it has none"),
)
_BUNDLES = (
    Column("bundle", "VARCHAR", "Name, also of its schema"),
    Column("snapshot", "BIGINT", "Version that is open here"),
    Column("sha256", "VARCHAR", "SHA-256 of its manifest, hex"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("calendar", "VARCHAR", "Exchange calendar, such as XNYS or 24/7"),
    Column("rows", "BIGINT", "Stored bars, all resolutions together"),
    Column("size", "BIGINT", "Bytes of all files"),
    Column("first_session", "DATE", "Date of the first stored bar"),
    Column("last_session", "DATE", "Date of the last stored bar"),
)
_SNAPSHOTS = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version, from 1"),
    Column("sha256", "VARCHAR", "SHA-256 of its manifest, hex"),
    Column("parent", "VARCHAR", "SHA-256 of the manifest before; empty in the first"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("txn", "VARCHAR", "Transaction that made it"),
    Column("lineage", "JSON", "Source, parameters and versions"),
)


def create_meta(session: Session, held: Iterable[Held]) -> None:
    """Create `meta.bundles`, `meta.snapshots` and `meta.data_files`.

    Snapshots are read from the log when they are asked for, so that opening does not grow with
    history.
    """
    held = tuple(held)
    session.execute(sqltext.render("views/schema", schema="meta"))
    _fill(session, "meta_data_files", _FILES, [row for it in held for row in _files(*it)])
    _fill(session, "meta_heads", _BUNDLES[:5], [_bundle(m) for _, m in held])
    session.execute(sqltext.load("views/meta_data_files"))
    session.execute(sqltext.load("views/meta_bundles"))
    manifests = [os.fspath(place.manifest(v)) for place, _ in held for v in log.versions(place)]
    session.execute(sqltext.render("views/meta_snapshots", manifests=manifests))
    comment(session, "meta", "data_files", "One row per Parquet file", _FILES)
    comment(session, "meta", "bundles", "One row per bundle", _BUNDLES)
    comment(session, "meta", "snapshots", "One row per committed state of a bundle", _SNAPSHOTS)


def _files(place: BundleDir, manifest: Manifest) -> Iterable[tuple[object, ...]]:
    for name, partition, file in manifest.files():
        path = os.fspath(place.data / file.path)
        yield (
            manifest.bundle, manifest.version, name, partition, path,
            file.rows, file.size, file.sha256, file.first, file.last,
        )  # fmt: skip


def _bundle(manifest: Manifest) -> tuple[object, ...]:
    created_at = manifest.created_at.replace(tzinfo=None)
    return (manifest.bundle, manifest.version, manifest.sha256, created_at, manifest.calendar)


def _fill(
    session: Session, name: str, columns: tuple[Column, ...], rows: list[tuple[object, ...]]
) -> None:
    values = [list(it) for it in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    session.execute(sqltext.render("views/meta_table", name=name, columns=columns), values)
