"""An SQL expression together with its dimension.

A window over prices must see all of them in one state of adjustment, so it runs over prices free of
actions and its value is scaled once, when it leaves its stage. By which power of the price scale
and of the split scale follows from the dimension that every quantity carries, and no factor has to
say it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlglot import exp

Sql: TypeAlias = exp.Expr
Operand: TypeAlias = "Quantity | float"


@dataclass(frozen=True)
class Quantity:
    """An SQL expression with its degree in price and in number of shares.

    A close has degrees (1, 0), a volume (0, 1), their product (1, 1), a return (0, 0). Python's
    operators build SQL; a division by zero is NULL.

    Parameters
    ----------
    sql
        Expression of type DOUBLE or BOOLEAN over the columns of the stage before.
    price, shares
        Degrees; a factor that adds quantities of unequal degrees is wrong (AssertionError).
    filled
        Whether it is 0 where nothing happened, never NULL.
    """

    sql: Sql
    price: int = 0
    shares: int = 0
    filled: bool = False

    def __add__(self, other: Operand) -> "Quantity":
        return self._same_degree(other, lambda a, b: a + b)

    def __radd__(self, other: float) -> "Quantity":
        return number(other) + self

    def __sub__(self, other: Operand) -> "Quantity":
        return self._same_degree(other, lambda a, b: a - b)

    def __rsub__(self, other: float) -> "Quantity":
        return number(other) - self

    def __mul__(self, other: Operand) -> "Quantity":
        right = _quantity(other)
        return Quantity(self.sql * right.sql, self.price + right.price, self.shares + right.shares)

    def __rmul__(self, other: float) -> "Quantity":
        return number(other) * self

    def __truediv__(self, other: Operand) -> "Quantity":
        right = _quantity(other)
        divisor = right.sql if _is_nonzero(right.sql) else call("nullif", right.sql, _float(0))
        return Quantity(self.sql / divisor, self.price - right.price, self.shares - right.shares)

    def __rtruediv__(self, other: float) -> "Quantity":
        return number(other) / self

    def __neg__(self) -> "Quantity":
        return self.like(exp.Neg(this=_wrapped(self.sql)))

    def __abs__(self) -> "Quantity":
        return self.like(call("abs", self.sql))

    def positive_part(self) -> "Quantity":
        """Return the value, or 0 where it is negative or missing."""
        return self.like(call("greatest", self.sql, _float(0)))

    def when_present(self, value: "Quantity") -> "Quantity":
        """Return another value where this one is not NULL, else NULL."""
        return value.like(_case(self.is_present().sql, value.sql))

    def masked(self, condition: "Quantity") -> "Quantity":
        """Return the value where the condition is true, else NULL."""
        return self.like(_case(condition.sql, self.sql))

    def compare(self, operator: str, other: Operand) -> "Quantity":
        """Return a truth value that is never NULL: a missing side is unequal to everything."""
        node = COMPARISONS[operator](this=self.sql.copy(), expression=_quantity(other).sql.copy())
        missing = exp.true() if operator == "!=" else exp.false()
        return Quantity(call("coalesce", node, missing))

    def is_present(self) -> "Quantity":
        """Return whether the value is not NULL."""
        return Quantity(exp.Not(this=self.is_missing().sql))

    def is_missing(self) -> "Quantity":
        """Return whether the value is NULL."""
        return Quantity(exp.Is(this=_wrapped(self.sql), expression=exp.Null()))

    def both(self, other: "Quantity") -> "Quantity":
        """Return the conjunction of two truth values."""
        return Quantity(exp.and_(self.sql, other.sql))

    def either(self, other: "Quantity") -> "Quantity":
        """Return the disjunction of two truth values."""
        return Quantity(exp.or_(self.sql, other.sql))

    def negated(self) -> "Quantity":
        """Return the negation of a truth value."""
        return Quantity(exp.not_(self.sql))

    def like(self, sql: Sql) -> "Quantity":
        """Return another expression with the degrees of this one."""
        return Quantity(sql, self.price, self.shares)

    def _same_degree(self, other: Operand, combine: Callable[[Any, Any], Sql]) -> "Quantity":
        right = _quantity(other)
        found = (self.price, self.shares), (right.price, right.shares)
        assert found[0] == found[1], f"quantities of unequal degrees {found} were added"  # noqa: S101 - a wrong factor, not a wrong input
        return self.like(combine(self.sql, right.sql))


COMPARISONS: dict[str, type[exp.Binary]] = {
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "==": exp.EQ,
    "!=": exp.NEQ,
}


def number(value: float) -> Quantity:
    """Return a literal that DuckDB reads as DOUBLE; without its exponent it would be DECIMAL."""
    return Quantity(_float(value))


def column(name: str, *, price: int = 0, shares: int = 0, filled: bool = False) -> Quantity:
    """Return a column of the stage before."""
    return Quantity(exp.column(name, quoted=True), price, shares, filled)


def _quantity(operand: Operand) -> Quantity:
    return operand if isinstance(operand, Quantity) else number(operand)


def _float(value: float) -> Sql:
    text = repr(abs(float(value))).removesuffix(".0")
    literal = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def _is_nonzero(sql: Sql) -> bool:
    return isinstance(sql, exp.Literal) and float(sql.this) != 0


def call(name: str, *arguments: Sql) -> Sql:
    """Return a call of a function of DuckDB."""
    return exp.func(name, *(it.copy() for it in arguments), dialect="duckdb")


def _case(condition: Sql, value: Sql) -> Sql:
    return exp.Case().when(condition, value)


def _wrapped(sql: Sql) -> Sql:
    return exp.paren(sql) if isinstance(sql, (exp.Binary, exp.Unary)) else sql.copy()
