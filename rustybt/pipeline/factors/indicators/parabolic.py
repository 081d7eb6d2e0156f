"""Stops that follow the price and turn when it touches them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.computed import NAMELESS
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.scan import Scan, ScanOfOne, ScanOfSeveral
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array


class _Pace(NamedTuple):
    """How fast a stop follows: its acceleration at a turn, what each new extreme adds, and the most."""

    initial: Any
    step: Any
    most: Any


class _OfHighAndLow(Scan):
    arity: ClassVar[int] = 2
    least: ClassVar[Mapping[str, int]] = {}

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ParabolicStop(_OfHighAndLow, ScanOfOne):
    """Wilder's parabolic stop and reverse, `SAR`.

    Notes
    -----
    Formula: ``stop += af * (extreme - stop)``, no nearer than the lows (short: highs) of the last two bars.
    `af` begins with `acceleration`, which each new extreme adds to it, up to `maximum`. A bar that
    touches the stop turns the side, and the extreme so far becomes the stop. The first side is short if the
    low fell by more than the high rose from the first bar to the second.
    Units: those of the inputs.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before 2 bars.
    Source: TA-Lib SAR.
    """

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    acceleration: float = 0.02
    maximum: float = 0.2

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        _check_not_negative(self, ("acceleration", "maximum"))

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        high, low = series
        pace = _pace(self.acceleration, self.acceleration, self.maximum)
        stops = [side * stop for side, stop in _stops(high, low, _Start(), (pace, pace))]
        return {NAMELESS: _behind(1, stops, high)}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ExtendedParabolicStop(_OfHighAndLow, ScanOfOne):
    """Parabolic stop with an acceleration of its own for each side, `SAREXT`; negative while short.

    Notes
    -----
    Formula: as `ParabolicStop`, times -1 while short. At a turn the stop lies `offsetonreverse` times
    itself farther. A positive `startvalue` is the first stop, of a long side; a negative one that of a
    short side.
    Units: those of the inputs.
    Nulls: those of `ParabolicStop`.
    Source: TA-Lib SAREXT.
    """

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low)
    startvalue: float = 0.0
    offsetonreverse: float = 0.0
    accelerationinitlong: float = 0.02
    accelerationlong: float = 0.02
    accelerationmaxlong: float = 0.2
    accelerationinitshort: float = 0.02
    accelerationshort: float = 0.02
    accelerationmaxshort: float = 0.2

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        names = [
            f"acceleration{it}{side}" for side in ("long", "short") for it in ("init", "", "max")
        ]
        _check_not_negative(self, ("offsetonreverse", *names))

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        high, low = series
        paces = (
            _pace(self.accelerationinitlong, self.accelerationlong, self.accelerationmaxlong),
            _pace(self.accelerationinitshort, self.accelerationshort, self.accelerationmaxshort),
        )
        start = _Start(self.startvalue, self.offsetonreverse)
        return {NAMELESS: _behind(1, [stop for _, stop in _stops(high, low, start, paces)], high)}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SuperTrend(ScanOfSeveral):
    """Band of true ranges around the middle of the bar, on the side from which the price has come.

    Notes
    -----
    Formula: ``trend`` is the lower band while rising and the upper one while falling, `direction` 1 or -1.
    The bands are ``(high + low) / 2`` less and plus ``multiplier * ATR``; the lower one does not fall
    until a close lies below it, the upper one does not rise until a close lies above it. A close above the
    upper band turns it up, one below the lower band down. It begins falling.
    Units: those of the inputs; `direction` 1 or -1.
    Nulls: sessions without a bar are skipped, NULL in them; NULL before ``timeperiod + 1`` bars.
    Source: TradingView's `ta.supertrend`, with the ATR of TA-Lib.
    """

    arity: ClassVar[int] = 3
    outputs: ClassVar[tuple[str, ...]] = ("trend", "direction")
    powers: ClassVar[Mapping[str, int]] = {"trend": 1, "direction": 0}

    inputs: Sequence[Term] = (EquityPricing.high, EquityPricing.low, EquityPricing.close)
    timeperiod: int = 10
    multiplier: float = 3.0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        _check_not_negative(self, ("multiplier",))

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=2, multiplier=0.5),)

    @override
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        high, low, close = series
        middle, reach = (high + low) / 2, self.multiplier * _true_ranges(series, self.timeperiod)
        above, below = middle + reach, middle - reach
        upper, lower = np.full(close.shape[1], np.inf), np.full(close.shape[1], -np.inf)
        rising = np.zeros(upper.shape, np.bool_)
        trends: list[Array] = []
        directions: list[Array] = []
        for bar in range(self.timeperiod, len(close)):
            now, before = close[bar], close[bar - 1]
            upper = np.where((above[bar] < upper) | (before > upper), above[bar], upper)
            lower = np.where((below[bar] > lower) | (before < lower), below[bar], lower)
            if trends:
                rising = np.where(rising, now >= lower, now > upper)
            trends.append(np.where(rising, lower, upper))
            directions.append(np.where(rising, 1.0, -1.0))
        return {
            name: _behind(self.timeperiod, rows, high)
            for name, rows in (("trend", trends), ("direction", directions))
        }


class _Start(NamedTuple):
    """The first stop, 0 to be found and negative on the short side, and how far a turn sets it off."""

    stop: float = 0.0
    offset: float = 0.0


def _stops(
    high: Array, low: Array, start: _Start, paces: tuple[_Pace, _Pace]
) -> Iterator[tuple[Array, Array]]:
    """Yield after each bar from the second on the side, 1 or -1, and the stop times the side.

    Short is long upside down, so everything is multiplied by the side. `paces` are those of the long and of
    the short side.
    """
    bars = list(zip(high, low, strict=True))
    if len(bars) < 2:
        return
    falls = (low[0] > low[1]) & (low[0] - low[1] > high[1] - high[0])
    side = np.full(falls.shape, np.sign(start.stop)) if start.stop else np.where(falls, -1.0, 1.0)
    near, _ = _ends(side, bars[0])
    _, extreme = _ends(side, bars[1])
    stop = np.full(side.shape, start.stop) if start.stop else near
    acceleration = _of_side(side, paces).initial
    before = bars[1]  # the first bar has none that limits it
    for bar in bars[1:]:
        near, far = _ends(side, bar)
        turns = near <= stop
        reached = np.maximum(np.maximum(extreme, _ends(side, before)[1]), far)
        stop = np.where(turns, -(reached + start.offset * np.abs(reached)), stop)
        side = np.where(turns, -side, side)
        yield side, stop
        near, far = _ends(side, bar)
        pace = _of_side(side, paces)
        faster = np.where(
            far > extreme, np.minimum(acceleration + pace.step, pace.most), acceleration
        )
        acceleration = np.where(turns, pace.initial, faster)
        extreme = np.where(turns, far, np.maximum(extreme, far))
        stop = stop + acceleration * (extreme - stop)
        stop = np.minimum(np.minimum(stop, _ends(side, before)[0]), near)
        before = bar


def _pace(initial: float, step: float, most: float) -> _Pace:
    return _Pace(min(initial, most), min(step, most), most)


def _ends(side: Array, bar: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the end of a bar that can touch the stop and the other one, times the side."""
    high, low = bar
    long = side > 0
    return np.where(long, low, -high), np.where(long, high, -low)


def _of_side(side: Array, paces: tuple[_Pace, _Pace]) -> _Pace:
    long, short = paces
    return _Pace(*(np.where(side > 0, a, b) for a, b in zip(long, short, strict=True)))


def _true_ranges(series: Sequence[Array], timeperiod: int) -> Array:
    """Return Wilder's mean of the true ranges, as TA-Lib begins it."""
    high, low, close = series
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    found = np.full_like(high, np.nan)
    if len(ranges) >= timeperiod:
        found[timeperiod] = ranges[:timeperiod].mean(axis=0)
    for bar in range(timeperiod + 1, len(high)):
        found[bar] = (found[bar - 1] * (timeperiod - 1) + ranges[bar - 1]) / timeperiod
    return found


def _behind(bars: int, rows: Sequence[Array], like: Array) -> Array:
    """Return rows behind so many bars that have no value."""
    found = np.full_like(like, np.nan)
    if rows:
        found[bars:] = rows
    return found


def _check_not_negative(term: Term, names: Sequence[str]) -> None:
    for name in names:
        if getattr(term, name) < 0:
            raise TermParameterError(
                type(term).__name__, name, getattr(term, name), "to be at least 0"
            )


SAR = ParabolicStop
SAREXT = ExtendedParabolicStop
