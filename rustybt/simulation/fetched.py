"""Values that a strategy has fetched beside the bars, each known from its instant on."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from rustybt.assets import Asset
from rustybt.errors import FieldError

MISSING: Final = float("nan")


class Fetched:
    """Columns of values by asset, or by the name of something that is no asset."""

    def __init__(self) -> None:
        self._columns: dict[Asset | str, dict[str, tuple[list[datetime], list[Any]]]] = {}
        self._fields: dict[str, None] = {}

    def add(self, owner: Asset | str, field: str, rows: Sequence[tuple[datetime, Any]]) -> None:
        """Keep the values of a column, by instant with zone and ascending; the last of one counts."""
        instants, values = [it for it, _ in rows], [it for _, it in rows]
        self._columns.setdefault(owner, {})[field] = (instants, values)
        self._fields[field] = None

    @property
    def fields(self) -> list[str]:
        """Names of all columns."""
        return list(self._fields)

    def value(self, owner: Asset | str, field: str, now: datetime) -> Any:
        """Return the last value known at an instant; NaN if there is none.

        Raises
        ------
        FieldError
            Nothing fetched has such a column.
        """
        if field not in self._fields:
            raise FieldError(field, self.fields)
        instants, values = self._columns.get(owner, {}).get(field, ([], []))
        at = bisect_right(instants, now)
        return values[at - 1] if at else MISSING

    def assets(self, now: datetime) -> list[Asset]:
        """Return the assets of which a row is known at an instant, by sid."""
        known = {
            owner
            for owner, columns in self._columns.items()
            if isinstance(owner, Asset) and any(it[0] <= now for it, _ in columns.values() if it)
        }
        return sorted(known)

    def asked(self, owners: Any, fields: Any) -> bool:
        """Return whether something of what `data.current` was asked for is not of the bars."""
        names = [fields] if isinstance(fields, str) else fields
        if isinstance(names, Iterable) and any(it in self._fields for it in names):
            return True
        if isinstance(owners, (str, Asset)):
            return isinstance(owners, str)
        return isinstance(owners, Iterable) and any(isinstance(it, str) for it in owners)
