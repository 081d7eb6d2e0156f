"""Differences of a fast moving average and a slow one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.indicators.averages import moving_average
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
        signal = w.exponential(line, self.signalperiod, count=later)
        there = signal.is_present()
        return {"macd": w.when(there, line), "signal": signal, "hist": line - signal}

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(fastperiod=2, slowperiod=4, signalperiod=2),)


def check_order(term: Indicator | MultiIndicator, fastperiod: int, slowperiod: int) -> None:
    """Raise TermParameterError unless the fast period is the shorter one."""
    if fastperiod >= slowperiod:
        expected = f"to be less than slowperiod, {slowperiod}"
        raise TermParameterError(type(term).__name__, "fastperiod", fastperiod, expected)


APO = AbsolutePriceOscillator
PPO = PercentagePriceOscillator
MACD = MovingAverageConvergenceDivergence
