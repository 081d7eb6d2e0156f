"""Prints what a factor in Python costs beside zipline's engine on the same windows.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/custom_factor.py [--peer PYTHON]``: the mean of 20
closes over sp500_5yr as a CustomFactor. PYTHON has zipline-reloaded and reads a bundle ``bench`` of the same
bars, as ``ingest_against_zipline.py`` writes it into $ZIPLINE_ROOT; without it only rustybt is timed.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from rustybt.data import bundles
from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.data import EquityPricing

PEER = """
import time
import pandas as pd
from zipline.data import bundles
from zipline.data.bundles.csvdir import csvdir_equities
from zipline.pipeline import CustomFactor, Pipeline
from zipline.pipeline.data import USEquityPricing
from zipline.pipeline.domain import US_EQUITIES
from zipline.pipeline.engine import SimplePipelineEngine
from zipline.pipeline.loaders import USEquityPricingLoader

bundles.register("bench", csvdir_equities(["daily"], "."), calendar_name="XNYS")


class Mean(CustomFactor):
    inputs = [USEquityPricing.close]
    window_length = 20

    def compute(self, today, assets, out, close):
        out[:] = close.mean(axis=0)


bundle = bundles.load("bench")
loader = USEquityPricingLoader.without_fx(bundle.equity_daily_bar_reader, bundle.adjustment_reader)
engine = SimplePipelineEngine(lambda column: loader, bundle.asset_finder, US_EQUITIES)
for _ in range(3):
    begin = time.perf_counter()
    engine.run_pipeline(Pipeline({"mean": Mean()}), pd.Timestamp("2014-02-21"), pd.Timestamp("2018-02-07"))
    print(time.perf_counter() - begin)
"""


class Mean(CustomFactor):
    """The mean of 20 closes."""

    inputs = (EquityPricing.close,)
    window_length = 20

    def compute(self, today, assets, out, close):  # noqa: ARG002 - as users write it
        """Write the means."""
        out[:] = close.mean(axis=0)


def best(root: Path) -> float:
    """Return the shortest of three runs, in seconds."""
    taken = []
    with bundles.load("sp500", root=root).warehouse as wh:
        for _ in range(3):
            begin = time.perf_counter()
            pipe = Pipeline({"mean": Mean()})
            pipe.run("2014-02-21", "2018-02-07", bundle="sp500", warehouse=wh).arrow()
            taken.append(time.perf_counter() - begin)
    return min(taken)


def main() -> None:
    """Time both and print the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer")
    peer = options.parse_args().peer
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bundles.ingest_files(data / "sp500_5yr.parquet", "sp500", calendar="XNYS", root=root)
        ours = best(root)
    print(f"rustybt {ours:.2f} s")
    if peer:
        told = subprocess.run([peer, "-c", PEER], check=True, capture_output=True, text=True)
        theirs = min(map(float, told.stdout.split()))
        print(f"zipline {theirs:.2f} s, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
