"""Execution styles: at which prices an order may fill, and how those are rounded to ticks."""

import math
import sys
from dataclasses import dataclass

from rustybt.assets import Asset
from rustybt.errors import OrderParametersError

TICK = 0.01  # trade currency; fractional assets have none
_NEAR = 0.45 * TICK - 10 * sys.float_info.epsilon  # how far a price moves against its trader


@dataclass(frozen=True)
class ExecutionStyle:
    """How an order may fill; the base of all styles, and a market order itself."""

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
        return style
    if limit_price is not None and stop_price is not None:
        return StopLimitOrder(limit_price, stop_price)
    if limit_price is not None:
        return LimitOrder(limit_price)
    return MarketOrder() if stop_price is None else StopOrder(stop_price)


def tick_prices(
    style: ExecutionStyle, asset: Asset, *, buys: bool
) -> tuple[float | None, float | None]:
    """Return the limit and the stop of an order, rounded to ticks in favour of its trader."""
    limit, stop = style.limit, style.stop
    if asset.fractional:
        return limit, stop
    return (
        None if limit is None else _to_tick(limit, down=buys),
        None if stop is None else _to_tick(stop, down=not buys),
    )


def _to_tick(price: float, *, down: bool) -> float:
    ticks = (price - _NEAR if down else price + _NEAR) / TICK
    half_up = math.ceil(ticks) if ticks % 1 >= 0.5 else round(ticks)
    return TICK * half_up


def _check(parameter: str, price: float) -> None:
    try:
        usable = math.isfinite(price) and price >= 0
    except TypeError:
        usable = False
    if not usable:
        raise OrderParametersError(parameter, price, "a finite price of at least 0")
