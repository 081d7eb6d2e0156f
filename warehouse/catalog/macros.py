"""Table macros of a bundle: views that ask for a value, such as the day at which something was known."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from warehouse import sqltext
from warehouse.catalog.derived import derived_views


@dataclass(frozen=True)
class Macro:
    """A table macro over views of its bundle: ``FROM <bundle>.<name>(…)``.

    Parameters
    ----------
    name
        Of the macro.
    comment
        What it shows, and what its parameters are.
    template
        The statement that creates it.
    reads
        Views of the same bundle that it is computed from.
    options
        Holes of the template, beside the schema and the name.
    """

    name: str
    comment: str
    template: str
    reads: tuple[str, ...]
    options: Mapping[str, Any]

    def create(self, schema: str) -> str:
        """Return the statement that creates it in a schema."""
        return sqltext.render(self.template, schema=schema, name=self.name, **self.options)


def macros(datasets: Collection[str]) -> Mapping[str, Macro]:
    """Return the macros of a bundle that has these datasets, by name."""
    return _macros(frozenset(datasets))


@lru_cache(256)
def _macros(datasets: frozenset[str]) -> Mapping[str, Macro]:
    found = []
    if "bars_1d" in datasets | derived_views(datasets).keys():
        found.append(_AS_OF)
    return MappingProxyType({it.name: it for it in found})


_AS_OF: Final = Macro(
    "bars_1d_as_of",
    "Daily bars up to a day (a DATE), adjusted for all actions up to it: as known that day",
    "views/adjusted",
    ("bars_1d", "adjustments"),
    {"splits_alone": False, "as_of": True},
)
