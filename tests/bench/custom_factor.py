"""Prints what a factor in Python costs beside zipline's engine on the same windows.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/custom_factor.py [--peers FOLDER]``: the mean of 20 closes
over sp500_5yr as a CustomFactor, the cheapest of a few runs in one process each. zipline gets a virtual
environment of its own in FOLDER, once. No result is kept.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.compute as pc

sys.path.append(str(Path(__file__).parent))

from peers import FOLDER
from zipline_bundle import ZiplineBundle

from rustybt.data import bundles
from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.data import EquityPricing

PEER = """
import time
import pandas as pd
from zipline.data import bundles
from zipline.data.bundles.csvdir import csvdir_equities
from zipline.pipeline import CustomFactor, Pipeline
from zipline.pipeline.data import EquityPricing
from zipline.pipeline.domain import EquityCalendarDomain
from zipline.pipeline.engine import SimplePipelineEngine
from zipline.pipeline.loaders import USEquityPricingLoader

bundles.register("bench", csvdir_equities(["daily"], "."), calendar_name="XNYS")


class Mean(CustomFactor):
    inputs = [EquityPricing.close]
    window_length = 20

    def compute(self, today, assets, out, close):
        out[:] = close.mean(axis=0)


bundle = bundles.load("bench")
loader = USEquityPricingLoader.without_fx(bundle.equity_daily_bar_reader, bundle.adjustment_reader)
engine = SimplePipelineEngine(lambda column: loader, bundle.asset_finder, EquityCalendarDomain("??", "XNYS"))
for _ in range(5):
    cpu, wall = time.process_time(), time.perf_counter()
    rows = engine.run_pipeline(Pipeline({"mean": Mean()}), pd.Timestamp("2014-02-21"), pd.Timestamp("2018-02-07"))
    print(time.process_time() - cpu, time.perf_counter() - wall, len(rows), rows["mean"].sum())
"""


class Mean(CustomFactor):
    """The mean of 20 closes."""

    inputs = (EquityPricing.close,)
    window_length = 20

    def compute(self, today, assets, out, close):  # noqa: ARG002 - as users write it
        """Write the means."""
        out[:] = close.mean(axis=0)


def ours(root: Path) -> list[tuple[float, float, int, float]]:
    """Return CPU and wall seconds of each run, its rows and the sum of its values."""
    found = []
    pipe = Pipeline({"mean": Mean()})
    with bundles.load("sp500", root=root).warehouse as wh:
        for _ in range(5):
            cpu, wall = time.process_time(), time.perf_counter()
            rows = pipe.run(
                "2014-02-21", "2018-02-07", bundle="sp500", warehouse=wh, cache=False
            ).arrow()
            cost = time.process_time() - cpu, time.perf_counter() - wall
            found.append((*cost, len(rows), pc.sum(rows["mean"]).as_py()))
    return found


def main() -> None:
    """Time both and print the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peers", type=Path, default=FOLDER)
    peers = options.parse_args().peers
    data = Path(os.environ["RUSTYBT_REFERENCE"], "data", "sp500_5yr.parquet")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        bundles.ingest_files(data, "sp500", calendar="XNYS", root=root)
        own = min(ours(root))
        told = ZiplineBundle(data, peers, Path(folder)).run("-c", PEER)
    other = min(tuple(map(float, it)) for it in told)
    for name, (cpu, wall, rows, total) in (("rustybt", own), ("zipline", other)):
        print(f"{name}: CPU {cpu:.2f} s, wall {wall:.2f} s, {rows:,.0f} rows, sum {total:.6g}")
    print(f"(g) ratio: CPU {other[0] / own[0]:.1f}, wall {other[1] / own[1]:.1f}; target 3")


if __name__ == "__main__":
    main()
