"""Ehlers' indicators of the dominant cycle, TA-Lib's ``HT_`` functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.computed import NAMELESS
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.cycle import (
    FIRST,
    LATE,
    Cycle,
    is_trend,
    phases,
    trendline,
    waves,
)
from rustybt.pipeline.factors.indicators.scan import Scan, ScanOfOne, ScanOfSeveral
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array

_SHORT, _LONG = 32, 63  # bars before the first value: without and with a phase


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _OfPrice(Scan):
    least: ClassVar[Mapping[str, int]] = {}

    inputs: Sequence[Term] = (EquityPricing.close,)


class _OneOfPrice(_OfPrice, ScanOfOne):
    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


class _SeveralOfPrice(_OfPrice, ScanOfSeveral):
    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(),)


class DominantCyclePeriod(_OneOfPrice):
    """Bars of the dominant cycle, `HT_DCPERIOD`.

    Notes
    -----
    Formula: the turn of the phasor from one bar to the next is 360 degrees over the period, which is held to
    0.67 to 1.5 times the one before and to 6 to 50 bars, and smoothed twice.
    Units: bars.
    Nulls: sessions without a value are skipped, NULL in them; NULL before 33 values.
    Source: TA-Lib HT_DCPERIOD; J. Ehlers, "Rocket science for traders".
    """

    powers: ClassVar[Mapping[str, int]] = {NAMELESS: 0}

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        return {NAMELESS: _from(_SHORT, Cycle.of(series[0], FIRST).period)}


class DominantCyclePhase(_OneOfPrice):
    """Phase of the dominant cycle, `HT_DCPHASE`.

    Notes
    -----
    Formula: the angle of the sums of the smoothed prices of the last cycle, times the sine and times the
    cosine of their place in it.
    Units: degrees, from -45 to 315.
    Nulls: sessions without a value are skipped, NULL in them; NULL before 64 values.
    Source: TA-Lib HT_DCPHASE; J. Ehlers, "Rocket science for traders".
    """

    powers: ClassVar[Mapping[str, int]] = {NAMELESS: 0}

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        return {NAMELESS: _from(_LONG, phases(Cycle.of(series[0], LATE), LATE))}


class PhasorComponents(_SeveralOfPrice):
    """The two components of the phasor of the price, `HT_PHASOR`.

    Notes
    -----
    Formula: `quadrature` is the Hilbert transform of the detrended price, `inphase` the detrended price 3
    bars ago.
    Units: those of the input.
    Nulls: those of `DominantCyclePeriod`.
    Source: TA-Lib HT_PHASOR; J. Ehlers, "Rocket science for traders".
    """

    outputs: ClassVar[tuple[str, ...]] = ("inphase", "quadrature")
    powers: ClassVar[Mapping[str, int]] = {"inphase": 1, "quadrature": 1}

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        cycle = Cycle.of(series[0], FIRST)
        return {
            "inphase": _from(_SHORT, cycle.inphase),
            "quadrature": _from(_SHORT, cycle.quadrature),
        }


class SineWave(_SeveralOfPrice):
    """Sine of the phase of the dominant cycle, and that of 45 degrees later, `HT_SINE`.

    Notes
    -----
    Formula: ``sin(phase)`` is `sine` and ``sin(phase + 45)`` is `leadsine`, of `DominantCyclePhase`.
    Units: -1 to 1.
    Nulls: those of `DominantCyclePhase`.
    Source: TA-Lib HT_SINE; J. Ehlers, "Rocket science for traders".
    """

    outputs: ClassVar[tuple[str, ...]] = ("sine", "leadsine")
    powers: ClassVar[Mapping[str, int]] = {"sine": 0, "leadsine": 0}

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        sine, lead = waves(phases(Cycle.of(series[0], LATE), LATE))
        return {"sine": _from(_LONG, sine), "leadsine": _from(_LONG, lead)}


class InstantaneousTrendline(_OneOfPrice):
    """Mean over the dominant cycle, which takes the cycle out of the price, `HT_TRENDLINE`.

    Notes
    -----
    Formula: the weighted mean of the last 4 means over the bars of a cycle.
    Units: those of the input.
    Nulls: those of `DominantCyclePhase`.
    Source: TA-Lib HT_TRENDLINE; J. Ehlers, "Rocket science for traders".
    """

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        cycle = Cycle.of(series[0], LATE)
        return {NAMELESS: _from(_LONG, trendline(cycle, series[0], LATE))}


class TrendMode(_OneOfPrice):
    """Whether the price follows a trend rather than a cycle, `HT_TRENDMODE`.

    Notes
    -----
    Formula: 0 in the bar in which sine and lead sine cross and for half a cycle after, and while the phase
    moves by 0.67 to 1.5 times what the period says; 1 otherwise, and always where the smoothed price is 1.5
    percent or more off the trendline.
    Units: 1 or 0.
    Nulls: those of `DominantCyclePhase`.
    Source: TA-Lib HT_TRENDMODE; J. Ehlers, "Rocket science for traders".
    """

    powers: ClassVar[Mapping[str, int]] = {NAMELESS: 0}

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        cycle = Cycle.of(series[0], LATE)
        line = trendline(cycle, series[0], LATE)
        return {NAMELESS: _from(_LONG, is_trend(cycle, phases(cycle, LATE), line, LATE))}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AdaptiveMovingAverage(_SeveralOfPrice):
    """Exponential mean whose rate follows how fast the phase moves, and a mean of it, `MAMA`.

    Notes
    -----
    Formula: ``mama += rate * (x - mama)`` and ``fama += rate / 2 * (mama - fama)``, the rate being
    `fastlimit` over the degrees by which the phase fell, at least `slowlimit`, and `fastlimit` where it fell
    by no more than one. Both begin with 0 at the 13th value.
    Units: those of the input.
    Nulls: those of `DominantCyclePeriod`.
    Source: TA-Lib MAMA; J. Ehlers, "MESA adaptive moving averages".
    """

    outputs: ClassVar[tuple[str, ...]] = ("mama", "fama")
    powers: ClassVar[Mapping[str, int]] = {"mama": 1, "fama": 1}

    fastlimit: float = 0.5
    slowlimit: float = 0.05

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("fastlimit", "slowlimit"):
            if not 0.01 <= getattr(self, name) <= 0.99:
                expected = "to be from 0.01 to 0.99"
                raise TermParameterError(type(self).__name__, name, getattr(self, name), expected)

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        (price,) = series
        cycle = Cycle.of(price, FIRST)
        phase = np.degrees(np.arctan(cycle.quadrature / cycle.inphase))
        phase = np.where(cycle.inphase != 0, phase, 0)
        fell = -np.diff(phase, axis=0, prepend=phase[:1])
        slow = np.maximum(self.fastlimit / fell, self.slowlimit)
        rate = np.where(fell > 1, slow, self.fastlimit)
        mama, fama = np.zeros_like(price), np.zeros_like(price)
        for bar in range(FIRST, len(price)):
            now, half = rate[bar], 0.5 * rate[bar]
            mama[bar] = now * price[bar] + (1 - now) * mama[bar - 1]
            fama[bar] = half * mama[bar] + (1 - half) * fama[bar - 1]
        return {"mama": _from(_SHORT, mama), "fama": _from(_SHORT, fama)}


def _from(bars: int, values: Array) -> Array:
    """Return the values without those of so many first bars."""
    found = values.copy()
    found[:bars] = np.nan
    return found


HT_DCPERIOD = DominantCyclePeriod
HT_DCPHASE = DominantCyclePhase
HT_PHASOR = PhasorComponents
HT_SINE = SineWave
HT_TRENDLINE = InstantaneousTrendline
HT_TRENDMODE = TrendMode
MAMA = AdaptiveMovingAverage
