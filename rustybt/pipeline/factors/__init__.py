"""The built-in factors."""

from rustybt.pipeline.custom import CustomFactor
from rustybt.pipeline.data.column import Latest
from rustybt.pipeline.expression import Factor
from rustybt.pipeline.factors import indicators
from rustybt.pipeline.factors.average import (
    VWAP,
    AverageDollarVolume,
    LinearWeightedMovingAverage,
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
from rustybt.pipeline.factors.decimal_factors import (
    DecimalAverageDollarVolume,
    DecimalLatestPrice,
    DecimalReturns,
    DecimalSimpleMovingAverage,
)
from rustybt.pipeline.factors.deviation import AnnualizedVolatility, BollingerBands
from rustybt.pipeline.factors.events import (
    BusinessDaysSincePreviousEvent,
    BusinessDaysUntilNextEvent,
)
from rustybt.pipeline.factors.exponential import (
    EWMA,
    EWMSTD,
    ExponentialWeightedMovingAverage,
    ExponentialWeightedMovingStdDev,
    MACDSignal,
    MovingAverageConvergenceDivergenceSignal,
)
from rustybt.pipeline.factors.extreme import (
    Aroon,
    FastStochasticOscillator,
    IchimokuKinkoHyo,
    MaxDrawdown,
    TrueRange,
)
from rustybt.pipeline.factors.indicators import *  # noqa: F403 - its __all__ says which
from rustybt.pipeline.factors.named import Clip, PeerCount
from rustybt.pipeline.factors.outputs import RecarrayField
from rustybt.pipeline.factors.pair import (
    RollingPearson,
    RollingPearsonOfReturns,
    RollingSpearman,
    RollingSpearmanOfReturns,
    SimpleBeta,
)
from rustybt.pipeline.factors.regression import (
    RollingLinearRegression,
    RollingLinearRegressionOfReturns,
)
from rustybt.pipeline.factors.shift import Shift
from rustybt.pipeline.factors.window import WindowedFactor
from rustybt.pipeline.sqlfactor import SqlFactor

__all__ = [
    "EWMA",
    "EWMSTD",
    "RSI",
    "VWAP",
    "AnnualizedVolatility",
    "Aroon",
    "AverageDollarVolume",
    "BollingerBands",
    "BusinessDaysSincePreviousEvent",
    "BusinessDaysUntilNextEvent",
    "Clip",
    "CustomFactor",
    "DailyReturns",
    "DecimalAverageDollarVolume",
    "DecimalLatestPrice",
    "DecimalReturns",
    "DecimalSimpleMovingAverage",
    "ExponentialWeightedMovingAverage",
    "ExponentialWeightedMovingStdDev",
    "Factor",
    "FastStochasticOscillator",
    "IchimokuKinkoHyo",
    "Latest",
    "LinearWeightedMovingAverage",
    "MACDSignal",
    "MaxDrawdown",
    "MovingAverageConvergenceDivergenceSignal",
    "PeerCount",
    "PercentChange",
    "RateOfChangePercentage",
    "RecarrayField",
    "Returns",
    "RollingLinearRegression",
    "RollingLinearRegressionOfReturns",
    "RollingPearson",
    "RollingPearsonOfReturns",
    "RollingSpearman",
    "RollingSpearmanOfReturns",
    "Shift",
    "SimpleBeta",
    "SimpleMovingAverage",
    "SqlFactor",
    "TrueRange",
    "WeightedAverageValue",
    "WindowedFactor",
]
__all__ += indicators.__all__
