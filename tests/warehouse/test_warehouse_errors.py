"""Every error of the tree is drawn, and raised by what its text says."""

import os
import re

import pytest

import warehouse
from warehouse import config, errors, sqltext
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.safe.limits import Limits
from warehouse.snapshots import lease

TREE = {
    name: cls
    for name, cls in vars(errors).items()
    if isinstance(cls, type) and issubclass(cls, errors.WarehouseError)
}
DRAWN = dict(re.findall(r"[─ ] ?(\w+Error)\b +(?:(\w+Error):)?", errors.__doc__))


def rows(wh, bars, *days: str, bundle: str = "eq"):
    txn = wh.begin(bundle, calendar="XNYS")
    txn.upsert("bars_1d", bars([(day, 0, 1) for day in days]))
    return txn


def refuse_text(wh, bars):
    sqltext.load("nowhere/nothing")


def refuse_name(wh, bars):
    wh.begin("../x")


def refuse_bundle(wh, bars):
    wh.snapshot("eq")


def refuse_version(wh, bars):
    with rows(wh, bars, "2020-01-02") as txn:
        txn.commit()
    wh.at(snapshot=2)


def refuse_bare_version(wh, bars):
    wh.at(snapshot=1)


def refuse_instant(wh, bars):
    wh.at(as_of="yesterday")


def refuse_schema(wh, bars):
    rows(wh, bars, "2020-01-02", "2020-01-02")


def refuse_query(wh, bars):
    wh.sql("SELEC 1")


def refuse_root(wh, bars):
    wh.root.write_text("")
    warehouse.open(wh.root)


def refuse_damage(wh, bars):
    with rows(wh, bars, "2020-01-02") as txn:
        txn.commit()
    for path in wh.root.rglob("*.parquet"):
        path.unlink()
    wh.sql("FROM eq.bars_1d")


def refuse_conflict(wh, bars):
    with rows(wh, bars, "2020-01-02") as first, rows(wh, bars, "2020-01-02") as second:
        first.commit()
        second.commit()


def refuse_ended(wh, bars):
    with rows(wh, bars, "2020-01-02") as txn:
        txn.commit()
    txn.upsert("bars_1d", bars([]))


def refuse_locked(wh, bars):
    place = BundleDir(wh.root, BundleName("eq"))
    place.path.mkdir(parents=True)
    lock = lease.commit_lock(place)
    try:
        lease.commit_lock(place, seconds=0)
    finally:
        lock.release()


def refuse_setting(wh, bars):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_CACHE_SIZE_MB", "much")
        config.load()


def refuse_network_root(wh, bars):
    from warehouse.snapshots import filesystem

    device = wh.root.parent.stat().st_dev
    mounts = wh.root.parent / "mountinfo"
    mounts.write_text(f"1 1 {os.major(device)}:{os.minor(device)} / / rw - nfs4 host:/ rw\n")
    filesystem.refuse_network(wh.root, mounts=mounts)


def refuse_safe_query(wh, bars):
    with warehouse.open(wh.root, safe=True) as safe:
        safe.sql("SELECT getenv('HOME')")


def refuse_catalog(wh, bars):
    in_the_way = wh.root.parent / "file"
    in_the_way.touch()
    wh.build_catalog(in_the_way / "catalog.duckdb")


def refuse_saved_view(wh, bars):
    wh.save_view("no name", "SELECT 1")


def refuse_run(wh, bars):
    wh.remove_run("never-stored")


def refuse_limits(wh, bars):
    warehouse.open(wh.root, safe=True, limits=Limits(max_rows=0))


CASES = {
    errors.ConfigError: refuse_setting,
    errors.CatalogError: refuse_catalog,
    errors.SavedViewError: refuse_saved_view,
    errors.RunNameError: refuse_run,
    errors.SqlTextError: refuse_text,
    errors.BundleNameError: refuse_name,
    errors.UnknownBundleError: refuse_bundle,
    errors.UnknownSnapshotError: refuse_version,
    errors.AmbiguousSnapshotError: refuse_bare_version,
    errors.InstantError: refuse_instant,
    errors.SchemaError: refuse_schema,
    errors.QueryError: refuse_query,
    errors.SafeSqlError: refuse_safe_query,
    errors.SafeLimitError: refuse_limits,
    errors.RootError: refuse_root,
    errors.NetworkFileSystemError: refuse_network_root,
    errors.DamageError: refuse_damage,
    errors.ConflictError: refuse_conflict,
    errors.EndedError: refuse_ended,
    errors.LockedError: refuse_locked,
}
PARENTS = {errors.WarehouseError, errors.SnapshotError}


def test_every_error_is_drawn() -> None:
    assert {f"{name}" for name in re.findall(r"\w+Error", errors.__doc__)} >= set(TREE)


def test_every_drawn_error_exists() -> None:
    builtin = {"ValueError", "LookupError"}
    assert set(re.findall(r"\w+Error", errors.__doc__)) - builtin == set(TREE)


@pytest.mark.parametrize("cls", TREE.values(), ids=TREE.keys())
def test_the_builtin_parent_is_as_drawn(cls: type) -> None:
    builtin = next((it.__name__ for it in (ValueError, LookupError) if issubclass(cls, it)), None)
    (line,) = [
        it for it in errors.__doc__.splitlines() if re.search(rf"\b{cls.__name__}\b(?!:)", it)
    ]
    drawn = re.search(r"(\w+Error):", line)
    assert (drawn[1] if drawn else None) == builtin


def test_every_error_has_a_case() -> None:
    assert CASES.keys() | PARENTS == set(TREE.values())


@pytest.mark.parametrize(("cls", "case"), CASES.items(), ids=[it.__name__ for it in CASES])
def test_raised(wh, bars, cls: type, case) -> None:
    with pytest.raises(cls) as caught:
        case(wh, bars)
    assert type(caught.value) is cls
    assert str(caught.value).endswith((".", "^")) or cls is errors.QueryError


def test_every_error_is_public() -> None:
    assert warehouse.errors is errors
