"""The assets of a bundle and how a strategy names them.

An `Asset` is made once per finder and compared by identity, so that a dictionary or a frame of
assets costs no Python-level hash; two finders make different objects of the same sid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import index
from typing import TYPE_CHECKING

from rustybt.errors import UnknownSidError, UnknownSymbolError
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

_FRACTIONAL = frozenset({"crypto", "forex"})


@dataclass(frozen=True, eq=False, slots=True)
class Asset:
    """One asset during one listing spell.

    Parameters
    ----------
    sid
        Stable number of the asset in its bundle.
    symbol
        As the source writes it.
    exchange
        Exchange calendar the asset trades by, such as ``XNYS`` or ``24/7``.
    asset_type
        ``equity`` or ``crypto``.
    first_session, last_session
        Sessions of the first and of the last stored bar, both inclusive.
    """

    sid: int
    symbol: str
    exchange: str
    asset_type: str
    first_session: date
    last_session: date

    @property
    def fractional(self) -> bool:
        """Whether orders may be for parts of a unit."""
        return self.asset_type in _FRACTIONAL

    def alive(self, session: date) -> bool:
        """Return whether the session lies in the listing spell."""
        return self.first_session <= session <= self.last_session

    def __lt__(self, other: "Asset") -> bool:
        return self.sid < other.sid

    def __str__(self) -> str:
        return self.symbol

    def __repr__(self) -> str:
        return f"Asset({self.sid}, {self.symbol!r})"


class AssetFinder:
    """The assets of one bundle, read once.

    Parameters
    ----------
    warehouse
        Open warehouse that holds the bundle.
    bundle
        Name of the bundle.

    Raises
    ------
    UnknownBundleError
        The warehouse holds no such bundle.
    """

    def __init__(self, warehouse: "Warehouse", bundle: str) -> None:
        name = warehouse.snapshot(bundle).bundle
        query = sqltext.render("backtest/assets", bundle=name)
        self.bundle = name
        self._by_sid = {row[0]: Asset(*row) for row in warehouse.sql(query).rows()}
        self._spells: dict[str, list[Asset]] = {}
        for asset in self._by_sid.values():
            self._spells.setdefault(asset.symbol, []).append(asset)

    def __iter__(self) -> Iterator[Asset]:
        """Iterate all assets in the order of their sids."""
        return iter(self._by_sid.values())

    def __len__(self) -> int:
        return len(self._by_sid)

    def retrieve(self, sid: int) -> Asset:
        """Return the asset of a sid, the same object every time.

        Raises
        ------
        UnknownSidError
            No asset of the bundle has it.
        """
        try:
            return self._by_sid[index(sid)]
        except (KeyError, TypeError):
            raise UnknownSidError(sid, self.bundle, len(self._by_sid)) from None

    def retrieve_all(self, sids: Sequence[int]) -> list[Asset]:
        """Return the assets of several sids, in their order."""
        return [self.retrieve(sid) for sid in sids]

    def lookup_symbol(self, symbol: str, as_of_date: date | None = None) -> Asset:
        """Return the asset that a symbol names, under zipline's name of `lookup`.

        Parameters
        ----------
        symbol
            As the source writes it; tried in upper case when it is not found so.
        as_of_date
            Day, or Timestamp, by which the spell had begun; the latest spell if None.

        Raises
        ------
        UnknownSymbolError
            No asset of the bundle has the symbol; the nearest is named.
        """
        if isinstance(as_of_date, datetime):
            as_of_date = as_of_date.date()
        return self.lookup(symbol, as_of_date)

    def lookup(self, symbol: str, on: date | None = None) -> Asset:
        """Return the asset that a symbol names.

        Parameters
        ----------
        symbol
            As the source writes it; tried in upper case when it is not found so.
        on
            Where a symbol was listed more than once, the spell that had begun by this session;
            the latest spell if None.

        Raises
        ------
        UnknownSymbolError
            No asset of the bundle has the symbol; the nearest is named.
        """
        spells = self._spells.get(symbol) or self._spells.get(symbol.upper())
        if not spells:
            raise UnknownSymbolError(symbol, self._spells, self.bundle)
        ordered = sorted(spells, key=lambda it: it.first_session)
        begun = [it for it in ordered if on is None or it.first_session <= on]
        return begun[-1] if begun else ordered[0]
