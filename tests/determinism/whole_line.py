"""One ingest, one pipeline and one backtest; prints a digest of each as JSON.

``whole_line.py FOLDER ROOT THREADS``: FOLDER holds the price files, ROOT becomes the warehouse, and
every DuckDB session gets so many threads unless it asks for a number itself.
"""

# ruff: noqa: ARG002, RUF012 - classes as users write them
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

import warehouse
from rustybt import run_algorithm
from rustybt.algorithm import TradingAlgorithm
from rustybt.data import bundles
from rustybt.data.bundles import Request
from rustybt.data.sources import FileSource
from rustybt.metrics import digest
from rustybt.pipeline import CustomFactor, Pipeline, PipelineResult
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    RSI,
    VWAP,
    BollingerBands,
    ExponentialWeightedMovingAverage,
    MaxDrawdown,
    Returns,
    SimpleMovingAverage,
)
from warehouse.session import Session

SPAN = "2020-03-02", "2020-12-31"
STORED = (
    "FROM meta.data_files SELECT dataset, partition, sha256 WHERE dataset <> 'rejects' ORDER BY ALL",
    "SELECT * EXCLUDE (txn, file) FROM line.rejects ORDER BY ALL",
    "FROM line.bars_1d ORDER BY sid, session",
    "FROM line.bars_1d_adjusted ORDER BY sid, session",
    "FROM line.assets ORDER BY ALL",
    "FROM line.adjustments ORDER BY ALL",
    "FROM line.flags ORDER BY ALL",
    "SELECT bundle, dataset, verdict FROM meta.verdicts ORDER BY ALL",
    "SELECT * EXCLUDE checked_at FROM meta.quality ORDER BY ALL",
)
CLOSE, VOLUME = EquityPricing.close, EquityPricing.volume


class Spread(CustomFactor):
    inputs = [EquityPricing.high, EquityPricing.low]
    window_length = 5

    def compute(self, today, assets, out, high, low):
        out[:] = np.nanmax(high, axis=0) - np.nanmin(low, axis=0)


def pipeline() -> Pipeline:
    returns, rsi = Returns(window_length=6), RSI(window_length=14)
    mean = SimpleMovingAverage(inputs=[CLOSE], window_length=20)
    thirds = VOLUME.latest.quantiles(3)
    liquid = VOLUME.latest.top(30)
    columns = {
        "close": CLOSE.latest,
        "mean": mean,
        "vwap": VWAP(window_length=7),
        "ewma": ExponentialWeightedMovingAverage.from_span([CLOSE], window_length=15, span=8),
        "rsi": rsi,
        "upper": BollingerBands(window_length=10, k=2).upper,
        "drawdown": MaxDrawdown(inputs=[CLOSE], window_length=12),
        "zscore": returns.zscore(groupby=thirds),
        "demean": returns.demean(mask=liquid),
        "rank": CLOSE.latest.rank(method="average", groupby=thirds),
        "winsorized": returns.winsorize(0.05, 0.95),
        "above": CLOSE.latest > mean,
        "beta": returns.linear_regression(rsi, regression_length=10).beta,
        "spread": Spread(),
        "thirds": thirds,
        "best": rsi.top(3, groupby=thirds),
        "monthly": mean.downsample("month_start"),
    }
    return Pipeline(columns, screen=rsi.percentile_between(5, 95) | liquid)


class Ranked(TradingAlgorithm):
    def initialize(self, context):
        self.attach_pipeline(pipeline(), "ranked")

    def handle_data(self, context, data):
        found = self.pipeline_output("ranked")
        for asset in found.index[found["best"]]:
            if data.can_trade(asset):
                self.order_target_percent(asset, 0.05)


def of_rows(table: pa.Table) -> str:
    """Return a digest of an Arrow table: names, types, values and their order.

    Of the values, not of the buffers: what lies under a null is undefined.
    """
    sums = hashlib.sha256(str(table.schema).encode())
    for column in table.columns:
        sums.update(repr(column.to_pylist()).encode())
    return sums.hexdigest()


def of_run(result: PipelineResult) -> str:
    return of_rows(result.arrow())


def main(folder: str, root: str, threads: str) -> None:
    assert Session.__init__.__kwdefaults__["threads"] is None
    Session.__init__.__kwdefaults__["threads"] = int(threads)
    request = Request(n_workers=int(threads))
    bundles.ingest(FileSource(Path(folder)), "line", request, root=root, calendar="XNYS")
    with warehouse.open(root) as wh:
        told = {query: of_rows(wh.sql(query).arrow()) for query in STORED}
    for name, cache in {"first": True, "kept": True, "uncached": False}.items():
        result = pipeline().run(*SPAN, bundle="line", root=root, cache=cache)
        told[f"pipeline {name}"] = of_run(result)
    plain = pipeline()
    plain.remove("spread")  # what Python computes has a name of this process
    told["statement"] = plain.to_sql()
    perf = run_algorithm(*SPAN, algorithm=Ranked, capital_base=1e6, bundle="line", root=root)
    assert perf["transactions"].map(len).sum() > 100
    told["backtest"] = digest(perf)
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
