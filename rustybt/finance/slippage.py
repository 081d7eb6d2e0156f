"""At which price, and for how much of it, an order fills in a bar.

A model of a user's own derives from `SlippageModel` and is asked in the same way as these.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import numpy as np

from rustybt.assets import Asset
from rustybt.errors import HistoryError, OptionError
from rustybt.finance import futures, lots
from rustybt.finance.order import Moment, Order

WINDOW: Final = 20  # sessions of `VolatilityVolumeShare`
_YEAR: Final = 252  # sessions
_NO_FILL: Final = None, None

Fill = tuple[float, float] | tuple[None, None]


class Bars(Protocol):
    """What a model may ask of the bar in hand."""

    @property
    def current_session(self) -> Any:
        """Label of the session."""

    def current(self, assets: Asset, fields: str) -> Any:
        """Return one field of one asset, a float."""

    def history(
        self, assets: Asset, fields: str, bar_count: int, frequency: str, *, as_: Any = "pandas"
    ) -> Any:
        """Return the last bars of one field of one asset."""


class Quote:
    """The bar in hand as one asset fills in it: what models ask of it is looked up once.

    Parameters
    ----------
    data
        The bar, for all else.
    asset
        What fills.
    price
        Its close; its open for orders that fill there.
    volume
        Its volume.
    """

    __slots__ = ("_asset", "_data", "_price", "_volume")

    def __init__(self, data: Bars, asset: Asset, price: float, volume: float) -> None:
        self._data = data
        self._asset = asset
        self._price = price
        self._volume = volume

    def current(self, assets: Asset, fields: str) -> Any:
        """Return one field of one asset."""
        if assets is self._asset and type(fields) is str:
            if fields == "volume":
                return self._volume
            if fields in {"close", "price"}:
                return self._price
        return self._data.current(assets, fields)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._data, name)


class SlippageModel(ABC):
    """Decides what an order fills in one bar.

    Attributes of public names are what a model is made of: a stored run makes it again from them.
    """

    _filled: float = 0

    @property
    def volume_for_bar(self) -> float:
        """Units of the asset in hand that earlier orders have filled in this bar."""
        return self._filled

    def begin_run(self) -> None:  # noqa: B027 - most models keep nothing
        """Forget what was kept of another run; called when a run takes the model."""

    @abstractmethod
    def process_order(self, data: Bars, order: Order) -> Fill | None:
        """Return the price of a fill and its signed units; two times None if it fills nothing.

        None alone says that the bar has nothing left for any order of the asset.
        """

    def simulate(
        self, data: Bars, asset: Asset, orders: Sequence[Order], dt: datetime
    ) -> Iterator[tuple[Order, float, float]]:
        """Yield what each of the orders of one asset fills, in the order in which they stand.

        Nothing fills where the volume is 0 or the close is missing, but for currencies without a volume,
        of which any amount fills; triggers look at the close. A
        fill is never for more than the order has open, nor for parts of a share, nor at a price
        beyond the order's limit: where the model gives such a price the limit itself is paid.
        `dt` is the instant of the bar.

        Raises
        ------
        OptionError
            The model gave a price or an amount that is not finite.
        """
        self._filled = 0
        close = data.current(asset, "close")
        volume = data.current(asset, "volume") or (0.0 if asset.has_volume else math.inf)
        if not volume or math.isnan(close):
            return
        at_close = Quote(data, asset, close, volume)
        for order in orders:
            if not (order.open and order.triggered(close, dt)):
                continue
            quote = at_close
            if order.moment is Moment.OPEN:
                opened = data.current(asset, "open")
                if math.isnan(opened):
                    continue
                quote = Quote(data, asset, opened, volume)
            found = self.process_order(quote, order)
            if found is None and order.as_zipline:
                return  # the triggers of further orders are not looked at
            price, amount = found or _NO_FILL
            if price is None or not amount:
                continue
            units = self._units(order, price, amount)
            if order.limit is not None and not order.as_zipline and order.beyond(price):
                price = order.limit
            if units:
                self._filled = lots.summed(self._filled, abs(units), asset)
                yield order, price, units

    def _units(self, order: Order, price: float, amount: float) -> float:
        """Return what an order fills of an amount: no more than it has open, in whole lots."""
        if not (math.isfinite(price) and math.isfinite(amount)):
            raise OptionError("slippage", (price, amount), f"a finite fill from {self!r}")
        left = order.open_amount  # which may be no whole lot: that of one that closes a position
        return left if abs(amount) >= abs(left) else lots.ordered(amount, order.asset)

    def _amount(self, most: float, order: Order) -> float:
        """Return what an order may fill, unsigned, where all of its asset may fill `most`."""
        asset, left = order.asset, abs(order.open_amount)
        if most == math.inf or (left <= most and not self._filled and asset.lot_size is None):
            return left
        room = lots.summed(lots.fillable(most, asset), -self._filled, asset)
        return min(left, max(room, 0))

    def __repr__(self) -> str:
        told = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if k[0] != "_")
        return f"{type(self).__name__}({told})"


class NoSlippage(SlippageModel):
    """Fill the whole order at the close."""

    def process_order(self, data: Bars, order: Order) -> tuple[float, float]:
        """Return the close and all that is open."""
        return data.current(order.asset, "close"), order.open_amount


class FixedSlippage(SlippageModel):
    """Fill the whole order at half a spread beside the close.

    Parameters
    ----------
    spread
        Trade currency, at least 0.
    """

    def __init__(self, spread: float = 0.0) -> None:
        self.spread = _at_least_0("spread", spread)

    def process_order(self, data: Bars, order: Order) -> tuple[float, float]:
        """Return the close with half a spread against the order, and all that is open."""
        close = data.current(order.asset, "close")
        return close + self.spread / 2.0 * order.direction, order.open_amount


class FixedBasisPointsSlippage(SlippageModel):
    """Fill at some basis points beside the close, up to a share of the volume; the default.

    Parameters
    ----------
    basis_points
        Hundredths of a percent of the close, at least 0.
    volume_limit
        Share of the bar's volume that all orders of an asset may fill together, above 0.
    """

    def __init__(self, basis_points: float = 5.0, volume_limit: float = 0.1) -> None:
        self.basis_points = _at_least_0("basis_points", basis_points)
        self.volume_limit = _above_0("volume_limit", volume_limit)

    def process_order(self, data: Bars, order: Order) -> tuple[float, float] | None:
        """Return the moved close and what the volume leaves; the limit price is not looked at."""
        asset = order.asset
        amount = self._amount(self.volume_limit * data.current(asset, "volume"), order)
        if not amount:
            return None
        close = data.current(asset, "close")
        moved = close + close * (self.basis_points / 10_000.0 * order.direction)
        return moved, amount * order.direction


class VolumeShareSlippage(SlippageModel):
    """Fill at a price that moves with the square of the share of the volume taken.

    Parameters
    ----------
    volume_limit
        Share of the bar's volume that all orders of an asset may fill together, above 0.
    price_impact
        Relative move of the price were the whole volume taken, at least 0.
    """

    def __init__(self, volume_limit: float = 0.025, price_impact: float = 0.1) -> None:
        self.volume_limit = _above_0("volume_limit", volume_limit)
        self.price_impact = _at_least_0("price_impact", price_impact)

    def process_order(self, data: Bars, order: Order) -> Fill | None:
        """Return the moved close and what the volume leaves; no fill if beyond the limit price."""
        asset = order.asset
        volume = data.current(asset, "volume")
        amount = self._amount(self.volume_limit * volume, order)
        if not amount:
            return None
        share = min(lots.summed(self._filled, amount, asset) / volume, self.volume_limit)
        close = data.current(asset, "close")
        price = close + share**2 * math.copysign(self.price_impact, order.direction) * close
        return _NO_FILL if order.beyond(price) else (price, amount * order.direction)


class VolatilityVolumeShare(SlippageModel):
    """Fill at a price moved by the asset's volatility and the share of its usual volume.

    The middle of high and low moves by eta x volatility x sqrt(units / mean volume) / 10,000 of
    itself: the volatility is that of the closes of the last 20 sessions before this one, annual, and
    so is the mean volume. Where 20 such sessions are not there it moves by 7.5 basis points.

    Parameters
    ----------
    volume_limit
        Share of the bar's volume that each order may fill, above 0.
    eta
        The constant, one for all or by root symbol; zipline's for each root symbol if None, as for
        one that a mapping leaves out.
    """

    def __init__(self, volume_limit: float, eta: float | Mapping[str, float] | None = None) -> None:
        self.volume_limit = _above_0("volume_limit", volume_limit)
        self.eta = eta
        for number in eta.values() if isinstance(eta, Mapping) else (eta or 0.0,):
            _at_least_0("eta", number)
        self._usual: dict[Asset, tuple[Any, float, float]] = {}

    def begin_run(self) -> None:
        """Forget the volumes and volatilities of another run."""
        self._usual.clear()

    def process_order(self, data: Bars, order: Order) -> Fill:
        """Return the moved middle and what the volume allows; no fill if beyond the limit price."""
        asset, left = order.asset, abs(order.open_amount)
        limited = data.current(asset, "volume") * self.volume_limit
        amount = left if left <= limited else lots.fillable(limited, asset)
        if not amount:
            return _NO_FILL
        middle = (data.current(asset, "high") + data.current(asset, "low")) / 2
        volume, volatility = self._window(data, asset)
        if not volume or math.isnan(volatility):
            moved = middle * (7.5 / 10_000)
        else:
            eta = futures.by_root(asset, self.eta, futures.ETA, futures.DEFAULT_ETA)
            moved = middle * (eta * volatility * math.sqrt(amount / volume)) / 10_000
        price = middle + math.copysign(moved, order.direction)
        return _NO_FILL if order.beyond(price) else (price, amount * order.direction)

    def _window(self, data: Bars, asset: Asset) -> tuple[float, float]:
        """Return the mean volume and the volatility of the sessions before this one."""
        session = data.current_session
        kept = self._usual.get(asset)
        if kept is None or kept[0] != session:
            kept = self._usual[asset] = (session, *_usual(data, asset))
        return kept[1:]


def _usual(data: Bars, asset: Asset) -> tuple[float, float]:
    try:
        volume, close = (
            data.history(asset, name, WINDOW + 1, "1d", as_="numpy")[:-1]
            for name in ("volume", "close")
        )
    except HistoryError:
        return 0.0, math.nan
    known = np.maximum.accumulate(np.where(np.isnan(close), 0, np.arange(WINDOW)))
    close = close[known]  # a session without a bar has the close before it
    returns = close[1:] / close[:-1] - 1.0
    return float(np.nan_to_num(volume).mean()), float(returns.std(ddof=1) * math.sqrt(_YEAR))


def _at_least_0(option: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise OptionError(option, value, "a finite number of at least 0")
    return value


def _above_0(option: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise OptionError(option, value, "a finite number above 0")
    return value
