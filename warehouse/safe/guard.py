"""Decides whether a statement may run in safe mode, and writes the text that runs instead.

Two readings, because a guard that reads otherwise than the engine is no guard: sqlglot's tree is
checked against the lists of `allowed` and written anew without comments; then DuckDB's own tree of
the new text must name nothing but allowed functions and the views of the first reading.
"""

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from warehouse import sqltext
from warehouse.errors import QueryError, SafeSqlError
from warehouse.safe.allowed import FUNCTIONS, NODES, OPERATORS, TABLE_FUNCTIONS
from warehouse.session import Session

LONGEST = 100_000  # characters of a statement

View = tuple[str, str]  # schema and name

_NODES_OF_DUCKDB = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_RELATIONS = {
    "BASE_TABLE",
    "SUBQUERY",
    "JOIN",
    "TABLE_FUNCTION",
    "EXPRESSION_LIST",
    "EMPTY",
    "PIVOT",
}
_EXPRESSIONS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR",
    "SUBQUERY", "TYPE", "WINDOW",
}  # fmt: skip

_CALLS = FUNCTIONS | OPERATORS | TABLE_FUNCTIONS


@dataclass(frozen=True)
class Checked:
    """A statement that may run, and the views it reads."""

    sql: str
    views: frozenset[View]


def check(text: str, views: Collection[View], parser: Session) -> Checked:
    """Return the statement to run in place of an untrusted one.

    Parameters
    ----------
    text
        The statement.
    views
        Schema and name, in lower case, of every view that may be read.
    parser
        A session that reads statements; it runs none of them.

    Raises
    ------
    SafeSqlError
        It is not exactly one SELECT over these views and the allowed functions.
    QueryError
        DuckDB cannot parse it.
    """
    _require_text(text)
    _require_one_select(text, parser)
    tree = _parsed(text)
    _require_allowed(tree)
    read = _relations(tree, frozenset(views))
    sql = tree.sql("duckdb", comments=False)
    _require_one_select(sql, parser)
    _read_again(sql, read, parser)
    return Checked(sql, frozenset(it for it in read if it[0]))


def _require_text(text: str) -> None:
    if len(text) > LONGEST:
        raise SafeSqlError(f"a statement of {len(text):,} characters; at most {LONGEST:,} are read")
    if "\0" in text or (not text.isascii() and _unwritable(text)):
        raise SafeSqlError("a character that is no text")


def _unwritable(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _require_one_select(text: str, parser: Session) -> None:
    kinds = parser.kinds(text)
    if kinds != ["SELECT"]:
        found = ", then ".join(kinds) or "none"
        raise SafeSqlError(f"expected exactly one SELECT, found {found}")


def _parsed(text: str) -> exp.Expr:
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # what it warns of is refused below
    try:
        found = sqlglot.parse(text, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError) as error:
        told = str(error).partition("\n")[0]
        raise SafeSqlError(f"the guard cannot read this form of statement ({told})") from error
    trees = [it for it in found if it is not None and not isinstance(it, exp.Semicolon)]
    if len(trees) != 1 or not isinstance(trees[0], exp.Query | exp.Values | exp.Pivot):
        raise SafeSqlError("expected exactly one SELECT")
    return trees[0]


def _require_allowed(tree: exp.Expr) -> None:
    for node in tree.walk():
        if type(node) in NODES:
            continue
        name = _function(node)
        if name is None:
            raise SafeSqlError(f"{type(node).__name__} is not allowed")
        if name not in FUNCTIONS:
            raise SafeSqlError(f"the function {name} is not allowed")


def _function(node: exp.Expr) -> str | None:
    """Return the allowed name of a call, else one that it has; None of another node."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc | exp.ParameterizedAgg):
        return str(node.this).lower()
    if not isinstance(node, exp.Func):
        return None
    names = [name.lower() for name in node.sql_names()]
    return next((name for name in names if name in FUNCTIONS), names[0])


def _relations(tree: exp.Expr, views: frozenset[View]) -> frozenset[View]:
    """Return what is read: views, and common table expressions under an empty schema."""
    found = set()
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            _require_table_function(table.this)
            continue
        if not isinstance(table.this, exp.Identifier) or table.args.get("catalog"):
            raise SafeSqlError(f"{table.sql('duckdb')} is no view of this warehouse")
        named = (table.db.lower(), table.name.lower())
        if named not in views and not (not named[0] and _is_expression(table, named[1])):
            raise SafeSqlError(f"{table.sql('duckdb')} is no view of this warehouse")
        found.add(named)
    return frozenset(found)


def _require_table_function(call: exp.Func) -> None:
    name = _function(call)
    if name not in TABLE_FUNCTIONS:
        raise SafeSqlError(f"the table function {name} is not allowed")


def _is_expression(table: exp.Table, name: str) -> bool:
    """Whether a common table expression of this name is in sight of the table."""
    inner: exp.Expr = table
    for outer in _ancestors(table):
        if isinstance(outer, exp.With):
            before = outer.expressions[: outer.expressions.index(inner)]
            sight = [*before, inner] if outer.recursive else before
        else:
            own = outer.args.get("with_")
            sight = own.expressions if own is not None and own is not inner else []
        if name in {it.alias.lower() for it in sight}:
            return True
        inner = outer
    return False


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    while node.parent is not None:
        node = node.parent
        yield node


def _read_again(sql: str, read: frozenset[View], parser: Session) -> None:
    """Hold DuckDB's own tree of the statement against what the first reading found."""
    ((text,),) = parser.rows(sqltext.load("safe/tree"), {"statement": sql})
    tree = json.loads(text)
    if tree["error"]:
        raise QueryError(tree["error_message"])
    for node in _dicts(tree):
        _require_relation(node, read)
        _require_expression(node)


def _require_relation(node: Mapping[str, Any], read: frozenset[View]) -> None:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in _NODES_OF_DUCKDB:
        raise SafeSqlError(f"{kind} is not allowed")
    if "class" in node or "sample" not in node or "alias" not in node:
        return
    if kind not in _RELATIONS:
        raise SafeSqlError(f"{kind} is not allowed")
    if kind == "BASE_TABLE":
        path = [part.lower() for part in node["qualified_name"]["path"]]
        if len(path) > 2 or ("", *path)[-2:] not in read or node["at_clause"] is not None:
            raise SafeSqlError(f"{'.'.join(path)} is no view of this warehouse")
    if kind == "TABLE_FUNCTION" and node["function"]["function_name"] not in TABLE_FUNCTIONS:
        raise SafeSqlError(f"the table function {node['function']['function_name']} is not allowed")


def _require_expression(node: Mapping[str, Any]) -> None:
    if node.get("class", "CONSTANT") not in _EXPRESSIONS:
        raise SafeSqlError(f"{node['class']} is not allowed")
    name = node.get("function_name")
    if name is None:
        return
    if name.lower() not in _CALLS or node.get("schema") or node.get("catalog"):
        raise SafeSqlError(f"the function {name} is not allowed")


def _dicts(tree: object) -> Iterator[Mapping[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
