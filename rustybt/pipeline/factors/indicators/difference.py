"""Differences of a fast moving average and a slow one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import bars_before, moving_average
from rustybt.pipeline.factors.indicators.indicator import Indicator, MultiIndicator
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.term import Term


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AbsolutePriceOscillator(Indicator):
    """Fast moving average less the slow one, `APO`.

    Notes
    -----
    Formula: ``mean(x, fastperiod) - mean(x, slowperiod)``, means of the kind `matype`.
    Units: those of the input.
    Nulls: those of the slow mean.
    Source: TA-Lib APO, whose `matype` is 1, exponential, by default in its versions from 0.8 on.
    """

    least: ClassVar[Mapping[str, int]] = {"fastperiod": 2, "slowperiod": 2}

    inputs: Sequence[Term] = (EquityPricing.close,)
    fastperiod: int = 12
    slowperiod: int = 26
    matype: int = 1

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, self.fastperiod, self.slowperiod)

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        fast, slow = self._means(w, inputs[0])
        return fast - slow

    def _means(self, w: Words[Q], x: Q) -> tuple[Q, Q]:
        return (
            moving_average(w, x, self.fastperiod, self.matype),
            w.kept(moving_average(w, x, self.slowperiod, self.matype)),
        )

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return cls(fastperiod=2, slowperiod=3), cls(fastperiod=2, slowperiod=4, matype=0)


class PercentagePriceOscillator(AbsolutePriceOscillator):
    """Fast moving average less the slow one, in percent of the slow one, `PPO`.

    Notes
    -----
    Formula: ``100 * (mean(x, fastperiod) / mean(x, slowperiod) - 1)``, means of the kind `matype`.
    Units: percent.
    Nulls: those of the slow mean, and where it is 0.
    Source: TA-Lib PPO, whose `matype` is 1, exponential, by default in its versions from 0.8 on.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        fast, slow = self._means(w, inputs[0])
        return 100 * (fast - slow) / slow


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MovingAverageConvergenceDivergence(MultiIndicator):
    """Fast exponential mean less the slow one, with a mean of that and what is left, `MACD`.

    Notes
    -----
    Formula: `macd` is ``EMA(x, fastperiod) - EMA(x, slowperiod)``, both begun at the
    `slowperiod`-th value; `signal` is ``EMA(macd, signalperiod)``, `hist` is ``macd - signal``.
    Units: those of the input.
    Nulls: a missing value is skipped, NULL in its session; all outputs are NULL before the first
    signal.
    Source: TA-Lib MACD (macd, macdsignal, macdhist).
    Differs: zipline's `MovingAverageConvergenceDivergenceSignal` cuts the means off.
    """

    outputs: ClassVar[tuple[str, ...]] = ("macd", "signal", "hist")
    least: ClassVar[Mapping[str, int]] = {"fastperiod": 2, "slowperiod": 2, "signalperiod": 1}

    inputs: Sequence[Term] = (EquityPricing.close,)
    fastperiod: int = 12
    slowperiod: int = 26
    signalperiod: int = 9

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, self.fastperiod, self.slowperiod)

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x = w.kept(inputs[0])
        count = w.kept(w.count(x))
        fast = w.exponential(x, self.fastperiod, count=count, begin=self.slowperiod)
        line = w.kept(fast - w.exponential(x, self.slowperiod, count=count))
        later = count - float(self.slowperiod - 1)
        return _compared(w, line, w.exponential(line, self.signalperiod, count=later))

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(fastperiod=2, slowperiod=4, signalperiod=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FixedConvergenceDivergence(MultiIndicator):
    """`MACD` of 12 and 26 sessions whose rates are rounded, `MACDFIX`.

    Notes
    -----
    Formula: as `MovingAverageConvergenceDivergence`, with the rates 0.15 for ``2 / 13`` and 0.075 for
    ``2 / 27``; those of the signal are not rounded.
    Units: those of the input.
    Nulls: a missing value is skipped, NULL in its session; all outputs are NULL before the first
    signal.
    Source: TA-Lib MACDFIX (macd, macdsignal, macdhist).
    """

    outputs: ClassVar[tuple[str, ...]] = ("macd", "signal", "hist")
    least: ClassVar[Mapping[str, int]] = {"signalperiod": 1}

    inputs: Sequence[Term] = (EquityPricing.close,)
    signalperiod: int = 9

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x = w.kept(inputs[0])
        count = w.kept(w.count(x))
        fast = w.smoothed(x, 0.15, seed=12, count=count, begin=26)
        line = w.kept(fast - w.smoothed(x, 0.075, seed=26, count=count))
        return _compared(w, line, w.exponential(line, self.signalperiod, count=count - 25.0))

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(signalperiod=2),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ExtendedConvergenceDivergence(MultiIndicator):
    """`MACD` of any kinds of moving averages, `MACDEXT`.

    Notes
    -----
    Formula: `macd` is ``mean(x, fastperiod) - mean(x, slowperiod)``, `signal` is
    ``mean(macd, signalperiod)``, `hist` is ``macd - signal``, means of the kinds `fastmatype`,
    `slowmatype` and `signalmatype`. The mean that has a value earlier leaves out the first bars, so
    that both have their first one in the same session.
    Units: those of the input.
    Nulls: those of the means; all outputs are NULL where the signal is.
    Source: TA-Lib MACDEXT (macd, macdsignal, macdhist).
    """

    outputs: ClassVar[tuple[str, ...]] = ("macd", "signal", "hist")
    least: ClassVar[Mapping[str, int]] = {"fastperiod": 2, "slowperiod": 2, "signalperiod": 1}

    inputs: Sequence[Term] = (EquityPricing.close,)
    fastperiod: int = 12
    fastmatype: int = 0
    slowperiod: int = 26
    slowmatype: int = 0
    signalperiod: int = 9
    signalmatype: int = 0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_order(self, self.fastperiod, self.slowperiod)

    @override
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        x = w.kept(inputs[0])
        wanted = (self.fastperiod, self.fastmatype), (self.slowperiod, self.slowmatype)
        latest = max(bars_before(*it) for it in wanted)
        means = [self._mean(w, x, latest - bars_before(*it), *it) for it in wanted]
        line = w.kept(means[0] - means[1])
        signal = moving_average(w, line, self.signalperiod, self.signalmatype)
        return _compared(w, line, w.kept(signal))

    def _mean(self, w: Words[Q], x: Q, left_out: int, sessions: int, matype: int) -> Q:
        later = w.when(w.count(x).compare(">", left_out), x) if left_out else x
        return w.kept(moving_average(w, later, sessions, matype))

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        short = cls(fastperiod=2, slowperiod=4, signalperiod=2)
        return short, replace(short, window_length=None, fastmatype=3, slowmatype=1)


def _compared(w: Words[Q], line: Q, signal: Q) -> Mapping[str, Q]:
    there = signal.is_present()
    return {"macd": w.when(there, line), "signal": signal, "hist": line - signal}


def check_order(term: Indicator | MultiIndicator, fastperiod: int, slowperiod: int) -> None:
    """Raise TermParameterError unless the fast period is the shorter one."""
    if fastperiod >= slowperiod:
        expected = f"to be less than slowperiod, {slowperiod}"
        raise TermParameterError(type(term).__name__, "fastperiod", fastperiod, expected)


APO = AbsolutePriceOscillator
PPO = PercentagePriceOscillator
MACD = MovingAverageConvergenceDivergence
MACDFIX = FixedConvergenceDivergence
MACDEXT = ExtendedConvergenceDivergence
