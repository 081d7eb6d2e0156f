"""`data`, as the hooks of a strategy receive it: bars up to the current session, never beyond."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import numpy as np

from rustybt.assets import Asset
from rustybt.errors import FieldError, HistoryError, NotAnAssetError, OptionError
from rustybt.simulation.clock import Clock, Phase
from rustybt.simulation.feed import Floats
from rustybt.simulation.frames import Frames
from rustybt.simulation.market import Market
from rustybt.simulation.panel import FIELDS, Columns, Panel

Form = Literal["pandas", "numpy", "polars"]
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
    """

    def __init__(self, market: Market, panel: Panel, clock: Clock) -> None:
        self._market = market
        self._panel = panel
        self._clock = clock
        self._frames = Frames(market.labels)

    @property
    def current_session(self) -> Any:
        """Label of the current session, a naive pandas Timestamp at midnight."""
        return self._frames.timestamp(self._clock.session.label)

    @property
    def current_dt(self) -> Any:
        """Close of the current session, its opening in ``before_trading_start``; UTC Timestamp."""
        session = self._clock.session
        before = self._clock.phase is Phase.BEFORE
        return self._frames.timestamp(session.opened if before else session.closed)

    def current(self, assets: Asset | Iterable[Asset], fields: str | Iterable[str]) -> Any:
        """Return the last bar.

        Parameters
        ----------
        assets
            One asset or several.
        fields
            One of open, high, low, close, volume, price, or several. A missing price is NaN and a
            missing volume 0; ``price`` is the last close known, NaN after the last session.

        Returns
        -------
        float, Series or DataFrame
            A float for one asset and one field; a Series indexed by field (one asset) or by asset
            (one field); else a DataFrame of assets x fields.
        """
        if isinstance(assets, Asset):
            if isinstance(fields, str):
                return self._value(assets, _known(fields))
            names = _names(fields)
            return self._frames.series([self._value(assets, it) for it in names], names)
        listed = self._listed(assets)
        if isinstance(fields, str):
            return self._frames.series(self._row(listed, _known(fields)), listed, name=fields)
        names = _names(fields)
        return self._frames.table([self._row(listed, it) for it in names], listed, names)

    def history(
        self,
        assets: Asset | Iterable[Asset],
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
            One asset or several.
        fields
            As for `current`. A session without a bar gives NaN and volume 0; ``price`` is filled
            forward. A session before an asset was listed, or after, gives NaN.
        bar_count
            Sessions, at least 1.
        frequency
            ``'1d'``.
        as_
            ``'numpy'`` gives an array of bars (x assets) (x fields), in C order; ``'polars'`` a long
            frame of session, sid, symbol and the fields. Always a copy.

        Returns
        -------
        Series, DataFrame, ndarray or polars.DataFrame
            With pandas a Series for one asset and one field; a DataFrame of sessions x fields for
            one asset, of sessions x assets for one field, else of (session, asset) x fields. The
            sessions are naive Timestamps.

        Raises
        ------
        HistoryError
            `bar_count` is no positive integer, or the window begins before the bundle's first bar.
        """
        count = self._checked(bar_count, frequency, as_)
        one_asset, one_field = isinstance(assets, Asset), isinstance(fields, str)
        listed = [assets] if isinstance(assets, Asset) else self._listed(assets)
        names = [_known(fields)] if isinstance(fields, str) else _names(fields)
        windows = [self._window(listed, name, count) for name in names]
        last = self._panel.last_session + 1
        if as_ == "numpy":
            return _array(windows, one_asset=one_asset, one_field=one_field)
        if as_ == "polars":
            return self._frames.polars(windows, (last - count, last), listed, names)
        rows = self._frames.sessions(last - count, last)
        if one_field:
            if one_asset:
                return self._frames.series(windows[0][:, 0], rows, name=listed[0])
            return self._frames.wide(windows[0], rows, listed)
        if one_asset:
            return self._frames.table([it[:, 0] for it in windows], rows, names)
        return self._frames.stacked(windows, rows, listed, names)

    def can_trade(self, assets: Asset | Iterable[Asset]) -> Any:
        """Return whether an asset is listed in the current session and has a known price.

        Returns
        -------
        bool or Series
            A Series of bool, indexed by asset, for several assets. True on a day without a bar.
        """
        if isinstance(assets, Asset):
            return self._tradable(assets)
        listed = self._listed(assets)
        return self._frames.series([self._tradable(it) for it in listed], listed)

    def is_stale(self, assets: Asset | Iterable[Asset]) -> Any:
        """Return whether the last known price is older than the last bar; False if never traded.

        Returns
        -------
        bool or Series
            A Series of bool, indexed by asset, for several assets.
        """
        if isinstance(assets, Asset):
            return self._stale(assets)
        listed = self._listed(assets)
        return self._frames.series([self._stale(it) for it in listed], listed)

    def _tradable(self, asset: Asset) -> bool:
        priced = not math.isnan(self._value(asset, "price"))
        return priced and asset.alive(self._clock.session.label)

    def _stale(self, asset: Asset) -> bool:
        priced = not math.isnan(self._value(asset, "price"))
        return priced and math.isnan(self._value(asset, "close"))

    def _value(self, asset: Asset, field: str) -> float:
        column = self._column(asset)
        if field == "price" and self._ended(asset):
            return math.nan
        return self._panel.value(field, column)

    def _row(self, assets: list[Asset], field: str) -> Floats:
        row = self._panel.row(field, self._columns(assets))
        if field == "price":
            row[[self._ended(it) for it in assets]] = math.nan
        return row

    def _ended(self, asset: Asset) -> bool:
        return asset.last_session < self._clock.session.label

    def _window(self, assets: list[Asset], field: str, count: int) -> Floats:
        everything = assets == self._market.assets
        columns = None if everything else self._columns(assets)
        window = self._panel.window(field, columns, count)
        if field == "price":
            first = self._panel.last_session + 1 - count
            for number, asset in enumerate(assets):
                if self._ended(asset):
                    ended = self._market.number(asset.last_session) + 1 - first
                    window[max(ended, 0) :, number] = math.nan
        return window

    def _column(self, asset: Asset) -> int:
        try:
            return self._panel.column(asset)
        except KeyError:
            raise NotAnAssetError(asset) from None

    def _columns(self, assets: list[Asset]) -> Columns:
        try:
            return self._panel.columns(assets)
        except KeyError as error:
            raise NotAnAssetError(error.args[0]) from None

    def _listed(self, assets: Iterable[Asset]) -> list[Asset]:
        if isinstance(assets, (str, int)) or not isinstance(assets, Iterable):
            raise NotAnAssetError(assets)
        return list(assets)

    def _checked(self, bar_count: int, frequency: str, form: str) -> int:
        if frequency not in {"1d", "1D", "d", "D"}:
            raise OptionError("frequency", frequency, "'1d'; minute bars are not simulated")
        if form not in FORMS:
            raise OptionError("as_", form, "one of " + ", ".join(map(repr, FORMS)))
        whole = isinstance(bar_count, (int, np.integer)) and not isinstance(bar_count, bool)
        if not whole or bar_count < 1:
            raise HistoryError(bar_count, "expected a whole number of bars, at least 1")
        first = self._market.first
        if self._panel.last_session - bar_count + 1 < first:
            raise HistoryError(
                bar_count,
                f"from {self._clock.session.label} back they begin before the first bar of bundle "
                f"{self._market.bundle!r}, {self._market.labels[first]}. Ask for fewer bars, or "
                "start later",
            )
        return int(bar_count)


def _known(field: str) -> str:
    if field not in FIELDS:
        raise FieldError(field, FIELDS)
    return field


def _names(fields: Iterable[str]) -> list[str]:
    names = [_known(it) for it in fields] if isinstance(fields, Iterable) else []
    if not names:
        raise FieldError(fields, FIELDS)
    return names


def _array(windows: Sequence[Floats], *, one_asset: bool, one_field: bool) -> Floats:
    found = windows[0] if one_field else np.stack(windows, axis=-1)
    return np.ascontiguousarray(found[:, 0] if one_asset else found)
