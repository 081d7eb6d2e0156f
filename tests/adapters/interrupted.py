"""Ingests a registered bundle in a process of its own, to be killed by a test."""

import sys

from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.bundles import Fetch, ingest
from tests.adapters.coins import Coins

if __name__ == "__main__":
    root, workers = sys.argv[1:]
    AdapterRegistry.register(Coins, "coins")
    ingest("c", wanted=Fetch(n_workers=int(workers)), root=root)
