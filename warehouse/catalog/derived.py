"""Views that are computed from other views of their bundle.

Longer bars, adjusted ones, and the continuous futures of contracts.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from warehouse import sqltext
from warehouse.schema import COMPLETE, Column, dataset

_ADJUSTED: Final = {
    "open": "First price, trade currency, adjusted; DOUBLE",
    "high": "Highest price, trade currency, adjusted; DOUBLE",
    "low": "Lowest price, trade currency, adjusted; DOUBLE",
    "close": "Last price, trade currency, adjusted; DOUBLE",
    "volume": "Units traded, adjusted for splits; DOUBLE",
}
_MINUTES: Final = {"5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240}
_PERIODS: Final = {"1w": "week", "1mo": "month"}
_STORED: Final = re.compile(r"bars_(\d+)(m|h)")


@dataclass(frozen=True)
class Derived:
    """A view over others.

    Parameters
    ----------
    name
        Of the view.
    comment
        What it shows.
    columns
        With their units.
    template
        The statement that creates it.
    reads
        Views of the same bundle that it is computed from.
    options
        Holes of the template, beside the schema.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    template: str
    reads: tuple[str, ...]
    options: Mapping[str, Any]

    def create(self, schema: str) -> str:
        """Return the statement that creates it in a schema."""
        return sqltext.render(self.template, schema=schema, **self.options)


_SYMBOLS: Final = Derived(
    "symbols",
    "What each asset was called when, a row a spell of a symbol",
    (
        Column("sid", "INTEGER", "Stable number of the asset in its bundle; see assets"),
        Column("symbol", "VARCHAR", "Symbol it traded under"),
        Column("first_session", "DATE", "First day of the symbol"),
        Column("last_session", "DATE", "Last day of the symbol, of the present one the last bar's"),
    ),
    "views/symbols",
    ("assets", "former_symbols"),
    {},
)


def derived_views(datasets: Collection[str]) -> Mapping[str, Derived]:
    """Return the derived views of a bundle that has these datasets, each after those it reads.

    A length that is stored is not derived.
    """
    return _derived(frozenset(datasets))


@lru_cache(256)
def _derived(datasets: frozenset[str]) -> Mapping[str, Derived]:
    # Every statement asks for them, once a view that it may reach.
    found: dict[str, Derived] = {_SYMBOLS.name: _SYMBOLS}
    for it in _longer(datasets):
        found[it.name] = it
    if "bars_1d" in {*datasets, *found}:
        for it in (*_adjusted(), *_continuous()):
            found[it.name] = it
    return MappingProxyType(found)


def _adjusted() -> Iterator[Derived]:
    columns = tuple(
        Column(it.name, it.type, _ADJUSTED.get(it.name, it.comment))
        for it in dataset("bars_1d").columns
    )
    reads = ("bars_1d", "adjustments")
    for name, text in (
        ("bars_1d_adjusted", "splits and dividends"),
        ("bars_1d_split_adjusted", "splits alone"),
    ):
        comment = f"Daily bars adjusted for all later {text}, as known at the last session"
        options = {
            "name": name,
            "splits_alone": name == "bars_1d_split_adjusted",
            "as_of": False,
        }
        yield Derived(name, comment, columns, "views/adjusted", reads, options)


def _continuous() -> Iterator[Derived]:
    basic = {it.name: it for it in dataset("bars_1d").columns}
    root = Column(
        "root_symbol", "VARCHAR", "Symbol that the contracts of a future share, such as ES"
    )
    yield Derived(
        "rolls",
        "Turns of continuous futures from contract to contract, as known before their session",
        (
            root,
            Column("roll", "VARCHAR", "calendar or volume: by what it turns"),
            Column("session", "DATE", "First session of the new contract"),
            Column("from_sid", "INTEGER", "Contract before; see assets"),
            Column("from_symbol", "VARCHAR", "Its symbol"),
            Column("to_sid", "INTEGER", "Contract from then on; see assets"),
            Column("to_symbol", "VARCHAR", "Its symbol"),
            Column(
                "ratio",
                "DOUBLE",
                "Last close of the new contract before the session over that of the old; NULL if one "
                "has none, or none above 0",
            ),
            Column("difference", "DOUBLE", "The new close less the old, trade currency"),
        ),
        "views/rolls",
        ("assets", "sessions", "bars_1d"),
        {},
    )
    yield Derived(
        "continuous_1d",
        "Daily bars of continuous futures: of the contract that each is on, by root symbol and roll",
        (
            basic.pop("session"),
            root,
            Column("roll", "VARCHAR", "calendar or volume: by what it turns; see rolls"),
            *basic.values(),
            Column(
                "close_mul",
                "DOUBLE",
                "Close times the ratios of all later rolls, as known at the last session",
            ),
            Column(
                "close_add",
                "DOUBLE",
                "Close plus the differences of all later rolls, as known at the last session",
            ),
        ),
        "views/continuous_1d",
        ("assets", "bars_1d", "rolls"),
        {},
    )


def _longer(datasets: Collection[str]) -> Iterator[Derived]:
    short = {
        name: int(match[1]) * (60 if match[2] == "h" else 1)
        for name in sorted(datasets)
        if (match := _STORED.fullmatch(name))
    }
    if not short and "trades" in datasets:
        yield _described("1m", "trades", "views/time_bars", {"microseconds": 60_000_000})
        short["bars_1m"] = 1
    for length, minutes in _MINUTES.items():
        source = _source(short, minutes)
        if f"bars_{length}" not in datasets and source:
            yield _resampled(length, source, short[source], minutes)
    source = max(short, key=lambda it: short[it], default="")
    if "bars_1d" not in datasets and source:
        yield _resampled("1d", source, short[source], None)
    if "bars_1d" not in datasets and not source:
        return
    for length, period in _PERIODS.items():
        if f"bars_{length}" not in datasets:
            yield _described(
                length,
                "bars_1d",
                "views/resampled_periods",
                {"source": "bars_1d", "period": period},
            )


def _source(short: Mapping[str, int], minutes: int) -> str:
    """Return the longest stored bars that add up to so many minutes; empty if none do."""
    fitting = [it for it, length in short.items() if length < minutes and minutes % length == 0]
    return max(fitting, key=lambda it: short[it], default="")


def _resampled(length: str, source: str, short: int, minutes: int | None) -> Derived:
    options = {"source": source, "short": short, "minutes": minutes}
    return _described(length, source, "views/resampled", options)


def _described(length: str, source: str, template: str, options: Mapping[str, Any]) -> Derived:
    name = f"bars_{length}"
    of = dataset(name)
    comment = f"{of.comment}; computed from {source}"
    columns = (*of.columns, COMPLETE)
    return Derived(
        name, comment, columns, template, (source, "sessions"), {"name": name, **options}
    )
