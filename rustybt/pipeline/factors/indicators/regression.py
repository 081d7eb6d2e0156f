"""Straight lines through a window, and how two series go together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.indicator import Indicator
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity, function


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Line(Indicator):
    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 14

    def _fit(self, w: Words[Q], x: Q) -> tuple[Q, Q]:
        # Of ages centred on their mean: their sum of squares is n (n² - 1) / 12.
        n, x = self.timeperiod, w.kept(x)
        mean = w.kept(w.mean(x, n))
        tilt = mean * ((n - 1) * n / 2) - w.aged(x, n)
        return mean, w.kept(tilt / (n * (n**2 - 1) / 12))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=4),)


class LinearRegression(_Line):
    """Line of least squares through the window, at the newest session, `LINEARREG`.

    Notes
    -----
    Formula: ``intercept + slope * (timeperiod - 1)``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib LINEARREG.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        mean, slope = self._fit(w, inputs[0])
        return mean + slope * ((self.timeperiod - 1) / 2)


class LinearRegressionSlope(_Line):
    """Change a session of the line of least squares through the window, `LINEARREG_SLOPE`.

    Notes
    -----
    Formula: ``cov(session, x) / var(session)``, sessions numbered from 0.
    Units: those of the input, a session.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib LINEARREG_SLOPE.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        return self._fit(w, inputs[0])[1]


class LinearRegressionAngle(LinearRegressionSlope):
    """Angle of the line of least squares through the window, `LINEARREG_ANGLE`.

    Notes
    -----
    Formula: ``atan(slope) * 180 / pi``, the slope as known at the session.
    Units: degrees, -90 to 90; they depend on the unit of the input, so that no window may look back on
    the angles of prices.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib LINEARREG_ANGLE.
    """

    scope: ClassVar[Scope] = Scope.ROW

    @property
    @override
    def operands(self) -> tuple[Term, ...]:
        # An angle has no degree in price, so it is taken of a slope that actions have changed already.
        slope = LinearRegressionSlope(
            inputs=self.inputs, timeperiod=self.timeperiod, mask=self.mask
        )
        return (slope,)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return function("degrees", function("atan", inputs[0]))

    @override
    def compute(self, *windows: Array) -> Array:
        return np.degrees(np.arctan(super().compute(*windows)))


class LinearRegressionIntercept(_Line):
    """Line of least squares through the window, at the oldest session, `LINEARREG_INTERCEPT`.

    Notes
    -----
    Formula: ``mean(x) - slope * (timeperiod - 1) / 2``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib LINEARREG_INTERCEPT.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        mean, slope = self._fit(w, inputs[0])
        return mean - slope * ((self.timeperiod - 1) / 2)


class TimeSeriesForecast(_Line):
    """Line of least squares through the window, at the session after it, `TSF`.

    Notes
    -----
    Formula: ``intercept + slope * timeperiod``.
    Units: those of the input.
    Nulls: NULL unless every session of the window has a value.
    Source: TA-Lib TSF.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        mean, slope = self._fit(w, inputs[0])
        return mean + slope * ((self.timeperiod + 1) / 2)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Correlation(Indicator):
    """Pearson's correlation of two inputs of the same asset, `CORREL`.

    Notes
    -----
    Formula: ``cov(x, y) / (std(x) * std(y))``.
    Units: -1 to 1.
    Nulls: NULL unless every session of the window has both values, and where all of one are equal.
    Source: TA-Lib CORREL.
    Differs: TA-Lib gives 0 where all values of one input are equal.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 2}
    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    timeperiod: int = 30

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x, y = inputs
        widths = w.stddev(x, self.timeperiod) * w.stddev(y, self.timeperiod)
        return w.covariance(x, y, self.timeperiod) / widths

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(inputs=(EquityPricing.close, EquityPricing.volume), timeperiod=4),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReturnsBeta(Indicator):
    """Slope of the returns of the second input on those of the first, `BETA`.

    Notes
    -----
    Formula: ``cov(x, y) / var(x)`` of the returns of a session.
    Units: none.
    Nulls: NULL unless every session of the window and the one before has both values, and where all
    returns of the first input are equal.
    Source: TA-Lib BETA.
    Differs: TA-Lib gives 0 where all returns are equal. `SimpleBeta` is against another asset.
    """

    arity: ClassVar[int] = 2

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    timeperiod: int = 5

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        x, y = (w.kept(it / w.ago(it, 1) - 1) for it in inputs)
        deviation = w.kept(w.stddev(x, self.timeperiod))
        return w.covariance(x, y, self.timeperiod) / (deviation * deviation)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(inputs=(EquityPricing.close, EquityPricing.open), timeperiod=4),)


LINEARREG = LinearRegression
LINEARREG_SLOPE = LinearRegressionSlope
LINEARREG_ANGLE = LinearRegressionAngle
LINEARREG_INTERCEPT = LinearRegressionIntercept
TSF = TimeSeriesForecast
CORREL = Correlation
BETA = ReturnsBeta
