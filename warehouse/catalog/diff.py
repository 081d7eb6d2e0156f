"""Compares two snapshots of a bundle, row by row, reading only the partitions that differ."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from warehouse import sqltext
from warehouse.catalog.views import create_dataset
from warehouse.layout import BundleDir
from warehouse.schema import dataset
from warehouse.session import Session
from warehouse.snapshots import integrity
from warehouse.snapshots.manifest import Manifest

_MEMORY = "500MB"  # more is spilled


def diff(place: BundleDir, before: Manifest, after: Manifest, *, rows: bool) -> pa.Table:
    """Return how `after` differs from `before`; see `warehouse.Warehouse.diff`.

    Raises
    ------
    DamageError
        A file that differs is not as committed.
    """
    with tempfile.TemporaryDirectory(prefix="rustybt-diff-") as folder:
        session = Session(memory_limit=_MEMORY, spill_dir=Path(folder))
        try:
            session.execute(sqltext.load("queries/diff_none"))
            for schema in ("before", "after"):
                session.execute(sqltext.render("views/schema", schema=schema))
            for name in sorted({*before.datasets, *after.datasets}):
                _compare(session, place, name, {"before": before, "after": after})
            return session.arrow(sqltext.load(f"queries/diff_{'rows' if rows else 'counts'}"))
        finally:
            session.close()


def _compare(session: Session, place: BundleDir, name: str, states: Mapping[str, Manifest]) -> None:
    old, new = (
        {it: f.sha256 for it, f in m.datasets.get(name, {}).items()} for m in states.values()
    )
    other = {it for it in old.keys() | new.keys() if old.get(it) != new.get(it)}
    if not other:
        return
    of = dataset(name)
    for schema, manifest in states.items():
        files = {it: f for it, f in manifest.datasets.get(name, {}).items() if it in other}
        for damage in integrity.damages(place, manifest, [(name, *it) for it in files.items()]):
            raise damage
        create_dataset(session, place, schema, of, files)
    session.execute(sqltext.render("queries/diff", name=name, names=of.names, key=of.key))
