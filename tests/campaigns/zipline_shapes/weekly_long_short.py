"""Each week long the strongest and short the weakest assets of a pipeline, an hour after the opening."""

from zipline.api import (
    attach_pipeline,
    date_rules,
    get_open_orders,
    order_target_percent,
    pipeline_output,
    record,
    schedule_function,
    set_benchmark,
    symbol,
    time_rules,
)
from zipline.pipeline import Pipeline
from zipline.pipeline.data import USEquityPricing
from zipline.pipeline.factors import AverageDollarVolume, Returns

SYMBOLS = ["AAPL", "AMD", "COST", "INTC", "MMM", "MSFT"]
LENGTH = 20
LEVERAGE = 1.5


def initialize(context):
    set_benchmark(symbol(SYMBOLS[0]))
    schedule_function(
        rebalance, date_rules.week_start(days_offset=1), time_rules.market_open(hours=1)
    )
    schedule_function(note, date_rules.every_day(), time_rules.market_close())
    attach_pipeline(make_pipeline(), "ranks")


def make_pipeline():
    liquid = AverageDollarVolume(window_length=LENGTH).top(7)
    returns = Returns(window_length=LENGTH, mask=liquid)
    return Pipeline(
        columns={
            "longs": returns.top(2),
            "shorts": returns.bottom(2),
            "rank": returns.rank(ascending=False),
            "price": USEquityPricing.close.latest,
        },
        screen=liquid,
    )


def before_trading_start(context, data):
    context.output = pipeline_output("ranks")
    context.longs = context.output[context.output["longs"]].index
    context.shorts = context.output[context.output["shorts"]].index
    context.wanted = context.longs.union(context.shorts).tolist()


def rebalance(context, data):
    for asset in context.portfolio.positions:
        if asset not in context.wanted and data.can_trade(asset):
            order_target_percent(asset, 0)
    for asset in context.longs:
        if data.can_trade(asset) and asset not in get_open_orders():
            order_target_percent(asset, LEVERAGE / 2 / len(context.longs))
    for asset in context.shorts:
        if data.can_trade(asset) and asset not in get_open_orders():
            order_target_percent(asset, -LEVERAGE / 2 / len(context.shorts))


def note(context, data):
    record(
        leverage=context.account.leverage,
        exposure=context.account.net_leverage,
        held=len(context.portfolio.positions),
        best=context.output["rank"].min(),
        price=context.output["price"].sum(),
    )
