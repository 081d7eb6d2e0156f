"""``rustybt migrate``: what it prints, and with which exit code it ends."""

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "migration"))
from zipline_files import adjustments, assets, write_daily, write_tables

DAYS = ("2024-01-02", "2024-01-03")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "data" / "tiny" / "2024-02-01T00;00;00.0"
    folder.mkdir(parents=True)
    write_daily(folder / "daily_equities.bcolz", {5: dict.fromkeys(DAYS, (10, 30, 5, 20, 1000))})
    listed = assets([(5, "Five", *DAYS, "NY")], [(5, "FIVE", *DAYS)])
    write_tables(folder / "assets-9.sqlite", listed)
    write_tables(folder / "adjustments.sqlite", adjustments(splits=[(5, DAYS[1], 0.5)]))
    return folder


def test_a_bundle_is_named_and_its_figures_are_printed(rustybt, bundle, tmp_path):
    words = ("migrate", "zipline-bundle", "tiny", "--bundle", "z", "--root", tmp_path / "r")
    home = {"ZIPLINE_ROOT": str(bundle.parents[2])}
    tried = rustybt(*words, "--dry-run", "--format", "json", env=home)
    assert tried.returncode == 0, tried.stderr
    assert json.loads(tried.stdout)[0]["snapshot"] is None
    assert "dry run" in tried.stderr
    done = rustybt(*words, "--format", "json", env=home)
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)
    assert told.pop("seconds") > 0
    assert told == {
        "bundle": "z",
        "snapshot": 1,
        "new": True,
        "calendar": "XNYS",
        "assets": 1,
        "bars": 2,
        "values": 10,
        "splits": 1,
        "dividends": 0,
        "mergers": 0,
        "stock_dividends": 0,
    }
    assert "reading it again" in done.stderr
    again = rustybt(*words, "--no-progress", "--start", DAYS[1], env=home)
    assert "Nothing is new" in again.stderr
    assert "reading it again" not in again.stderr


def test_what_is_no_bundle_is_told_in_a_line(rustybt, tmp_path):
    done = rustybt("migrate", "bcolz", tmp_path, "--bundle", "z", "--root", tmp_path / "r")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not (tmp_path / "r").exists()
