"""Operations on the values of one session, over assets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.errors import BadPercentileBoundsError, TermParameterError
from rustybt.pipeline.operation.kinds import SectionOperation
from rustybt.pipeline.vocabulary.frame import RankMethod, Section
from rustybt.pipeline.vocabulary.magnitude import BARS, Magnitude
from rustybt.pipeline.vocabulary.nanmath import Array, Values, missing, nanmean, nanstd, nonzero
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    choose,
    function,
    greatest,
    least,
    number,
)


@dataclass(frozen=True)
class Demean(SectionOperation):
    """The value less the mean of the section.

    Notes
    -----
    Formula: ``x - mean(x)``.
    Units: those of the input.
    Nulls: skipped by the mean; NULL where the input is.
    """

    window_safe: ClassVar[bool | None] = None

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return x - section.mean(x)

    @override
    def compute_section(self, x: Values) -> Values:
        return x - nanmean(x)


@dataclass(frozen=True)
class ZScore(SectionOperation):
    """The distance from the mean of the section in standard deviations.

    Notes
    -----
    Formula: ``(x - mean(x)) / std(x)``, the deviation being that of a population.
    Units: none.
    Nulls: skipped by mean and deviation; NULL where the input is, and where all values are equal.
    """

    window_safe: ClassVar[bool | None] = True

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return (x - section.mean(x)) / section.stddev(x)

    @override
    def compute_section(self, x: Values) -> Values:
        return (x - nanmean(x)) / nonzero(nanstd(x))


@dataclass(frozen=True)
class Winsorize(SectionOperation):
    """The value, drawn in to the values at two positions of the sorted section.

    Notes
    -----
    Formula: of the m sorted values, those before ``int(lowest * m)`` become the value there, those
    from ``ceil(highest * m)`` on the value before.
    Units: those of the input.
    Nulls: not counted; NULL where the input is.
    """

    window_safe: ClassVar[bool | None] = None

    lowest: float
    highest: float

    def __post_init__(self) -> None:
        _check_bounds("winsorize", self.lowest, self.highest, 1)

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        rank, count = section.rank(x, method="ordinal", ascending=True), section.count(x)
        before, until = count * self.lowest, count * self.highest
        low = section.minimum(x.masked(rank.holds(">", function("floor", before))))
        high = section.maximum(x.masked(rank.holds("<=", function("ceil", until))))
        return x.when_present(least(greatest(x, low), high))

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    @override
    def compute_section(self, x: Values) -> Values:
        present = np.sort(x[~np.isnan(x)])
        if not present.size:
            return x
        low = present[int(self.lowest * present.size)]
        high = present[int(np.ceil(self.highest * present.size)) - 1]
        return np.clip(x, low, high)


@dataclass(frozen=True)
class Rank(SectionOperation):
    """The position in the section, from 1.

    Notes
    -----
    Formula: the number of the value in sorted order; equal values by `method`.
    Units: a count, as DOUBLE.
    Nulls: not ranked; NULL where the input is.
    Differs: in zipline a missing value makes the whole section NaN for all methods but ``ordinal``.
    """

    window_safe: ClassVar[bool | None] = True
    METHODS: ClassVar[tuple[RankMethod, ...]] = ("ordinal", "average", "min", "max", "dense")

    method: RankMethod = "ordinal"
    ascending: bool = True

    def __post_init__(self) -> None:
        if self.method not in self.METHODS:
            expected = f"one of {', '.join(self.METHODS)}"
            raise TermParameterError("rank", "method", self.method, expected)
        if not isinstance(self.ascending, (bool, np.bool_)):
            raise TermParameterError("rank", "ascending", self.ascending, "to be True or False")

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return section.rank(x, method=self.method, ascending=self.ascending)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return BARS

    @override
    def compute_section(self, x: Values) -> Values:
        keys = x if self.ascending else -x
        present = keys[~np.isnan(keys)]
        ranks = np.full(x.shape, np.nan)
        ranks[~np.isnan(keys)] = _ranks(present, self.method)
        return ranks


@dataclass(frozen=True)
class PercentileRank(SectionOperation):
    """The position in the section as a share of its size.

    Notes
    -----
    Formula: ``rank(x) / count(x)``, equal values having the mean of their ranks.
    Units: a ratio above 0, the largest value having 1.
    Nulls: not ranked; NULL where the input is.
    Source: `pandas.Series.rank` with ``pct=True``.
    """

    window_safe: ClassVar[bool | None] = True

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return section.rank(x, method="average", ascending=True) / section.count(x)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return BARS

    @override
    def compute_section(self, x: Values) -> Values:
        return Rank("average").compute_section(x) / nonzero((~np.isnan(x)).sum(dtype=float))


@dataclass(frozen=True)
class Extreme(SectionOperation):
    """Whether the value is one of the largest, or smallest, of the section.

    Notes
    -----
    Formula: ``rank(x) <= count``, ordinal, so that never more than `count` assets pass.
    Units: a truth value.
    Nulls: false.
    Differs: zipline's ``top(1)`` picks the smallest value when all are negative.
    """

    window_safe: ClassVar[bool | None] = True

    count: int
    largest: bool

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            word = "top" if self.largest else "bottom"
            raise TermParameterError(word, "N", self.count, "to be an integer of at least 1")

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return self._rank.express_section(x, section).compare("<=", self.count)

    @override
    def compute_section(self, x: Values) -> Values:
        return self._rank.compute_section(x) <= self.count

    @property
    def _rank(self) -> Rank:
        return Rank(ascending=not self.largest)


@dataclass(frozen=True)
class PercentileBetween(SectionOperation):
    """Whether the value lies between two percentiles of the section, both inclusive.

    Notes
    -----
    Formula: ``percentile(x, lowest) <= x <= percentile(x, highest)``, interpolated linearly.
    Units: a truth value.
    Nulls: not counted; false.
    """

    window_safe: ClassVar[bool | None] = True

    lowest: float
    highest: float

    def __post_init__(self) -> None:
        _check_bounds("percentile_between", self.lowest, self.highest, 100)

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        low, high = (section.percentile(x, it) for it in (self.lowest, self.highest))
        return x.compare(">=", low).both(x.compare("<=", high))

    @override
    def compute_section(self, x: Values) -> Values:
        present = x[~np.isnan(x)]
        if not present.size:
            return np.zeros(x.shape, dtype=bool)
        low, high = np.percentile(present, [self.lowest, self.highest])
        within: Values = (low <= x) & (x <= high)
        return within


@dataclass(frozen=True)
class QuantileLabel(SectionOperation):
    """The number of the quantile that the value belongs to, from 0.

    Notes
    -----
    Formula: how many of the ``bins - 1`` inner edges lie below the value; the edges are percentiles,
    interpolated linearly.
    Units: a label.
    Nulls: not counted; missing where the input is.
    Differs: equal edges leave a quantile empty, where zipline raises.
    """

    window_safe: ClassVar[bool | None] = True

    bins: int

    def __post_init__(self) -> None:
        if isinstance(self.bins, bool) or not isinstance(self.bins, int) or self.bins < 1:
            raise TermParameterError("quantiles", "bins", self.bins, "to be an integer from 1")

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        edges = [section.percentile(x, it) for it in self._percentiles]
        above = (choose(x.compare(">", it), number(1), number(0)) for it in edges)
        return x.when_present(sum(above, number(0)).whole())

    @property
    def _percentiles(self) -> list[float]:
        inner: list[float] = (np.linspace(0, 1, self.bins + 1)[1:-1] * 100).tolist()
        return inner

    @override
    def compute_section(self, x: Values) -> Values:
        present = ~np.isnan(x)
        labels = np.full(x.shape, np.nan)
        if present.any():
            edges = np.percentile(x[present], self._percentiles)
            labels[present] = (x[present] > edges[:, None]).sum(axis=0)
        return labels


_REDUCTIONS: Final[dict[str, tuple[Callable[..., Quantity], Callable[[Array], float]]]] = {
    "mean": (Section.mean, np.mean),
    "stddev": (Section.stddev, np.std),
    "max": (Section.maximum, np.max),
    "min": (Section.minimum, np.min),
    "median": (lambda section, x: section.quantile(x, 0.5), np.median),
    "sum": (Section.sum, np.sum),
    "notnull_count": (Section.count, np.size),
}


@dataclass(frozen=True)
class Summary(SectionOperation):
    """One number for the whole session: `mean`, `stddev`, `max`, `min`, `median`, `sum`, `notnull_count`.

    Notes
    -----
    Formula: the word, over the values of the session; ``stddev`` is that of a population.
    Units: those of the input; a count for `notnull_count`.
    Nulls: skipped; without a value 0 for `sum` and `notnull_count`, NULL for the others.
    """

    window_safe: ClassVar[bool | None] = None
    ndim: ClassVar[int] = 1

    word: str

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return _REDUCTIONS[self.word][0](section, x)

    @override
    def compute_section(self, x: Values) -> Values:
        present = x[~np.isnan(x)]
        zero = 0.0 if self.word in {"sum", "notnull_count"} else np.nan
        return np.full(x.shape, _REDUCTIONS[self.word][1](present) if present.size else zero)


@dataclass(frozen=True)
class PeerCount(SectionOperation):
    """How many assets of the session have the same label.

    Notes
    -----
    Formula: ``count(label)`` among equal labels.
    Units: a count, as DOUBLE.
    Nulls: NULL where the label is missing.
    """

    window_safe: ClassVar[bool | None] = True

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (label,) = inputs
        return self.express_section(label, Section(label))

    @override
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        return x.when_present(section.count(x))

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return BARS

    @override
    def compute_section(self, x: Values) -> Values:
        present = ~missing(x)
        counts = np.full(x.shape, np.nan)
        _, which, sizes = np.unique(x[present], return_inverse=True, return_counts=True)
        counts[present] = sizes[which]
        return counts


def _check_bounds(method: str, lowest: float, highest: float, largest: int) -> None:
    try:
        possible = 0 <= lowest < highest <= largest
    except TypeError:
        possible = False
    if not possible:
        raise BadPercentileBoundsError(method, lowest, highest, largest)


def _ranks(values: Array, method: RankMethod) -> Values:
    distinct, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    highest = np.cumsum(counts)[which]
    lowest = highest - counts[which] + 1
    ordinal = np.empty(values.size)
    ordinal[np.argsort(values, kind="stable")] = np.arange(1, values.size + 1)
    ranks: dict[RankMethod, Values] = {
        "ordinal": ordinal,
        "min": lowest,
        "max": highest,
        "average": (lowest + highest) / 2,
        "dense": np.arange(1, distinct.size + 1)[which],
    }
    return ranks[method]
