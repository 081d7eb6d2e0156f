"""Prints what a warm window of the data portal costs.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/portal.py``: 100 assets x 100 days of sp500_5yr, at one
session again and again, at each of 200 sessions in order, and at 50 in any order.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rustybt.data.bundles import ingest_files
from rustybt.data.cache import CacheManager
from rustybt.data.data_portal import DataPortal


def main() -> None:
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data/sp500_5yr.parquet"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        ingest_files(data, "sp500", calendar="XNYS", root=root)
        cache = CacheManager(max_memory_mb=1000, disk_cache_path=Path(folder, "cache"))
        portal = DataPortal("sp500", root=root, cache=cache)
        sessions = [it.date() for it in portal.sessions[200:]]
        assets = list(portal.asset_finder)[:100]

        def windows(days: Sequence[date]) -> float:
            began = time.perf_counter()
            for day in days:
                portal.get_history_window(assets, day, 100, "1d", "close")
            return (time.perf_counter() - began) / len(days)

        cold = windows(sessions[:1])
        again = windows(sessions[:1] * 200)
        forward = windows(sessions[:200])
        shuffled = random.Random(1).sample(sessions[200:], 50)
        anywhere = windows(shuffled)
        warm = windows(shuffled)
    sys.stdout.write(
        f"first window                        {cold * 1e3:8.2f} ms\n"
        f"the same session again              {again * 1e3:8.2f} ms\n"
        f"200 sessions in order, each         {forward * 1e3:8.2f} ms\n"
        f"50 sessions in any order, each      {anywhere * 1e3:8.2f} ms\n"
        f"those once more, blocks cached      {warm * 1e3:8.2f} ms\n"
    )


if __name__ == "__main__":
    main()
