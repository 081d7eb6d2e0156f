"""From which day on two snapshots of a bundle differ, reading only the partitions that do."""

from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import date

from warehouse import sqltext
from warehouse.catalog.views import create_dataset
from warehouse.layout import BundleDir
from warehouse.schema import dataset
from warehouse.session import Session
from warehouse.snapshots import integrity
from warehouse.snapshots.manifest import Manifest


def first_changes(
    place: BundleDir, before: Manifest, after: Manifest, datasets: Mapping[str, Collection[str]]
) -> dict[str, date]:
    """Return the first day on which each dataset differs; those that do not are left out.

    Parameters
    ----------
    place
        The bundle.
    before, after
        The snapshots, in any order.
    datasets
        Columns that count, for each dataset that has a session. Of ``assets`` all do, and the day is
        the last session before which they are alike.

    Raises
    ------
    DamageError
        A file that differs is not as committed.
    """
    other = [it for it in datasets if _differing(it, before, after)]
    if not other:
        return {}
    with closing(Session(spill_dir=None)) as session:
        for schema, manifest in (("before", before), ("after", after)):
            session.execute(sqltext.render("views/schema", schema=schema))
            for name in other:
                wanted = _differing(name, before, after)
                files = {k: f for k, f in manifest.datasets.get(name, {}).items() if k in wanted}
                entries = [(name, *it) for it in files.items()]
                for damage in integrity.damages(place, manifest, entries):
                    raise damage
                create_dataset(session, place, schema, dataset(name), files)
        found = {name: session.rows(_query(name, datasets[name]))[0][0] for name in other}
    return {name: day for name, day in found.items() if day is not None}


def _query(name: str, columns: Collection[str]) -> str:
    if name == "assets":
        return sqltext.load("queries/first_change_of_assets")
    return sqltext.render("queries/first_change", name=name, columns=columns)


def _differing(name: str, before: Manifest, after: Manifest) -> set[str]:
    old, new = (
        {k: f.sha256 for k, f in it.datasets.get(name, {}).items()} for it in (before, after)
    )
    return {it for it in old.keys() | new.keys() if old.get(it) != new.get(it)}
