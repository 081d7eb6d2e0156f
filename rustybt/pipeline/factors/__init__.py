"""The built-in factors."""

from rustybt.pipeline.data.column import Latest
from rustybt.pipeline.factors.average import (
    VWAP,
    AverageDollarVolume,
    SimpleMovingAverage,
    WeightedAverageValue,
)
from rustybt.pipeline.factors.change import (
    RSI,
    DailyReturns,
    PercentChange,
    RateOfChangePercentage,
    Returns,
)
from rustybt.pipeline.factors.window import WindowedFactor

__all__ = [
    "RSI",
    "VWAP",
    "AverageDollarVolume",
    "DailyReturns",
    "Latest",
    "PercentChange",
    "RateOfChangePercentage",
    "Returns",
    "SimpleMovingAverage",
    "WeightedAverageValue",
    "WindowedFactor",
]
