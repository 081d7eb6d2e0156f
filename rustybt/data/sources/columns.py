"""Which column of a source holds what.

The usual names of columns stand here alone, so that files, tables and messages agree on them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rustybt.data.resolutions import TICK
from rustybt.errors import ColumnsError

# From the most to the least telling; the first name that a file has is taken.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "name"),
    "at": ("ts", "timestamp", "datetime", "date", "session", "time"),
}


@dataclass(frozen=True)
class Fields:
    """What the rows of a kind have beside a symbol and a time.

    Parameters
    ----------
    numbers
        Columns of exact numbers.
    words
        Columns of text.
    optional
        Those of all columns that a source may lack.
    required
        Those of the numbers without which a row is rejected.
    usual
        The names that files have for them.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    optional: frozenset[str]
    required: tuple[str, ...]
    usual: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The usual names of all columns, that of the symbol and of the time too."""
        return {**_KEYS, **self.usual}


BARS = Fields(
    numbers=("open", "high", "low", "close", "volume", "dividend", "split"),
    words=(),
    optional=frozenset({"symbol", "dividend", "split"}),
    required=(),
    usual={
        "open": ("open",),
        "high": ("high",),
        "low": ("low",),
        "close": ("close",),
        "volume": ("volume", "vol"),
        "dividend": ("dividend", "dividends"),
        "split": ("split", "splits", "stocksplits"),
    },
)
TRADES = Fields(
    numbers=("price", "size"),
    words=("side", "id", "seq"),
    optional=frozenset({"symbol", "side", "id", "seq"}),
    required=("price", "size"),
    usual={
        "price": ("price",),
        "size": ("size", "quantity", "qty", "amount", "volume"),
        "side": ("side", "takerside"),
        "id": ("id", "tradeid"),
        "seq": ("seq", "sequence", "sequencenumber"),
    },
)


def fields_of(resolution: str) -> Fields:
    """Return what rows of a resolution have."""
    return TRADES if resolution == TICK else BARS


@dataclass(frozen=True)
class Columns:
    """Where the columns of a source stand.

    Parameters
    ----------
    found
        Canonical name to position, from 0. ``at`` is the time; ``adjusted`` the adjusted close.
    extra
        Columns that are not stored, as the source writes them.
    """

    found: Mapping[str, int]
    extra: tuple[str, ...]


def find_columns(
    file: str,
    header: Sequence[str],
    *,
    adjusted: str | None = None,
    symbol: bool = False,
    named: Iterable[tuple[str, str]] = (),
    fields: Fields = BARS,
) -> Columns:
    """Find the columns of a source by their usual names, whatever case, spaces and underscores.

    Parameters
    ----------
    file
        Named in errors.
    header
        Names of the columns in their order.
    adjusted
        Name of the column of adjusted closes, if actions are wanted from it.
    symbol
        Whether a column of symbols is required.
    named
        Canonical names, and the names by which the source has these columns in the place of the usual.
    fields
        What the rows have.

    Raises
    ------
    ColumnsError
        A required column is missing, or two columns could be the same one.
    """
    plain = [_plain(name) for name in header]
    own = {column: (_plain(name),) for column, name in named}
    wanted = {**fields.names, **own}
    if adjusted is not None:
        wanted["adjusted"] = (_plain(adjusted),)
    if (
        "at" not in own
        and {"date", "time"} <= set(plain)
        and not {"ts", "timestamp", "datetime"} & set(plain)
    ):
        raise ColumnsError(file, header, "date and time stand in two columns; expected one")
    found = {}
    for column, names in wanted.items():
        name = next((it for it in names if it in plain), None)
        said = {"at": "the time", "adjusted": "the adjusted close"}.get(column, column)
        if name is None:
            if column in fields.optional - set(own) and not (symbol and column == "symbol"):
                continue
            accepted = (adjusted or "",) if column == "adjusted" else names
            raise ColumnsError(file, header, f"no column for {said}", accepted)
        if plain.count(name) > 1:
            raise ColumnsError(file, header, f"more than one column for {said}", names)
        found[column] = plain.index(name)
    taken = set(found.values())
    return Columns(found, tuple(name for i, name in enumerate(header) if i not in taken and name))


def tells_symbols(header: Sequence[str], named: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether a source with these columns has one of symbols; see `find_columns`."""
    own = dict(named).get("symbol")
    usual = _KEYS["symbol"] if own is None else (_plain(own),)
    return any(_plain(name) in usual for name in header)


def _plain(name: str) -> str:
    return re.sub(r"[\s_]", "", name).lower()
