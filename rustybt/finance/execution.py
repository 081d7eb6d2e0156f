"""Execution styles: at which prices an order may fill, and how those are rounded to ticks."""

import math
import sys
from dataclasses import dataclass, field
from typing import Any, Final

from rustybt.assets import Asset
from rustybt.errors import OrderParametersError

TICK = 0.01  # trade currency; fractional assets have none
_NEAR = 0.45  # ticks that a price may move against its trader


@dataclass(frozen=True)
class ExecutionStyle:
    """How an order may fill; the base of all styles.

    Parameters
    ----------
    asset, exchange
        Taken as in zipline, and without effect: an order goes to the exchange of its own asset,
        which gives the tick, too.
    """

    asset: Asset | None = field(default=None, kw_only=True, compare=False, repr=False)
    exchange: str | None = field(default=None, kw_only=True, compare=False, repr=False)

    @property
    def limit(self) -> float | None:
        """Limit price as given; None where the style has none."""
        return None

    @property
    def stop(self) -> float | None:
        """Stop price as given; None where the style has none."""
        return None


@dataclass(frozen=True)
class MarketOrder(ExecutionStyle):
    """Fill at the next close, whatever it is."""


@dataclass(frozen=True)
class MarketOnOpenOrder(ExecutionStyle):
    """Fill at the open of the asset's first bar in a later session.

    The slippage model is asked as for any bar, with the open in place of the close. What the volume
    does not allow waits for the open of the next session.
    """


@dataclass(frozen=True)
class MarketOnCloseOrder(ExecutionStyle):
    """Fill at the close of a session's last bar; on daily bars that is a market order.

    What the volume does not allow waits for the close of the next session, as does an order for an
    asset that has no bar there.
    """


@dataclass(frozen=True)
class LimitOrder(ExecutionStyle):
    """Fill once the close is at `limit_price` or better."""

    limit_price: float

    def __post_init__(self) -> None:
        _check("limit_price", self.limit_price)

    @property
    def limit(self) -> float:
        """Limit price as given."""
        return self.limit_price


@dataclass(frozen=True)
class StopOrder(ExecutionStyle):
    """Fill once the close is at `stop_price` or worse."""

    stop_price: float

    def __post_init__(self) -> None:
        _check("stop_price", self.stop_price)

    @property
    def stop(self) -> float:
        """Stop price as given."""
        return self.stop_price


@dataclass(frozen=True)
class StopLimitOrder(ExecutionStyle):
    """Become a limit order once the close is at `stop_price` or worse."""

    limit_price: float
    stop_price: float

    def __post_init__(self) -> None:
        _check("limit_price", self.limit_price)
        _check("stop_price", self.stop_price)

    @property
    def limit(self) -> float:
        """Limit price as given."""
        return self.limit_price

    @property
    def stop(self) -> float:
        """Stop price as given."""
        return self.stop_price


@dataclass(frozen=True)
class TrailingStopOrder(ExecutionStyle):
    """Fill once the close has come back from its best since the order was placed.

    The best is the highest close for an order that sells, the lowest for one that buys; it starts
    at the last price known when the order is placed. The stop is not rounded to ticks.

    Parameters
    ----------
    trail_amount
        How far back, trade currency, above 0; restated by a split.
    trail_percent
        Instead of it, as a share of the best close: 0.05 is five percent; between 0 and 1.
    """

    trail_amount: float | None = None
    trail_percent: float | None = None

    def __post_init__(self) -> None:
        if (self.trail_amount is None) == (self.trail_percent is None):
            given = (self.trail_amount, self.trail_percent)
            raise OrderParametersError("trail", given, "either trail_amount or trail_percent")
        if self.trail_amount is not None:
            _check("trail_amount", self.trail_amount)
        if self.trail_percent is not None:
            _check("trail_percent", self.trail_percent)
        if not (self.trail_amount or 0 < (self.trail_percent or 0) < 1):
            expected = "an amount above 0, or a percent as a share between 0 and 1"
            raise OrderParametersError("trail", self, expected)


@dataclass(frozen=True)
class OCOOrder(ExecutionStyle):
    """Two orders for the same units: what one fills is taken off the other.

    When one is filled the other is cancelled, and cancelling one cancels both.

    Parameters
    ----------
    order1_style, order2_style
        Limit, stop, stop-limit or trailing stop.
    """

    order1_style: ExecutionStyle
    order2_style: ExecutionStyle

    def __post_init__(self) -> None:
        for name in ("order1_style", "order2_style"):
            _of_kind(name, getattr(self, name), _RESTING)


@dataclass(frozen=True)
class BracketOrder(ExecutionStyle):
    """An order to enter, whose every fill is followed by a stop and a limit to leave again.

    The two are an `OCOOrder` for the units of the fill, in the market from the next bar on. The
    first fill of either cancels what is left of the entry.

    Parameters
    ----------
    entry_style
        Any style of one order.
    stop_loss_price, take_profit_price
        Trade currency; on either side of the prices of the entry.
    """

    entry_style: ExecutionStyle
    stop_loss_price: float
    take_profit_price: float

    def __post_init__(self) -> None:
        _of_kind("entry_style", self.entry_style, _SINGLE)
        _check("stop_loss_price", self.stop_loss_price)
        _check("take_profit_price", self.take_profit_price)


_MARKET: Final = MarketOrder()
_RESTING: Final = (LimitOrder, StopOrder, StopLimitOrder, TrailingStopOrder)
_SINGLE: Final = (MarketOrder, MarketOnOpenOrder, MarketOnCloseOrder, *_RESTING)


def style_of(
    limit_price: float | None, stop_price: float | None, style: ExecutionStyle | None
) -> ExecutionStyle:
    """Return the one style that the arguments of an order name.

    Raises
    ------
    OrderParametersError
        A style is given with a price beside it, or a price is negative or not finite.
    """
    if style is not None:
        if limit_price is not None or stop_price is not None:
            raise OrderParametersError("style", style, "either a style or prices, not both")
        _of_kind("style", style, (*_SINGLE, OCOOrder, BracketOrder))
        return style
    if limit_price is not None and stop_price is not None:
        return StopLimitOrder(limit_price, stop_price)
    if limit_price is not None:
        return LimitOrder(limit_price)
    return _MARKET if stop_price is None else StopOrder(stop_price)


def check_sides(style: ExecutionStyle, *, buys: bool) -> None:
    """Refuse a style whose prices contradict each other for an order of this side.

    Raises
    ------
    OrderParametersError
        The exits of a bracket lie on the wrong sides of each other or of its entry; or the limit of
        an OCO lies beyond its stop, so that every price reaches one of the two.
    """
    if isinstance(style, BracketOrder):
        entry = style.entry_style
        path = [style.stop_loss_price, entry.limit, entry.stop, style.take_profit_price]
        prices = [it for it in (path if buys else path[::-1]) if it is not None]
        low, *between, high = prices
        if not (low < high and all(low < it < high for it in between)):
            side = "below" if buys else "above"
            expected = f"the stop loss {side} the entry and the take profit on its other side"
            raise OrderParametersError("bracket", style, expected)
    if isinstance(style, OCOOrder):
        legs = (style.order1_style, style.order2_style)
        limits = [it.limit for it in legs if it.limit is not None and it.stop is None]
        stops = [it.stop for it in legs if it.stop is not None]
        if limits and stops and (limits[0] >= stops[0] if buys else limits[0] <= stops[0]):
            side = "below" if buys else "above"
            raise OrderParametersError("OCO", style, f"the limit {side} the stop")


def tick_prices(
    style: ExecutionStyle, asset: Asset, *, buys: bool
) -> tuple[float | None, float | None]:
    """Return the limit and the stop of an order, rounded to ticks in favour of its trader."""
    limit, stop = style.limit, style.stop
    tick = None if limit is None and stop is None else _tick_of(asset)
    if tick is None:
        return limit, stop
    return (
        None if limit is None else _to_tick(limit, tick, down=buys),
        None if stop is None else _to_tick(stop, tick, down=not buys),
    )


def bracket_prices(style: BracketOrder, asset: Asset, *, buys: bool) -> tuple[float, float]:
    """Return stop and limit of a bracket's exits, rounded to ticks in favour of their trader."""
    loss, profit, tick = style.stop_loss_price, style.take_profit_price, _tick_of(asset)
    if tick is None:
        return loss, profit
    return _to_tick(loss, tick, down=buys), _to_tick(profit, tick, down=not buys)


def _tick_of(asset: Asset) -> float | None:
    """Return the step of an asset's prices; None if it has none."""
    if asset.tick_size is not None:
        return asset.tick_size
    return None if asset.fractional else TICK


def _to_tick(price: float, tick: float, *, down: bool) -> float:
    near = _NEAR * tick - 10 * sys.float_info.epsilon
    ticks = (price - near if down else price + near) / tick
    half_up = math.ceil(ticks) if ticks % 1 >= 0.5 else round(ticks)
    return tick * half_up


def _check(parameter: str, price: float) -> None:
    try:
        usable = math.isfinite(price) and price >= 0
    except TypeError:
        usable = False
    if not usable:
        raise OrderParametersError(parameter, price, "a finite price of at least 0")


def _of_kind(parameter: str, found: Any, kinds: tuple[type, ...]) -> None:
    if not isinstance(found, kinds):
        raise OrderParametersError(
            parameter, found, "one of " + ", ".join(it.__name__ for it in kinds)
        )
