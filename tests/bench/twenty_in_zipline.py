"""The 20 terms of `twenty_terms.py` on zipline's engine, for the Python of its virtual environment.

Prints CPU and wall seconds of each of three runs over the bundle ``bench`` in $ZIPLINE_ROOT.
"""

import time

import pandas as pd  # noqa: TID253 - a program of its own, which zipline's Python runs
from twenty_terms import twenty
from zipline.data import bundles
from zipline.data.bundles.csvdir import csvdir_equities
from zipline.pipeline import Pipeline, factors
from zipline.pipeline.data import EquityPricing
from zipline.pipeline.domain import EquityCalendarDomain
from zipline.pipeline.engine import SimplePipelineEngine
from zipline.pipeline.loaders import USEquityPricingLoader


def main() -> None:
    """Run the engine over the sessions that have a year before them."""
    bundles.register("bench", csvdir_equities(["daily"], "."), calendar_name="XNYS")
    bundle = bundles.load("bench")
    readers = bundle.equity_daily_bar_reader, bundle.adjustment_reader
    loader = USEquityPricingLoader.without_fx(*readers)
    everywhere = EquityCalendarDomain("??", "XNYS")  # the country of a bundle of CSV files
    engine = SimplePipelineEngine(lambda _: loader, bundle.asset_finder, everywhere)
    sessions = bundle.equity_daily_bar_reader.sessions
    first, last = (pd.Timestamp(it).tz_localize(None) for it in (sessions[260], sessions[-1]))
    pipe = Pipeline(twenty(factors, EquityPricing))
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        rows = len(engine.run_pipeline(pipe, first, last))
        print(time.process_time() - cpu, time.perf_counter() - wall, rows, first.date())


if __name__ == "__main__":
    main()
