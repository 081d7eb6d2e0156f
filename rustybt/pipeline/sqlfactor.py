"""A factor written as a SQL expression, of which only known words are taken.

The text is parsed and rebuilt in the words of the vocabulary, so it is adjusted, masked and held to the
past as every factor is; nothing of the text itself reaches the database.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from typing_extensions import override

from rustybt.errors import SqlFactorError
from rustybt.pipeline.data import BoundColumn, EquityPricing
from rustybt.pipeline.expression import Factor, Filter, check_mask
from rustybt.pipeline.vocabulary.frame import Frame, Scope
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    choose,
    function,
    greatest,
    least,
    number,
    square_root,
)

_LONGEST: Final = 10_000
_WINDOWS: Final[Mapping[str, Callable[[Frame, Quantity], Quantity]]] = {
    "avg": Frame.mean,
    "sum": Frame.sum,
    "count": Frame.count,
    "min": Frame.minimum,
    "max": Frame.maximum,
    "stddev_pop": Frame.stddev,
    "var_pop": Frame.variance,
}
_FREE: Final = ("ln", "exp", "log10", "sqrt")  # of values without a unit; sqrt of any even degree
_ALLOWED: Final = (
    "+ - * /, comparisons, AND OR NOT, IS NULL, CASE WHEN, abs, ln, log10, exp, sqrt, greatest, least, "
    "coalesce, nullif(x, 0), lag(x, n), and avg, sum, count, min, max, stddev_pop, var_pop of (x, n), n "
    "sessions up to the current one, also written avg(x) OVER (ROWS n PRECEDING)"
)
_COMPARED: Final = {
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.EQ: "==",
    exp.NEQ: "!=",
}


class _Words(DuckDB):
    """SQL in which every function is but a name, so that the list of those allowed decides."""

    class Parser(DuckDB.Parser):  # type: ignore[misc,valid-type]  # sqlglot makes it at run time
        FUNCTIONS: ClassVar = {
            "COALESCE": DuckDB.Parser.FUNCTIONS["COALESCE"],
            "NULLIF": exp.Nullif.from_arg_list,
        }
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}


@dataclass(frozen=True, eq=False, repr=False, init=False)
class SqlFactor(Factor):
    """A factor of columns of a dataset, as an expression of SQL.

    Parameters
    ----------
    expression
        Over the columns by name. Windows have a constant number of sessions, the current one included:
        ``avg(close, 20)`` or ``avg(close) OVER (ROWS 19 PRECEDING)``; ``lag(close, 5)`` is the value 5
        sessions ago. ``{name}`` stands for a number that is given by that name.
    dataset
        Whose columns are known.
    mask
        Assets it is computed for; the others get NULL.
    **numbers
        What stands for the names in braces; finite.

    Raises
    ------
    SqlFactorError
        A word that is not allowed, an unknown column, a window without a constant length, or quantities
        of unlike units that are added or compared; the message has the position.
    UnsupportedColumnError
        The mask is no filter.

    Notes
    -----
    Formula: the expression, its windows over prices free of later actions.
    Units: those of the expression.
    Nulls: as in SQL, but a division by zero is NULL.

    Examples
    --------
    >>> SqlFactor("close / lag(close, {n}) - 1", n=20).sessions_before
    20
    """

    scope: ClassVar[Scope] = Scope.SERIES

    expression: str = ""
    numbers: tuple[tuple[str, float], ...] = ()
    _reach: int = field(default=0)
    _unit_free: bool = field(default=False)

    def __init__(
        self,
        expression: str,
        dataset: Any = EquityPricing,
        mask: Filter | None = None,
        **numbers: float,
    ) -> None:
        check_mask(mask)
        tree = _parsed(expression, _filled(expression, numbers))
        known = {name: it for name, it in dataset.columns.items() if it.dtype.kind == "f"}
        names = list(dict.fromkeys(it.name for it in tree.find_all(exp.Column)))
        for column in tree.find_all(exp.Column):
            if column.name not in known or column.table:
                raise _error(expression, column, f"unknown column {column.sql()!r}", known)
        inputs = tuple(known[name] for name in names)
        for name, value in {
            "inputs": inputs,
            "mask": mask,
            "expression": expression,
            "numbers": tuple(sorted(numbers.items())),
        }.items():
            object.__setattr__(self, name, value)
        if not inputs:
            raise SqlFactorError(expression, None, "it reads no column", ", ".join(known))
        reader = _Reader(expression, {it.name: it.free_of_actions() for it in inputs})
        found = reader.value(tree)
        object.__setattr__(self, "_reach", reader.reach(tree))
        object.__setattr__(self, "_unit_free", (found.price, found.shares) == (0, 0))

    @property
    @override
    def window_safe(self) -> bool:
        return self._unit_free

    @property
    @override
    def sessions_before(self) -> int:
        return self._reach

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        columns = (it for it in self.inputs if isinstance(it, BoundColumn))
        known = {it.name: value for it, value in zip(columns, inputs, strict=True)}
        tree = _parsed(self.expression, _filled(self.expression, dict(self.numbers)))
        return _Reader(self.expression, known).value(tree)

    @override
    def __repr__(self) -> str:
        said = [repr(self.expression), *(f"{name}={it!r}" for name, it in self.numbers)]
        said += [] if self.mask is None else [f"mask={self.mask!r}"]
        return f"SqlFactor({', '.join(said)})"


class _Reader:
    """Rebuilds a tree in the vocabulary."""

    def __init__(self, text: str, columns: Mapping[str, Quantity]) -> None:
        self._text, self._columns = text, columns

    def value(self, node: Any) -> Quantity:  # noqa: PLR0911 - one for each kind of node
        """Return the quantity that a node stands for."""
        match node:
            case exp.Paren():
                return self.value(node.this)
            case exp.Column():
                return self._columns[node.name]
            case exp.Literal() if not node.is_string:
                return number(float(node.this))
            case exp.Neg():
                return -self.value(node.this)
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                return self._arithmetic(node)
            case exp.Case():
                return self._case(node)
            case exp.Coalesce():
                first, *others = [self.value(it) for it in (node.this, *node.expressions)]
                for other in others:
                    first = first.filled_from(self._alike(node, first, other))
                return first
            case exp.Nullif() if _constant(node.expression) == 0:
                value = self.value(node.this)
                return value.masked(value.holds("!=", 0))
        name, arguments, length = _call_of(node)
        return self._called(node, name, arguments, length)

    def reach(self, node: Any) -> int:
        """Return how many sessions before the current one a node looks back."""
        name, arguments, length = _call_of(node)
        here = 0
        if length is not None:
            here = length if name == "lag" else length - 1
            return here + self.reach(arguments[0])
        return max((self.reach(it) for it in node.iter_expressions()), default=0)

    def _arithmetic(self, node: exp.Binary) -> Quantity:
        left, right = self.value(node.left), self.value(node.right)
        match node:
            case exp.Mul():
                return left * right
            case exp.Div():
                return left / right
            case exp.Add():
                return left + self._alike(node, left, right)
        return left - self._alike(node, left, right)

    def _called(self, node: Any, name: str, arguments: list[Any], length: int | None) -> Quantity:
        if length is not None and arguments:
            value = self.value(arguments[0])
            if name == "lag":
                return Frame(length + 1).at(value, length)
            return _WINDOWS[name](Frame(length), value)
        values = [self.value(it) for it in arguments]
        if name == "abs" and len(values) == 1:
            return abs(values[0])
        if name in {"greatest", "least"} and values:
            for other in values[1:]:
                self._alike(node, values[0], other)
            return (greatest if name == "greatest" else least)(*values)
        if name in _FREE and len(values) == 1:
            if (values[0].price, values[0].shares) != (0, 0):
                problem = f"{name} of a value that has a unit: {_unit(values[0])}"
                raise _error(self._text, node, problem)
            return square_root(values[0]) if name == "sqrt" else function(name, values[0])
        raise _error(self._text, node, f"{node.sql('duckdb')!r} is not allowed")

    def _case(self, node: exp.Case) -> Quantity:
        if node.this is not None:
            raise _error(self._text, node, "CASE needs a condition after each WHEN")
        otherwise = node.args.get("default")
        missing = otherwise is None or isinstance(otherwise, exp.Null)
        value = None if missing else self.value(otherwise)
        for branch in reversed(node.args["ifs"]):
            then, truth = self.value(branch.args["true"]), self._truth(branch.this)
            if value is None:
                value = then.masked(truth)
            else:
                value = choose(truth, then, self._alike(branch, then, value))
        assert value is not None  # noqa: S101 - a CASE has a WHEN
        return value

    def _truth(self, node: Any) -> Quantity:
        match node:
            case exp.Paren():
                return self._truth(node.this)
            case exp.And():
                return self._truth(node.left).both(self._truth(node.right))
            case exp.Or():
                return self._truth(node.left).either(self._truth(node.right))
            case exp.Not():
                return self._truth(node.this).negated()
            case exp.Is() if isinstance(node.expression, exp.Null):
                return self.value(node.this).is_missing()
        for kind, symbol in _COMPARED.items():
            if isinstance(node, kind):
                left, right = self.value(node.left), self.value(node.right)
                return left.compare(symbol, self._alike(node, left, right))
        raise _error(self._text, node, f"{node.sql('duckdb')!r} is no condition")

    def _alike(self, node: Any, left: Quantity, right: Quantity) -> Quantity:
        """Return the right one, which must have the unit of the left."""
        if (left.price, left.shares) != (right.price, right.shares):
            problem = (
                f"{_unit(left)} beside {_unit(right)} in {node.sql('duckdb')!r}; an adjustment would "
                "change one and not the other"
            )
            raise _error(self._text, node, problem)
        return right


def _call_of(node: Any) -> tuple[str, list[Any], int | None]:
    """Return the name, the arguments and, of a window, the number of sessions."""
    if isinstance(node, exp.Window):
        name, arguments, inner = _call_of(node.this)
        length = None if inner is not None else _rows_of(node)
        return ("", [], None) if name not in _WINDOWS else (name, arguments, length)
    if not isinstance(node, exp.Anonymous):
        return "", [], None
    name, arguments = node.name.lower(), list(node.expressions)
    windowed = name == "lag" or name in _WINDOWS
    if windowed and len(arguments) == 2:
        given = _constant(arguments[1])
        whole = given is not None and given == int(given) and 1 <= given <= _LONGEST
        return name, arguments[:1], int(given) if whole and given is not None else None
    return name, arguments, None


def _rows_of(window: exp.Window) -> int | None:
    spec = window.args.get("spec")
    if spec is None or window.args.get("partition_by") or window.args.get("order"):
        return None
    kind, side, end = (str(spec.args.get(it) or "").upper() for it in ("kind", "start_side", "end"))
    begins, ends = (kind, side) == ("ROWS", "PRECEDING"), end in {"", "CURRENT ROW"}
    count = _constant(spec.args.get("start"))
    whole = begins and ends and count is not None and count == int(count)
    return int(count) + 1 if whole and count is not None and 0 <= count < _LONGEST else None


def _constant(node: Any) -> float | None:
    plain = isinstance(node, exp.Literal) and not node.is_string
    return float(node.this) if plain else None


def _filled(expression: str, numbers: Mapping[str, float]) -> str:
    for name, value in numbers.items():
        real = isinstance(value, int | float) and not isinstance(value, bool)
        if not real or not math.isfinite(value):
            raise SqlFactorError(
                expression, None, f"{name}={value!r} is no finite number", "numbers"
            )
    try:
        return expression.format(**{name: repr(value) for name, value in numbers.items()})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        problem = f"what stands in braces has no number: {error}"
        raise SqlFactorError(expression, None, problem, "{name} with name=number") from None


def _parsed(expression: str, text: str) -> exp.Expr:
    try:
        found = sqlglot.parse(text, dialect=_Words)
    except SqlglotError as error:
        at = getattr(error, "errors", [{}])[0].get("col")
        raise SqlFactorError(expression, at, "it cannot be parsed", _ALLOWED) from error
    if len(found) != 1 or found[0] is None:
        raise SqlFactorError(expression, None, "expected one expression", _ALLOWED)
    return found[0]


def _error(
    expression: str, node: Any, problem: str, known: Mapping[str, Any] | None = None
) -> SqlFactorError:
    starts = [it.meta["start"] for it in node.walk() if "start" in it.meta]
    position = min(starts) + 1 if starts else None
    allowed = _ALLOWED if known is None else f"columns {', '.join(known)}"
    return SqlFactorError(expression, position, problem, allowed)


def _unit(value: Quantity) -> str:
    names = (("price", value.price), ("shares", value.shares))
    said = [name if power == 1 else f"{name}^{power}" for name, power in names if power]
    return f"a value in {' * '.join(said)}" if said else "a number without a unit"
