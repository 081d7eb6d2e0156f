"""``rustybt bundle vacuum``, ``compact`` and ``clean`` as a person calls them."""

import json
import runpy
from pathlib import Path

import pytest

import warehouse

INGESTER = Path(__file__).parents[1] / "warehouse" / "ingester.py"


@pytest.fixture
def root(tmp_path: Path, copied) -> Path:
    """Three snapshots of a bundle ``eq``."""
    copied(three_snapshots, tmp_path / "root")
    return tmp_path / "root"


def three_snapshots(root: Path) -> None:
    write = runpy.run_path(str(INGESTER))["write"]
    for value in (1, 2, 3):
        write(str(root), value)


@pytest.fixture
def bundle(rustybt, root):
    def run(command: str, *options: object) -> tuple[int, object, str]:
        done = rustybt("bundle", command, "eq", *options, "--format", "json", "--root", root)
        return done.returncode, json.loads(done.stdout or "null"), done.stderr

    return run


def versions(root: Path) -> list[int]:
    with warehouse.open(root) as wh:
        return [it.version for it in wh.snapshots("eq")]


def test_vacuum(bundle, root) -> None:
    code, (row,), _ = bundle("vacuum", "--keep", 1, "--days", 0)
    assert (code, row["removed"], row["kept"], row["files"]) == (0, [1, 2], [3], 6)
    assert versions(root) == [3]


def test_vacuum_keeps_what_is_young(bundle, root) -> None:
    code, (row,), _ = bundle("vacuum")
    assert (code, row["removed"]) == (0, [])


def test_a_dry_run(bundle, root) -> None:
    code, (row,), _ = bundle("vacuum", "--keep", 1, "--days", 0, "--dry-run")
    assert (code, row["removed"], row["dry_run"]) == (0, [1, 2], True)
    assert versions(root) == [1, 2, 3]


def test_vacuum_says_what_is_in_use(bundle, root) -> None:
    with warehouse.open(root) as wh, wh.at(snapshot=1):
        code, (row,), talk = bundle("vacuum", "--keep", 1, "--days", 0)
    assert (code, row["removed"]) == (0, [2])
    assert "in use: snapshots 1." in talk


def test_compact_without_gain(bundle, root) -> None:
    code, (row,), talk = bundle("compact")
    assert (code, row["snapshot"]) == (0, 3)
    assert row["bytes_before"] == row["bytes_after"] > 0
    assert "nothing to gain" in talk


def test_clean(bundle, root) -> None:
    code, rows, _ = bundle("clean", "--keep-last", 1)
    assert (code, [row["removed"] for row in rows]) == (0, [1, 2])
    assert versions(root) == [3]


def test_clean_wants_something(bundle, root) -> None:
    code, _, talk = bundle("clean")
    assert code == 1
    assert "Expected before, after or keep_last" in talk


def test_an_unknown_bundle(rustybt, root) -> None:
    done = rustybt("bundle", "vacuum", "eqq", "--root", root)
    assert done.returncode == 1
    assert "Nearest name: 'eq'" in done.stderr


def test_add_stores_rates_as_the_bank_gives_them(rustybt, tmp_path):
    ecb = tmp_path / "ecb.csv"
    ecb.write_text("Date,USD,EEK,\n2011-01-03,1.3348,N/A,\n2010-12-31,1.3362,15.6466,\n")
    bars = tmp_path / "A.csv"
    bars.write_text("date,open,high,low,close,volume\n2011-01-03,1,1,1,1,1\n")
    root = tmp_path / "root"
    rustybt("ingest", "csv", bars, "--bundle", "eq", "--root", root)
    done = rustybt("bundle", "add", "eq", "fx_rates", ecb, "--ecb", "--root", root)
    assert (done.returncode, done.stderr) == (0, "eq is at snapshot 2.\n")
    wrong = rustybt("bundle", "add", "eq", "assets", ecb, "--ecb", "--root", root)
    assert wrong.returncode == 2
    failed = rustybt("bundle", "add", "eq", "fx_rates", bars, "--root", root)
    assert failed.returncode == 1
    assert "expected the columns date, base, quote, rate" in failed.stderr
