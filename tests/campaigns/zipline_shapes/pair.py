"""Two stocks that move together: short the dear one and long the cheap one where their spread is wide."""

import numpy as np
from zipline.api import (
    get_datetime,
    order_target,
    order_target_percent,
    record,
    set_max_leverage,
    symbols,
)

SYMBOLS = ["AAPL", "MSFT"]
LENGTH = 40


def initialize(context):
    context.first, context.second = symbols(*SYMBOLS[:2])
    context.side = 0
    context.spreads = []
    set_max_leverage(5.0)


def handle_data(context, data):
    prices = data.history([context.first, context.second], "price", LENGTH, "1d")
    if prices.isnull().values.any():
        return
    slope, constant = np.polyfit(prices[context.second], prices[context.first], 1)
    spread = prices[context.first] - slope * prices[context.second] - constant
    score = spread.iloc[-1] / spread.std()
    context.spreads.append(score)
    day = get_datetime()
    record(score=score, slope=slope, weekday=day.weekday(), side=context.side)
    if abs(score) < 0.5 and context.side:
        order_target(context.first, 0)
        order_target(context.second, 0)
        context.side = 0
    elif score > 1.5 and context.side >= 0:
        order_target_percent(context.first, -0.5)
        order_target_percent(context.second, 0.5)
        context.side = -1
    elif score < -1.5 and context.side <= 0:
        order_target_percent(context.first, 0.5)
        order_target_percent(context.second, -0.5)
        context.side = 1


def analyze(context, perf):
    # What is recorded stays where a day records nothing.
    assert len(context.spreads) <= perf["score"].notna().sum()
    assert perf["weekday"].dropna().between(0, 4).all()
