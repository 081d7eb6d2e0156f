"""Factors and filters: the kinds of terms, with the operators and methods that make new ones."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from typing_extensions import override

from rustybt.errors import TermParameterError, TruthError, UnsupportedColumnError
from rustybt.pipeline.frame import RankMethod, Scope
from rustybt.pipeline.nanmath import Values
from rustybt.pipeline.operation import (
    Demean,
    Elementwise,
    Extreme,
    Operation,
    Rank,
    ZScore,
)
from rustybt.pipeline.quantity import Quantity, number
from rustybt.pipeline.term import Term


class Filter(Term):
    """A term whose values are true or false; false where a value it needs is missing."""

    @property
    @override
    def window_safe(self) -> bool:
        return True

    def __and__(self, other: "Filter") -> "Filter":
        return self._with("&", other)

    def __or__(self, other: "Filter") -> "Filter":
        return self._with("|", other)

    def __invert__(self) -> "Filter":
        return AppliedFilter(operation=Elementwise("~"), inputs=(self,))

    def __bool__(self) -> bool:
        raise TruthError(repr(self))

    def _with(self, word: str, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        return AppliedFilter(operation=Elementwise(word), inputs=(self, other))


class Factor(Term):
    """A term whose values are numbers, NULL where missing.

    Operators take factors and finite numbers. ``<``, ``<=``, ``>``, ``>=`` and ``!=`` make filters,
    as `eq` does; ``==`` tells whether two terms are the same term, since sets and dictionaries of
    terms need it.
    """

    __array_ufunc__ = None  # NumPy's scalars leave an operator to the factor on its other side

    def __add__(self, other: "Factor | float") -> "Factor":
        return _combined("+", self, other)

    def __radd__(self, other: float) -> "Factor":
        return _combined("+", other, self)

    def __sub__(self, other: "Factor | float") -> "Factor":
        return _combined("-", self, other)

    def __rsub__(self, other: float) -> "Factor":
        return _combined("-", other, self)

    def __mul__(self, other: "Factor | float") -> "Factor":
        return _combined("*", self, other)

    def __rmul__(self, other: float) -> "Factor":
        return _combined("*", other, self)

    def __truediv__(self, other: "Factor | float") -> "Factor":
        return _combined("/", self, other)

    def __rtruediv__(self, other: float) -> "Factor":
        return _combined("/", other, self)

    def __neg__(self) -> "Factor":
        return AppliedFactor(operation=Elementwise("negative"), inputs=(self,))

    def __lt__(self, other: "Factor | float") -> Filter:
        return _compared("<", self, other)

    def __le__(self, other: "Factor | float") -> Filter:
        return _compared("<=", self, other)

    def __gt__(self, other: "Factor | float") -> Filter:
        return _compared(">", self, other)

    def __ge__(self, other: "Factor | float") -> Filter:
        return _compared(">=", self, other)

    def __ne__(self, other: "Factor | float") -> Filter:  # type: ignore[override]  # as in zipline
        return _compared("!=", self, other)

    # A class that defines a comparison must name its equality and hash again.
    __eq__ = Term.__eq__
    __hash__ = Term.__hash__

    def eq(self, other: "Factor | float") -> Filter:
        """Return whether the values are equal; false where one is missing."""
        compared = _compared("==", self, other)
        if compared is NotImplemented:
            raise UnsupportedColumnError("eq", other, "a factor or a number")
        return compared

    def abs(self) -> "Factor":
        """Return the absolute value."""
        return AppliedFactor(operation=Elementwise("abs"), inputs=(self,))

    def isnull(self) -> Filter:
        """Return whether the value is missing."""
        return AppliedFilter(operation=Elementwise("isnull"), inputs=(self,))

    def notnull(self) -> Filter:
        """Return whether the value is not missing."""
        return AppliedFilter(operation=Elementwise("notnull"), inputs=(self,))

    def demean(self, mask: Filter | None = None) -> "Factor":
        """Return the value less the mean of the session.

        Parameters
        ----------
        mask
            Assets that count; the others get NULL. The whole universe if None.
        """
        return AppliedFactor(operation=Demean(), inputs=(self,), mask=mask)

    def zscore(self, mask: Filter | None = None) -> "Factor":
        """Return the distance from the mean of the session in population standard deviations.

        Parameters
        ----------
        mask
            Assets that count; the others get NULL. The whole universe if None.
        """
        return AppliedFactor(operation=ZScore(), inputs=(self,), mask=mask)

    def rank(
        self,
        method: RankMethod = "ordinal",
        ascending: bool = True,  # noqa: FBT001, FBT002 - zipline's order of parameters
        mask: Filter | None = None,
    ) -> "Factor":
        """Return the rank in the session, from 1, as a float.

        Parameters
        ----------
        method
            What equal values get: ``ordinal`` distinct ranks in the order of sids, ``min``, ``max``
            or ``average`` of those, ``dense`` the number of distinct values up to theirs.
        ascending
            Whether the smallest value has rank 1.
        mask
            Assets that are ranked; the others get NULL. The whole universe if None.

        Raises
        ------
        TermParameterError
            There is no such method.
        """
        operation = Rank(method=method, ascending=ascending)
        return AppliedFactor(operation=operation, inputs=(self,), mask=mask)

    def top(self, N: int, mask: Filter | None = None) -> Filter:  # noqa: N803 - zipline's name
        """Return whether the value is one of the `N` largest of the session.

        Parameters
        ----------
        N
            At least 1. Equal values at the edge pass in the order of their sids.
        mask
            Assets that count; the others get false. The whole universe if None.

        Raises
        ------
        TermParameterError
            `N` is no positive integer.
        """
        return AppliedFilter(operation=Extreme(N, largest=True), inputs=(self,), mask=mask)

    def bottom(self, N: int, mask: Filter | None = None) -> Filter:  # noqa: N803 - zipline's name
        """Return whether the value is one of the `N` smallest of the session; see `top`."""
        return AppliedFilter(operation=Extreme(N, largest=False), inputs=(self,), mask=mask)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Constant(Factor):
    """The same finite number on every row."""

    value: float

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.value):
            raise TermParameterError("A factor's operand", "number", self.value, "to be finite")

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return number(self.value)

    @override
    def __repr__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Applied(Term):
    """An operation together with what it is applied to."""

    operation: Operation

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask is not None and not isinstance(self.mask, Filter):
            raise UnsupportedColumnError("mask", self.mask, "a filter")

    @property
    def scope(self) -> Scope:  # type: ignore[override]  # read only, and said by the operation
        """What one value is computed from."""
        return self.operation.scope

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return self.operation.lower(*inputs)

    def compute(self, *inputs: Values) -> Values:
        """Return the values of one section, in order of sid; see `Operation.compute`."""
        return self.operation.compute(*inputs)

    @override
    def __repr__(self) -> str:
        mask = "" if self.mask is None else f", mask={self.mask!r}"
        said = [repr(it) for it in self.inputs]
        if not isinstance(self.operation, Elementwise):
            return f"{self.operation!r}.of({said[0]}{mask})"
        word = self.operation.word
        return f"({f' {word} '.join(said)})" if len(said) > 1 else f"{word}({said[0]})"


class AppliedFactor(_Applied, Factor):
    """A factor made by a method or an operator."""

    @property
    @override
    def window_safe(self) -> bool:
        said = self.operation.window_safe
        return self.inputs[0].window_safe if said is None else said


class AppliedFilter(_Applied, Filter):
    """A filter made by a method or an operator."""


def _operand(value: object) -> Factor | None:
    if isinstance(value, Factor):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return Constant(value=float(value))


def _applied(make: Callable[..., Any], word: str, left: object, right: object) -> Any:
    operands = _operand(left), _operand(right)
    return (
        NotImplemented if None in operands else make(operation=Elementwise(word), inputs=operands)
    )


def _combined(word: str, left: object, right: object) -> Factor:
    made: Factor = _applied(AppliedFactor, word, left, right)
    return made


def _compared(word: str, left: object, right: object) -> Filter:
    made: Filter = _applied(AppliedFilter, word, left, right)
    return made
