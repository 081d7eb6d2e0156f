"""`data`, as the hooks of a strategy receive it: bars up to the current session, never beyond."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal

import numpy as np

from rustybt.assets import Asset, ContinuousFuture
from rustybt.errors import FieldError, HistoryError, NotAnAssetError, OptionError
from rustybt.finance.restrictions import Restrictions
from rustybt.simulation.clock import Clock, Phase
from rustybt.simulation.continuous import CONTRACT, Continuous
from rustybt.simulation.feed import CLOSE, FIELDS, PRICE, VOLUME, Floats
from rustybt.simulation.fetched import Fetched
from rustybt.simulation.frames import Frames
from rustybt.simulation.market import Market
from rustybt.simulation.panel import FIELD, Columns, Panel
from rustybt.simulation.resample import FREQUENCIES, Frequency, frequency_of
from rustybt.simulation.windows import Window, Windows

Form = Literal["pandas", "numpy", "polars"]
Instrument = Asset | ContinuousFuture
_INSTRUMENTS: Final = (Asset, ContinuousFuture)
FORMS: Final = ("pandas", "numpy", "polars")


class BarData:
    """Current and past bars, adjusted as known in the current session.

    In ``before_trading_start`` the last bar is that of the session before, adjusted to the
    current one. Values are floats; prices are in the trade currency.

    Parameters
    ----------
    market
        Assets and sessions.
    panel
        The bars that may be seen.
    clock
        Where the run stands.
    windows
        Its history.

    Attributes
    ----------
    fetched
        What the strategy has fetched beside the bars; None if nothing.
    shut_before
        Whether `can_trade` says False before the opening of the session.
    """

    def __init__(self, market: Market, panel: Panel, clock: Clock, windows: Windows) -> None:
        self._panel = panel
        self._clock = clock
        self._windows = windows
        self._frames = Frames()
        self._restrictions: Restrictions | None = None
        self.fetched: Fetched | None = None
        self.shut_before = False
        # None spares the runs of all other bundles a look at what is asked for.
        self._continuous = Continuous(market, clock) if market.finder.root_symbols else None
        self._ends = windows.ends
        begins = [market.number(it.first_session) for it in market.assets]
        self._begins = np.array(begins, dtype=np.int64)

    @property
    def current_session(self) -> Any:
        """Label of the current session, a naive pandas Timestamp at midnight."""
        return self._frames.timestamp(self._clock.session.label)

    @property
    def current_dt(self) -> Any:
        """When the current bar is known, before trading the time of that hook; UTC Timestamp."""
        return self._frames.timestamp(self._clock.now)

    def current(
        self, assets: Instrument | Iterable[Instrument], fields: str | Iterable[str]
    ) -> Any:
        """Return the last bar.

        Parameters
        ----------
        assets
            One asset or several; a continuous future is the contract that it is on.
        fields
            One of open, high, low, close, volume, price, or several; of a continuous future ``contract``,
            too: None before and after it has one. A missing price is NaN and a
            missing volume 0, in a minute as in a day; ``price`` is the last close known, NaN after the last session. Columns
            of `fetch_csv`, too, and with its names in place of assets.

        Returns
        -------
        float, Asset, Series or DataFrame
            A float, or a contract, for one asset and one field; a Series indexed by field (one asset) or by asset
            (one field); else a DataFrame of assets x fields.
        """
        panel = self._panel
        column: int | None
        try:  # one asset and one field are asked for most, by far
            field, column = FIELD[fields], panel.column[assets]  # type: ignore[index]
        except (KeyError, TypeError):
            column = None
        if column is None:
            return self._current(assets, fields)
        if field == PRICE and assets.end < self._clock.session.label:  # type: ignore[union-attr]
            return math.nan
        return panel.value(field, column)

    def _current(self, assets: Any, fields: Any) -> Any:
        """Return the last bar of several assets or fields, or of what the panel does not have."""
        fetched = self.fetched
        if fetched is not None and fetched.asked(assets, fields):
            return self._with_fetched(fetched, assets, fields)
        if self._continuous is not None and self._continuous.asked(assets):
            return self._with_contracts(self._continuous, assets, fields)
        if isinstance(assets, Asset):
            if isinstance(fields, str):
                return self._value(assets, fields)
            names = _names(fields)
            return self._frames.series([self._value(assets, it) for it in names], names)
        listed = self._listed(assets)
        if isinstance(fields, str):
            return self._frames.series(
                self._row(listed, FIELD[_known(fields)]), listed, name=fields
            )
        names = _names(fields)
        return self._frames.table([self._row(listed, FIELD[it]) for it in names], listed, names)

    def history(
        self,
        assets: Instrument | Iterable[Instrument],
        fields: str | Iterable[str],
        bar_count: int,
        frequency: str = "1d",
        *,
        as_: Form = "pandas",
    ) -> Any:
        """Return the last bars, the current one included, oldest first.

        Parameters
        ----------
        assets
            One asset or several; a continuous future has the bars of one contract after the other, the
            prices before each roll adjusted as it says.
        fields
            As for `current`, but for ``contract``. A session without a bar gives NaN and volume 0; ``price`` is filled
            forward. A session before an asset was listed, or after, gives NaN.
        bar_count
            Sessions, at least 1.
        frequency
            ``'1d'``, ``'1w'``, ``'1mo'``, or, where the bundle has minutes, ``'1m'``, ``'5m'``,
            ``'15m'``, ``'30m'``, ``'1h'``. Longer bars are put together from days or minutes,
            counted from the opening of each session; the last is as far as it is known. In a run of
            minutes the last of ``'1d'`` is the session so far.
        as_
            ``'numpy'`` gives an array of bars (x assets) (x fields), in C order; ``'polars'`` a long
            frame of session (or ts), sid, symbol and the fields. Always a copy.

        Returns
        -------
        Series, DataFrame, ndarray or polars.DataFrame
            With pandas a Series for one asset and one field; a DataFrame of bars x fields for
            one asset, of bars x assets for one field, else of (bar, asset) x fields. Days are naive
            Timestamps, minutes UTC, each that of the last bar put together.

        Raises
        ------
        HistoryError
            `bar_count` is no positive integer, or the window begins before the bundle's first bar.
        ResolutionError
            The bundle has no bars of which to make these; the error names what it has.
        """
        asked, count = _checked(bar_count, frequency, as_)
        one_asset, one_field = isinstance(assets, _INSTRUMENTS), isinstance(fields, str)
        listed: list[Any] = [assets] if one_asset else self._listed(assets)
        names = [_known(fields)] if isinstance(fields, str) else _names(fields)
        if self._continuous is not None and self._continuous.asked(listed):
            window = self._spliced(self._continuous, listed, (asked, names, count))
        else:
            columns = self._one(assets) if isinstance(assets, Asset) else self._columns(listed)
            window = self._windows.find(asked, columns, names, count)
        if as_ == "numpy":
            return _array(window.values, one_asset=one_asset, one_field=one_field)
        if as_ == "polars":
            return self._frames.polars(window, listed, names)
        rows = self._frames.index(window)
        if one_field:
            if one_asset:
                return self._frames.series(window.values[0][:, 0], rows, name=listed[0])
            return self._frames.wide(window.values[0], rows, listed)
        if one_asset:
            return self._frames.table([it[:, 0] for it in window.values], rows, names)
        return self._frames.stacked(window.values, rows, listed, names)

    def current_chain(self, continuous_future: ContinuousFuture) -> list[Asset]:
        """Return the contract of a continuous future and those after it, by expiry.

        Returns
        -------
        list of Asset
            Those that are listed in the current session; empty before and after it has a contract.

        Raises
        ------
        NotAnAssetError
            It is no continuous future of this bundle.
        """
        if self._continuous is None:
            raise NotAnAssetError(continuous_future, continuous=True)
        return self._continuous.following(continuous_future)

    def can_trade(self, assets: Instrument | Iterable[Instrument]) -> Any:
        """Return whether an asset is listed in the current session and has a known price.

        Of a continuous future, whether the contract that it is on can be traded.

        Returns
        -------
        bool or Series
            A Series of bool, indexed by asset, for several assets. True on a day without a bar.
        """
        if isinstance(assets, Asset):
            return self._tradable(assets)
        if self._continuous is not None and self._continuous.asked(assets):
            return self._of_contracts(self._continuous, assets, self._tradable)
        listed = self._listed(assets)
        columns, session = self._columns(listed), self._clock.number
        alive = (self._begins[columns] <= session) & (session < self._ends[columns])
        tradable = alive & ~np.isnan(self._panel.row(PRICE, columns))
        if self._restrictions is not None:
            tradable &= [not self._restricted(it) for it in listed]
        tradable &= not self._shut()
        return self._frames.series(tradable, listed)

    def is_stale(self, assets: Instrument | Iterable[Instrument]) -> Any:
        """Return whether the last known price is older than the last bar; False if never traded.

        A bar of volume 0 is no trade, but for currencies, which have no volume.

        Returns
        -------
        bool or Series
            A Series of bool, indexed by asset, for several assets.
        """
        if isinstance(assets, Asset):
            return self._stale(assets)
        if self._continuous is not None and self._continuous.asked(assets):
            return self._of_contracts(self._continuous, assets, self._stale)
        listed = self._listed(assets)
        columns = self._columns(listed)
        counted = np.array([it.has_volume for it in listed], dtype=np.bool_)
        quiet = (self._panel.row(VOLUME, columns) == 0) & counted
        unknown = np.isnan(self._panel.row(CLOSE, columns))
        stale = (quiet | unknown) & ~np.isnan(self._row(listed, PRICE))
        return self._frames.series(stale, listed)

    @property
    def fetcher_assets(self) -> list[Asset]:
        """The assets of which a row of `fetch_csv` is known."""
        return [] if self.fetched is None else self.fetched.assets(self._last_bar())

    def restrict(self, restrictions: Restrictions) -> None:
        """Have `can_trade` say False of restricted assets."""
        known = self._restrictions
        self._restrictions = restrictions if known is None else known | restrictions

    def _with_fetched(self, fetched: Fetched, assets: Any, fields: Any) -> Any:
        now = self._last_bar()

        def value(owner: Asset | str, field: str) -> Any:
            if isinstance(owner, Asset) and field in FIELDS:
                return self._value(owner, field)
            return fetched.value(owner, field, now)

        return self._shaped(assets, fields, value)

    def _with_contracts(self, continuous: Continuous, assets: Any, fields: Any) -> Any:
        def value(owner: Instrument, field: str) -> Any:
            if isinstance(owner, Asset):
                return self._value(owner, field)
            contract = continuous.contract(owner)
            if field == CONTRACT:
                return contract
            _known(field, (*FIELDS, CONTRACT))
            if contract is None:
                return 0.0 if field == "volume" else math.nan
            return self._value(contract, field)

        return self._shaped(assets, fields, value)

    def _of_contracts(
        self, continuous: Continuous, assets: Any, asked: Callable[[Asset], bool]
    ) -> Any:
        def answer(of: Instrument) -> bool:
            contract = of if isinstance(of, Asset) else continuous.contract(of)
            return contract is not None and asked(contract)

        if isinstance(assets, ContinuousFuture):
            return answer(assets)
        return self._frames.series([answer(it) for it in assets], list(assets))

    def _spliced(
        self,
        continuous: Continuous,
        listed: list[Instrument],
        asked: tuple[Frequency, list[str], int],
    ) -> Window:
        """Return the window of assets some of which are continuous futures."""
        frequency, names, count = asked
        windows = [
            self._windows.find(
                frequency,
                self._one(it) if isinstance(it, Asset) else continuous.chain(it),
                names,
                count,
            )
            for it in listed
        ]
        fields = zip(*(it.values for it in windows), strict=True)
        return windows[0]._replace(values=[np.concatenate(it, axis=1) for it in fields])

    def _shaped(self, owners: Any, fields: Any, value: Callable[[Any, str], Any]) -> Any:
        """Return values one by one, in the shape that `current` has."""
        one = isinstance(owners, (*_INSTRUMENTS, str))
        if isinstance(fields, str):
            if one:
                return value(owners, fields)
            return self._frames.series([value(it, fields) for it in owners], list(owners), fields)
        if one:
            return self._frames.series([value(owners, it) for it in fields], list(fields))
        rows = {field: [value(it, field) for it in owners] for field in fields}
        return self._frames.mixed(rows, list(owners))

    def _last_bar(self) -> Any:
        """Return the instant of the last bar that is seen."""
        panel = self._panel
        if self._clock.phase is Phase.BEFORE and panel.seen:
            return panel.timeline.instant(panel.seen - 1)
        return self.current_dt

    def _restricted(self, asset: Asset) -> bool:
        restrictions = self._restrictions
        return restrictions is not None and restrictions.is_restricted(asset, self.current_dt)

    def _tradable(self, asset: Asset) -> bool:
        priced = not math.isnan(self._value(asset, "price"))
        alive = asset.alive(self._clock.session.label)
        return priced and alive and not self._shut() and not self._restricted(asset)

    def _shut(self) -> bool:
        clock = self._clock
        return self.shut_before and clock.phase is Phase.BEFORE and clock.now < clock.session.opened

    def _stale(self, asset: Asset) -> bool:
        if math.isnan(self._value(asset, "price")):
            return False
        if math.isnan(self._value(asset, "close")):
            return True
        return asset.has_volume and self._value(asset, "volume") == 0

    def _value(self, asset: Asset, name: str) -> float:
        try:
            field = FIELD[name]
            column = self._panel.column[asset]
        except KeyError:
            _known(name)
            raise NotAnAssetError(asset) from None
        if field == PRICE and asset.end < self._clock.session.label:
            return math.nan
        return self._panel.value(field, column)

    def _row(self, assets: list[Asset], field: int) -> Floats:
        columns = self._columns(assets)
        row = self._panel.row(field, columns)
        if field == PRICE:
            row[self._ends[columns] <= self._clock.number] = math.nan
        return row

    def _one(self, asset: Asset) -> Columns:
        column = self._panel.column.get(asset)
        if column is None:
            raise NotAnAssetError(asset)
        return slice(column, column + 1)

    def _columns(self, assets: list[Asset]) -> Columns:
        try:
            return self._panel.columns(assets)
        except KeyError as error:
            raise NotAnAssetError(error.args[0]) from None

    def _listed(self, assets: Any) -> list[Any]:
        if isinstance(assets, (str, int)) or not isinstance(assets, Iterable):
            raise NotAnAssetError(assets)
        return list(assets)


def _checked(bar_count: int, name: str, form: str) -> tuple[Frequency, int]:
    asked = frequency_of(name)
    if asked is None:
        raise OptionError("frequency", name, "one of " + ", ".join(map(repr, FREQUENCIES)))
    if form not in FORMS:
        raise OptionError("as_", form, "one of " + ", ".join(map(repr, FORMS)))
    whole = isinstance(bar_count, (int, np.integer)) and not isinstance(bar_count, bool)
    if not whole or bar_count < 1:
        raise HistoryError(bar_count, "expected a whole number of bars, at least 1")
    return asked, int(bar_count)


def _known(field: str, known: Sequence[str] = FIELDS) -> str:
    if field not in known:
        raise FieldError(field, known)
    return field


def _names(fields: Iterable[str]) -> list[str]:
    names = [_known(it) for it in fields] if isinstance(fields, Iterable) else []
    if not names:
        raise FieldError(fields, FIELDS)
    return names


def _array(windows: Sequence[Floats], *, one_asset: bool, one_field: bool) -> Floats:
    found = windows[0] if one_field else np.stack(windows, axis=-1)
    return np.ascontiguousarray(found[:, 0] if one_asset else found)
