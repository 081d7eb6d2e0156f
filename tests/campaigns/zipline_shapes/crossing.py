"""Two averages of each stock, a control of each position, and a benchmark; state in a dict by asset."""

from zipline.api import (
    order_percent,
    order_target,
    record,
    set_benchmark,
    set_max_order_count,
    set_max_position_size,
    sid,
    symbols,
)

SYMBOLS = ["MSFT", "COST", "DELL"]
LENGTH = 30


def initialize(context):
    context.assets = symbols(*SYMBOLS)
    context.above = dict.fromkeys(context.assets, False)
    set_benchmark(context.assets[-1] if SYMBOLS[-1] != "DELL" else context.assets[0])
    set_max_order_count(50)
    set_max_position_size(asset=context.assets[0], max_notional=1e9)
    assert sid(context.assets[0].sid) == context.assets[0]


def handle_data(context, data):
    fields = data.current(context.assets, ["price", "volume", "open", "high", "low"])
    for asset in context.assets:
        if not data.can_trade(asset) or data.is_stale(asset):
            continue
        short = data.history(asset, "price", LENGTH // 3, "1d").mean()
        long = data.history(asset, "price", LENGTH, "1d").mean()
        if short > long and not context.above[asset]:
            order_percent(asset, 0.8 / len(context.assets))
        elif short < long and context.above[asset]:
            order_target(asset, 0)
        context.above[asset] = short > long
    portfolio = context.portfolio
    record(
        "range",
        (fields["high"] - fields["low"]).sum(),
        volume=fields["volume"].sum(),
        value=portfolio.portfolio_value,
        positions_value=portfolio.positions_value,
        gain=sum(
            (it.last_sale_price - it.cost_basis) * it.amount for it in portfolio.positions.values()
        ),
        weights=portfolio.current_portfolio_weights.sum(),
    )


def analyze(context=None, results=None):
    assert results["value"].iloc[-1] == results["portfolio_value"].iloc[-1]
