"""Ingests another price for every bar: ``interrupted.py ROOT WORKERS``."""

import sys
from pathlib import Path
from time import time_ns

sys.path.insert(0, str(Path(__file__).parent))

from unruly import Unruly

from rustybt.data import bundles
from rustybt.data.bundles import Request
from rustybt.data.sources import FeedSource

if __name__ == "__main__":
    root, workers = sys.argv[1:]
    names = tuple(f"S{number}" for number in range(8))
    feed = Unruly(names, price=str(time_ns() % 1_000_000 + 1), pause=0.05)
    bundles.ingest(FeedSource(feed), "t", Request(n_workers=int(workers)), root=root)
