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
    if "trades" in datasets:
        found += _OF_TRADES
    return MappingProxyType({it.name: it for it in found})


_AS_OF: Final = Macro(
    "bars_1d_as_of",
    "Daily bars up to a day (a DATE), adjusted for all actions up to it: as known that day",
    "views/adjusted",
    ("bars_1d", "adjustments"),
    {"splits_alone": False, "as_of": True},
)
_TRADED: Final = ("trades", "sessions")
_EACH: Final = "begun anew with each session; complete is false for a last one that may change"
_OF_TRADES: Final = (
    Macro(
        "time_bars",
        f"Bars of so many seconds out of trades, from the opening on, {_EACH}",
        "views/time_bars",
        _TRADED,
        {"microseconds": None},
    ),
    *(
        Macro(
            name,
            f"Bars out of trades, each full with {text}, {_EACH}",
            "views/trade_bars",
            _TRADED,
            {"full": full, "problem": f"{name} expects {full}, from 0.00000001 to 10000000000"},
        )
        for name, full, text in (
            ("tick_bars", "trades", "so many trades"),
            ("volume_bars", "units", "so many units traded"),
            ("dollar_bars", "value", "so much money traded, price times units"),
        )
    ),
)
