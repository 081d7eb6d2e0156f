"""Prints what a hit of the cache costs in memory and on disk.

Run as ``python tests/bench/cache.py``. A disk hit compares the checksum the first time a process reads a
file; later ones of the same process map it.
"""

import sys
import tempfile
import time
from collections.abc import Callable

import polars as pl

from rustybt.data.polars.cache_manager import CacheManager

ROWS = 5_000_000


def best(run: Callable[[], object], times: int) -> float:
    def once() -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return min(once() for _ in range(times))


def fresh(folder: str) -> CacheManager:
    return CacheManager(hot_cache_size_mb=0, disk_cache_path=folder)


def main() -> None:
    numbers = pl.int_range(ROWS, eager=True)
    frame = pl.DataFrame({f"column_{it}": numbers * (it + 0.5) for it in range(5)})
    small = frame.head(25_000)
    with tempfile.TemporaryDirectory() as folder:
        warm = CacheManager(max_memory_mb=100, disk_cache_path=folder)
        warm.put_cached_data("small", small)
        warm.put_cached_data("frame", frame)
        size = warm.lookup_cache("frame").path.stat().st_size / 1e9
        hit = best(lambda: warm.get_cached_data("small"), 1000)
        cold = best(lambda: fresh(folder).get_cached_data("frame"), 5)
        reader = fresh(folder)
        again = best(lambda: reader.get_cached_data("frame").sum(), 5)
    sys.stdout.write(
        f"memory hit {hit * 1e6:.1f} us\n"
        f"disk hit   {size:.2f} GB in {cold:.3f} s, {size / cold:.2f} GB/s, its checksum compared\n"
        f"disk hit   {size:.2f} GB in {again:.3f} s, {size / again:.2f} GB/s, again, all values summed\n"
    )


if __name__ == "__main__":
    main()
