"""Means and deviations whose weights fall with age, over a window that ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Self

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.window import WindowedFactor, checked_count, checked_number
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Frame
from rustybt.pipeline.vocabulary.nanmath import Array, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity, square_root


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Exponential(WindowedFactor):
    """A factor whose weights fall by the same rate with each session of age."""

    decay_rate: float = 0.0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        rate = checked_number(self._name, "decay_rate", self.decay_rate, above=0, most=1)
        object.__setattr__(self, "decay_rate", rate)

    @classmethod
    def from_span(
        cls, inputs: Sequence[Term], window_length: int, span: float, mask: Term | None = None
    ) -> Self:
        """Return the factor with ``decay_rate = 1 - 2 / (1 + span)``.

        Raises
        ------
        TermParameterError
            The span is at most 1.
        """
        rate = 1 - 2 / (1 + checked_number(cls.__name__, "span", span, above=1))
        return cls(inputs=inputs, window_length=window_length, mask=mask, decay_rate=rate)

    @classmethod
    def from_halflife(
        cls, inputs: Sequence[Term], window_length: int, halflife: float, mask: Term | None = None
    ) -> Self:
        """Return the factor whose weights halve in so many sessions.

        Raises
        ------
        TermParameterError
            The half-life is at most 0.
        """
        rate = exp(log(0.5) / checked_number(cls.__name__, "halflife", halflife, above=0))
        return cls(inputs=inputs, window_length=window_length, mask=mask, decay_rate=rate)

    @classmethod
    def from_center_of_mass(
        cls,
        inputs: Sequence[Term],
        window_length: int,
        center_of_mass: float,
        mask: Term | None = None,
    ) -> Self:
        """Return the factor with ``decay_rate = 1 - 1 / (1 + center_of_mass)``.

        Raises
        ------
        TermParameterError
            The centre of mass is at most 0.
        """
        com = checked_number(cls.__name__, "center_of_mass", center_of_mass, above=0)
        rate = 1 - 1 / (1 + com)
        return cls(inputs=inputs, window_length=window_length, mask=mask, decay_rate=rate)

    @property
    def _weights(self) -> Array:
        return _weights(self.decay_rate, self.frame.length)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        close = (EquityPricing.close,)
        return cls(inputs=close, window_length=5, decay_rate=0.8), cls.from_span(close, 4, 3)


class ExponentialWeightedMovingAverage(_Exponential):
    """Mean of the window, each session weighing less than the next by `decay_rate`.

    Notes
    -----
    Formula: ``sum(decay_rate ** age * x) / sum(decay_rate ** age)``, the last session of age 0.
    Units: those of the input.
    Nulls: NULL when one value of the window is missing.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return _decayed_mean(self.frame, inputs[0], self.decay_rate)

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        return _weighted_mean(x, self._weights)


class ExponentialWeightedMovingStdDev(_Exponential):
    """Standard deviation of the window, each session weighing less than the next.

    Notes
    -----
    Formula: ``sqrt(sum(w * (x - mean) ** 2) / sum(w) * s)`` with ``w = decay_rate ** age``, the
    mean of those weights, and ``s = sum(w) ** 2 / (sum(w) ** 2 - sum(w ** 2))`` against the bias.
    Units: those of the input.
    Nulls: NULL when one value of the window is missing, and for a window of one session.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        squares = self.frame.decayed_squares(x, self.decay_rate)
        return square_root(squares / self._divisor)

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        weights = self._weights
        apart = (x - _weighted_mean(x, weights)) ** 2
        squares: Array = (weights[:, None] * apart).sum(axis=0)
        return np.sqrt(squares / nonzero(np.array(self._divisor)))

    @property
    def _divisor(self) -> float:
        weights = self._weights
        total: float = weights.sum()
        return 0.0 if len(weights) == 1 else float(total - (weights**2).sum() / total)


EWMA = ExponentialWeightedMovingAverage
EWMSTD = ExponentialWeightedMovingStdDev


@dataclass(frozen=True, eq=False, repr=False)
class MovingAverageConvergenceDivergenceSignal(WindowedFactor):
    """Signal line of the difference of a fast and a slow exponential mean.

    Parameters
    ----------
    fast_period, slow_period, signal_period
        Sessions of each mean, at least 1; the slow one has more than the fast one.

    Notes
    -----
    Formula: the mean over `signal_period` of ``mean(x, fast_period) - mean(x, slow_period)``; each
    mean reads exactly its period with ``decay_rate = 1 - 2 / (1 + period)``, and the window is
    ``slow_period + signal_period - 1``.
    Units: those of the input.
    Nulls: NULL when one value of the window is missing.
    """

    inputs: Sequence[Term] = field(default=(EquityPricing.close,), kw_only=True)
    window_length: int | None = field(default=None, init=False, kw_only=True)
    fast_period: int = 12
    slow_period: int = 26
    signal_period: int = 9

    @override
    def __post_init__(self) -> None:
        for name in ("fast_period", "slow_period", "signal_period"):
            object.__setattr__(self, name, checked_count(self._name, name, getattr(self, name)))
        if self.slow_period <= self.fast_period:
            expected = f"to be more than the fast_period of {self.fast_period}"
            raise TermParameterError(self._name, "slow_period", self.slow_period, expected)
        object.__setattr__(self, "window_length", self.slow_period + self.signal_period - 1)
        super().__post_init__()

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        fast, slow = (
            _decayed_mean(self.frame.newest(it), x, _span_rate(it))
            for it in (self.fast_period, self.slow_period)
        )
        signal = self.frame.newest(self.signal_period)
        return _decayed_mean(signal, fast - slow, _span_rate(self.signal_period))

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        ends = range(len(x) - self.signal_period + 1, len(x) + 1)
        lines = [
            _span_mean(x[end - self.fast_period : end])
            - _span_mean(x[end - self.slow_period : end])
            for end in ends
        ]
        return _span_mean(np.array(lines))

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(fast_period=2, slow_period=4, signal_period=3),)


MACDSignal = MovingAverageConvergenceDivergenceSignal


def _span_rate(span: int) -> float:
    return 1 - 2 / (1 + span)


def _decayed_mean(frame: Frame, x: Quantity, rate: float) -> Quantity:
    return frame.decayed(x, rate) / float(_weights(rate, frame.length).sum())


def _weights(rate: float, length: int) -> Array:
    weights: Array = np.float64(rate) ** np.arange(length - 1, -1, -1)
    return weights


def _weighted_mean(x: Array, weights: Array) -> Array:
    mean: Array = (weights[:, None] * x).sum(axis=0) / weights.sum()
    return mean


def _span_mean(x: Array) -> Array:
    return _weighted_mean(x, _weights(_span_rate(len(x)), len(x)))
