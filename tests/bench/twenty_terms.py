"""The 20 terms of the bench, which zipline's engine computes as well.

Two programs import this file, each with the factors and the pricing of its own package.
"""

from types import ModuleType
from typing import Any


def twenty(factors: ModuleType, pricing: Any) -> dict:
    """Return the terms by name."""
    close = [pricing.close]
    bands = factors.BollingerBands(window_length=20, k=2)
    month, year = factors.Returns(window_length=22), factors.Returns(window_length=252)
    return {
        **{
            f"sma_{n}": factors.SimpleMovingAverage(inputs=close, window_length=n)
            for n in (10, 20, 50, 200)
        },
        "rsi": factors.RSI(),
        "month": month,
        "year": year,
        "vwap": factors.VWAP(window_length=20),
        "deviation": (bands.upper - bands.middle) / 2,
        "upper": bands.upper,
        "ewma": factors.EWMA.from_span(inputs=close, window_length=40, span=20),
        "macd": factors.MACDSignal(),
        "drawdown": factors.MaxDrawdown(inputs=close, window_length=60),
        "dollars": factors.AverageDollarVolume(window_length=20),
        "volatility": factors.AnnualizedVolatility(),
        "stochastic": factors.FastStochasticOscillator(),
        "aroon": factors.Aroon(window_length=25).up,
        "range": factors.TrueRange(),
        "rank": year.rank(),
        "score": month.zscore(),
    }
