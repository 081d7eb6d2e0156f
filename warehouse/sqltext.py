"""Finds the statements of ``sql/`` and renders the templates among them.

Plain files run as they stand. A file whose shape varies is a ``*.sql.j2`` and may interpolate in a
few ways only: ``identifier``, ``identifiers``, ``literal`` and ``sql_type``; a bare hole is refused.
What several of them share is a template of its own that they include by its name.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from warehouse.errors import SqlTextError

_DECIMAL_DIGITS = 38
_TYPE = re.compile(r"[A-Z]+(\(\d+,\d+\))?(\[\])?")


class _Sql(str):
    """Text that came from a filter, so it may stand in a statement."""

    __slots__ = ()


def identifier(name: object) -> str:
    """Return a name as a quoted SQL identifier.

    Raises
    ------
    SqlTextError
        The name is empty or holds a zero byte, which DuckDB cannot quote.
    """
    text = str(name)
    if not text or "\0" in text:
        raise SqlTextError(text, "an identifier is empty or holds a zero byte")
    return _Sql('"' + text.replace('"', '""') + '"')


def literal(value: object) -> str:
    """Return a value as a SQL literal; a list of values as a DuckDB list.

    Raises
    ------
    SqlTextError
        There is no literal for values of this type, or none that keeps this value exactly.
    """
    match value:
        case None:
            return _Sql("NULL")
        case bool():
            return _Sql(str(value).upper())
        case int():
            return _Sql(str(value))
        case Decimal() if value.is_finite() and _digits(value) <= _DECIMAL_DIGITS:
            return _Sql(f"{value:f}")  # DuckDB reads an exponent as DOUBLE
        case datetime():
            utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return _Sql(f"TIMESTAMP '{utc.isoformat(sep=' ')}'")
        case date():
            return _Sql(f"DATE '{value.isoformat()}'")
        case str() if "\0" not in value:
            return _Sql("'" + value.replace("'", "''") + "'")
        case list() | tuple():
            return _Sql("[" + ", ".join(map(literal, value)) + "]")
    raise SqlTextError(
        repr(value), f"there is no exact SQL literal for this {type(value).__name__}"
    )


def _digits(value: Decimal) -> int:
    return sum(map(str.isdigit, f"{value:f}"))


def load(name: str) -> str:
    """Return the plain statement ``sql/<name>.sql``.

    Raises
    ------
    SqlTextError
        There is no such file.
    """
    return _read(f"{name}.sql")


def render(name: str, /, **values: Any) -> str:
    """Return the template ``sql/<name>.sql.j2`` with its holes filled.

    Raises
    ------
    SqlTextError
        There is no such file, a value is missing, or a hole has no filter.
    """
    try:
        return _template(name).render(**values)
    except TemplateError as error:
        raise SqlTextError(name, str(error)) from error


def source(name: str) -> str:
    """Return the template ``sql/<name>.sql.j2`` as it is written.

    Raises
    ------
    SqlTextError
        There is no such file.
    """
    return _read(f"{name}.sql.j2")


def names(folder: str) -> list[str]:
    """Return the names, sorted and without ending, of the plain statements of a folder."""
    return sorted(p.name.removesuffix(".sql") for p in (_root() / folder).glob("*.sql"))


@cache
def sha256() -> str:
    """Return the SHA-256 of all statements, in hex."""
    sums = hashlib.sha256()
    for path in sorted(_root().rglob("*.sql*")):
        sums.update(f"{path.relative_to(_root())}\n".encode())
        sums.update(path.read_bytes())
    return sums.hexdigest()


@cache
def _root() -> Path:
    package = Path(str(files("warehouse")))
    for root in (package / "_sql", package.parent / "sql"):
        if root.is_dir():
            return root
    raise SqlTextError("sql/", f"the folder is missing beside or inside {package}")


@cache
def _read(file: str) -> str:
    try:
        return (_root() / file).read_text(encoding="utf-8")
    except OSError as error:
        raise SqlTextError(file, f"cannot be read ({error.strerror})") from error


@cache
def _template(name: str) -> Template:
    return _environment().from_string(_read(f"{name}.sql.j2"))


def _only_filtered(value: object) -> object:
    if isinstance(value, _Sql):
        return value
    raise SqlTextError(repr(value), "a hole of a template has no filter")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        finalize=_only_filtered,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.clear()
    environment.filters.update(
        identifier=identifier, identifiers=_identifiers, literal=literal, sql_type=_sql_type
    )
    return environment


def _sql_type(name: str) -> str:
    if not _TYPE.fullmatch(str(name)):
        raise SqlTextError(name, "it is no type of a column")
    return _Sql(name)


def _identifiers(names: Iterable[object]) -> str:
    return _Sql(", ".join(map(identifier, names)))
