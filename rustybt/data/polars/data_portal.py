"""Bars of a bundle at any instant, as polars frames: `PolarsDataPortal`."""

import asyncio
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import polars as pl

from rustybt.assets import Asset, ContinuousFuture
from rustybt.data.bundles import Bundle
from rustybt.data.cache import CacheManager
from rustybt.data.data_portal import DataFrequency, DataPortal, Instant, instant_of
from rustybt.errors import LookaheadError
from rustybt.simulation.bardata import Instrument
from warehouse import Warehouse


class PolarsDataPortal:
    """What `DataPortal` answers, as polars Series and frames, and never beyond a simulated time.

    Parameters
    ----------
    bundle, root, warehouse, cache
        As for `DataPortal`.
    current_simulation_time
        What is later is refused; nothing is if None.
    """

    def __init__(
        self,
        bundle: Bundle | str,
        current_simulation_time: Instant | None = None,
        *,
        root: str | os.PathLike[str] | None = None,
        warehouse: Warehouse | None = None,
        cache: CacheManager | None = None,
    ) -> None:
        self.portal = DataPortal(bundle, root=root, warehouse=warehouse, cache=cache)
        self._now: datetime | None = None
        self._lock = Lock()  # the asynchronous words run in threads
        if current_simulation_time is not None:
            self.set_simulation_time(current_simulation_time)

    @property
    def cache_hit_rate(self) -> float:
        """The part of the blocks of bars that were found in the cache, 0 to 1."""
        return self.portal.cache.get_stats()["hit_rate"]

    def set_simulation_time(self, dt: Instant) -> None:
        """Refuse from now on what is known later than an instant, UTC if it says no zone.

        A day, or its midnight, stands for all of that day.
        """
        now = instant_of(dt)
        midnight = now == now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._now = now + timedelta(days=1) if midnight else now

    def get_spot_value(
        self,
        assets: Instrument | Iterable[Instrument],
        field: str,
        dt: Instant,
        data_frequency: DataFrequency = "daily",
    ) -> pl.Series:
        """Return a field of the bar of an instant, one value an asset in their order.

        Raises
        ------
        LookaheadError
            The bar is known later than the simulated time.
        FieldError, SpanError, ResolutionError
            As for `DataPortal.get_spot_value`.
        """
        with self._lock:
            self._check(dt, data_frequency)
            values = self.portal.get_spot_value(_listed(assets), field, dt, data_frequency)
        return pl.Series(field, values)

    def get_history_window(
        self,
        assets: Instrument | Iterable[Instrument],
        end_dt: Instant,
        bar_count: int,
        frequency: str,
        field: str,
        data_frequency: DataFrequency = "daily",
    ) -> pl.DataFrame:
        """Return the last bars up to an instant, adjusted as known then.

        Returns
        -------
        polars.DataFrame
            Long, in the order of bars and then of the assets: session (or ts, UTC), sid, symbol and
            the field.

        Raises
        ------
        LookaheadError
            The bar is known later than the simulated time.
        HistoryError, FieldError, SpanError, ResolutionError, OptionError
            As for `DataPortal.get_history_window`.
        """
        with self._lock:
            self._check(end_dt, data_frequency)
            data = self.portal.data_at(end_dt, data_frequency)
            found: pl.DataFrame = data.history(
                _listed(assets), [field], bar_count, frequency, as_="polars"
            )
        return found

    async def async_get_spot_value(self, *args: Any, **kwargs: Any) -> pl.Series:
        """Return `get_spot_value`, without holding up an event loop."""
        return await asyncio.to_thread(self.get_spot_value, *args, **kwargs)

    async def async_get_history_window(self, *args: Any, **kwargs: Any) -> pl.DataFrame:
        """Return `get_history_window`, without holding up an event loop."""
        return await asyncio.to_thread(self.get_history_window, *args, **kwargs)

    def _check(self, dt: Instant, data_frequency: DataFrequency) -> None:
        if self._now is not None:
            known = self.portal.known_at(dt, data_frequency)
            if known > self._now:
                raise LookaheadError(known, self._now)


def _listed(assets: Instrument | Iterable[Instrument]) -> list[Instrument]:
    return [assets] if isinstance(assets, (Asset, ContinuousFuture)) else list(assets)
