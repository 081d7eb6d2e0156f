"""The checks over a snapshot as it is stored, the record of what they found, and the policy."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rustybt.data.quality.policy import Policy
from rustybt.data.quality.report import Finding, QualityReport
from rustybt.data.quality.run import run, show
from warehouse import BundleName, Snapshot, Transaction, Warehouse, sqltext
from warehouse.catalog import create_bundle
from warehouse.catalog.quality import content_of
from warehouse.layout import BundleDir
from warehouse.schema import holds_market
from warehouse.session import Session

_MEMORY = "1GB"  # more is spilled


def check(wh: Warehouse, bundle: str) -> QualityReport:
    """Run the checks over all bars of a bundle, at the snapshot that is open; writes nothing.

    Raises
    ------
    UnknownBundleError
        No bundle has the name.
    """
    snapshot = wh.snapshot(bundle)
    findings: list[Finding] = []
    with _session(wh, snapshot) as session:
        policy = _policy(session, snapshot, schema=snapshot.bundle)
        for name, partitions in sorted(snapshot.datasets.items()):
            if holds_market(name):
                show(session, snapshot.bundle, name)
                rows = sum(file.rows for file in partitions.values())
                content = content_of(snapshot.datasets, name)
                findings += run(session, name, policy, rows=rows, content=content)
    now = datetime.now(UTC).replace(tzinfo=None)
    return QualityReport(snapshot.bundle, snapshot.version, now, tuple(findings))


def record(wh: Warehouse, report: QualityReport) -> Snapshot:
    """Commit what the checks found as a new snapshot, unless it is known; the bars stay as they are.

    If the bundle moved on meanwhile the record is of older bars, and ``meta.quality`` says of the
    newer ones that they were not checked.
    """
    with wh.begin(report.bundle) as txn:
        known = _known(txn, report)
        if known is not None:
            return known
        txn.replace("quality", report.stored())
        return txn.commit({**_lineage(txn), "checked": report.snapshot, "verdict": report.verdict})


def _known(txn: Transaction, report: QualityReport) -> Snapshot | None:
    """Return the head if it records the same findings about the same content."""
    if txn.head is None or "quality" not in txn.head.datasets:
        return None
    recorded = txn.session.arrow(sqltext.load("quality/recorded"))
    found = report.stored().select(recorded.column_names)
    order = [("dataset", "ascending"), ("kind", "ascending")]
    return txn.head if recorded.equals(found.sort_by(order)) else None


def policy_of(wh: Warehouse, bundle: str) -> Policy:
    """Return the policy of a bundle at the snapshot that is open."""
    snapshot = wh.snapshot(bundle)
    with _session(wh, snapshot) as session:
        return _policy(session, snapshot, schema=snapshot.bundle)


def policy_in(txn: Transaction) -> Policy:
    """Return the policy of the bundle that a transaction writes to."""
    if txn.head is None:
        return Policy(txn.calendar)
    return _policy(txn.session, txn.head, schema="main")


def set_policy(wh: Warehouse, bundle: str, settings: Mapping[str, str]) -> Policy:
    """Store settings of a bundle as a new snapshot; an empty value takes one back.

    Raises
    ------
    PolicyError
        There is no such setting, or it cannot have the value.
    """
    wh.snapshot(bundle)
    with wh.begin(bundle) as txn:
        policy = policy_in(txn).with_settings(settings)
        if txn.replace("policy", policy.stored()):
            txn.commit({**_lineage(txn), "policy": dict(settings)})
    return policy


def _lineage(txn: Transaction) -> Mapping[str, Any]:
    # The rows stay, so where they came from is said on.
    return txn.head.lineage if txn.head else {}


def _policy(session: Session, snapshot: Snapshot, *, schema: str) -> Policy:
    if "policy" not in snapshot.datasets:
        return Policy(snapshot.calendar)
    rows = session.rows(sqltext.render("quality/policy", schema=schema))
    return Policy.of_rows(snapshot.calendar, rows)


@contextmanager
def _session(wh: Warehouse, snapshot: Snapshot) -> Iterator[Session]:
    with tempfile.TemporaryDirectory(prefix="rustybt-quality-") as folder:
        session = Session(memory_limit=_MEMORY, spill_dir=Path(folder))
        try:
            create_bundle(session, BundleDir(wh.root, BundleName(snapshot.bundle)), snapshot)
            yield session
        finally:
            session.close()
