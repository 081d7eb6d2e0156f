"""The words of a strategy that order: sizes in units, money or shares of the portfolio."""

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from rustybt.algorithm.controls import ControlWords
from rustybt.assets import Asset
from rustybt.errors import CannotOrderError, OrderParametersError
from rustybt.finance import lots
from rustybt.finance.execution import ExecutionStyle, MarketOrder, style_of
from rustybt.finance.order import Order
from rustybt.simulation.clock import Phase

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


class OrderWords(ControlWords):
    """The part of `rustybt.algorithm.TradingAlgorithm` that orders."""

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
            Id of the order, the first of two for an `OCOOrder`; None if the amount comes to 0 or the
            asset's last session is over, which is logged as a warning.

        Raises
        ------
        HookError
            In ``initialize`` or ``before_trading_start``.
        OrderParametersError
            The amount is not finite or above 1e11, a price is not finite or negative, or the prices
            of a style contradict each other.
        CannotOrderError
            The asset is not listed yet; with ``compat="zipline"`` the order waits for it.
        TradingControlError
            The order breaks a limit that the strategy has set.
        """
        self._only_in("order", Phase.BAR)
        if not self._can_order(self._listed(asset)):
            return None
        units = lots.ordered(_amount(amount), asset)
        return self._place(asset, units, limit_price, stop_price, style)

    def _place(
        self,
        asset: Asset,
        units: float,
        limit_price: float | None = None,
        stop_price: float | None = None,
        style: ExecutionStyle | None = None,
    ) -> int | None:
        run = self._run
        placing = run.clock.placing
        if units or run.settings.compat == "zipline":
            for control in self._controls:
                control.validate(asset, units, run.portfolio, placing.dt, run.data)
        style = style_of(limit_price, stop_price, style)
        if not units:
            return None
        if type(style) is not MarketOrder:  # which has no use for a price
            placing = placing._replace(price=run.data.current(asset, "price"))
        return run.blotter.place(asset, units, style, placing)

    def batch_market_order(
        self, share_counts: "pd.Series[float] | Mapping[Asset, float]"
    ) -> "pd.Index[int]":
        """Place a market order for each asset.

        Parameters
        ----------
        share_counts
            Units by asset, negative to sell; no order is placed for 0.

        Returns
        -------
        pandas.Index
            Ids of the orders placed, in the order of `share_counts`.

        Raises
        ------
        OrderParametersError
            It is no Series or mapping; errors of an order are those of `order`, and orders before
            it stand.
        """
        import pandas as pd

        self._only_in("batch_market_order", Phase.BAR)
        if not isinstance(share_counts, (pd.Series, Mapping)):
            raise OrderParametersError("share_counts", share_counts, "a Series of units by asset")
        place = self.order if self._run.settings.compat == "sane" else self._place_unasked
        placed = [place(cast("Asset", it), units) for it, units in share_counts.items()]
        return pd.Index([it for it in placed if it is not None], dtype="int64")

    def _place_unasked(self, asset: Asset, amount: float) -> int | None:
        """Place a market order that neither controls nor the listing are asked for."""
        run = self._run
        units = lots.ordered(_amount(amount), self._listed(asset))
        if not units:
            return None
        return run.blotter.place(asset, units, MarketOrder(), run.clock.placing)

    def order_value(self, asset: Asset, value: float, *prices: Any, **style: Any) -> int | None:
        """Order as many units as `value` buys at the last known price.

        The further arguments, the result and the errors are those of `order`.

        Raises
        ------
        CannotOrderError
            The asset is not listed yet or has no price.
        """
        self._only_in("order_value", Phase.BAR)
        if not self._can_order(self._listed(asset)):
            return None
        return self.order(asset, self._units(asset, value), *prices, **style)

    def order_percent(self, asset: Asset, percent: float, *prices: Any, **style: Any) -> int | None:
        """Order for a share of the portfolio value (0.5 is half); else as `order_value`."""
        self._only_in("order_percent", Phase.BAR)
        return self.order_value(asset, self._share(percent), *prices, **style)

    def order_target(self, asset: Asset, target: float, *prices: Any, **style: Any) -> int | None:
        """Order what brings the position to `target` units; open orders are not counted.

        With 0 the whole position is closed, also the part that is no whole share or lot.
        """
        self._only_in("order_target", Phase.BAR)
        if not self._can_order(self._listed(asset)):
            return None
        held = self._run.holdings.positions[asset].amount
        wanted = _amount(target)
        if not wanted:
            return self._place(asset, -held, *prices, **style)
        return self.order(asset, wanted - held, *prices, **style)

    def order_target_value(
        self, asset: Asset, target: float, *prices: Any, **style: Any
    ) -> int | None:
        """Order what brings the position to a value, as `order_target` and `order_value` do."""
        self._only_in("order_target_value", Phase.BAR)
        if not self._can_order(self._listed(asset)):
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
        """Cancel an order, given itself or its id; one that has ended is left alone.

        The other order of an `OCOOrder` is cancelled with it.
        """
        order_id = order_param.id if isinstance(order_param, Order) else order_param
        self._run.blotter.cancel(order_id, self._run.now)

    def _can_order(self, asset: Asset) -> bool:
        run = self._run
        session = run.clock.session.label
        if asset.first_session > session and run.settings.compat == "sane":
            raise CannotOrderError(
                asset.symbol, session, f"it is listed from {asset.first_session}"
            )
        if asset.end >= session:
            return True
        log.warning(
            "No order for %s in session %s: its last session was %s.",
            asset.symbol,
            session,
            asset.end,
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
        worth = price * asset.multiplier * float(self._run.holdings.rate(asset))
        return _amount(value) / worth if worth else 0.0

    def _share(self, percent: float) -> float:
        return self._run.portfolio.portfolio_value * _amount(percent)


def _amount(amount: Any) -> float:
    if type(amount) is int and abs(amount) <= lots.LARGEST:
        return amount
    try:
        found = math.nan if isinstance(amount, str) else float(amount)
    except (TypeError, ValueError):
        raise OrderParametersError("amount", amount, "a number") from None
    if not math.isfinite(found) or abs(found) > lots.LARGEST:
        raise OrderParametersError("amount", amount, f"a finite number of at most {lots.LARGEST:g}")
    return found
