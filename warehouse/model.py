"""Values that cross the borders of the package; no input or output."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Self

from warehouse.errors import BundleNameError, InstantError

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,62}")

_ENGINE_SCHEMAS = {"main", "temp", "system", "memory", "information_schema", "pg_catalog"}
_OWN_SCHEMAS = {"meta", "backtests", "pipelines", "catalog"}
RESERVED = frozenset(_ENGINE_SCHEMAS | _OWN_SCHEMAS)


class BundleName(str):
    """A name checked to be usable as a folder and as a schema.

    Parameters
    ----------
    name
        1 to 63 of ``a-z``, ``0-9`` and ``_``, the first not ``_``, and no schema of the engine
        or of this package.

    Raises
    ------
    BundleNameError
        The name breaks a rule; the message says which.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Return the name, or refuse it."""
        if not isinstance(name, str):
            raise BundleNameError(repr(name), "it is no text")
        if not _NAME.fullmatch(name):
            raise BundleNameError(name, "it has other characters, or is too long or empty")
        if name in RESERVED:
            raise BundleNameError(name, "the name is reserved for the database itself")
        return super().__new__(cls, name)


def instant(value: object) -> datetime:
    """Return an instant in UTC.

    Parameters
    ----------
    value
        A datetime, naive or not, such as a pandas Timestamp; a date; or ISO 8601 text of either.
        What has no zone is UTC, what has no time of day is its first instant.

    Raises
    ------
    InstantError
        It is something else, or a missing value.
    """
    found = value
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            raise InstantError(value) from None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time())
    if not isinstance(found, datetime) or found != found:  # noqa: PLR0124 - pandas' NaT
        raise InstantError(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


@dataclass(frozen=True)
class Changes:
    """What an upsert did, in rows.

    `added` had no stored row of that key, `changed` replace one of another value, `same` were
    stored already.
    """

    added: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(
            self.added + other.added, self.changed + other.changed, self.same + other.same
        )

    @property
    def any(self) -> bool:
        """Whether a row is new or other than stored."""
        return bool(self.added or self.changed)
