"""Operations on the values of one row."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.operation.kinds import Operation
from rustybt.pipeline.vocabulary.magnitude import ANY, BARS, NUMBERS, Magnitude
from rustybt.pipeline.vocabulary.nanmath import Array, Values, finite, missing, nonzero
from rustybt.pipeline.vocabulary.quantity import (
    COMPARISONS,
    Quantity,
    choose,
    expm1,
    function,
    greatest,
    least,
    log1p,
    number,
)

_Sql = Callable[..., Quantity]
_NumPy = Callable[..., Values]

LARGEST_EXPONENT: Final = 709.782712893384  # of e, so that the power is a finite DOUBLE
LARGEST_HYPERBOLIC: Final = 710.4758600739439  # likewise of sinh and cosh


def _comparison(symbol: str) -> Callable[[Quantity, Quantity], Quantity]:
    return lambda left, right: left.compare(symbol, right)


def _quotient(left: Array, right: Array) -> Array:
    return left / nonzero(right)


def _remainder(left: Array, right: Array) -> Array:
    return left - np.floor(left / nonzero(right)) * right


ELEMENTWISE: dict[str, tuple[_Sql, _NumPy]] = {
    "+": (operator.add, np.add),
    "-": (operator.sub, np.subtract),
    "*": (operator.mul, np.multiply),
    "/": (operator.truediv, _quotient),
    "%": (operator.mod, _remainder),
    "**": (operator.pow, np.power),
    "negative": (operator.neg, np.negative),
    "abs": (abs, np.abs),
    "<": (_comparison("<"), np.less),
    "<=": (_comparison("<="), np.less_equal),
    ">": (_comparison(">"), np.greater),
    ">=": (_comparison(">="), np.greater_equal),
    "==": (_comparison("=="), np.equal),
    "!=": (_comparison("!="), np.not_equal),
    "isnull": (Quantity.is_missing, missing),
    "notnull": (Quantity.is_present, lambda x: ~missing(x)),
    "&": (Quantity.both, np.logical_and),
    "|": (Quantity.either, np.logical_or),
    "~": (Quantity.negated, np.logical_not),
}
assert COMPARISONS.keys() <= ELEMENTWISE.keys()  # noqa: S101 - the two tables name the same words


@dataclass(frozen=True)
class _Function:
    """A function of one number with the open or closed interval where it is defined and finite."""

    sql: Callable[[Quantity], Quantity]
    numpy: _NumPy
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def express(self, x: Quantity) -> Quantity:
        """Return the value, NULL outside the domain; the engine raises there for some of them."""
        value = self.sql(x)
        bounds = {">": self.above, ">=": self.least, "<": self.below, "<=": self.most}
        inside = [x.holds(symbol, bound) for symbol, bound in bounds.items() if bound is not None]
        for condition in inside[1:]:
            inside[0] = inside[0].both(condition)
        return value.masked(inside[0]) if inside else value

    def compute(self, x: Array) -> Values:
        return finite(self.numpy(x))


def _named(name: str) -> Callable[[Quantity], Quantity]:
    return lambda x: function(name, x)


FUNCTIONS: dict[str, _Function] = {
    "exp": _Function(_named("exp"), np.exp, most=LARGEST_EXPONENT),
    "expm1": _Function(expm1, np.expm1, most=LARGEST_EXPONENT),
    "log": _Function(_named("ln"), np.log, above=0),
    "log10": _Function(_named("log10"), np.log10, above=0),
    "log1p": _Function(log1p, np.log1p, above=-1),
    "sqrt": _Function(_named("sqrt"), np.sqrt, least=0),
    "sin": _Function(_named("sin"), np.sin),
    "cos": _Function(_named("cos"), np.cos),
    "tan": _Function(_named("tan"), np.tan),
    "arcsin": _Function(_named("asin"), np.arcsin, least=-1, most=1),
    "arccos": _Function(_named("acos"), np.arccos, least=-1, most=1),
    "arctan": _Function(_named("atan"), np.arctan),
    "sinh": _Function(_named("sinh"), np.sinh, least=-LARGEST_HYPERBOLIC, most=LARGEST_HYPERBOLIC),
    "cosh": _Function(_named("cosh"), np.cosh, least=-LARGEST_HYPERBOLIC, most=LARGEST_HYPERBOLIC),
    "tanh": _Function(_named("tanh"), np.tanh),
    "arcsinh": _Function(_named("asinh"), np.arcsinh),
    "arccosh": _Function(_named("acosh"), np.arccosh, least=1),
    "arctanh": _Function(_named("atanh"), np.arctanh, above=-1, below=1),
}
ELEMENTWISE.update({name: (it.express, it.compute) for name, it in FUNCTIONS.items()})

_GROWN: Final[dict[str, Callable[..., Magnitude]]] = {
    "+": Magnitude.plus,
    "-": Magnitude.plus,
    "*": Magnitude.times,
    "/": Magnitude.over,
    "%": lambda x, y: x.over(y).times(y).plus(x),
    "**": lambda *_: ANY,
    "negative": Magnitude.among,
    "abs": Magnitude.among,
}
_LARGE: Final = {"exp", "expm1", "sinh", "cosh"}


@dataclass(frozen=True)
class Elementwise(Operation):
    """A word of `ELEMENTWISE`, applied to the values of one row.

    Notes
    -----
    Formula: that of the operator of Python or of the function of NumPy; ``%`` is
    ``x - floor(x / y) * y``.
    Units: those of the operands for ``+``, ``-``, ``%``, ``abs`` and negation.
    Nulls: arithmetic gives NULL when an operand is NULL, a divisor is 0, or the value of a function
    is not defined or not finite; a comparison with NULL is false, and ``!=`` true.
    Differs: zipline gives infinities.
    """

    word: str

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return ELEMENTWISE[self.word][0](*inputs)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        if self.word in _GROWN:
            return _GROWN[self.word](*operands)
        return NUMBERS if self.word in _LARGE else BARS.among(*operands)

    @override
    def compute(self, *inputs: Values) -> Values:
        values = ELEMENTWISE[self.word][1](*inputs)
        return finite(values) if values.dtype.kind == "f" else values


@dataclass(frozen=True)
class Clip(Operation):
    """The value, or the nearer bound where it lies outside them.

    Notes
    -----
    Formula: ``min(max(x, lower), upper)``.
    Units: those of the input.
    Nulls: NULL where the input is.
    """

    window_safe: ClassVar[bool | None] = None

    lower: float
    upper: float

    def __post_init__(self) -> None:
        # Infinite bounds are none, and NaN is no bound.
        if not self.lower <= self.upper:
            expected = f"to be a number of at most max_bound = {self.upper!r}"
            raise TermParameterError("clip", "min_bound", self.lower, expected)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        value = x
        if np.isfinite(self.lower):
            value = greatest(value, number(self.lower))
        if np.isfinite(self.upper):
            value = least(value, number(self.upper))
        return value if value is x else x.when_present(value)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return NUMBERS

    @override
    def compute(self, *inputs: Values) -> Values:
        (x,) = inputs
        return np.clip(x, self.lower, self.upper)


@dataclass(frozen=True)
class FillNull(Operation):
    """The value, or that of a second term where it is missing.

    Notes
    -----
    Formula: ``x if x is present else y``.
    Units: those of the inputs.
    Nulls: NULL where both are.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        x, other = inputs
        return x.filled_from(other)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0].among(*operands)

    @override
    def compute(self, *inputs: Values) -> Values:
        x, other = inputs
        return np.where(missing(x), other, x)


@dataclass(frozen=True)
class IfElse(Operation):
    """One term where a filter is true and another where it is false.

    Notes
    -----
    Formula: ``y if condition else z``.
    Units: those of the two terms.
    Nulls: NULL where the chosen term is.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return choose(*inputs)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[1].among(operands[2])

    @override
    def compute(self, *inputs: Values) -> Values:
        return np.where(*inputs)


@dataclass(frozen=True)
class Alias(Operation):
    """The value under a name, for plans to be read.

    Notes
    -----
    Formula: ``x``.
    Units: those of the input.
    Nulls: NULL where the input is.
    """

    window_safe: ClassVar[bool | None] = None

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise TermParameterError("alias", "name", self.name, "to be text that is not empty")

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return inputs[0]

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    @override
    def compute(self, *inputs: Values) -> Values:
        return inputs[0]
