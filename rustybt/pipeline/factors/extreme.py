"""Highs and lows of the window: drawdown, oscillators, ranges and clouds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.outputs import MultiFactor
from rustybt.pipeline.factors.window import WindowedFactor, checked_count
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Frame
from rustybt.pipeline.vocabulary.nanmath import Array, nanmax, nanmin, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity, greatest

_HIGH, _LOW, _CLOSE = EquityPricing.high, EquityPricing.low, EquityPricing.close


class MaxDrawdown(WindowedFactor):
    """Largest fall from a value of the window to a later one.

    Notes
    -----
    Formula: ``(peak - trough) / trough``, the peak being the largest value up to the trough and the
    trough where ``peak - x`` is largest, the first of equal ones.
    Units: a ratio of the trough, positive, 0.25 being a fall from 125 to 100.
    Nulls: skipped; NULL when all are missing or the trough is 0.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.frame.drawdown(inputs[0])

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        fall = np.fmax.accumulate(x, axis=0) - x
        end = np.where(np.isnan(fall), -np.inf, fall).argmax(axis=0)[None]
        deepest: Array = np.take_along_axis(fall, end, axis=0)[0]
        return deepest / nonzero(np.take_along_axis(x, end, axis=0)[0])

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        close = (_CLOSE,)
        return tuple(cls(inputs=close, window_length=length) for length in (2, 5, 11))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Aroon(MultiFactor):
    """How recent the high and the low of the window are.

    Notes
    -----
    Formula: ``up = 100 * argmax(high) / (window_length - 1)``, ``down`` likewise with the smallest
    low; sessions count from the oldest, 0, and the oldest of equal values is taken.
    Units: 0 to 100, 100 being the last session.
    Nulls: skipped; NULL when all are missing.
    Differs: an asset without values ends zipline's run with an error.
    """

    arity: ClassVar[int] = 2
    shortest: ClassVar[int] = 2
    outputs: ClassVar[tuple[str, ...]] = ("down", "up")

    inputs: Sequence[Term] = (_LOW, _HIGH)

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        low, high = inputs
        ages = {"down": -low, "up": high}
        steps = self.frame.length - 1
        return {
            name: 100 * (steps - self.frame.age_of_maximum(x, oldest=True)) / steps
            for name, x in ages.items()
        }

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        low, high = windows
        return {
            name: np.where(
                np.isnan(x).all(axis=0),
                np.nan,
                100 * np.where(np.isnan(x), -np.inf, x).argmax(axis=0) / (len(x) - 1),
            )
            for name, x in {"down": -low, "up": high}.items()
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return cls(window_length=4), cls(window_length=7)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FastStochasticOscillator(WindowedFactor):
    """Where the last close is between the low and the high of the window.

    Notes
    -----
    Formula: ``(close[-1] - min(low)) / (max(high) - min(low)) * 100``.
    Units: 0 to 100.
    Nulls: NULL when the last close is missing or high and low are equal; other missing values are
    skipped.
    """

    arity: ClassVar[int] = 3

    inputs: Sequence[Term] = (_CLOSE, _LOW, _HIGH)
    window_length: int | None = 14

    @property
    @override
    def window_safe(self) -> bool:
        return True

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        close, low, high = inputs
        bottom = self.frame.minimum(low)
        return (close - bottom) / (self.frame.maximum(high) - bottom) * 100

    @override
    def compute(self, *windows: Array) -> Array:
        close, low, high = windows
        bottom = nanmin(low)
        height: Array = close[-1] - bottom
        return height / nonzero(nanmax(high) - bottom) * 100

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(window_length=4),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IchimokuKinkoHyo(MultiFactor):
    """Lines and the cloud of Ichimoku.

    Parameters
    ----------
    tenkan_sen_length, kijun_sen_length
        Sessions of the conversion and of the base line; at most `window_length`.
    chikou_span_length
        Session of the window, counted from the oldest, 0, whose close is the lagging line; less
        than `window_length`.

    Notes
    -----
    Formula: a line is ``(max(high) + min(low)) / 2`` over its sessions: ``tenkan_sen``,
    ``kijun_sen``, and ``senkou_span_b`` over the window; ``senkou_span_a`` is the mean of the first
    two, ``chikou_span`` is ``close[chikou_span_length]``.
    Units: price.
    Nulls: NULL when a high or low of the line is missing.
    """

    arity: ClassVar[int] = 3
    outputs: ClassVar[tuple[str, ...]] = (
        "tenkan_sen",
        "kijun_sen",
        "senkou_span_a",
        "senkou_span_b",
        "chikou_span",
    )

    inputs: Sequence[Term] = (_HIGH, _LOW, _CLOSE)
    window_length: int | None = 52
    tenkan_sen_length: int = 9
    kijun_sen_length: int = 26
    chikou_span_length: int = 26

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        longest = self.frame.length
        most = {
            "tenkan_sen_length": longest,
            "kijun_sen_length": longest,
            "chikou_span_length": longest - 1,
        }
        for name, limit in most.items():
            count = checked_count(self._name, name, getattr(self, name), most=limit)
            object.__setattr__(self, name, count)

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        high, low, close = inputs

        def line(frame: Frame) -> Quantity:
            middle = (frame.maximum(high) + frame.minimum(low)) / 2
            return middle.masked(frame.complete(high, low))

        tenkan, kijun = (
            line(self.frame.newest(it)) for it in (self.tenkan_sen_length, self.kijun_sen_length)
        )
        return {
            "tenkan_sen": tenkan,
            "kijun_sen": kijun,
            "senkou_span_a": (tenkan + kijun) / 2,
            "senkou_span_b": line(self.frame),
            "chikou_span": self.frame.at(close, self.frame.length - 1 - self.chikou_span_length),
        }

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        high, low, close = windows

        def line(length: int) -> Array:
            middle: Array = (high[-length:].max(axis=0) + low[-length:].min(axis=0)) / 2
            return middle

        tenkan, kijun = line(self.tenkan_sen_length), line(self.kijun_sen_length)
        return {
            "tenkan_sen": tenkan,
            "kijun_sen": kijun,
            "senkou_span_a": (tenkan + kijun) / 2,
            "senkou_span_b": line(len(high)),
            "chikou_span": close[self.chikou_span_length],
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        cloud = cls(window_length=5, tenkan_sen_length=2, kijun_sen_length=3, chikou_span_length=3)
        return (cloud,)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TrueRange(WindowedFactor):
    """Range of the last session, the close before it included.

    Notes
    -----
    Formula: the largest of ``high - low``, ``abs(high - close[-2])`` and ``abs(low - close[-2])``.
    Units: price.
    Nulls: missing ones of the three are skipped; NULL when all are.
    """

    arity: ClassVar[int] = 3
    shortest: ClassVar[int] = 2

    inputs: Sequence[Term] = (_HIGH, _LOW, _CLOSE)
    window_length: int | None = 2

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window_length != self.shortest:
            raise TermParameterError(self._name, "window_length", self.window_length, "to be 2")

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        high, low, close = inputs
        before = self.frame.previous(close)
        return greatest(high - low, abs(high - before), abs(low - before))

    @override
    def compute(self, *windows: Array) -> Array:
        high, low, close = windows
        before = close[-2]
        return nanmax(
            np.array([high[-1] - low[-1], np.abs(high[-1] - before), np.abs(low[-1] - before)])
        )

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)
