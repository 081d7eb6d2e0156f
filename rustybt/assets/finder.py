"""Which asset a symbol or sid means.

An `Asset` is made once per snapshot and compared by identity, so that a dictionary or a frame of
assets costs no Python-level hash. Finders of one snapshot share their assets as long as one of them
lives; those of two snapshots make different objects of the same sid.
"""
# ruff: noqa: FBT001, FBT002 - zipline's parameters

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from operator import index
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, overload
from weakref import WeakValueDictionary

import numpy as np

from rustybt.assets.asset import Asset
from rustybt.assets.continuous import (
    ADJUSTMENTS,
    ROLL_STYLES,
    Adjustment,
    ContinuousFuture,
    RollStyle,
)
from rustybt.days import Day, day_of
from rustybt.errors import (
    AmbiguousSymbolError,
    NotAnAssetError,
    OptionError,
    UnknownRootError,
    UnknownSidError,
    UnknownSymbolError,
)
from rustybt.markets import CURRENCIES
from warehouse import sqltext

if TYPE_CHECKING:
    import pandas as pd

    from warehouse import Warehouse

EQUITIES: Final = frozenset({"equity", "etf", "adr"})
"""The types of assets that zipline calls equities."""
_NAMES: Final = (Asset, ContinuousFuture, str)
_SEPARATORS: Final = str.maketrans("", "", ".-/_ ")


class _Spell(NamedTuple):
    """A symbol that an asset has from one day to another, both included."""

    symbol: str
    asset: Asset
    first: date
    end: date


class _Assets(dict[int, Asset]):
    """The assets of a snapshot by their sids; a class of its own, so that it can be referred to weakly."""


_shared: "WeakValueDictionary[str, _Assets]" = WeakValueDictionary()  # by the hash of a snapshot


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
        snapshot = warehouse.snapshot(bundle)
        self.bundle = snapshot.bundle
        self._by_sid = _shared.get(snapshot.sha256) or _shared.setdefault(
            snapshot.sha256, self._listed(warehouse)
        )
        self._spells: dict[str, list[_Spell]] = {}
        self._alike: dict[str, list[_Spell]] = {}  # by their symbols without separators
        self._chains: dict[str, list[Asset]] = {}
        renamed = "former_symbols" in snapshot.datasets
        for spell in self._renamed(warehouse) if renamed else map(_whole, self):
            self._spells.setdefault(spell.symbol, []).append(spell)
            self._alike.setdefault(_plain(spell.symbol), []).append(spell)
        for asset in self:
            if asset.asset_type == "future" and asset.root_symbol and asset.expiry:
                self._chains.setdefault(asset.root_symbol, []).append(asset)

    def _listed(self, warehouse: "Warehouse") -> _Assets:
        """Return the assets as they are stored."""
        exchanges, currencies = zip(*CURRENCIES, strict=True)
        query = sqltext.render(
            "backtest/assets", bundle=self.bundle, exchanges=exchanges, currencies=currencies
        )
        return _Assets((row[0], Asset(*row)) for row in warehouse.sql(query).rows())

    def _renamed(self, warehouse: "Warehouse") -> Iterator["_Spell"]:
        """Yield the spells of all symbols, those that assets had before among them.

        An asset that has none by the symbol of its bars, such as ``B@1``, has it at all times, too.
        """
        query = sqltext.render("backtest/symbols", bundle=self.bundle)
        unnamed = dict(self._by_sid)
        for sid, symbol, first, last, present in warehouse.sql(query).rows():
            asset = self._by_sid[sid]
            yield _Spell(symbol, asset, first, asset.end if present else last)
            if symbol == asset.symbol:
                unnamed.pop(sid, None)
        yield from map(_whole, unnamed.values())

    def __iter__(self) -> Iterator[Asset]:
        """Iterate all assets in the order of their sids."""
        return iter(self._by_sid.values())

    def __len__(self) -> int:
        return len(self._by_sid)

    @property
    def sids(self) -> tuple[int, ...]:
        """The sids of all assets, in order."""
        return tuple(self._by_sid)

    @property
    def equities_sids(self) -> tuple[int, ...]:
        """The sids of shares, ETFs and ADRs, in order."""
        return tuple(it.sid for it in self if it.asset_type in EQUITIES)

    def equities_sids_for_country_code(self, country_code: str) -> tuple[int, ...]:
        """Return the sids of the equities of a country, such as ``US``, in order."""
        equities = (it for it in self if it.asset_type in EQUITIES)
        return tuple(it.sid for it in equities if it.country_code == country_code)

    @property
    def futures_sids(self) -> tuple[int, ...]:
        """The sids of the contracts of futures, in order."""
        return tuple(it.sid for it in self if it.asset_type == "future")

    @overload
    def retrieve_asset(self, sid: int, default_none: Literal[False] = False) -> Asset: ...

    @overload
    def retrieve_asset(self, sid: int, default_none: bool) -> Asset | None: ...

    def retrieve_asset(self, sid: int, default_none: bool = False) -> Asset | None:
        """Return the asset of a sid, the same object every time.

        Parameters
        ----------
        default_none
            Whether an unknown sid gives None.

        Raises
        ------
        UnknownSidError
            No asset of the bundle has it.
        """
        try:
            return self._by_sid[index(sid)]
        except (KeyError, TypeError):
            if default_none:
                return None
            raise UnknownSidError(sid, self.bundle, len(self._by_sid)) from None

    def retrieve_all(self, sids: Iterable[int]) -> list[Asset]:
        """Return the assets of several sids, in their order; errors as for `retrieve_asset`."""
        return [self.retrieve_asset(sid) for sid in sids]

    def lookup_symbol(
        self,
        symbol: str,
        as_of_date: Day | None = None,
        fuzzy: bool = False,
        country_code: str | None = None,
    ) -> Asset:
        """Return the asset that a symbol names.

        Parameters
        ----------
        symbol
            As the source writes it, or one that the asset had before; tried in upper case when it is
            not found so.
        as_of_date
            Where a symbol was listed more than once, the spell of this day: the one that it lies in,
            else the last that had begun, else the first. The latest spell if None.
        fuzzy
            Whether share classes may be written otherwise: ``BRK.B`` as ``BRKB``, ``BRK-B``,
            ``BRK/B``, ``BRK_B`` or ``BRK B``. Of several such symbols of one day, the one written as
            `symbol` is meant.
        country_code
            Takes the assets of exchanges of one country only, as ISO 3166 has it.

        Raises
        ------
        UnknownSymbolError
            No asset has the symbol; the nearest is named.
        AmbiguousSymbolError
            Several have it at the same time.
        OptionError
            The symbol is no text, or the date no day.
        """
        if not isinstance(symbol, str):
            raise OptionError("symbol", symbol, "a symbol as text")
        spells = self._spells
        found = spells.get(symbol) or spells.get(symbol.upper()) or []
        if fuzzy:
            found = self._alike.get(_plain(symbol), [])
        if country_code is not None:
            found = [it for it in found if it.asset.country_code == country_code]
        if not found:
            known = [
                name
                for name, of_name in spells.items()
                if country_code in {None, *(it.asset.country_code for it in of_name)}
            ]
            raise UnknownSymbolError(symbol, known, self.bundle)
        day = None if as_of_date is None else day_of("as_of_date", as_of_date)
        meant = _of_day(found, day)
        if len(meant) > 1:
            meant = [it for it in meant if it.symbol == symbol] or meant
        if len({it.asset.sid for it in meant}) > 1:
            facts = [(it.asset.sid, it.symbol, it.asset.exchange, it.first, it.end) for it in meant]
            raise AmbiguousSymbolError(symbol, facts, self.bundle)
        return meant[0].asset

    def lookup_symbols(
        self,
        symbols: Iterable[str],
        as_of_date: Day | None = None,
        fuzzy: bool = False,
        country_code: str | None = None,
    ) -> list[Asset]:
        """Return the assets of several symbols, in their order; else as `lookup_symbol`."""
        return [self.lookup_symbol(it, as_of_date, fuzzy, country_code) for it in symbols]

    def lookup_future_symbol(self, symbol: str) -> Asset:
        """Return the contract of a future that a symbol such as ``ESH20`` names.

        Raises
        ------
        UnknownSymbolError
            No future of the bundle has it; the nearest is named.
        """
        futures = [name for name, it in self._spells.items() if it[-1].asset.asset_type == "future"]
        if symbol not in futures and symbol.upper() not in futures:
            raise UnknownSymbolError(symbol, futures, self.bundle)
        return self.lookup_symbol(symbol)

    def lookup_generic(
        self, obj: Any, as_of_date: Day | None = None, country_code: str | None = None
    ) -> tuple[Any, list[Any]]:
        """Return the assets of whatever names them.

        Parameters
        ----------
        obj
            An asset, a continuous future, a sid, a symbol, or several of them.
        as_of_date, country_code
            As for `lookup_symbol`.

        Returns
        -------
        found
            The asset, or the list of those found for several.
        missing
            What of several the bundle does not have.

        Raises
        ------
        UnknownSymbolError, UnknownSidError
            The bundle does not have the one that was asked for.
        NotAnAssetError
            Something names no asset.
        AmbiguousSymbolError
            As for `lookup_symbol`.
        """
        if isinstance(obj, _NAMES) or not isinstance(obj, Iterable):
            return self._named(obj, as_of_date, country_code), []
        found, missing = [], []
        for it in obj:
            try:
                found.append(self._named(it, as_of_date, country_code))
            except (UnknownSymbolError, UnknownSidError):
                missing.append(it)
        return found, missing

    def _named(self, name: Any, day: Day | None, country_code: str | None) -> Any:
        if isinstance(name, (Asset, ContinuousFuture)):
            return name
        if isinstance(name, str):
            return self.lookup_symbol(name, day, country_code=country_code)
        if not hasattr(name, "__index__"):
            raise NotAnAssetError(name)
        return self.retrieve_asset(name)

    def get_ordered_contracts(self, root_symbol: str) -> tuple[Asset, ...]:
        """Return the contracts of a future by their expiry; those of the same day by their sid.

        Raises
        ------
        UnknownRootError
            No future has the root symbol and an expiry.
        """
        try:
            contracts = self._chains[root_symbol]
        except KeyError:
            raise UnknownRootError(root_symbol, self._chains, self.bundle) from None
        return tuple(sorted(contracts, key=lambda it: (it.expiry, it.sid)))

    @property
    def root_symbols(self) -> tuple[str, ...]:
        """The root symbols of the futures that have an expiry, sorted."""
        return tuple(sorted(self._chains))

    def create_continuous_future(
        self,
        root_symbol: str,
        offset: int = 0,
        roll_style: RollStyle = "volume",
        adjustment: Adjustment | None = "mul",
    ) -> ContinuousFuture:
        """Return a continuous future; its parameters are those of `ContinuousFuture`.

        Raises
        ------
        UnknownRootError
            No future has the root symbol and an expiry.
        OptionError
            The offset, the style or the adjustment cannot be.
        """
        self.get_ordered_contracts(root_symbol)
        if not isinstance(offset, int) or offset < 0:
            raise OptionError("offset", offset, "a whole number of contracts, 0 or more")
        if roll_style not in ROLL_STYLES:
            raise OptionError("roll", roll_style, "'calendar' or 'volume'")
        if adjustment not in ADJUSTMENTS:
            raise OptionError("adjustment", adjustment, "'mul', 'add' or None")
        return ContinuousFuture(root_symbol, offset, roll_style, adjustment)

    def lifetimes(
        self,
        dates: Sequence[Day],
        include_start_date: bool = True,
        country_codes: Collection[str] | None = None,
    ) -> "pd.DataFrame":
        """Return which assets were listed on which days.

        Parameters
        ----------
        dates
            Days, such as a DatetimeIndex of sessions.
        include_start_date
            Whether an asset is listed on its first session already, of which a morning knows nothing.
        country_codes
            Takes the assets of exchanges of these countries only; all assets if None.

        Returns
        -------
        pandas.DataFrame
            Of bool, naive days x sids.

        Raises
        ------
        OptionError
            Something is no day, or the countries are one text.
        """
        import pandas as pd

        if isinstance(country_codes, str):
            raise OptionError("country_codes", country_codes, "several, such as ['US']")
        taken = [it for it in self if country_codes is None or it.country_code in country_codes]
        days = np.array([day_of("dates", it) for it in dates], dtype="M8[D]")[:, None]
        first = np.array([it.first_session for it in taken], dtype="M8[D]")
        last = np.array([it.end for it in taken], dtype="M8[D]")
        begun = first <= days if include_start_date else first < days
        sids = pd.Index([it.sid for it in taken], dtype="int64")
        rows = pd.DatetimeIndex(days[:, 0]).as_unit("ns")
        return pd.DataFrame(begun & (days <= last), index=rows, columns=sids)


def _plain(symbol: str) -> str:
    """Return a symbol without what separates its parts."""
    return symbol.upper().translate(_SEPARATORS)


def _whole(asset: Asset) -> "_Spell":
    return _Spell(asset.symbol, asset, asset.first_session, asset.end)


def _of_day(spells: list["_Spell"], day: date | None) -> list["_Spell"]:
    """Return the spell that a day means, or all of several that lie beside each other then."""
    if day is not None:
        alive = [it for it in spells if it.first <= day <= it.end]
        begun = [it for it in spells if it.first <= day]
        if alive or not begun:
            return alive or [min(spells, key=lambda it: it.first)]
        return [max(begun, key=lambda it: it.end)]
    latest = max(spells, key=lambda it: it.end)
    return [it for it in spells if it.end >= latest.first]
