"""The dominant cycle of a price, by Ehlers: the arithmetic behind TA-Lib's functions of Hilbert transforms.

A period found at one bar weighs the transform of the next, so the bars are gone through one by one. All arrays
are of shape (bars, assets).
"""

from dataclasses import dataclass, fields
from math import pi
from typing import Final, Self

import numpy as np

from rustybt.pipeline.vocabulary.nanmath import Array

FIRST: Final = 12  # bars before the first transform of what needs no phase
LATE: Final = 37  # of what does
LONGEST: Final = 50  # bars of a cycle
_OUTER: Final = 0.0962  # weights of the transform
_INNER: Final = 0.5769
_MEMORY: Final = 7  # bars that a transform looks at


@dataclass(frozen=True)
class Cycle:
    """What is known of the cycle at each bar; 0 before the first transform.

    Parameters
    ----------
    smooth
        The weighted mean of 4 prices.
    inphase, quadrature
        The components of the phasor.
    period
        Bars of a cycle, smoothed.
    """

    smooth: Array
    inphase: Array
    quadrature: Array
    period: Array

    @classmethod
    def of(cls, price: Array, first: int) -> Self:
        """Return that of prices, the first transform being at a bar."""
        found = cls(*(np.zeros_like(price) for _ in fields(cls)))
        found.smooth[first:] = _weighted(price)[first:]
        bars = _Transforms(price.shape[1])
        for bar in range(first, len(price)):
            found.inphase[bar], found.quadrature[bar], found.period[bar] = bars.next(
                found.smooth[bar]
            )
        return found

    @property
    def whole_period(self) -> Array:
        """The bars of a cycle as a whole number."""
        return np.floor(self.period + 0.5)


class _Transforms:
    """The state between two bars: what the transforms remember, and the period."""

    def __init__(self, assets: int) -> None:
        self._smooth, self._detrended, self._quadrature, self._inphase = (
            np.zeros((_MEMORY, assets)) for _ in range(4)
        )
        self._i2, self._q2, self._re, self._im, self._raw, self._period = np.zeros((6, assets))

    def next(self, smooth: Array) -> tuple[Array, Array, Array]:
        """Return the two components and the period of the next bar."""
        gain = 0.075 * self._raw + 0.54
        _remember(self._smooth, smooth)
        _remember(self._detrended, _transform(self._smooth) * gain)
        _remember(self._quadrature, _transform(self._detrended) * gain)
        _remember(self._inphase, self._detrended[3].copy())
        inphase, quadrature = self._inphase[0].copy(), self._quadrature[0].copy()
        ahead = _transform(self._inphase) * gain, _transform(self._quadrature) * gain
        i2 = 0.2 * (inphase - ahead[1]) + 0.8 * self._i2
        q2 = 0.2 * (quadrature + ahead[0]) + 0.8 * self._q2
        self._re = 0.2 * (i2 * self._i2 + q2 * self._q2) + 0.8 * self._re
        self._im = 0.2 * (i2 * self._q2 - q2 * self._i2) + 0.8 * self._im
        self._i2, self._q2 = i2, q2
        turning = (self._im != 0) & (self._re != 0)
        raw = np.where(turning, 360 / np.degrees(np.arctan(self._im / self._re)), self._raw)
        raw = np.maximum(np.minimum(raw, 1.5 * self._raw), 0.67 * self._raw)
        self._raw = 0.2 * np.clip(raw, 6, LONGEST) + 0.8 * self._raw
        self._period = 0.33 * self._raw + 0.67 * self._period
        return inphase, quadrature, self._period


def phases(cycle: Cycle, first: int) -> Array:
    """Return the phase of the dominant cycle in degrees, of the prices of the last cycle."""
    whole, found = cycle.whole_period, np.zeros_like(cycle.smooth)
    real, imaginary = np.zeros_like(found), np.zeros_like(found)
    for age in range(LONGEST):
        weighs = age < whole
        angle = np.where(weighs, age * (2 * pi) / whole, 0)
        ago = np.where(weighs, _ago(cycle.smooth, age), 0)
        real += np.sin(angle) * ago
        imaginary += np.where(weighs, np.cos(angle) * ago, 0)
    phase = found[0]
    for bar in range(first, len(found)):
        of_ratio = np.degrees(np.arctan(real[bar] / imaginary[bar]))
        phase = np.where(imaginary[bar] != 0, of_ratio, phase + 90 * np.sign(real[bar])) + 90
        phase = phase + 360 / cycle.period[bar]  # the weighted mean lags by one bar
        phase = np.where(imaginary[bar] < 0, phase + 180, phase)
        found[bar] = phase = np.where(phase > 315, phase - 360, phase)
    return found


def trendline(cycle: Cycle, price: Array, first: int) -> Array:
    """Return the weighted mean of 4 means of the prices of the last cycle."""
    whole, total = cycle.whole_period, np.zeros_like(price)
    for age in range(LONGEST):
        total += np.where(age < whole, _ago(price, age), 0)
    means = np.where(whole > 0, total / whole, 0)
    means[:first] = 0
    return _weighted(means)


def is_trend(cycle: Cycle, phase: Array, line: Array, first: int) -> Array:
    """Return 1 at bars in a trend, 0 at those in a cycle."""
    sine, lead = waves(phase)
    sine[:first] = lead[:first] = 0
    found = np.zeros_like(phase)
    bars = np.zeros(phase.shape[1])  # since the waves crossed
    for bar in range(first, len(phase)):
        up = (sine[bar] > lead[bar]) & (sine[bar - 1] <= lead[bar - 1])
        down = (sine[bar] < lead[bar]) & (sine[bar - 1] >= lead[bar - 1])
        crossed, period = up | down, cycle.period[bar]
        bars = np.where(crossed, 0, bars) + 1
        moved, even = phase[bar] - phase[bar - 1], 360 / period
        cyclic = crossed | (bars < 0.5 * period) | ((moved > 0.67 * even) & (moved < 1.5 * even))
        away = np.abs((cycle.smooth[bar] - line[bar]) / line[bar]) >= 0.015
        found[bar] = np.where(away | ~cyclic, 1, 0)
    return found


def waves(phase: Array) -> tuple[Array, Array]:
    """Return the sine of a phase, and that of 45 degrees later."""
    return np.sin(np.radians(phase)), np.sin(np.radians(phase + 45))


def _remember(memory: Array, value: Array) -> None:
    memory[1:] = memory[:-1].copy()
    memory[0] = value


def _transform(memory: Array) -> Array:
    found: Array = _OUTER * (memory[0] - memory[6]) + _INNER * (memory[2] - memory[4])
    return found


def _weighted(x: Array) -> Array:
    return (4 * x + 3 * _ago(x, 1) + 2 * _ago(x, 2) + _ago(x, 3)) / 10


def _ago(x: Array, bars: int) -> Array:
    found = np.zeros_like(x)
    found[bars:] = x[: max(0, len(x) - bars)]
    return found
