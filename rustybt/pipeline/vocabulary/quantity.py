"""An SQL expression together with its dimension.

A window over prices must see all of them in one state of adjustment, so it runs over prices free of
actions and its value is scaled once, when it leaves its stage. By which power of the price scale
and of the split scale follows from the dimension that every quantity carries, and no factor has to
say it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

Sql: TypeAlias = exp.Expr
K = TypeVar("K", bound=exp.Expr)
Operand: TypeAlias = "Quantity | float"

_NONZERO: Final = "nonzero"  # under which a divisor is known not to be 0
_LEAVES: Final = frozenset({exp.Column, exp.Literal})  # in which nobody looks for anything


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
        return self._same_degree(other, partial(_binary, exp.Add))

    def __radd__(self, other: float) -> "Quantity":
        return number(other) + self

    def __sub__(self, other: Operand) -> "Quantity":
        return self._same_degree(other, partial(_binary, exp.Sub))

    def __rsub__(self, other: float) -> "Quantity":
        return number(other) - self

    def __mul__(self, other: Operand) -> "Quantity":
        right = _quantity(other)
        product = _binary(exp.Mul, self.sql, right.sql)
        return Quantity(product, self.price + right.price, self.shares + right.shares)

    def __rmul__(self, other: float) -> "Quantity":
        return number(other) * self

    def __truediv__(self, other: Operand) -> "Quantity":
        right = _quantity(other)
        divisor = right.sql if _is_nonzero(right.sql) else call("nullif", right.sql, _float(0))
        quotient = _binary(exp.Div, self.sql, divisor)
        return Quantity(quotient, self.price - right.price, self.shares - right.shares)

    def __rtruediv__(self, other: float) -> "Quantity":
        return number(other) / self

    def __mod__(self, other: Operand) -> "Quantity":
        right = _quantity(other)
        # As numexpr has it: of the sign of the divisor, and 0 where the rounded quotient is whole.
        whole = Quantity(call("floor", (self / right).sql))
        return self._same_degree(whole * right, partial(_binary, exp.Sub))

    def __pow__(self, other: "Quantity") -> "Quantity":
        return Quantity(call("power", self.sql, other.sql))

    def finite(self) -> "Quantity":
        """Return the value where it is a finite number."""
        return self.like(_case(call("isfinite", self.sql), self.sql))

    def __neg__(self) -> "Quantity":
        return self.like(exp.Neg(this=_wrapped(self.sql)))

    def __abs__(self) -> "Quantity":
        return self.like(call("abs", self.sql))

    def positive_part(self) -> "Quantity":
        """Return the value, or 0 where it is negative or missing."""
        # A choice, which costs the engine a third of what the greatest of two numbers does.
        value = kept(self)
        return choose(value.holds(">", 0), value, number(0))

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

    def holds(self, operator: str, other: Operand) -> "Quantity":
        """Return a truth value that is NULL where a side is missing, to be a condition."""
        right = _quantity(other).sql.copy()
        return Quantity(COMPARISONS[operator](this=_wrapped(self.sql), expression=right))

    def filled_from(self, other: "Quantity") -> "Quantity":
        """Return the value, or another where it is NULL."""
        return self.like(call("coalesce", self.sql, other.sql))

    def whole(self) -> "Quantity":
        """Return the value as a whole number, which labels are."""
        return self.like(exp.cast(self.sql.copy(), exp.DataType.Type.BIGINT))

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


def nodes(tree: Sql, *kinds: type[K], outermost: bool = False) -> list[K]:
    """Return the nodes of some kinds, outer ones first; with `outermost` none that stands in another.

    sqlglot's own walk takes thrice as long, and a program is compiled of ten thousand nodes.
    """
    found: list[K] = []
    waiting = [tree]
    for node in waiting:  # grows meanwhile
        if isinstance(node, kinds):
            found.append(node)
            if outermost:
                continue
        if type(node) in _LEAVES:
            continue
        for value in node.args.values():
            if isinstance(value, exp.Expr):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(it for it in value if isinstance(it, exp.Expr))
    return found


class Kept(exp.Expression):
    """A value that gets a column of its own, however often it is used.

    It stands in a tuple, so that a copy of the tree shares it: a mean of means of means would
    otherwise be written out as often as the product of its uses.
    """

    arg_types: ClassVar = {"value": True}


def kept(x: Quantity) -> Quantity:
    """Return the same value, computed once into a column of its own."""
    return x if isinstance(x.sql, exp.Column) else x.like(Kept(value=(x.sql,)))


def nonzero(x: Quantity) -> Quantity:
    """Return the same value, which is known not to be 0, so that a division by it needs no care."""
    known = exp.Paren(this=x.sql)
    known.meta[_NONZERO] = True
    return x.like(known)


def number(value: float) -> Quantity:
    """Return a literal that DuckDB reads as DOUBLE; without its exponent it would be DECIMAL."""
    return Quantity(_float(value))


def column(name: str, *, price: int = 0, shares: int = 0, filled: bool = False) -> Quantity:
    """Return a column of the stage before."""
    return Quantity(exp.column(name, quoted=True), price, shares, filled)


def label(value: int | str) -> Quantity:
    """Return a literal of a label: BIGINT or VARCHAR."""
    if isinstance(value, str):
        return Quantity(exp.Literal.string(value))
    literal = exp.Literal.number(abs(value))
    return Quantity(exp.Neg(this=literal) if value < 0 else literal).whole()


def among(x: Quantity, values: Iterable[int | str]) -> Quantity:
    """Return whether a label is one of several; false where it is missing."""
    choices = [label(it).sql for it in values]
    if not choices:
        return Quantity(exp.false())
    found = exp.In(this=_wrapped(x.sql), expressions=choices)
    return Quantity(call("coalesce", found, exp.false()))


def replaced(x: Quantity, pairs: Iterable[tuple[int | str, int | str]]) -> Quantity:
    """Return for each label its other; NULL where it has none."""
    case = exp.Case(this=x.sql.copy())
    for old, new in pairs:
        case = case.when(label(old).sql, label(new).sql, copy=False)
    return Quantity(
        case if case.args.get("ifs") else exp.cast(exp.Null(), exp.DataType.Type.BIGINT)
    )


def text_test(name: str, x: Quantity, text: str) -> Quantity:
    """Return what a test of DuckDB says of a text; false where it is missing."""
    tested = exp.Anonymous(this=name, expressions=[x.sql.copy(), exp.Literal.string(text)])
    return Quantity(call("coalesce", tested, exp.false()))


def function(name: str, x: Quantity) -> Quantity:
    """Return a function of DuckDB under its very name, of a value of degree 0."""
    return Quantity(exp.Anonymous(this=name, expressions=[x.sql.copy()]))


def expm1(x: Quantity) -> Quantity:
    """Return ``e ** x - 1`` without loss near 0."""
    half = x / 2
    return 2 * function("exp", half) * function("sinh", half)


def log1p(x: Quantity) -> Quantity:
    """Return the natural logarithm of ``1 + x`` without loss near 0."""
    # The rounding of 1 + x is undone by the ratio of x to what was really added.
    added = (1 + x) - 1
    return choose(added.holds("==", 0), x, function("ln", 1 + x) * (x / added))


def choose(condition: Quantity, value: Quantity, otherwise: Quantity) -> Quantity:
    """Return one value where the condition is true and another where it is false or NULL."""
    return value.like(
        exp.Case().when(condition.sql, value.sql, copy=False).else_(otherwise.sql, copy=False)
    )


def greatest(*values: Quantity) -> Quantity:
    """Return the largest of the values of a row, skipping NULL."""
    return values[0].like(call("greatest", *(it.sql for it in values)))


def least(*values: Quantity) -> Quantity:
    """Return the smallest of the values of a row, skipping NULL."""
    return values[0].like(call("least", *(it.sql for it in values)))


def square_root(x: Quantity) -> Quantity:
    """Return the square root, of half the degrees; of a value that is not negative."""
    assert x.price % 2 == x.shares % 2 == 0  # noqa: S101 - a wrong factor, not a wrong input
    return Quantity(call("sqrt", x.sql), x.price // 2, x.shares // 2)


def power(x: Quantity, exponent: float) -> Quantity:
    """Return a power of a value of degree 0 that is not negative."""
    return Quantity(call("power", x.sql, _float(exponent)))


def cosine(x: Quantity) -> Quantity:
    """Return the cosine of an angle."""
    return Quantity(call("cos", x.sql))


def arc_sine(x: Quantity) -> Quantity:
    """Return the angle of a sine between -1 and 1."""
    return Quantity(call("asin", x.sql))


def weekdays(first: Quantity, last: Quantity) -> Quantity:
    """Return how many Mondays to Fridays there are from a day up to another, without that one.

    If the last is before the first, those after the last up to the first, negative; as NumPy counts.
    """
    after = _weekdays_before(last, 1).sql - _weekdays_before(first, 1).sql
    before = _weekdays_before(last, 0).sql - _weekdays_before(first, 0).sql
    forward = exp.GTE(this=last.sql.copy(), expression=first.sql.copy())
    counted = exp.Case().when(forward, before).else_(after)
    return Quantity(exp.cast(counted, exp.DataType.Type.DOUBLE))


def _weekdays_before(day: Quantity, days_later: int) -> Quantity:
    monday = exp.cast(exp.Literal.string("0001-01-01"), exp.DataType.Type.DATE)
    date = exp.cast(day.sql, exp.DataType.Type.DATE)
    number_of_day = exp.paren(exp.Add(this=date - monday, expression=_whole(days_later)))
    weeks = exp.paren(exp.IntDiv(this=number_of_day.copy(), expression=_whole(7)))
    in_week = exp.Mod(this=number_of_day, expression=_whole(7))
    return Quantity(exp.paren(weeks * _whole(5) + call("least", in_week, _whole(5))))


def _whole(value: int) -> Sql:
    return exp.Literal.number(value)


def ranks_in_list(values: Quantity) -> Quantity:
    """Return for each value of a list twice the distance of its rank from their mean, as a list.

    Equal values share the mean of their ranks.
    """
    value = exp.to_identifier("value")
    rising, falling = (
        kept(Quantity(call(it, values.sql))).sql for it in ("list_sort", "list_reverse_sort")
    )
    first, last = (call("list_position", it, value) for it in (rising, falling))
    distance = exp.cast(exp.paren(first - last), exp.DataType.Type.DOUBLE)
    each = exp.Lambda(this=distance, expressions=[value])
    return Quantity(call("list_transform", values.sql, each))


def _quantity(operand: Operand) -> Quantity:
    return operand if isinstance(operand, Quantity) else number(operand)


def _float(value: float) -> Sql:
    text = repr(abs(float(value))).removesuffix(".0")
    literal = exp.Literal(this=text if "e" in text else f"{text}e0", is_string=False)
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def _is_nonzero(sql: Sql) -> bool:
    return _NONZERO in sql.meta or (isinstance(sql, exp.Literal) and float(sql.this) != 0)


def call(name: str, *arguments: Sql) -> Sql:
    """Return a call of a function of DuckDB."""
    return exp.func(name, *arguments, copy=False, dialect=_duckdb())


@cache
def _duckdb() -> Dialect:
    return Dialect.get_or_raise("duckdb")  # by its name it would be made anew for each call


def _binary(kind: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    """Return an operation on two expressions as they stand, whatever operations these are.

    sqlglot's own operators leave out the parentheses of ``(a + b) * (c * d)`` and ``a - (b - c)``.
    """
    this = left if isinstance(left, kind) else _wrapped(left)
    return kind(this=this, expression=_wrapped(right))


def _case(condition: Sql, value: Sql) -> Sql:
    return exp.Case().when(condition, value, copy=False)


def _wrapped(sql: Sql) -> Sql:
    return exp.Paren(this=sql) if isinstance(sql, (exp.Binary, exp.Unary)) else sql
