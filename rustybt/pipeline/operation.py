"""What the methods and operators of factors do, said twice: in SQL and in NumPy.

An operation knows no terms, so that terms may name it: `Factor.rank` applies `Rank`. `lower` is what
runs; `compute` is the definition that the tests hold it to.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.frame import RankMethod, Scope, Section
from rustybt.pipeline.nanmath import Array, Values, nanmean, nanstd, nonzero
from rustybt.pipeline.quantity import COMPARISONS, Quantity


class Operation(ABC):
    """A function of terms: of one row, or of one section."""

    scope: ClassVar[Scope]
    window_safe: ClassVar[bool | None] = False
    """Whether the result is free of units; None if it is when the input is."""

    @abstractmethod
    def lower(self, *inputs: Quantity) -> Quantity:
        """Return the operation in SQL."""

    @abstractmethod
    def compute(self, *inputs: Values) -> Values:
        """Return the operation on arrays: sections in order of sid, NaN for a missing value."""


def _comparison(symbol: str) -> Callable[[Quantity, Quantity], Quantity]:
    return lambda left, right: left.compare(symbol, right)


def _quotient(left: Array, right: Array) -> Array:
    return left / nonzero(right)


ELEMENTWISE: dict[str, tuple[Callable[..., Quantity], Callable[..., Values]]] = {
    "+": (operator.add, np.add),
    "-": (operator.sub, np.subtract),
    "*": (operator.mul, np.multiply),
    "/": (operator.truediv, _quotient),
    "negative": (operator.neg, np.negative),
    "abs": (abs, np.abs),
    "<": (_comparison("<"), np.less),
    "<=": (_comparison("<="), np.less_equal),
    ">": (_comparison(">"), np.greater),
    ">=": (_comparison(">="), np.greater_equal),
    "==": (_comparison("=="), np.equal),
    "!=": (_comparison("!="), np.not_equal),
    "isnull": (Quantity.is_missing, np.isnan),
    "notnull": (Quantity.is_present, lambda x: ~np.isnan(x)),
    "&": (Quantity.both, np.logical_and),
    "|": (Quantity.either, np.logical_or),
    "~": (Quantity.negated, np.logical_not),
}
assert COMPARISONS.keys() <= ELEMENTWISE.keys()  # noqa: S101 - the two tables name the same words


@dataclass(frozen=True)
class Elementwise(Operation):
    """A word of `ELEMENTWISE`, applied to the values of one row.

    Notes
    -----
    Nulls: arithmetic gives NULL when an operand is NULL or a divisor is 0; a comparison with NULL
    is false, and ``!=`` true.
    """

    scope: ClassVar[Scope] = Scope.ROW
    word: str

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return ELEMENTWISE[self.word][0](*inputs)

    @override
    def compute(self, *inputs: Values) -> Values:
        return ELEMENTWISE[self.word][1](*inputs)


@dataclass(frozen=True)
class Demean(Operation):
    """The value less the mean of the section.

    Notes
    -----
    Formula: ``x - mean(x)``.
    Units: those of the input.
    Nulls: skipped by the mean; NULL where the input is.
    """

    scope: ClassVar[Scope] = Scope.SECTION
    window_safe: ClassVar[bool | None] = None

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        return x - Section().mean(x)

    @override
    def compute(self, *inputs: Values) -> Values:
        (x,) = inputs
        return x - nanmean(x)


@dataclass(frozen=True)
class ZScore(Operation):
    """The distance from the mean of the section in standard deviations.

    Notes
    -----
    Formula: ``(x - mean(x)) / std(x)``, the deviation being that of a population.
    Units: none.
    Nulls: skipped by mean and deviation; NULL where the input is, and where all values are equal.
    """

    scope: ClassVar[Scope] = Scope.SECTION
    window_safe: ClassVar[bool | None] = True

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        section = Section()
        return (x - section.mean(x)) / section.stddev(x)

    @override
    def compute(self, *inputs: Values) -> Values:
        (x,) = inputs
        return (x - nanmean(x)) / nonzero(nanstd(x))


@dataclass(frozen=True)
class Rank(Operation):
    """The position in the section, from 1.

    Notes
    -----
    Formula: the number of the value in sorted order; equal values by `method`.
    Units: a count, as DOUBLE.
    Nulls: not ranked; NULL where the input is.
    """

    scope: ClassVar[Scope] = Scope.SECTION
    window_safe: ClassVar[bool | None] = True
    METHODS: ClassVar[tuple[RankMethod, ...]] = ("ordinal", "average", "min", "max", "dense")

    method: RankMethod = "ordinal"
    ascending: bool = True

    def __post_init__(self) -> None:
        if self.method not in self.METHODS:
            expected = f"one of {', '.join(self.METHODS)}"
            raise TermParameterError("rank", "method", self.method, expected)

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        return Section().rank(x, method=self.method, ascending=self.ascending)

    @override
    def compute(self, *inputs: Values) -> Values:
        (x,) = inputs
        keys = x if self.ascending else -x
        present = keys[~np.isnan(keys)]
        ranks = np.full(x.shape, np.nan)
        ranks[~np.isnan(keys)] = _ranks(present, self.method)
        return ranks


@dataclass(frozen=True)
class Extreme(Operation):
    """Whether the value is one of the largest, or smallest, of the section.

    Notes
    -----
    Formula: ``rank(x) <= count``, ordinal, so that never more than `count` assets pass.
    Units: a truth value.
    Nulls: false.
    """

    scope: ClassVar[Scope] = Scope.SECTION
    window_safe: ClassVar[bool | None] = True

    count: int
    largest: bool

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            word = "top" if self.largest else "bottom"
            raise TermParameterError(word, "N", self.count, "to be an integer of at least 1")

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return self._rank.lower(*inputs).compare("<=", self.count)

    @override
    def compute(self, *inputs: Values) -> Values:
        return self._rank.compute(*inputs) <= self.count

    @property
    def _rank(self) -> Rank:
        return Rank(ascending=not self.largest)


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
