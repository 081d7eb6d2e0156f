"""Frames kept in memory and on disk, by processes at once, in folders that break."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rustybt.data.polars.cache_manager import CacheManager, LRUCache
from rustybt.errors import OptionError

FRAME = pl.DataFrame(
    {
        "session": [date(2024, 1, 2), date(2024, 1, 3), None],
        "ts": [datetime(2024, 1, 2, 21, tzinfo=UTC), None, datetime(2024, 1, 4, tzinfo=UTC)],
        "symbol": ["A", "é", None],
        "close": [Decimal("1.23456789"), None, Decimal("-0.00000001")],
        "volume": [1, None, 3],
        "ratio": [0.1, float("nan"), None],
    },
    schema_overrides={"close": pl.Decimal(18, 8)},
)


@pytest.fixture(autouse=True)
def _settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RUSTYBT_CACHE_SIZE_MB", raising=False)
    monkeypatch.setenv("RUSTYBT_CACHE_DIR", str(tmp_path / "cache"))


def numbers(rows: int, seed: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame({"value": pl.int_range(rows, eager=True) + seed})


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.arrow"))


# ---------------------------------------------------------------- kept and found


def test_a_frame_comes_back_from_memory_and_from_disk_as_it_was(tmp_path):
    cache = CacheManager()
    assert cache.get_cached_data("k") is None
    cache.put_cached_data("k", FRAME, dataset_id=7, backtest_id="run")
    assert_frame_equal(cache.get_cached_data("k"), FRAME, check_exact=True)
    other = CacheManager(disk_cache_path=tmp_path / "cache")
    assert_frame_equal(other.get_cached_data("k"), FRAME, check_exact=True)
    assert_frame_equal(other.get_cached_data("k"), FRAME, check_exact=True)
    assert [cache.get_stats()[it] for it in ("memory_hits", "disk_hits", "miss_count")] == [1, 0, 1]
    assert [other.get_stats()[it] for it in ("memory_hits", "disk_hits", "hit_rate")] == [1, 1, 1.0]


def test_a_key_put_again_has_the_new_frame_alone():
    cache = CacheManager()
    cache.put_cached_data("k", numbers(5))
    cache.put_cached_data("k", FRAME)
    assert len(files(cache.disk.folder)) == 1
    assert_frame_equal(CacheManager().get_cached_data("k"), FRAME)
    assert cache.memory.get_stats()["total_size_mb"] == FRAME.estimated_size() / 1e6


def test_fetched_once():
    cache, asked = CacheManager(), []

    def fetch():
        asked.append(1)
        return FRAME

    for _ in range(3):
        assert_frame_equal(cache.get_or_fetch("k", fetch), FRAME)
    assert asked == [1]


def test_the_seeds_and_upstreams_arguments(tmp_path):
    seeds = CacheManager(max_memory_mb=1024, disk_cache_path=str(tmp_path / "a"))
    assert (seeds.memory.max_size_bytes, seeds.disk.folder) == (1_024_000_000, tmp_path / "a")
    upstreams = CacheManager(tmp_path / "b/x.db", tmp_path / "b", 1, 2, "hybrid")
    assert upstreams.disk.max_bytes == 2_000_000
    upstreams.get_cached_data("none")
    upstreams.record_daily_statistics()
    assert (tmp_path / "b/x.db").exists()


def test_the_last_made_is_the_current_one(tmp_path):
    made = CacheManager(disk_cache_path=tmp_path / "mine")
    assert CacheManager.current() is made
    del made
    assert CacheManager.current().disk.folder == tmp_path / "cache"
    assert CacheManager.current() is CacheManager.current()


def test_keys_tell_every_part_apart():
    key = CacheManager.generate_cache_key
    same = key(["B", "A"], "2024-01-01", "2024-02-01", "1d", "yfinance")
    assert same == key(["A", "B"], "2024-01-01", "2024-02-01", "1d", "yfinance")
    others = {
        key(["A,B"], "2024-01-01", "2024-02-01", "1d", "yfinance"),
        key(["A", "B"], "2024-01-01T12:00", "2024-02-01", "1d", "yfinance"),
        key(["A", "B"], "2024-01-01", "2024-02-01", "1m", "yfinance"),
        key(["A", "B"], "2024-01-01", "2024-02-01", "1d", "polygon"),
    }
    assert len(others | {same}) == 5


# ---------------------------------------------------------------- limits


def test_memory_goes_by_last_use():
    frame = numbers(1000)
    size = frame.estimated_size()
    cache = LRUCache(2 * size)
    for key in "ab":
        cache.put(key, frame)
    cache.get("a")
    cache.put("c", frame)
    assert [cache.get(it) is not None for it in "abc"] == [True, False, True]
    cache.put("large", numbers(3000))
    assert cache.get("large") is None
    assert cache.get_stats() == {"entry_count": 2, "total_size_mb": 2 * size / 1e6}


@pytest.mark.parametrize(
    ("policy", "gone"), [("lru", "old"), ("size", "large"), ("hybrid", "large")]
)
def test_disk_goes_by_its_policy(tmp_path, policy, gone):
    made = CacheManager(eviction_policy=policy)
    for key, rows in (("old", 1000), ("large", 5000), ("new", 1000)):
        made.put_cached_data(key, numbers(rows))
    for key, hours in (("old", 3), ("large", 2)):
        then = time.time() - hours * 3600
        os.utime(made.lookup_cache(key).path, (then, then))
    size = made.disk.size()
    cache = CacheManager(cold_cache_size_mb=size / 1e6, eviction_policy=policy)
    cache.put_cached_data("newest", numbers(500))
    assert {"old", "large", "new"} - {it.key for it in cache.disk.entries()} == {gone}
    assert cache.disk.size() <= size


def test_reading_a_file_is_a_use():
    made = CacheManager()
    for key in ("a", "b"):
        made.put_cached_data(key, numbers(1000))
        os.utime(made.lookup_cache(key).path, (1, 1))
    cache = CacheManager(cold_cache_size_mb=made.disk.size() / 1e6)
    cache.get_cached_data("a")
    cache.put_cached_data("c", numbers(1000))
    assert {it.key for it in cache.disk.entries()} == {"a", "c"}


def test_no_room_keeps_nothing():
    cache = CacheManager(hot_cache_size_mb=0, cold_cache_size_mb=0)
    cache.put_cached_data("k", FRAME)
    assert cache.get_cached_data("k") is None
    assert not cache.disk.folder.exists()


def test_settings_switch_the_disk_off(monkeypatch, tmp_path):
    (tmp_path / "rustybt.yaml").write_text("cache: {disk_cache: false}\n")
    cache = CacheManager()
    cache.put_cached_data("k", FRAME)
    assert not cache.disk.folder.exists()


@pytest.mark.slow
def test_processes_at_once_keep_the_limit_and_read_what_was_written(tmp_path):
    limit = 200_000
    code = """
import sys, random
import polars as pl
from pathlib import Path
from rustybt.data.polars.cache_manager import CacheManager
seed, limit = int(sys.argv[1]), float(sys.argv[2])
random.seed(seed)
cache = CacheManager(hot_cache_size_mb=0, cold_cache_size_mb=limit / 1e6)
for _ in range(150):
    key = random.randrange(20)
    found = cache.get_cached_data(str(key))
    assert found is None or found["value"][0] == key, key
    rows = 1000 + random.randrange(2000)
    cache.put_cached_data(str(key), pl.DataFrame({"value": pl.repeat(key, rows, eager=True)}))
    size = cache.disk.size()  # another process may remove a file meanwhile
    assert size <= limit, size
"""
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen([*command, str(it), str(limit)], stderr=subprocess.PIPE, text=True)
        for it in range(3)
    ]
    assert [it.communicate(timeout=120)[1] for it in running] == [""] * 3
    assert CacheManager().disk.size() > limit / 2
    counted = CacheManager().get_cache_statistics()
    assert counted["hit_count"] + counted["miss_count"] == 450


# ---------------------------------------------------------------- broken


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_damaged_file_is_a_miss_said_once(damage, caplog):
    cache = CacheManager(hot_cache_size_mb=0)
    for key in "ab":
        cache.put_cached_data(key, FRAME)
        path = cache.lookup_cache(key).path
        content = bytearray(path.read_bytes())
        if damage == "flipped":
            content[len(content) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes({"cut": content[:-9], "flipped": content, "empty": b""}[damage])
    fresh = CacheManager(hot_cache_size_mb=0)
    with caplog.at_level(logging.WARNING):
        assert [fresh.get_cached_data(it) for it in "ab"] == [None, None]
    assert len(caplog.records) == 1
    assert "damaged" in caplog.text
    assert not files(fresh.disk.folder)


def test_folder_that_is_a_file_keeps_nothing_and_says_it_once(tmp_path, caplog):
    (tmp_path / "cache").touch()
    cache = CacheManager(hot_cache_size_mb=0)
    for key in "ab":
        cache.put_cached_data(key, FRAME)
        assert cache.get_cached_data(key) is None
    cache.record_daily_statistics()
    assert len(caplog.records) == 1
    assert str(tmp_path / "cache") in caplog.text


def test_full_disk_keeps_what_was_there(tmp_path):
    code = """
import resource
import polars as pl
from rustybt.data.polars.cache_manager import CacheManager
cache = CacheManager(hot_cache_size_mb=0)
cache.put_cached_data("small", pl.DataFrame({"a": [1]}))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
cache.put_cached_data("large", pl.DataFrame({"a": pl.int_range(10_000, eager=True)}))
assert cache.get_cached_data("large") is None
assert cache.get_cached_data("small")["a"].to_list() == [1]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "could not be kept" in done.stderr
    assert [it.name for it in (tmp_path / "cache").iterdir() if it.name.startswith(".w")] == []


@contextmanager
def somebody():
    """Have the rights of a user who owns nothing, where the tests have those of root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_read_only_folder_is_read(monkeypatch, caplog):
    with tempfile.TemporaryDirectory() as place:  # root alone may go through that of a test
        folder = Path(place) / "cache"
        monkeypatch.setenv("RUSTYBT_CACHE_DIR", str(folder))
        CacheManager().put_cached_data("k", FRAME)
        for path, mode in (
            (Path(place), 0o755),
            (folder, 0o555),
            *((it, 0o444) for it in files(folder)),
        ):
            path.chmod(mode)
        cache = CacheManager(hot_cache_size_mb=0)
        with somebody():
            assert_frame_equal(cache.get_cached_data("k"), FRAME)
            for key in ("other", "more"):
                cache.put_cached_data(key, FRAME)
                assert cache.get_cached_data(key) is None
        folder.chmod(0o755)
        assert len(files(folder)) == 1
    assert [it.levelname for it in caplog.records] == ["WARNING"]
    assert "could not be kept" in caplog.text


def test_what_a_dead_process_left_is_swept():
    cache = CacheManager()
    cache.put_cached_data("k", FRAME)
    left, young = cache.disk.folder / ".writing-dead", cache.disk.folder / ".writing-now"
    for folder in (left, young):
        folder.mkdir()
        (folder / "file").touch()
    os.utime(left, (1, 1))
    assert cache.disk.trim(10**9) == 0
    assert (left.exists(), young.exists(), len(files(cache.disk.folder))) == (False, True, 1)


def test_python_objects_are_refused_by_the_name_of_their_column():
    frame = pl.DataFrame({"thing": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(OptionError, match="column thing"):
        CacheManager().put_cached_data("k", frame)


@pytest.mark.parametrize("options", [{"max_memory_mb": -1}, {"eviction_policy": "random"}])
def test_wrong_options_are_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        CacheManager(**options)


# ---------------------------------------------------------------- counted and cleared


def test_counts_of_all_processes_by_day(tmp_path):
    cache = CacheManager()
    cache.get_cached_data("none")
    cache.put_cached_data("k", FRAME)
    cache.get_cached_data("k")
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    with (tmp_path / "cache/counts.jsonl").open("a") as file:
        file.write(json.dumps([yesterday, 5, 2, 1]) + "\nno line of counts\n[1]\n")
    found = cache.get_cache_statistics()
    assert [found[it] for it in ("hit_count", "miss_count", "entry_count")] == [8, 2, 1]
    assert (found["hit_rate"], found["avg_access_count"]) == (0.8, 8.0)
    assert cache.get_cache_statistics(start_date=datetime.now(UTC).date())["hit_count"] == 1


def test_cleared_by_key_by_backtest_and_whole():
    cache = CacheManager()
    for key, backtest in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "")):
        cache.put_cached_data(key, FRAME, backtest_id=backtest)
    cache.clear_cache("d")
    cache.clear_cache(backtest_id="one")
    assert {it.key: it.backtest for it in cache.disk.entries()} == {"c": "two"}
    assert [cache.get_cached_data(it) is not None for it in "abcd"] == [False, False, True, False]
    cache.clear_cache()
    assert cache.get_cached_data("c") is None
    assert cache.disk.entries() == []
