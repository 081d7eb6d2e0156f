"""The words of a strategy that name assets."""

from datetime import date

from rustybt.algorithm.words import Words
from rustybt.assets import Asset, AssetFinder, ContinuousFuture
from rustybt.assets.continuous import Adjustment, RollStyle
from rustybt.days import Day, day_of
from rustybt.errors import OptionError


class AssetWords(Words):
    """The part of `rustybt.algorithm.TradingAlgorithm` that names assets."""

    _lookup_day: date | None = None

    def symbol(self, symbol_str: str, country_code: str | None = None) -> Asset:
        """Return the asset of a symbol, in the listing spell of the end of the run.

        `set_symbol_lookup_date` takes the spell of another day.

        Parameters
        ----------
        country_code
            Takes the assets of exchanges of one country only, as ISO 3166 has it.

        Raises
        ------
        UnknownSymbolError
            The bundle has no such symbol; the nearest is named.
        AmbiguousSymbolError
            Several assets have it on that day.
        """
        if not isinstance(symbol_str, str):
            raise OptionError("symbol_str", symbol_str, "a symbol as text")
        day = self._lookup_day or self._run.settings.end
        return self.asset_finder.lookup_symbol(symbol_str, day, country_code=country_code)

    def future_symbol(self, symbol: str) -> Asset:
        """Return the contract of a future, by its symbol.

        Raises
        ------
        UnknownSymbolError
            No future of the bundle has it; the nearest is named.
        """
        return self.asset_finder.lookup_future_symbol(symbol)

    def continuous_future(
        self,
        root_symbol_str: str,
        offset: int = 0,
        roll: RollStyle = "volume",
        adjustment: Adjustment | None = "mul",
    ) -> ContinuousFuture:
        """Return the contracts of a future one after the other.

        ``data.current(future, "contract")`` is the one to order, ``data.current_chain(future)`` it and
        those after it, ``data.history(future, …)`` the bars of one after the other. After the last
        contract there is none: None, prices of NaN and no volume.

        Parameters
        ----------
        root_symbol_str
            Symbol that the contracts share, such as ``ES``.
        offset
            How many contracts after the present one it is on.
        roll
            ``'calendar'`` or ``'volume'``: by what it turns to the next contract; see
            `rustybt.assets.ContinuousFuture`.
        adjustment
            ``'mul'``, ``'add'`` (Panama) or None: what a roll does to the prices before it.

        Raises
        ------
        UnknownRootError
            No future of the bundle has the root symbol and an expiry.
        OptionError
            The offset, the roll or the adjustment cannot be.
        """
        finder = self.asset_finder
        return finder.create_continuous_future(root_symbol_str, offset, roll, adjustment)

    def set_symbol_lookup_date(self, dt: Day) -> None:
        """Have `symbol` take the listing spell that had begun by a day.

        Raises
        ------
        OptionError
            It is no day.
        """
        self._lookup_day = day_of("dt", dt)

    def symbols(self, *args: str, country_code: str | None = None) -> list[Asset]:
        """Return the assets of several symbols, in their order; else as `symbol`."""
        return [self.symbol(it, country_code) for it in args]

    def sid(self, sid: int) -> Asset:
        """Return the asset of a sid.

        Raises
        ------
        UnknownSidError
            The bundle has no such sid.
        """
        return self.asset_finder.retrieve_asset(sid)

    @property
    def asset_finder(self) -> AssetFinder:
        """The assets of the bundle."""
        return self._run.market.finder
