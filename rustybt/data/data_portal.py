"""Bars of a bundle at any instant, as known then: `DataPortal`."""

import math
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import warehouse as wh
from rustybt.assets import Asset, AssetFinder, ContinuousFuture
from rustybt.data.bundles import Bundle
from rustybt.data.cache import CacheManager
from rustybt.data.cached_market import CachedMarket
from rustybt.errors import FieldError, NotAnAssetError, OptionError, SpanError
from rustybt.simulation.bardata import BarData, Instrument
from rustybt.simulation.clock import Clock, Phase
from rustybt.simulation.continuous import CONTRACT, Chain
from rustybt.simulation.feed import FIELDS
from rustybt.simulation.frames import Frames
from rustybt.simulation.panel import Panel
from rustybt.simulation.timeline import Resolution
from rustybt.simulation.windows import Windows
from warehouse import Warehouse, sqltext

if TYPE_CHECKING:
    import pandas as pd

Instant = date | datetime | str
DataFrequency = Literal["daily", "minute"]

_FREQUENCIES: Final[dict[str, Resolution]] = {"daily": "1d", "minute": "1m", "1d": "1d", "1m": "1m"}
_SPOTS: Final = (*FIELDS, "sid", "last_traded")
_NEAR: Final = 64  # sessions that are gone through, rather than begun anew
_KEPT: Final = 260  # bars before the one asked for


class DataPortal:
    """Bars of one bundle at any instant: a value, a window of history, what was adjusted.

    What it answers at an instant is what a strategy is told there: it reads the same bars through
    the same code. Blocks of bars are kept in a cache, by snapshot. Not for several threads at once.

    Parameters
    ----------
    bundle
        A bundle or its name.
    root
        Folder of the warehouse, for a name; as `warehouse.open` takes it.
    warehouse
        An open warehouse, for a name; its snapshots are read.
    cache
        Keeps the blocks; `CacheManager.current` if it is not given.

    Raises
    ------
    UnknownBundleError
        There is no such bundle.

    Examples
    --------
    >>> portal = DataPortal("sp500")  # doctest: +SKIP
    >>> apple = portal.asset_finder.lookup_symbol("AAPL")  # doctest: +SKIP
    >>> portal.get_history_window([apple], "2017-06-01", 20, "1d", "close", "daily")  # doctest: +SKIP
    """

    def __init__(
        self,
        bundle: Bundle | str,
        *,
        root: str | os.PathLike[str] | None = None,
        warehouse: Warehouse | None = None,
        cache: CacheManager | None = None,
    ) -> None:
        if isinstance(bundle, Bundle):
            warehouse, bundle = bundle.warehouse, bundle.name
        opened = warehouse or wh.open(root)
        self.cache = cache or CacheManager.current()
        self._market = CachedMarket(opened, bundle, self.cache)
        self._actions = self._market.actions(len(self._market.labels))
        self._frames = Frames()
        self._views: dict[Resolution, _View] = {}

    @property
    def asset_finder(self) -> AssetFinder:
        """The assets of the bundle: ``portal.asset_finder.lookup_symbol("AAPL")``."""
        return self._market.finder

    @property
    def sessions(self) -> "pd.DatetimeIndex":
        """The sessions that have bars of a day, naive."""
        labels, held = self._market.labels, self._market.daily.held
        kept = [it for it in labels if held and held[0] <= it <= held[1]]
        return self._frames.days(kept)

    def get_spot_value(
        self,
        assets: Instrument | Iterable[Instrument],
        field: str,
        dt: Instant,
        data_frequency: DataFrequency = "daily",
    ) -> Any:
        """Return a field of the bar of an instant.

        Parameters
        ----------
        assets
            One asset or several; a continuous future is the contract that it is on.
        field
            One of open, high, low, close, volume, price, sid, last_traded, and contract of a continuous
            future. A missing price is NaN
            and a missing volume 0; ``price`` is the last close known by then, adjusted to it. Of an
            asset that is not listed then, NaN, 0 or NaT.
        dt
            A session; in ``'minute'`` the stamp of a minute, UTC if it says no zone.
        data_frequency
            ``'daily'`` or ``'minute'``.

        Returns
        -------
        float, int, Timestamp or a list of them
            A list, in the order of the assets, for several.

        Raises
        ------
        FieldError
            There is no such field.
        SpanError
            The bundle has no bar at the instant.
        ResolutionError
            The bundle has no minutes.
        """
        if not isinstance(assets, (Asset, ContinuousFuture)):
            return [
                self.get_scalar_asset_spot_value(it, field, dt, data_frequency) for it in assets
            ]
        return self.get_scalar_asset_spot_value(assets, field, dt, data_frequency)

    def get_scalar_asset_spot_value(
        self, asset: Instrument, field: str, dt: Instant, data_frequency: DataFrequency = "daily"
    ) -> Any:
        """Return a field of the bar of one asset; see `get_spot_value`."""
        if isinstance(asset, ContinuousFuture):
            contract = self._at(dt, data_frequency).data.current(asset, CONTRACT)
            if field == CONTRACT:
                return contract
            if contract is None:
                return self._nothing(field)
            return self.get_scalar_asset_spot_value(contract, field, dt, data_frequency)
        if field == "sid":
            return asset.sid
        if field == "last_traded":
            return self.get_last_traded_dt(asset, dt, data_frequency)
        if field not in FIELDS:
            raise FieldError(field, _SPOTS)
        view = self._at(dt, data_frequency)
        return self._alive(asset, field, view.data.current(asset, field), view)

    def get_history_window(
        self,
        assets: Instrument | Iterable[Instrument],
        end_dt: Instant,
        bar_count: int,
        frequency: str,
        field: str,
        data_frequency: DataFrequency = "daily",
        *,
        ffill: bool = True,
    ) -> "pd.DataFrame":
        """Return the last bars up to an instant, adjusted as known then.

        Parameters
        ----------
        assets
            One asset or several; continuous futures as `data.history` has them.
        end_dt
            Session or minute of the last bar, which is included.
        bar_count
            Bars, at least 1.
        frequency
            As `data.history` takes it: ``'1d'``, ``'1w'``, ``'1m'``, ``'1h'`` …
        field
            One of open, high, low, close, volume, price. ``price`` is filled forward.
        data_frequency
            ``'daily'`` or ``'minute'``: which bar `end_dt` names.
        ffill
            False gives ``price`` as ``close``.

        Returns
        -------
        pandas.DataFrame
            Bars x assets. Naive days, or minutes in UTC.

        Raises
        ------
        HistoryError
            `bar_count` is no positive integer, or the window begins before the bundle's first bar.
        FieldError, SpanError, ResolutionError
            As for `get_spot_value`.
        OptionError
            There is no such frequency.
        """
        listed = [assets] if isinstance(assets, (Asset, ContinuousFuture)) else list(assets)
        asked = "close" if field == "price" and not ffill else field
        data = self.data_at(end_dt, data_frequency)
        found: pd.DataFrame = data.history(listed, asked, bar_count, frequency)
        return found

    def get_adjusted_value(
        self,
        asset: Asset,
        field: str,
        dt: Instant,
        perspective_dt: Instant,
        data_frequency: DataFrequency = "daily",
        spot_value: float | None = None,
    ) -> float:
        """Return the value of an instant as known at a later one.

        Parameters
        ----------
        spot_value
            The value at `dt`, if it is known already.
        """
        value = spot_value
        if value is None:
            value = self.get_scalar_asset_spot_value(asset, field, dt, data_frequency)
        (ratio,) = self.get_adjustments(asset, field, dt, perspective_dt)
        return float(value) * ratio

    def get_adjustments(
        self, assets: Asset | Iterable[Asset], field: str, dt: Instant, perspective_dt: Instant
    ) -> list[float]:
        """Return what the values of an instant are multiplied by to be as known at a later one.

        Returns
        -------
        list of float
            One an asset, in their order: the product of the ratios of splits and dividends after the
            session of `dt` up to that of `perspective_dt`; of the splits alone, inverted, for volume.
        """
        if field not in FIELDS:
            raise FieldError(field, FIELDS)
        listed = [assets] if isinstance(assets, Asset) else list(assets)
        first, until = self._market.number(_day(dt)), self._market.number(_day(perspective_dt))
        ratios = dict.fromkeys((it.sid for it in listed), 1.0)
        for number in range(first + 1, until + 1):
            for action in self._actions.get(number, ()):
                ratio = action.ratio or math.nan
                if action.sid not in ratios or not 0 < ratio < math.inf:
                    continue
                if field != "volume":
                    ratios[action.sid] *= ratio
                elif action.kind == "split":
                    ratios[action.sid] /= ratio
        return [ratios[it.sid] for it in listed]

    def get_splits(self, assets: Iterable[Asset], dt: Instant) -> list[tuple[Asset, float]]:
        """Return the splits that come into force in a session: asset, and old shares per new."""
        wanted = {it.sid: it for it in assets}
        return [
            (wanted[it.sid], it.ratio)
            for it in self._actions.get(self._market.number(_day(dt)), ())
            if it.kind == "split" and it.sid in wanted and it.ratio
        ]

    def get_last_traded_dt(
        self, asset: Asset, dt: Instant, data_frequency: DataFrequency = "daily"
    ) -> "pd.Timestamp":
        """Return the session or minute of the last close known by an instant; NaT if there is none."""
        resolution = _resolution(data_frequency)
        self._market.bars(resolution)  # which it must have
        column = "session" if resolution == "1d" else "ts"
        instant = _day(dt) if resolution == "1d" else instant_of(dt).replace(tzinfo=None)
        query = sqltext.render(
            "portal/last_traded",
            bundle=self._market.bundle,
            dataset=f"bars_{resolution}",
            column=column,
        )
        found = self._market.warehouse.sql(query, {"sid": asset.sid, "until": instant}).rows()
        ((last,),) = found
        if isinstance(last, datetime):
            last = last.replace(tzinfo=UTC)
        return self._frames.timestamp(last)

    def get_current_future_chain(
        self, continuous_future: ContinuousFuture, dt: Instant
    ) -> list[Asset]:
        """Return the contract of a continuous future in a session and those after it, by expiry.

        Returns
        -------
        list of Asset
            Those that are listed then; empty before and after it has a contract.

        Raises
        ------
        NotAnAssetError
            It is no continuous future of this bundle.
        SpanError
            The day is no session.
        """
        if not isinstance(continuous_future, ContinuousFuture):
            raise NotAnAssetError(continuous_future, continuous=True)
        market, day = self._market, _day(dt)
        number = market.number(day)
        if market.labels[number : number + 1] != [day]:
            problem = f"no session has the label {dt}"
            raise SpanError(day, day, problem, bundle=market.bundle, held=market.daily.held)
        return Chain(market, continuous_future).following(number)

    def contains(self, asset: Asset, field: str) -> bool:
        """Return whether a field of an asset can be asked for."""
        return asset in self._market.assets and field in FIELDS

    def data_at(self, dt: Instant, data_frequency: DataFrequency = "daily") -> BarData:
        """Return what a strategy is given as `data` in the bar of an instant, until the next call."""
        return self._at(dt, data_frequency).data

    def known_at(self, dt: Instant, data_frequency: DataFrequency = "daily") -> datetime:
        """Return when the bar of a label is known, UTC: a day at its close, a minute at its stamp."""
        resolution = _resolution(data_frequency)
        return self._market.bars(resolution).timeline.instant(self._bar(dt, resolution))

    def _at(self, dt: Instant, data_frequency: str) -> "_View":
        """Return the view that has come to the bar of an instant."""
        resolution = _resolution(data_frequency)
        market = self._market
        bars = market.bars(resolution)
        bar = self._bar(dt, resolution)
        session = bars.timeline.session(bar)
        view = self._views.get(resolution)
        if view is None:
            view = self._views[resolution] = _View(market, resolution, self._actions, bar)
        elif not view.session <= session <= view.session + _NEAR or bar < view.bar:
            view.jump(session)
        view.go(bar)
        return view

    def _bar(self, dt: Instant, resolution: Resolution) -> int:
        """Return the number of the bar of an instant."""
        market, instant = self._market, instant_of(dt)
        bars = market.bars(resolution)
        bar = bars.timeline.at(instant)
        day = instant.date() if bar is None else market.labels[bars.timeline.session(bar)]
        if bar is not None and bars.held and bars.held[0] <= day <= bars.held[1]:
            return bar
        problem = f"no bar has the label {dt}"
        raise SpanError(day, day, problem, bundle=market.bundle, held=bars.held)

    def _nothing(self, field: str) -> Any:
        """Return what a field of no contract is."""
        if field not in _SPOTS:
            raise FieldError(field, _SPOTS)
        if field == "last_traded":
            return self._frames.timestamp(None)
        return 0.0 if field == "volume" else math.nan

    def _alive(self, asset: Asset, field: str, value: float, view: "_View") -> float:
        if asset.alive(self._market.labels[view.session]):
            return value
        return 0.0 if field == "volume" else math.nan


class _View:
    """The bars of one resolution, with a clock that goes forward, or jumps."""

    def __init__(
        self, market: CachedMarket, resolution: Resolution, actions: Any, bar: int
    ) -> None:
        bars = market.bars(resolution)
        self._timeline, self._market = bars.timeline, market
        session = bars.timeline.session(bar)
        self._panel = Panel(market.assets, bars.timeline, actions, bars.blocks, _KEPT)
        self._clock = Clock(market.sessions[session], session, bars.timeline)
        self._clock.phase = Phase.BAR
        self._windows = Windows(market, self._panel, self._clock, actions, len(market.labels))
        self.data = BarData(market, self._panel, self._clock, self._windows)
        self.jump(session)

    @property
    def session(self) -> int:
        """Number of the session it has come to."""
        return self._clock.number

    @property
    def bar(self) -> int:
        """Number of the bar it has come to."""
        return self._clock.bar

    def jump(self, session: int) -> None:
        """Come to a session anywhere, and hold no more than the block of bars that it lies in."""
        begin, _ = self._market.block(self._timeline, session)
        self._windows.restart()
        self._panel.start(self._timeline.bars(begin)[0], self._timeline.count)
        self._begin(session)

    def go(self, bar: int) -> None:
        """Come to a bar, not before the one it stands at."""
        session = self._timeline.session(bar)
        for number in range(self.session + 1, session + 1):
            self._begin(number)
        self._clock.bar = bar
        self._panel.seen = bar + 1

    def _begin(self, session: int) -> None:
        clock, panel = self._clock, self._panel
        clock.session, clock.number = self._market.sessions[session], session
        clock.bar, clock.until = self._timeline.bars(session)
        panel.reach(clock.until)
        panel.begin(clock.bar)


def _resolution(data_frequency: str) -> Resolution:
    try:
        return _FREQUENCIES[data_frequency]
    except KeyError:
        raise OptionError("data_frequency", data_frequency, "'daily' or 'minute'") from None


def instant_of(given: Instant) -> datetime:
    """Return an instant in UTC, which one without a zone is in; a day is its midnight."""
    if isinstance(given, str):
        given = datetime.fromisoformat(given)
    if not isinstance(given, datetime):
        given = datetime.combine(given, datetime.min.time())
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _day(given: Instant) -> date:
    return instant_of(given).date()
