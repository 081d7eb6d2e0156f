"""Operators and functions of factors: each value computed from the values of its own row."""

import math
from numbers import Real
from typing import Any, cast

from typing_extensions import override

from rustybt.errors import TermParameterError, UnsupportedColumnError
from rustybt.pipeline.expression.computable import Nullable, applied
from rustybt.pipeline.expression.filter import Filter
from rustybt.pipeline.operation import Clip, Elementwise, FillNull
from rustybt.pipeline.term import Term


class Arithmetic(Nullable):
    """The operators and functions of factors."""

    __array_ufunc__ = None  # NumPy's scalars leave an operator to the factor on its other side

    def __add__(self, other: "Arithmetic | float") -> Any:
        return _combined("+", self, other)

    def __radd__(self, other: float) -> Any:
        return _combined("+", other, self)

    def __sub__(self, other: "Arithmetic | float") -> Any:
        return _combined("-", self, other)

    def __rsub__(self, other: float) -> Any:
        return _combined("-", other, self)

    def __mul__(self, other: "Arithmetic | float") -> Any:
        return _combined("*", self, other)

    def __rmul__(self, other: float) -> Any:
        return _combined("*", other, self)

    def __truediv__(self, other: "Arithmetic | float") -> Any:
        return _combined("/", self, other)

    def __rtruediv__(self, other: float) -> Any:
        return _combined("/", other, self)

    def __mod__(self, other: "Arithmetic | float") -> Any:
        return _combined("%", self, other)

    def __rmod__(self, other: float) -> Any:
        return _combined("%", other, self)

    def __pow__(self, other: "Arithmetic | float") -> Any:
        return _combined("**", self, other)

    def __rpow__(self, other: float) -> Any:
        return _combined("**", other, self)

    def __neg__(self) -> Any:
        return applied("Factor", Elementwise("negative"), self)

    def __lt__(self, other: "Arithmetic | float") -> Filter:
        return _compared("<", self, other)

    def __le__(self, other: "Arithmetic | float") -> Filter:
        return _compared("<=", self, other)

    def __gt__(self, other: "Arithmetic | float") -> Filter:
        return _compared(">", self, other)

    def __ge__(self, other: "Arithmetic | float") -> Filter:
        return _compared(">=", self, other)

    @override
    def __ne__(self, other: "Arithmetic | float") -> Filter:  # type: ignore[override]  # as in zipline
        return _compared("!=", self, other)

    # A class that defines a comparison must name its equality and hash again.
    __eq__ = Term.__eq__
    __hash__ = Term.__hash__

    def eq(self, other: "Arithmetic | float") -> Filter:
        """Return whether the values are equal; false where one is missing."""
        compared = _compared("==", self, other)
        if compared is NotImplemented:
            raise UnsupportedColumnError("eq", other, "a factor or a number")
        return compared

    def abs(self) -> Any:
        """Return the absolute value."""
        return applied("Factor", Elementwise("abs"), self)

    def exp(self) -> Any:
        """Return e to the power of the value; NULL where that is not finite."""
        return applied("Factor", Elementwise("exp"), self)

    def expm1(self) -> Any:
        """Return e to the power of the value, less 1, exact near 0; NULL where that is not finite."""
        return applied("Factor", Elementwise("expm1"), self)

    def log(self) -> Any:
        """Return the natural logarithm; NULL where the value is not positive."""
        return applied("Factor", Elementwise("log"), self)

    def log10(self) -> Any:
        """Return the logarithm to base 10; NULL where the value is not positive."""
        return applied("Factor", Elementwise("log10"), self)

    def log1p(self) -> Any:
        """Return the natural logarithm of 1 plus the value, exact near 0; NULL up to -1."""
        return applied("Factor", Elementwise("log1p"), self)

    def sqrt(self) -> Any:
        """Return the square root; NULL where the value is negative."""
        return applied("Factor", Elementwise("sqrt"), self)

    def sin(self) -> Any:
        """Return the sine of the value in radians."""
        return applied("Factor", Elementwise("sin"), self)

    def cos(self) -> Any:
        """Return the cosine of the value in radians."""
        return applied("Factor", Elementwise("cos"), self)

    def tan(self) -> Any:
        """Return the tangent of the value in radians."""
        return applied("Factor", Elementwise("tan"), self)

    def arcsin(self) -> Any:
        """Return the inverse sine in radians; NULL outside -1 to 1."""
        return applied("Factor", Elementwise("arcsin"), self)

    def arccos(self) -> Any:
        """Return the inverse cosine in radians; NULL outside -1 to 1."""
        return applied("Factor", Elementwise("arccos"), self)

    def arctan(self) -> Any:
        """Return the inverse tangent in radians."""
        return applied("Factor", Elementwise("arctan"), self)

    def sinh(self) -> Any:
        """Return the hyperbolic sine; NULL where that is not finite."""
        return applied("Factor", Elementwise("sinh"), self)

    def cosh(self) -> Any:
        """Return the hyperbolic cosine; NULL where that is not finite."""
        return applied("Factor", Elementwise("cosh"), self)

    def tanh(self) -> Any:
        """Return the hyperbolic tangent."""
        return applied("Factor", Elementwise("tanh"), self)

    def arcsinh(self) -> Any:
        """Return the inverse hyperbolic sine."""
        return applied("Factor", Elementwise("arcsinh"), self)

    def arccosh(self) -> Any:
        """Return the inverse hyperbolic cosine; NULL below 1."""
        return applied("Factor", Elementwise("arccosh"), self)

    def arctanh(self) -> Any:
        """Return the inverse hyperbolic tangent; NULL up to -1 and from 1."""
        return applied("Factor", Elementwise("arctanh"), self)

    def isnan(self) -> Filter:
        """Return whether the value is missing, as `isnull`: a NaN is a missing value here."""
        made: Filter = self.isnull()
        return made

    def notnan(self) -> Filter:
        """Return whether the value is not missing, as `notnull`."""
        made: Filter = self.notnull()
        return made

    def isfinite(self) -> Filter:
        """Return whether the value is a finite number, as `notnull`: there are no infinities."""
        made: Filter = self.notnull()
        return made

    def fillna(self, fill_value: "Arithmetic | float") -> Any:
        """Return the value, or another where it is missing.

        Parameters
        ----------
        fill_value
            A finite number or a factor.

        Raises
        ------
        UnsupportedColumnError
            The other is neither.
        TermParameterError
            The number is not finite.
        """
        other = _operand(fill_value)
        if other is None:
            raise UnsupportedColumnError("fillna", fill_value, "a factor or a number")
        return applied("Factor", FillNull(), self, other)

    def clip(self, min_bound: float, max_bound: float, mask: Filter | None = None) -> Any:
        """Return the value, or the nearer bound where it lies outside them.

        Parameters
        ----------
        min_bound, max_bound
            Numbers, both inclusive; infinite for none.
        mask
            Assets that count; the others get NULL, unlike in zipline, which ignores it.

        Raises
        ------
        TermParameterError
            A bound is no number, or the lower one is the larger.
        """
        lower, upper = _bound("min_bound", min_bound), _bound("max_bound", max_bound)
        return applied("Factor", Clip(lower, upper), self, mask=mask)


def _bound(name: str, found: object) -> float:
    real = isinstance(found, Real) and not isinstance(found, bool)
    bound = float(cast("float", found)) if real else math.nan
    if math.isnan(bound):
        raise TermParameterError("clip", name, found, "to be a number")
    return bound


def _operand(value: object) -> Term | None:
    if isinstance(value, Arithmetic):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    make: Any = Term.class_named("Constant")
    try:
        made: Term = make(value=float(value))
    except OverflowError:
        raise TermParameterError("A factor's operand", "number", value, "to be finite") from None
    return made


def _applied(kind: str, word: str, left: object, right: object) -> Any:
    operands = _operand(left), _operand(right)
    if operands[0] is None or operands[1] is None:
        return NotImplemented
    return applied(kind, Elementwise(word), operands[0], operands[1])


def _combined(word: str, left: object, right: object) -> Any:
    return _applied("Factor", word, left, right)


def _compared(word: str, left: object, right: object) -> Filter:
    made: Filter = _applied("Filter", word, left, right)
    return made
