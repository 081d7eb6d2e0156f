"""Prints what a sweep of small runs costs with two workers beside one, and what storing a run costs.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/sweep.py [--runs 64]``. The goal of two workers is half of
one worker's time, and 15 % more. Everything is computed in this one call; only ratios tell something.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

STRATEGY = """
from rustybt import TradingAlgorithm

class Cross(TradingAlgorithm):
    fast = 5
    slow = 50

    def initialize(self, context):
        self.assets = self.symbols("AAPL", "MSFT", "IBM", "GE")

    def handle_data(self, context, data):
        prices = data.history(self.assets, "close", self.slow, "1d", as_="numpy")
        rising = prices[-self.fast:].mean(0) > prices.mean(0)
        for asset, up in zip(self.assets, rising.tolist()):
            self.order_target(asset, 100 if up else 0)
"""
SPAN = {"start": "2013-06-03", "end": "2018-02-07", "bundle": "sp500"}


def cpu() -> float:
    """Return the seconds of processor that this process and its ended workers have used."""
    used = [resource.getrusage(it) for it in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(it.ru_utime + it.ru_stime for it in used)


def main() -> None:
    from rustybt.data import bundles
    from rustybt.sweeps import run_sweep

    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--runs", type=int, default=64)
    count = given.parse_args().runs
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        bundles.ingest_files(data / "sp500_5yr.parquet", "sp500", calendar="XNYS", root=root)
        file = Path(folder, "cross.py")
        file.write_text(STRATEGY)
        grid = {"fast": list(range(2, 2 + count))}
        run_sweep(str(file), {"fast": [2]}, root=root, **SPAN)  # loads what all share
        seconds, spent, digests = {}, {}, {}
        for workers, store in ((1, False), (1, True), (2, True)):
            began, before = time.perf_counter(), cpu()
            table = run_sweep(str(file), grid, root=root, n_workers=workers, store=store, **SPAN)
            seconds[workers, store] = time.perf_counter() - began
            spent[workers, store] = cpu() - before
            digests[workers, store] = table["digest"].tolist()
            assert (table["status"] == "finished").all()
    assert len({tuple(it) for it in digests.values()}) == 1
    alone, shared = seconds[1, True], seconds[2, True]
    print(f"one worker {alone:.2f} s, two {shared:.2f} s: {shared / (alone / 2):.2f} of its half")
    print(
        f"processor: one worker {spent[1, True]:.2f} s, two {spent[2, True]:.2f} s with their start, "
        f"storing {(spent[1, True] - spent[1, False]) / count * 1e3:.1f} ms a run"
    )


if __name__ == "__main__":
    main()
