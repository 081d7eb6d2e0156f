"""The schema `meta`: which bundles, snapshots and files there are, where they came from, how good they are."""

import json
import os
from collections.abc import Iterable, Sequence

from warehouse import sqltext
from warehouse.catalog.checks import checks
from warehouse.catalog.quality import content_of
from warehouse.catalog.views import comment
from warehouse.layout import BundleDir
from warehouse.schema import QUALITY, Column
from warehouse.session import Session
from warehouse.snapshots import integrity, log
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
_LINEAGE = (
    Column("bundle", "VARCHAR", "Bundle"),
    Column("snapshot", "BIGINT", "Version that came of it"),
    Column("created_at", "TIMESTAMP", "Commit, UTC"),
    Column("source", "VARCHAR", "Source in words, without secrets; NULL if no source was read"),
    Column("adapter", "VARCHAR", "Class that read it"),
    Column("parameters", "JSON", "With which parameters, without secrets"),
    Column("fetched_at", "TIMESTAMP", "When reading began, UTC"),
    Column("rows", "BIGINT", "Rows of the source"),
    Column("rejected", "BIGINT", "Rows of it that were not taken"),
    Column("versions", "JSON", "Versions of the packages that read and wrote"),
    Column(
        "inputs",
        "STRUCT(path VARCHAR, size BIGINT, sha256 VARCHAR)[]",
        "Files that were read, with bytes and SHA-256, hex",
    ),
)
_CHECKS = (
    Column("kind", "VARCHAR", "Name, a file of sql/checks"),
    Column("layer", "VARCHAR", "schema, ohlcv, temporal or precision"),
    Column(
        "severity", "VARCHAR", "error, warn or info, unless the policy of a bundle says otherwise"
    ),
    Column("subject", "VARCHAR", "bars, daily, sessions, intraday or actions"),
    Column("at_ingest", "BOOLEAN", "Whether each row is judged when it is ingested, too"),
    Column("parameters", "JSON", "Thresholds"),
    Column("meaning", "VARCHAR", "What an offending row is"),
    Column("number", "BIGINT", "Order"),
)
_JUDGED = (
    Column("bundle", "VARCHAR", ""),
    Column("snapshot", "BIGINT", ""),
    Column("dataset", "VARCHAR", ""),
    Column("content", "VARCHAR", ""),
    Column("record", "VARCHAR", ""),
)
_SUBJECTS = (Column("dataset", "VARCHAR", ""), Column("kind", "VARCHAR", ""))
_RECORDED = {it.name: it for it in QUALITY.columns}
_QUALITY = (
    *_SNAPSHOTS[:1],
    Column("snapshot", "BIGINT", "Version that is open here"),
    *(_RECORDED[it] for it in ("dataset", "kind")),
    _CHECKS[1],
    *(_RECORDED[it] for it in ("severity", "verdict", "found", "rows")),
    _CHECKS[6],
    *(_RECORDED[it] for it in ("sample", "checked_at")),
)
_VERDICTS = (
    *_QUALITY[:3],
    Column("verdict", "VARCHAR", "passed, failed or not checked, of all checks together"),
    Column("errors", "BIGINT", "Rows found by checks of severity error; NULL if none was run"),
    Column("warnings", "BIGINT", "Rows found by checks of severity warn; NULL if none was run"),
    Column("infos", "BIGINT", "Rows found by checks of severity info; NULL if none was run"),
    Column("checked_at", "TIMESTAMP", "When, UTC; NULL if not checked"),
)


def create_meta(session: Session, held: Iterable[Held]) -> None:
    """Create `meta.bundles`, `snapshots`, `data_files`, `lineage`, `checks`, `quality` and `verdicts`.

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
    session.execute(sqltext.load("views/meta_lineage"))
    comment(session, "meta", "lineage", "One row per snapshot: where its rows came from", _LINEAGE)
    _create_quality(session, held)


def _create_quality(session: Session, held: tuple[Held, ...]) -> None:
    judged = [row for it in held for row in _judged(*it)]
    datasets = sorted({dataset for _, _, dataset, _, _ in judged})
    subjects = [(name, it.name) for name in datasets for it in checks() if it.judges(name)]
    _fill(session, "meta_checks", _CHECKS, _checks())
    _fill(session, "meta_subjects", _SUBJECTS, subjects)
    _fill(session, "meta_judged", _JUDGED, judged)
    records = sorted({record for *_, record in judged if record})
    session.execute(sqltext.load("views/meta_checks"))
    session.execute(sqltext.render("views/meta_quality", files=records))
    session.execute(sqltext.load("views/meta_verdicts"))
    comment(session, "meta", "checks", "One row per check", _CHECKS[:-1])
    comment(session, "meta", "quality", "One row per bundle, dataset and check", _QUALITY)
    comment(session, "meta", "verdicts", "One row per bundle and dataset of bars", _VERDICTS)


def _checks() -> list[tuple[object, ...]]:
    return [
        (
            it.name, it.layer, it.severity, it.subject, it.scope == "row",
            json.dumps(it.parameters), it.meaning, number,
        )
        for number, it in enumerate(checks())
    ]  # fmt: skip


def _judged(place: BundleDir, manifest: Manifest) -> Iterable[tuple[str, int, str, str, str]]:
    """Yield the datasets of bars, each with its content and the file of the record, if it is sound."""
    entries = [it for it in manifest.files() if it[0] == QUALITY.name]
    damaged = any(True for _ in integrity.damages(place, manifest, entries))
    record = "" if damaged or not entries else os.fspath(place.data / entries[0][2].path)
    for name in sorted(manifest.datasets):
        if name.startswith("bars_"):
            yield manifest.bundle, manifest.version, name, content_of(manifest, name), record


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
