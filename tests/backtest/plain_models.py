"""What a fill of the plain backtest is at and costs, written from the rules alone."""

import math
from decimal import Decimal

import numpy as np

ETA = 0.049018143225019836


def fill(plain, order, bar, used):
    """Return the price of a fill and its units, unsigned; `used` were filled in the bar before it."""
    model, *numbers = plain.world.slippage
    close = bar.open if order.kind == "open" else bar.close
    side = 1 if order.buys else -1
    if model == "none":
        return close, abs(order.left)
    if model == "spread":
        return close + numbers[0] / 2.0 * side, abs(order.left)
    limit = numbers[0]
    most = plain.units(limit * bar.volume)
    if model == "volatility":
        units = min(most, abs(order.left))
        price = (bar.high + bar.low) / 2
        past, digits = plain.past[order.symbol], 3 if plain.world.zipline else None
        price += math.copysign(impact(past, price, float(units), digits), side)
    else:
        units = min(abs(order.left), max(most - used, Decimal(0)))
        share = min(float(used + units) / bar.volume, limit)
        if model == "points":
            return close + close * (numbers[1] / 10_000.0 * side), units
        price = close + share**2 * math.copysign(numbers[1], side) * close
    beyond = order.limit is not None and (price - order.limit) * side > 0
    return price, Decimal(0) if beyond else units


def within(price, order, *, zipline):
    """Return the price of a fill, which is no worse than the limit of the order."""
    if order.limit is None or zipline:
        return price
    return min(price, order.limit) if order.buys else max(price, order.limit)


def exhausted(plain, bar, used):
    """Return whether a bar of which so much is used has nothing left for any order."""
    model, *numbers = plain.world.slippage
    return model not in {"none", "spread", "volatility"} and (
        plain.units(numbers[0] * bar.volume) <= used
    )


def impact(past, price, units, digits):
    window = past[-21:-1]
    closes, sizes = (
        (np.array(it) for it in zip(*window, strict=True)) if len(window) == 20 else ((), ())
    )
    if len(closes) and digits:
        closes, sizes = closes.round(digits), sizes.round(digits)
    if not len(closes) or math.isnan(closes[0]):
        return price * (7.5 / 10_000)
    for row in range(1, 20):
        closes[row] = closes[row - 1] if math.isnan(closes[row]) else closes[row]
    volatility = (closes[1:] / closes[:-1] - 1.0).std(ddof=1) * math.sqrt(252)
    return price * (ETA * volatility * math.sqrt(units / sizes.mean())) / 10_000


def cost(plain, order, units, price):
    model, *numbers = plain.world.commission
    this = float(abs(units))
    if model == "share":
        cost, least = numbers
        if order.paid == 0:
            return max(least, this * cost)
        total = float(order.charged) * cost + this * cost + 0.0
        return 0.0 if total < least else total - order.paid
    if model == "trade":
        return 0.0 if order.paid else numbers[0]
    if model == "dollar":
        return this * (price * numbers[0])
    if model == "maker":
        maker, taker, from_, less = numbers
        days, now = plain.world.days, plain.number
        spent = sum(it for day, it in plain.traded if (days[now] - days[day]).days < 30)
        maker, taker = (maker, taker) if spent < from_ else (maker * less, taker * less)
        plain.traded.append((plain.number, this * price))
        return this * price * (maker if order.resting else taker)
    return 0.0
