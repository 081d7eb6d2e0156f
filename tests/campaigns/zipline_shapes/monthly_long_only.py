"""At the end of each month equal weights of what is above its own average, and never short."""

import numpy as np
from zipline.api import (
    attach_pipeline,
    date_rules,
    order_target_percent,
    pipeline_output,
    record,
    schedule_function,
    set_commission,
    set_long_only,
    set_slippage,
    time_rules,
)
from zipline.finance import commission, slippage
from zipline.pipeline import CustomFactor, Pipeline
from zipline.pipeline.data import USEquityPricing
from zipline.pipeline.factors import SimpleMovingAverage

LENGTH = 30


class Steadiness(CustomFactor):
    """Mean of the daily changes by their deviation."""

    inputs = (USEquityPricing.close,)
    window_length = LENGTH

    def compute(self, _today, _assets, out, close):
        changes = np.diff(close, axis=0) / close[:-1]
        out[:] = np.nanmean(changes, axis=0) / np.nanstd(changes, axis=0)


def initialize(context):
    set_long_only()
    set_commission(us_equities=commission.PerTrade(cost=4.95))
    set_slippage(us_equities=slippage.FixedBasisPointsSlippage(basis_points=5, volume_limit=0.1))
    close = USEquityPricing.close
    fast = SimpleMovingAverage(inputs=[close], window_length=LENGTH // 3)
    slow = SimpleMovingAverage(inputs=[close], window_length=LENGTH)
    steady = Steadiness(window_length=LENGTH)
    pipe = Pipeline()
    pipe.add(fast / slow, "trend")
    pipe.add(steady.zscore(), "steady")
    pipe.set_screen((fast > slow) & steady.percentile_between(20, 100))
    attach_pipeline(pipe, "trend")
    schedule_function(trade, date_rules.month_end(), time_rules.market_close(minutes=30))


def before_trading_start(context, data):
    context.chosen = pipeline_output("trend").sort_values("trend", ascending=False).head(4)


def trade(context, data):
    prices = data.current(list(context.chosen.index), "price")
    for asset in list(context.portfolio.positions):
        if asset not in context.chosen.index and data.can_trade(asset):
            order_target_percent(asset, 0.0)
    for asset in context.chosen.index:
        if data.can_trade(asset):
            order_target_percent(asset, 0.95 / len(context.chosen))
    record(chosen=len(context.chosen), steady=context.chosen["steady"].sum(), dearest=prices.max())
