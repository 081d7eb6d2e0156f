"""Standard deviations over the window and the bands around its mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors.change import Returns
from rustybt.pipeline.factors.outputs import MultiFactor
from rustybt.pipeline.factors.window import WindowedFactor, checked_number
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, nanmean, nanstd, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AnnualizedVolatility(WindowedFactor):
    """Standard deviation of daily returns, by the square root of time to a year.

    Parameters
    ----------
    annualization_factor
        Sessions of a year; more than 0.

    Notes
    -----
    Formula: ``std(x) * sqrt(annualization_factor)``, the deviation being that of a population.
    Units: those of the input in a year; a ratio for returns.
    Nulls: skipped; NULL when all are missing.
    """

    inputs: Sequence[Term] = (Returns(window_length=2),)
    window_length: int | None = 252
    annualization_factor: float = 252.0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        name = "annualization_factor"
        factor = checked_number(self._name, name, self.annualization_factor, above=0)
        object.__setattr__(self, name, factor)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        return self.frame.stddev(x) * sqrt(self.annualization_factor)

    @override
    def compute(self, *windows: Array) -> Array:
        (x,) = windows
        return nanstd(x) * sqrt(self.annualization_factor)

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(window_length=4),)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BollingerBands(MultiFactor):
    """Bands of some standard deviations around the mean, and where the last value is in them.

    Parameters
    ----------
    k
        Width of a band in standard deviations; at least 0.

    Notes
    -----
    Formula: ``middle = mean(x)``; ``lower`` and ``upper`` are ``middle`` less and plus
    ``k * std(x)``, the deviation being that of a population;
    ``percent = (x[-1] - lower) / (upper - lower)``.
    Units: those of the input; ``percent`` is 0 on the lower and 1 on the upper band.
    Nulls: skipped; NULL when all are missing, ``percent`` also when the last is or the bands meet.
    Differs: zipline has no default of `k` and no ``percent``.
    """

    outputs: ClassVar[tuple[str, ...]] = ("lower", "middle", "upper", "percent")

    inputs: Sequence[Term] = (EquityPricing.close,)
    k: float = 2.0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "k", checked_number(self._name, "k", self.k, least=0))

    @property
    @override
    def unpacked(self) -> tuple[str, ...]:
        return ("lower", "middle", "upper")  # zipline's; `percent` is reached by its name

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        (x,) = inputs
        middle, width = self.frame.mean(x), self.frame.stddev(x) * self.k
        return {
            "lower": middle - width,
            "middle": middle,
            "upper": middle + width,
            "percent": (x - (middle - width)) / (width * 2),
        }

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        (x,) = windows
        middle, width = nanmean(x), nanstd(x) * self.k
        return {
            "lower": middle - width,
            "middle": middle,
            "upper": middle + width,
            "percent": (x[-1] - (middle - width)) / nonzero(width * 2),
        }

    @classmethod
    @override
    def instances(cls) -> tuple[Self, ...]:
        return (cls(window_length=4, k=1.5),)
