"""Limit orders below what has fallen, stops below what is held, and all of them anew each third day."""

from zipline.api import (
    cancel_order,
    date_rules,
    get_datetime,
    get_open_orders,
    get_order,
    order,
    order_target_value,
    order_value,
    record,
    schedule_function,
    set_commission,
    set_slippage,
    symbol,
    time_rules,
)
from zipline.finance.commission import PerDollar
from zipline.finance.execution import LimitOrder, StopLimitOrder, StopOrder
from zipline.finance.slippage import FixedSlippage

SYMBOLS = ["CERN", "GPS", "INTC", "AMD"]
LENGTH = 10


def initialize(context):
    context.assets = [symbol(it) for it in SYMBOLS]
    context.day = 0
    context.months = {}
    context.placed = []
    set_commission(PerDollar(cost=0.0015))
    set_slippage(FixedSlippage(spread=0.02))
    schedule_function(clear, date_rules.month_start(days_offset=2), time_rules.market_open())


def clear(context, data):
    for asset, orders in get_open_orders().items():
        for it in orders:
            cancel_order(it)
        if data.can_trade(asset) and context.portfolio.positions[asset].amount:
            order_target_value(asset, 0)


def handle_data(context, data):
    context.day += 1
    now = get_datetime()
    context.months[now.month] = context.months.get(now.month, 0) + 1
    if context.day % 3:
        return
    closes = data.history(context.assets, "close", LENGTH, "1d")
    volumes = data.history(context.assets, "volume", LENGTH, "1d").mean()
    fall = closes.iloc[-1] / closes.mean() - 1
    for asset in fall.sort_values().index:
        if not data.can_trade(asset):
            continue
        for it in get_open_orders(asset):
            cancel_order(it.id)
        place(context, asset, data.current(asset, "price"), fall[asset])
    states = [get_order(it).status for it in context.placed if it]
    record(
        filled=sum(int(it) == 1 for it in states),
        worst=fall.min(),
        volume=volumes.sum(),
        cash=context.portfolio.cash,
    )


def place(context, asset, price, fall):
    held = context.portfolio.positions[asset].amount
    if fall < -0.01 and held <= 0:
        style = LimitOrder(round(price * 0.99, 2))
        context.placed.append(
            order_value(asset, context.portfolio.portfolio_value / 10, style=style)
        )
    elif held > 0:
        paid = context.portfolio.positions[asset].cost_basis
        if price > paid * 1.03:
            context.placed.append(order(asset, -held, limit_price=round(price * 1.005, 2)))
        else:
            context.placed.append(order(asset, -held, style=StopOrder(round(paid * 0.95, 2))))
    elif fall > 0.03:
        context.placed.append(order(asset, -50, style=StopLimitOrder(price * 0.97, price * 0.99)))


def analyze(context, results):
    assert sum(context.months.values()) == len(results)
