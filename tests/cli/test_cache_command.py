"""``rustybt cache stats``, ``list`` and ``clean``, over frames and the columns of pipelines."""

import csv
import io

import polars as pl
import pytest

from rustybt.data.polars.cache_manager import CacheManager
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing


@pytest.fixture
def there(tmp_path, monkeypatch, rustybt):
    """Options of a command for a cache with two frames, and a root with one column kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RUSTYBT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "root"))
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "100")
    (tmp_path / "A.csv").write_text(
        "date,open,high,low,close,volume\n2024-01-02,1,1,1,1,1\n2024-01-03,1,1,1,1,1\n"
    )
    rustybt("ingest", "csv", tmp_path / "A.csv", "--bundle", "one", "--calendar", "XNYS")
    pipe = Pipeline({"close": EquityPricing.close.latest + 1})
    pipe.run("2024-01-03", "2024-01-03", bundle="one")
    cache = CacheManager()
    for key in ("first", "second"):
        cache.put_cached_data(key, pl.DataFrame({"a": pl.int_range(1000, eager=True)}), "prices")
    cache.get_cached_data("first")
    cache.get_cached_data("none")
    cache.record_daily_statistics()
    return {"cwd": tmp_path}


def rows(done) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_stats_tell_both_kinds(rustybt, there):
    frames, columns = rows(rustybt("cache", "stats", "--format", "csv", **there))
    assert (frames["kind"], frames["entries"], columns["entries"]) == ("frames", "2", "1")
    assert float(frames["size_mb"]) > 0.016
    assert (frames["hits"], frames["misses"], frames["rate"]) == ("1", "1", "0.5")
    assert float(columns["size_mb"]) > 0


def test_list_names_every_entry(rustybt, there):
    found = rows(rustybt("cache", "list", "--format", "csv", **there))
    assert {it["key"]: it["dataset"] for it in found if it["kind"] == "frames"} == {
        "first": "prices",
        "second": "prices",
    }
    assert [it["dataset"] for it in found if it["kind"] == "columns"] == ["one"]


def test_clean_leaves_what_was_asked_for(rustybt, there):
    kept = rustybt("cache", "clean", "--max-size", "1 GB", **there)
    assert kept.stderr == "0 frames and 0 columns removed.\n"
    cleaned = rustybt("cache", "clean", "--max-size", "10KB", **there)
    assert cleaned.stderr == "1 frame and 0 columns removed.\n"
    emptied = rustybt("cache", "clean", "--all", **there)
    assert emptied.stderr == "1 frame and 1 column removed.\n"
    assert rows(rustybt("cache", "list", "--format", "csv", **there)) == []


@pytest.mark.parametrize("wrong", [[], ["--all", "--max-size", "1GB"], ["--max-size", "much"]])
def test_wrong_use_of_clean(rustybt, there, wrong):
    assert rustybt("cache", "clean", *wrong, **there).returncode == 2


def test_no_cache_yet_is_an_empty_one(rustybt, tmp_path):
    environment = {
        "RUSTYBT_CACHE_DIR": str(tmp_path / "x"),
        "RUSTYBT_DATA_DIR": str(tmp_path / "y"),
    }
    found = rows(rustybt("cache", "stats", "--format", "csv", env=environment, cwd=tmp_path))
    assert [it["entries"] for it in found] == ["0", "0"]
    assert rustybt("cache", "clean", "--all", env=environment, cwd=tmp_path).returncode == 0
