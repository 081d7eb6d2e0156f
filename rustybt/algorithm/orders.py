"""The words of a strategy that order: sizes in units, money or shares of the portfolio."""

import logging
import math
from typing import Any

from rustybt.assets import Asset
from rustybt.errors import CannotOrderError, HookError, NotAnAssetError, OrderParametersError
from rustybt.finance import lots
from rustybt.finance.execution import ExecutionStyle, style_of
from rustybt.finance.order import Order
from rustybt.simulation.clock import Phase
from rustybt.simulation.loop import Simulation

log = logging.getLogger(__name__)


class OrderWords:
    """The part of `rustybt.algorithm.TradingAlgorithm` that orders."""

    _simulation: Simulation | None = None

    def order(
        self,
        asset: Asset,
        amount: float,
        limit_price: float | None = None,
        stop_price: float | None = None,
        style: ExecutionStyle | None = None,
    ) -> int | None:
        """Order units of an asset; the order fills at the next bar's close at the earliest.

        Parameters
        ----------
        amount
            Units, negative to sell. Shares are truncated toward zero unless within 1e-4 of a whole
            number; fractional assets trade in lots of 1e-8.
        limit_price, stop_price
            Trade currency; rounded to ticks of 0.01 in the trader's favour for shares.
        style
            Instead of the two prices.

        Returns
        -------
        int or None
            Id of the order; None if the amount comes to 0 or the asset's last session is over,
            which is logged as a warning.

        Raises
        ------
        HookError
            In ``initialize`` or ``before_trading_start``.
        OrderParametersError
            The amount is not finite or above 1e11, or a price is not finite or negative.
        """
        self._only_in("order", Phase.BAR)
        self._listed(asset)
        style = style_of(limit_price, stop_price, style)
        units = lots.ordered(_amount(amount), asset)
        if not self._can_order(asset) or not units:
            return None
        return self._run.blotter.place(asset, units, style, self._run.now)

    def order_value(self, asset: Asset, value: float, *prices: Any, **style: Any) -> int | None:
        """Order as many units as `value` buys at the last known price.

        The further arguments, the result and the errors are those of `order`.

        Raises
        ------
        CannotOrderError
            The asset is not listed yet or has no price.
        """
        self._only_in("order_value", Phase.BAR)
        if not self._can_order(asset):
            return None
        return self.order(asset, self._units(asset, value), *prices, **style)

    def order_percent(self, asset: Asset, percent: float, *prices: Any, **style: Any) -> int | None:
        """Order for a share of the portfolio value (0.5 is half); else as `order_value`."""
        self._only_in("order_percent", Phase.BAR)
        return self.order_value(asset, self._share(percent), *prices, **style)

    def order_target(self, asset: Asset, target: float, *prices: Any, **style: Any) -> int | None:
        """Order what brings the position to `target` units; open orders are not counted."""
        self._only_in("order_target", Phase.BAR)
        held = self._run.holdings.positions[self._listed(asset)].amount
        return self.order(asset, _amount(target) - held, *prices, **style)

    def order_target_value(
        self, asset: Asset, target: float, *prices: Any, **style: Any
    ) -> int | None:
        """Order what brings the position to a value, as `order_target` and `order_value` do."""
        self._only_in("order_target_value", Phase.BAR)
        if not self._can_order(asset):
            return None
        return self.order_target(asset, self._units(asset, target), *prices, **style)

    def order_target_percent(
        self, asset: Asset, target: float, *prices: Any, **style: Any
    ) -> int | None:
        """Order what brings the position to a share of the portfolio value (0.5 is half)."""
        self._only_in("order_target_percent", Phase.BAR)
        return self.order_target_value(asset, self._share(target), *prices, **style)

    def get_open_orders(self, asset: Asset | None = None) -> dict[Asset, list[Order]] | list[Order]:
        """Return the open orders by asset, or those of one asset, oldest first."""
        return self._run.blotter.open_orders(asset)

    def get_order(self, order_id: int) -> Order | None:
        """Return the order of an id; None if there is none."""
        return self._run.blotter.get(order_id)

    def cancel_order(self, order_param: Order | int) -> None:
        """Cancel an order, given itself or its id; one that has ended is left alone."""
        order_id = order_param.id if isinstance(order_param, Order) else order_param
        self._run.blotter.cancel(order_id, self._run.now)

    @property
    def _run(self) -> Simulation:
        if self._simulation is None:
            raise HookError("This word", "an algorithm that is not running", "a hook of a run")
        return self._simulation

    def _only_in(self, word: str, phase: Phase) -> None:
        now = self._run.clock.phase
        if now is not phase:
            raise HookError(word, now.value, phase.value)

    def _listed(self, asset: Asset) -> Asset:
        if not isinstance(asset, Asset):
            raise NotAnAssetError(asset)
        return asset

    def _can_order(self, asset: Asset) -> bool:
        session = self._run.clock.session.label
        if self._listed(asset).last_session >= session:
            return True
        log.warning(
            "No order for %s in session %s: its last session was %s.",
            asset.symbol,
            session,
            asset.last_session,
        )
        return False

    def _units(self, asset: Asset, value: float) -> float:
        session = self._run.clock.session.label
        price = self._run.data.current(asset, "price")
        if session < asset.first_session:
            raise CannotOrderError(
                asset.symbol, session, f"it is listed from {asset.first_session}"
            )
        if math.isnan(price):
            raise CannotOrderError(asset.symbol, session, "it has no price yet")
        return _amount(value) / price if price else 0.0

    def _share(self, percent: float) -> float:
        return self._run.portfolio.portfolio_value * _amount(percent)


def _amount(amount: Any) -> float:
    try:
        found = math.nan if isinstance(amount, str) else float(amount)
    except (TypeError, ValueError):
        raise OrderParametersError("amount", amount, "a number") from None
    if not math.isfinite(found) or abs(found) > lots.LARGEST:
        raise OrderParametersError("amount", amount, f"a finite number of at most {lots.LARGEST:g}")
    return found
