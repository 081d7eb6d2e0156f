"""The assets of a bundle and how a strategy names them.

An `Asset` is made once per finder and compared by identity, so that a dictionary or a frame of
assets costs no Python-level hash; two finders make different objects of the same sid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import index
from typing import TYPE_CHECKING, Literal

from rustybt.errors import UnknownSidError, UnknownSymbolError
from rustybt.markets import CURRENCIES
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

_FRACTIONAL = frozenset({"crypto", "forex", "perpetual"})


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
        ``equity``, ``etf``, ``adr``, ``crypto``, ``perpetual``, ``forex``, ``future`` or ``option``.
    first_session, last_session
        Sessions of the first and of the last stored bar, both inclusive.
    name
        For people; None if unknown.
    currency
        In which it trades: its own, that of the pair or of the exchange; None if unknown.
    tick_size
        Step of prices, trade currency; None for 0.01, and for none of what trades in fractions.
    lot_size
        Step of quantities, units; None for 1, and for 1e-8 of what trades in fractions.
    multiplier
        Units of the underlying in one contract.
    root_symbol
        Symbol that the contracts of a future share, such as ``ES``; None if it is no future.
    underlying
        Symbol of what an option is on.
    expiry
        Last trading session of a contract; None for what does not expire.
    strike
        Of an option, trade currency.
    option_right
        ``call`` or ``put``.
    initial_margin, maintenance_margin
        What opening and holding a position needs: trade currency a contract for a future, else a
        fraction of its value. None asks for none.
    borrow_rate
        What a short pays a year, a fraction of its value; None for none of its own.

    Attributes
    ----------
    end
        Last session in which it can be traded.
    fractional
        Whether orders may be for parts of a unit.
    margined
        Whether a position costs nothing and its gains are settled in cash: futures, perpetuals, and
        currencies that have a margin.
    """

    sid: int
    symbol: str
    exchange: str
    asset_type: str
    first_session: date
    last_session: date
    name: str | None = None
    currency: str | None = None
    tick_size: float | None = None
    lot_size: float | None = None
    multiplier: float = 1.0
    root_symbol: str | None = None
    underlying: str | None = None
    expiry: date | None = None
    strike: float | None = None
    option_right: Literal["call", "put"] | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    borrow_rate: float | None = None
    end: date = field(init=False)
    fractional: bool = field(init=False)
    margined: bool = field(init=False)

    def __post_init__(self) -> None:
        fractional = self.asset_type in _FRACTIONAL
        if self.lot_size is not None:
            fractional = not float(self.lot_size).is_integer()
        borrowed = self.asset_type == "forex" and self.initial_margin is not None
        end = self.last_session if self.expiry is None else min(self.last_session, self.expiry)
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "fractional", fractional)
        object.__setattr__(self, "margined", borrowed or self.asset_type in {"future", "perpetual"})

    @property
    def price_multiplier(self) -> float:
        """The multiplier, under zipline's name."""
        return self.multiplier

    @property
    def expiration_date(self) -> date | None:
        """The expiry, under zipline's name."""
        return self.expiry

    def alive(self, session: date) -> bool:
        """Return whether the session lies in the listing spell."""
        return self.first_session <= session <= self.end

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
        exchanges, currencies = zip(*CURRENCIES, strict=True)
        query = sqltext.render(
            "backtest/assets", bundle=name, exchanges=exchanges, currencies=currencies
        )
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

    def lookup_future_symbol(self, symbol: str) -> Asset:
        """Return the contract of a future that a symbol such as ``ESH20`` names.

        Raises
        ------
        UnknownSymbolError
            No future of the bundle has it; the nearest is named.
        """
        futures = [name for name, it in self._spells.items() if it[-1].asset_type == "future"]
        if symbol not in futures and symbol.upper() not in futures:
            raise UnknownSymbolError(symbol, futures, self.bundle)
        return self.lookup(symbol)

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
