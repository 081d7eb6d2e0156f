"""A cache of frames in memory and on disk: `CacheManager`."""

import hashlib
import json
import logging
import os
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.data.cache import counts
from rustybt.data.cache.disk import EVICTIONS, DiskCache, Entry, Eviction
from rustybt.data.cache.memory import LRUCache
from rustybt.errors import OptionError
from warehouse import config

_COUNTS: Final = "counts.jsonl"
_FLUSH: Final = 60.0  # seconds after which counts are written down
_MEGABYTE: Final = 1_000_000

log = logging.getLogger(__name__)
_made: "weakref.ReferenceType[CacheManager] | None" = None


class CacheManager:
    """Frames by key: the ones used last in memory, more of them in a folder of files.

    The data portal uses the manager that was made last in the process, else one of the settings.

    Parameters
    ----------
    db_path
        File of the counts; in `cache_directory` if it is not given.
    cache_directory, disk_cache_path
        Folder of the files, by either name; the setting ``cache.dir`` if it is not given.
    hot_cache_size_mb, max_memory_mb
        Megabytes of 1,000,000 bytes in memory, by either name; a quarter of ``cache.max_size_mb``.
    cold_cache_size_mb
        Megabytes on disk; ``cache.max_size_mb`` if it is not given.
    eviction_policy
        Which file goes first: ``lru`` that used least recently, ``size`` the largest, ``hybrid`` the
        largest that was not used for long. Memory goes by the last use.

    Raises
    ------
    OptionError
        A size is negative or the policy is none of these.
    ConfigError
        The settings cannot be read.

    Notes
    -----
    Files are Arrow with a checksum in their names. A damaged one is a miss; a folder that cannot be
    written, or a full disk, keeps nothing. Both are said once in the log.
    """

    def __init__(
        self,
        db_path: str | os.PathLike[str] | None = None,
        cache_directory: str | os.PathLike[str] | None = None,
        hot_cache_size_mb: float | None = None,
        cold_cache_size_mb: float | None = None,
        eviction_policy: Eviction = "lru",
        *,
        max_memory_mb: float | None = None,
        disk_cache_path: str | os.PathLike[str] | None = None,
    ) -> None:
        global _made  # noqa: PLW0603 - the seed makes one, and the portal uses it
        if eviction_policy not in EVICTIONS:
            raise OptionError("eviction_policy", eviction_policy, ", ".join(EVICTIONS))
        settings = config.load()
        kept = settings.cached_bytes
        folder = cache_directory or disk_cache_path or str(settings["cache.dir"])
        memory = hot_cache_size_mb if max_memory_mb is None else max_memory_mb
        self.memory = LRUCache(_bytes("max_memory_mb", memory, kept // 4))
        limit = _bytes("cold_cache_size_mb", cold_cache_size_mb, kept)
        self.disk = DiskCache(Path(folder).expanduser().absolute(), limit, eviction_policy)
        self._file = Path(db_path).expanduser() if db_path else self.disk.folder / _COUNTS
        self._counted, self._session = Counter[str](), Counter[str]()
        self._flushed = time.monotonic()
        weakref.finalize(self, _write_down, self._file, self._counted)
        _made = weakref.ref(self)

    @staticmethod
    def current() -> "CacheManager":
        """Return the manager that was made last in this process, else one of the settings."""
        global _settled  # noqa: PLW0603 - one a process
        found = _made() if _made is not None else None
        if found is None:
            found = _settled = CacheManager()
        return found

    @staticmethod
    def generate_cache_key(
        symbols: Iterable[str],
        start_date: object,
        end_date: object,
        resolution: str,
        data_source: str,
    ) -> str:
        """Return a key of 32 hexadecimal digits; the order of symbols does not matter."""
        about = [sorted(symbols), str(start_date), str(end_date), resolution, data_source]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    def get_cached_data(self, cache_key: str) -> pl.DataFrame | None:
        """Return the frame of a key, from memory or else from disk; None if there is none."""
        frame = self.memory.get(cache_key)
        if frame is not None:
            self._count("memory")
            return frame
        if self.disk.max_bytes:
            frame = self.disk.get(cache_key)
        self._count("misses" if frame is None else "disk")
        if frame is not None:
            self.memory.put(cache_key, frame)
        return frame

    def put_cached_data(
        self, cache_key: str, df: pl.DataFrame, dataset_id: object = "", backtest_id: object = ""
    ) -> None:
        """Keep a frame in place of the one that the key had.

        Raises
        ------
        OptionError
            A column holds Python objects, which have no form on disk.
        """
        for name, dtype in df.schema.items():
            if dtype == pl.Object:
                raise OptionError(f"column {name}", "Python objects", "a type of Arrow")
        self.memory.put(cache_key, df)
        if self.disk.max_bytes:
            self.disk.put(cache_key, df, str(dataset_id), str(backtest_id))

    def get_or_fetch(self, cache_key: str, fetch: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the frame of a key, which `fetch` makes where there is none."""
        frame = self.get_cached_data(cache_key)
        if frame is None:
            frame = fetch()
            self.put_cached_data(cache_key, frame)
        return frame

    def lookup_cache(self, cache_key: str) -> Entry | None:
        """Return what the disk has under a key, without reading it; None if there is nothing."""
        return next((it for it in self.disk.entries() if it.key == cache_key), None)

    def clear_cache(self, cache_key: str | None = None, backtest_id: object = None) -> None:
        """Forget one key, or the keys of one backtest, or everything."""
        if cache_key is None and backtest_id is None:
            self.memory.clear()
            self.disk.trim(0)
        for it in self.disk.entries() if backtest_id is not None else ():
            if it.backtest == str(backtest_id):
                self._forget(it.key)
        if cache_key is not None:
            self._forget(cache_key)

    def get_stats(self) -> dict[str, float]:
        """Return what was asked of this manager and what it holds: see `get_cache_statistics`."""
        asked = self._session
        return {
            **_rates(asked["memory"] + asked["disk"], asked["misses"]),
            "memory_hits": asked["memory"],
            "disk_hits": asked["disk"],
            "memory_size_mb": self.memory.get_stats()["total_size_mb"],
            "total_size_mb": self.disk.size() / _MEGABYTE,
            "entry_count": len(self.disk.entries()),
        }

    def get_cache_statistics(
        self, start_date: date | None = None, end_date: date | None = None
    ) -> dict[str, object]:
        """Return the counts of all processes over days, both inclusive.

        Returns
        -------
        dict
            ``hit_count``, ``miss_count``, ``hit_rate`` (0 to 1), ``entry_count``, ``total_size_mb``,
            ``avg_access_count`` (hits an entry) and ``session_stats``, which is `get_stats`.
        """
        self.record_daily_statistics()
        days = [
            it
            for it in counts.read(self._file)
            if (start_date or it.day) <= it.day <= (end_date or it.day)
        ]
        hits, session = sum(it.memory + it.disk for it in days), self.get_stats()
        return {
            **_rates(hits, sum(it.misses for it in days)),
            "entry_count": session["entry_count"],
            "total_size_mb": session["total_size_mb"],
            "avg_access_count": hits / max(session["entry_count"], 1),
            "session_stats": session,
        }

    def record_daily_statistics(self) -> None:
        """Write the counts down; it happens by itself each minute of use and at the end."""
        self._flushed = time.monotonic()
        _write_down(self._file, self._counted)

    def _forget(self, key: str) -> None:
        self.memory.remove(key)
        self.disk.remove(key)

    def _count(self, what: str) -> None:
        self._counted[what] += 1
        self._session[what] += 1
        if time.monotonic() - self._flushed > _FLUSH:
            self.record_daily_statistics()


_settled: CacheManager | None = None  # keeps the one of the settings alive


def _write_down(file: Path, counted: Counter[str]) -> None:
    told = dict(counted)
    counted.clear()
    if told:
        with suppress(OSError):
            counts.add(file, told.get("memory", 0), told.get("disk", 0), told.get("misses", 0))


def _rates(hits: int, misses: int) -> dict[str, float]:
    rate = hits / (hits + misses) if hits + misses else 0.0
    return {"hit_count": hits, "miss_count": misses, "hit_rate": rate}


def _bytes(name: str, megabytes: float | None, default: int) -> int:
    if megabytes is None:
        return default
    if not isinstance(megabytes, int | float) or not megabytes >= 0:
        raise OptionError(name, megabytes, "megabytes, 0 for none")
    return int(megabytes * _MEGABYTE)
