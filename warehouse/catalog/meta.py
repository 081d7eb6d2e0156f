"""The schema `meta`: which bundles, snapshots and files there are, where they came from, how good they are."""

import json
import os
from collections.abc import Iterable, Sequence

from warehouse import sqltext
from warehouse.catalog import columns
from warehouse.catalog.checks import checks
from warehouse.catalog.quality import content_of
from warehouse.catalog.views import comment
from warehouse.layout import BundleDir
from warehouse.schema import QUALITY, Column, holds_market
from warehouse.session import Session
from warehouse.snapshots import integrity, log
from warehouse.snapshots.manifest import Manifest

Held = tuple[BundleDir, Manifest]


def create_meta(session: Session, held: Iterable[Held]) -> None:
    """Create `meta.bundles`, `snapshots`, `data_files`, `lineage`, `checks`, `quality` and `verdicts`.

    Snapshots are read from the log when they are asked for, so that opening does not grow with
    history.
    """
    held = tuple(held)
    session.execute(sqltext.render("views/schema", schema="meta"))
    _fill(session, "meta_data_files", columns.FILES, [row for it in held for row in _files(*it)])
    _fill(session, "meta_heads", columns.BUNDLES[:5], [_bundle(m) for _, m in held])
    session.execute(sqltext.load("views/meta_data_files"))
    session.execute(sqltext.load("views/meta_bundles"))
    manifests = [os.fspath(place.manifest(v)) for place, _ in held for v in log.versions(place)]
    session.execute(sqltext.render("views/meta_snapshots", manifests=manifests))
    comment(session, "meta", "data_files", "One row per Parquet file", columns.FILES)
    comment(session, "meta", "bundles", "One row per bundle", columns.BUNDLES)
    comment(
        session, "meta", "snapshots", "One row per committed state of a bundle", columns.SNAPSHOTS
    )
    session.execute(sqltext.load("views/meta_lineage"))
    comment(
        session,
        "meta",
        "lineage",
        "One row per snapshot: where its rows came from",
        columns.LINEAGE,
    )
    _create_quality(session, held)


def _create_quality(session: Session, held: tuple[Held, ...]) -> None:
    judged = [row for it in held for row in _judged(*it)]
    datasets = sorted({dataset for _, _, dataset, _, _ in judged})
    subjects = [(name, it.name) for name in datasets for it in checks() if it.judges(name)]
    _fill(session, "meta_checks", columns.CHECKS, _checks())
    _fill(session, "meta_subjects", columns.SUBJECTS, subjects)
    _fill(session, "meta_judged", columns.JUDGED, judged)
    records = sorted({record for *_, record in judged if record})
    session.execute(sqltext.load("views/meta_checks"))
    session.execute(sqltext.render("views/meta_quality", files=records))
    session.execute(sqltext.load("views/meta_verdicts"))
    comment(session, "meta", "checks", "One row per check", columns.CHECKS[:-1])
    comment(session, "meta", "quality", "One row per bundle, dataset and check", columns.QUALITY)
    comment(session, "meta", "verdicts", "One row per bundle and dataset of bars", columns.VERDICTS)


def _checks() -> list[tuple[object, ...]]:
    return [
        (
            it.name, it.layer, it.severity, it.subject, it.scope == "row",
            json.dumps(it.parameters), it.meaning, number,
        )
        for number, it in enumerate(checks())
    ]  # fmt: skip


def _judged(place: BundleDir, manifest: Manifest) -> Iterable[tuple[str, int, str, str, str]]:
    """Yield the datasets of bars and trades, each with its content and the file of the record, if it is sound."""
    entries = [it for it in manifest.files() if it[0] == QUALITY.name]
    damaged = any(True for _ in integrity.damages(place, manifest, entries))
    record = "" if damaged or not entries else os.fspath(place.data / entries[0][2].path)
    for name in sorted(manifest.datasets):
        if holds_market(name):
            yield (
                manifest.bundle,
                manifest.version,
                name,
                content_of(manifest.datasets, name),
                record,
            )


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
    session: Session, name: str, columns: tuple[Column, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    values = [list(it) for it in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    session.execute(sqltext.render("views/meta_table", name=name, columns=columns), values)
