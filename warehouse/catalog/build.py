"""Builds and verifies ``catalog.duckdb``: the views of every head, for DuckDB shells and DBeaver.

All it says is said by the manifests too, so it may be lost or damaged at any time. It is written as
a new file, read back, and put in the place of the old one in one step.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
from filelock import FileLock, Timeout

from warehouse import backtests, sqltext
from warehouse.catalog import columns
from warehouse.catalog.meta import Held, create_meta
from warehouse.catalog.runs import create_runs
from warehouse.catalog.saved import SCHEMA, create_saved, saved_views
from warehouse.catalog.views import comment, create_view, names
from warehouse.errors import CatalogError, LockedError, QueryError
from warehouse.layout import BundleDir
from warehouse.schema import Column
from warehouse.session import FILE, Session
from warehouse.snapshots import disk
from warehouse.snapshots.integrity import size_damages
from warehouse.snapshots.manifest import Manifest

FORMAT = 1
_WAIT_SECONDS = 60.0
_SUFFIXES = (".duckdb", ".db", ".example")  # a damaged file of these names is replaced
_MAGIC, _MAGIC_AT = b"DUCK", 8

State = Literal["current", "stale", "foreign", "damaged", "missing"]

Content = Mapping[str, str]  # relation to the SHA-256 of what it says


@dataclass(frozen=True)
class CatalogBuild:
    """A catalog that was written.

    `sha256`, hex, is of its content: the same for the same root and snapshots. `left_out` has the
    bundles and saved views that could not be created and the runs that a view is without, each with
    the reason.
    """

    path: Path
    sha256: str
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CatalogCheck:
    """How a catalog file compares with the heads of its warehouse.

    `state` is ``current``; ``stale`` where a head moved or somebody edited it; ``foreign`` for the
    catalog of another warehouse; ``damaged`` where it cannot be read; ``missing``. `differences`
    names what is not as a fresh one has it. `sha256` is of the content a fresh one has.
    """

    path: Path
    state: State
    differences: tuple[str, ...]
    sha256: str


def build_catalog(root: Path, held: Iterable[Held], target: Path) -> CatalogBuild:
    """Write the catalog, in place of one that is there.

    Parameters
    ----------
    root, held
        The warehouse, and its bundles at the snapshots that the catalog shall show. One of which a
        file is missing is left out.
    target
        The file. A process that has the old one open keeps it.

    Raises
    ------
    CatalogError
        The file could not be written whole, or what is there is no catalog; the old one is as it was.
    LockedError
        Another process builds the same file.
    """
    require_replaceable(target)
    scratch = target.with_name(f".{target.name}.new")
    try:
        disk.make_dirs(target.parent)
        with _locked(target), _scratch(scratch):
            content, left_out = _write(root, held, scratch)
            disk.sync_file(scratch)
            disk.remove(_wal(target))  # a log of the old file must not be read into the new
            scratch.replace(target)
            disk.sync_dir(target.parent)
    except (QueryError, OSError) as error:
        raise CatalogError(target, str(error)) from error
    return CatalogBuild(target, _sha256_of(content), left_out)


def require_replaceable(target: Path) -> None:
    """Refuse to write over a file that is another's: neither a database nor named like one.

    Raises
    ------
    CatalogError
        It is.
    """
    if target.suffix in _SUFFIXES or not target.is_file():
        return
    with target.open("rb") as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    if head and head[_MAGIC_AT:] != _MAGIC:
        raise CatalogError(target, "expected no file, or a DuckDB database; found another file")


def verify_catalog(root: Path, held: Iterable[Held], target: Path) -> CatalogCheck:
    """Compare a catalog file with what a fresh one would say; see `build_catalog`."""
    with tempfile.TemporaryDirectory(prefix="rustybt-catalog-") as folder:
        expected, _ = _write(root, held, Path(folder) / "fresh.duckdb")
    sha256 = _sha256_of(expected)
    if not target.exists():
        return CatalogCheck(target, "missing", ("there is no such file",), sha256)
    try:
        of, found = _read(target)
    except QueryError as error:
        return CatalogCheck(target, "damaged", (str(error).splitlines()[0],), sha256)
    if found == expected:
        return CatalogCheck(target, "current", (), sha256)
    if of != os.fspath(root):
        problem = f"expected the warehouse at {root}, found that at {of}"
        return CatalogCheck(target, "foreign", (problem,), sha256)
    return CatalogCheck(target, "stale", _differences(found, expected), sha256)


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=_WAIT_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(Path(lock.lock_file), _WAIT_SECONDS) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _scratch(path: Path) -> Iterator[None]:
    """Have no such file before, though a build was killed, and none after."""
    both = (path, _wal(path))
    for it in both:
        disk.remove(it)
    try:
        yield
    finally:
        for it in both:
            disk.remove(it)


def _write(
    root: Path, held: Iterable[Held], scratch: Path
) -> tuple[Content, tuple[tuple[str, str], ...]]:
    """Write a catalog to a new file and return what it says when it is read again."""
    held = tuple(held)
    session = Session()
    try:
        problems = [(manifest.bundle, _show(session, place, manifest)) for place, manifest in held]
        left_out = tuple(it for it in problems if it[1])
        shown = [name for name, problem in problems if not problem]
        _fill_meta(session, root, held, shown)
        left_out += _show_runs(session, root)
        left_out += _show_saved(session, root)
        # The views are made in memory: in a file every comment would be a commit of its own.
        session.execute(sqltext.render("catalog/write", path=os.fspath(scratch), **FILE))
    finally:
        session.close()
    return _read(scratch)[1], left_out


def _show(session: Session, place: BundleDir, manifest: Manifest) -> str:
    """Create the views of a bundle, or say why there are none."""
    for damage in size_damages(place, manifest):
        return str(damage)
    try:
        for name in names(manifest):
            create_view(session, place, manifest, name)
    except QueryError as error:
        session.execute(sqltext.render("catalog/drop_schema", schema=manifest.bundle))
        return str(error)
    return ""


def _show_runs(session: Session, root: Path) -> tuple[tuple[str, str], ...]:
    """Create the views of the stored runs; return what they leave out, with the reason."""
    left_out = []
    for table in backtests.TABLES:
        _, files, damages = backtests.sound(root, table.name)
        create_runs(session, table, files, portable=True)
        left_out += [(f"A run of {backtests.SCHEMA}.{table.name}", str(it)) for it in damages]
    return tuple(left_out)


def _show_saved(session: Session, root: Path) -> tuple[tuple[str, str], ...]:
    """Create the saved views; return those that cannot be, with the reason."""
    problems = create_saved(session, saved_views(root))
    return tuple((f"{SCHEMA}.{name}", str(error)) for name, error in problems.items())


def _fill_meta(session: Session, root: Path, held: tuple[Held, ...], shown: Iterable[str]) -> None:
    session.execute(sqltext.render("views/schema", schema="meta"))
    source = Session(threads=1)
    try:
        create_meta(source, held)
        for name, text in source.rows(sqltext.load("catalog/meta_relations")):
            found = source.rows(sqltext.load("catalog/meta_columns"), {"name": name})
            rows = source.arrow(sqltext.render("catalog/rows", schema="meta", name=name))
            _fill(session, rows, name, text, [Column(*it) for it in found])
    finally:
        source.close()
    query = sqltext.render("catalog/symbols", bundles=shown, columns=columns.SYMBOLS)
    symbols = session.arrow(query)
    _fill(session, symbols, "symbols", "One row per asset of every bundle", columns.SYMBOLS)
    about = {"format": FORMAT, "root": os.fspath(root)}
    session.execute(sqltext.load("catalog/about"), about)
    comment(session, "meta", "catalog", "What this file was built from", columns.ABOUT, table=True)


def _fill(
    session: Session, rows: pa.Table, name: str, text: str, columns: Iterable[Column]
) -> None:
    session.load("incoming", rows)
    session.execute(sqltext.render("catalog/meta_table", name=name))
    session.execute(sqltext.load("catalog/drop_incoming"))
    comment(session, "meta", name, text, columns, table=True)


def _content(session: Session) -> Content:
    """Say of every relation what it is and, of a table, what rows it holds."""
    content = {}
    for schema, name, is_table, shape in session.rows(sqltext.load("catalog/relations")):
        digest = hashlib.sha256(shape.encode())
        if is_table:
            rows = session.rows(sqltext.render("catalog/rows", schema=schema, name=name))
            digest.update(repr(rows).encode())
        content[f"{schema}.{name}"] = digest.hexdigest()
    return content


def _sha256_of(content: Content) -> str:
    return hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()


def _read(path: Path) -> tuple[str, Content]:
    """Return the root that a catalog is of, and what it says."""
    session = Session(database=path, read_only=True)
    try:
        ((root,),) = session.rows(sqltext.load("catalog/root"))
        return root, _content(session)
    finally:
        session.close()


def _differences(found: Content, expected: Content) -> tuple[str, ...]:
    missing = [f"{name} is missing" for name in expected if name not in found]
    added = [f"{name} is one too many" for name in found if name not in expected]
    changed = [name for name in expected if name in found and expected[name] != found[name]]
    return (*missing, *added, *(f"{name} is not as the head has it" for name in changed))


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
