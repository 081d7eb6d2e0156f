"""``catalog.duckdb`` says what the warehouse says, and any damage is seen and built away."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import warehouse
from warehouse.catalog import build
from warehouse.errors import CatalogError, QueryError

CUTS = 20


@pytest.fixture(scope="module")
def stored(tmp_path_factory, commit):
    """An open warehouse with its catalog, which tests write over, and the bytes of it."""
    with warehouse.open(tmp_path_factory.mktemp("stored") / "data") as wh:
        commit(wh, "eq", 10)
        path = wh.build_catalog().path
        yield wh, path, path.read_bytes()


@pytest.fixture(scope="module")
def built(tmp_path_factory, commit):
    """An open warehouse of two bundles and the path of its fresh catalog; only to be read."""
    with warehouse.open(tmp_path_factory.mktemp("built") / "data") as wh:
        commit(wh, "eq", 10)
        commit(wh, "fx", 20, sids=1)
        yield wh, wh.build_catalog().path


def test_shell_of_another_release_reads_bars(built, shell):
    _, path = built
    assert shell(path, "SELECT symbol, close FROM eq.bars_1d ORDER BY ALL LIMIT 1") == [
        "S0,10.00000000"
    ]


def test_attached_catalog_answers(built):
    _, path = built
    attach = f"ATTACH '{path}' AS held (READ_ONLY)"
    with duckdb.connect() as connection:
        connection.execute(attach)
        counted = connection.execute("SELECT count(*) FROM held.fx.bars_1d_adjusted").fetchall()
    assert counted == [(2,)]


def test_meta_is_held_as_tables(built, shell):
    _, path = built
    query = "SELECT bundle, snapshot FROM meta.bundles ORDER BY ALL"
    assert shell(path, query) == ["eq,1", "fx,1"]


def test_symbols_of_all_bundles_stand_in_one_table(built, shell):
    _, path = built
    query = "SELECT bundle, symbol FROM meta.symbols ORDER BY ALL"
    assert shell(path, query) == ["eq,S0", "eq,S1", "fx,S0"]


def test_lineage_is_held(built, shell):
    _, path = built
    query = "SELECT lineage ->> '$.source' FROM meta.snapshots"
    assert set(shell(path, query)) == {"made by a test"}


def test_comments_are_those_of_the_warehouse(built):
    query = (
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()"
        " WHERE schema_name IN ('eq', 'fx') ORDER BY ALL"
    )
    wh, path = built
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute(query).fetchall() == wh.sql(query).rows()


def test_empty_warehouse_has_a_catalog(tmp_path):
    with warehouse.open(tmp_path / "data") as wh:
        wh.build_catalog()
        assert wh.verify_catalog().state == "current"


def test_fresh_catalog_is_current(built):
    wh, _ = built
    assert wh.verify_catalog().differences == ()


def test_old_catalog_is_stale_and_says_where(wh, commit):
    wh.build_catalog()
    commit(wh, "fx", 21, sids=1)
    found = wh.verify_catalog()
    assert found.state == "stale"
    assert "meta.bundles is not as the head has it" in found.differences
    assert "fx.bars_1d is not as the head has it" in found.differences
    assert not [it for it in found.differences if it.startswith("eq.")]


def test_catalog_without_a_new_bundle_says_so(wh, commit):
    wh.build_catalog()
    commit(wh, "new", 1)
    assert "new.bars_1d is missing" in wh.verify_catalog().differences


def test_edited_catalog_is_stale(wh):
    path = wh.build_catalog().path
    path.chmod(0o644)
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM meta.symbols WHERE bundle = 'fx'")
    assert wh.verify_catalog().differences == ("meta.symbols is not as the head has it",)


def test_catalog_of_another_root_is_foreign(wh, tmp_path):
    path = wh.build_catalog().path
    shutil.copytree(wh.root, tmp_path / "copy")
    with warehouse.open(tmp_path / "copy") as other:
        found = other.verify_catalog(path)
    assert found.state == "foreign"
    assert os.fspath(wh.root) in found.differences[0]


def test_missing_catalog_is_missing(wh):
    assert wh.verify_catalog().state == "missing"


def test_log_of_the_old_catalog_is_not_read_into_the_new(wh):
    path = wh.build_catalog().path
    path.chmod(0o644)
    code = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE mine (a INT)'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, path], check=False)
    assert path.with_name("catalog.duckdb.wal").exists()
    wh.build_catalog()
    assert wh.verify_catalog().state == "current"


def test_open_catalog_is_replaced_under_its_reader(wh, commit):
    path = wh.build_catalog().path
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for _ in sys.stdin: print(c.execute('SELECT max(close)::INT FROM fx.bars_1d').fetchone()[0], flush=True)"
    )
    words = [sys.executable, "-c", code, path]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        answers = []
        for close in (21, 22):
            print(file=reader.stdin, flush=True)
            answers.append(reader.stdout.readline().strip())
            commit(wh, "fx", close, sids=1)
            wh.build_catalog()
        reader.stdin.close()
    assert answers == ["20", "20"]


def test_left_over_scratch_is_taken_away(wh):
    scratch = wh.root / ".catalog.duckdb.new"
    scratch.write_bytes(b"half a catalog")
    wh.build_catalog()
    assert not scratch.exists()


def test_full_disk_leaves_the_old_catalog(wh, commit):
    """A limit on the size of files is the border at which DuckDB's own writes fail."""
    path = wh.build_catalog().path
    before = path.read_bytes()
    commit(wh, "eq", 11)
    code = (
        "import resource, signal, sys, warehouse\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with warehouse.open(sys.argv[1]) as wh:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "    try: wh.build_catalog()\n"
        "    except warehouse.errors.CatalogError as error: sys.exit(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, wh.root], capture_output=True, text=True, check=False
    )
    assert "catalog.duckdb was not written" in done.stderr
    assert path.read_bytes() == before
    assert not list(wh.root.glob(".catalog.duckdb.new*"))


def test_damaged_bundle_is_left_out_and_named(wh):
    (damaged, *_) = (file for name, _, file in wh.snapshot("fx").files() if name == "bars_1d")
    (wh.root / "bundles/fx/data" / damaged.path).unlink()
    built = wh.build_catalog()
    ((bundle, problem),) = built.left_out
    assert bundle == "fx"
    assert damaged.path in problem
    with duckdb.connect(built.path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM eq.bars_1d").fetchall() == [(4,)]


def test_target_that_is_a_folder_is_refused(wh, tmp_path):
    with pytest.raises(CatalogError, match="was not written"):
        wh.build_catalog(tmp_path)


def put(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # what was built is read-only
    path.write_bytes(content)


def said(path: Path) -> object:
    """What a catalog says, or None where it cannot be read."""
    try:
        return build._read(path)
    except QueryError:
        return None


def test_cut_at_any_length_is_damage(stored):
    _, path, whole = stored
    for cut in (len(whole) * n // CUTS for n in range(CUTS)):
        put(path, whole[:cut])
        assert said(path) is None


@pytest.mark.parametrize("flips", [16, pytest.param(200, marks=pytest.mark.slow)])
def test_flipped_bits_are_never_read_as_another_catalog(stored, flips):
    """A flip in an unused byte changes nothing; every other is an error of DuckDB."""
    _, path, whole = stored
    put(path, whole)
    fresh = said(path)
    choice, seen = random.Random(7), 0
    for _ in range(flips):
        flipped = bytearray(whole)
        flipped[choice.randrange(len(whole))] ^= 1 << choice.randrange(8)
        put(path, flipped)
        found = said(path)
        assert found in (None, fresh)
        seen += found is None
    assert seen > flips / 4


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["deleted", "cut", "flipped", "emptied", "no database"])
def test_damaged_catalog_is_built_away(stored, damage):
    wh, path, whole = stored
    path.unlink(missing_ok=True)
    contents = {
        "cut": whole[: len(whole) // 2],
        "flipped": bytes([whole[0] ^ 1]) + whole[1:],
        "emptied": b"",
        "no database": b"<html>not found</html>" * 1000,
    }
    if damage in contents:
        put(path, contents[damage])
    found = wh.verify_catalog()
    assert found.state in {"missing", "damaged"}
    wh.build_catalog()
    again = wh.verify_catalog()
    assert (again.state, again.sha256) == ("current", found.sha256)


@pytest.mark.parametrize("words", [(), ("other.duckdb",)])
def test_commands_build_and_verify(rustybt, wh, tmp_path, words):
    target = [tmp_path / word for word in words]
    built = rustybt("catalog", "build", *target, "--root", wh.root)
    assert built.stdout.strip() == os.fspath(*target or [wh.root / "catalog.duckdb"])
    verified = rustybt("catalog", "verify", *target, "--root", wh.root)
    assert (verified.returncode, verified.stdout.strip()) == (0, f"{built.stdout.strip()}: current")


def test_command_verify_fails_for_a_missing_catalog(rustybt, wh):
    done = rustybt("catalog", "verify", "--root", wh.root)
    assert done.returncode == 1
    assert "missing" in done.stdout
