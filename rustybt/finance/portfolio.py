"""The portfolio and the account as strategies read them: views of the holdings, in floats."""

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from rustybt.assets import Asset
from rustybt.finance.holdings import Holdings
from rustybt.finance.position import Positions

if TYPE_CHECKING:
    import pandas as pd


class Portfolio:
    """What the strategy owns, valued at the last known prices.

    Parameters
    ----------
    holdings
        The books behind it.
    capital
        Cash at the start, trade currency.
    start
        First session.
    """

    def __init__(self, holdings: Holdings, capital: float, start: date) -> None:
        self._holdings = holdings
        self.starting_cash = capital
        self.start_date = start
        self._paid_in = capital
        self._base, self._returns = capital, 0.0  # value and return at the last change of capital

    @property
    def positions(self) -> Positions:
        """Positions by asset; an asset that is not held gives an empty one."""
        return self._holdings.positions

    @property
    def cash(self) -> float:
        """Cash, trade currency; negative when borrowed."""
        return float(self._holdings.cash)

    @property
    def portfolio_value(self) -> float:
        """Cash plus the value of the positions, trade currency."""
        return float(self._holdings.value().equity)

    @property
    def positions_value(self) -> float:
        """Value of the positions, trade currency; shorts count negative."""
        return float(self._holdings.value().net_value)

    @property
    def positions_exposure(self) -> float:
        """What is at stake, account's currency: the value, and that of positions on margin."""
        return float(self._holdings.value().net_exposure)

    @property
    def capital_used(self) -> float:
        """Cash that has come in by trading since the start, net of what went out, trade currency."""
        return self.cash - self._paid_in

    @property
    def pnl(self) -> float:
        """Gain since the start, trade currency; cash paid in or out is none."""
        return self.portfolio_value - self._paid_in

    @property
    def returns(self) -> float:
        """Gain since the start relative to the capital, compounded over changes of it."""
        if self._base == self.starting_cash:
            return self.pnl / self._base
        return (1.0 + self._returns) * (self.portfolio_value / self._base) - 1.0

    def change_capital(self, amount: Decimal) -> None:
        """Count from a base that has changed; called after cash was paid in or out."""
        value = self.portfolio_value
        before = value - float(amount)
        self._returns = (1.0 + self._returns) * (before / self._base) - 1.0
        self._base, self._paid_in = value, self._paid_in + float(amount)

    @property
    def current_portfolio_weights(self) -> "pd.Series[float]":
        """Share of the portfolio value in each position, indexed by asset."""
        import pandas as pd

        value = self.portfolio_value
        positions = self.positions
        weights: Mapping[Asset, float] = {
            asset: it.amount * it.last_sale_price * self._worth(asset) / value
            for asset, it in positions.items()
        }
        return pd.Series(weights, dtype="float64")

    def _worth(self, asset: Asset) -> float:
        return asset.multiplier * float(self._holdings.rate(asset))


class Account:
    """What brokers look at.

    Parameters
    ----------
    holdings
        The books behind it.

    Attributes
    ----------
    accrued_interest
        Always 0: cash earns none.
    buying_power, regt_margin, day_trades_remaining
        Always inf: nothing of the kind is limited.
    """

    accrued_interest = 0.0
    buying_power = regt_margin = day_trades_remaining = math.inf

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    @property
    def leverage(self) -> float:
        """Long minus short value over the portfolio value; inf when that is 0."""
        now = self._holdings.value()
        return ratio(float(now.long_exposure - now.short_exposure), float(now.equity))

    @property
    def net_leverage(self) -> float:
        """Long plus short value over the portfolio value; inf when that is 0."""
        now = self._holdings.value()
        return ratio(float(now.net_exposure), float(now.equity))

    @property
    def initial_margin_requirement(self) -> float:
        """What opening the positions on margin needs, account's currency."""
        return float(self._holdings.required(initial=True))

    @property
    def maintenance_margin_requirement(self) -> float:
        """What holding the positions on margin needs, account's currency."""
        return float(self._holdings.required(initial=False))

    @property
    def settled_cash(self) -> float:
        """Cash, trade currency."""
        return float(self._holdings.cash)

    regt_equity = settled_cash

    @property
    def available_funds(self) -> float:
        """Cash beyond what opening the positions on margin needs, account's currency."""
        return self.settled_cash - self.initial_margin_requirement

    @property
    def excess_liquidity(self) -> float:
        """Cash beyond what holding the positions on margin needs, account's currency."""
        return self.settled_cash - self.maintenance_margin_requirement

    @property
    def cushion(self) -> float:
        """Cash over the portfolio value; NaN when that is 0."""
        value = self.net_liquidation
        return self.settled_cash / value if value else math.nan

    @property
    def net_liquidation(self) -> float:
        """Cash plus the value of the positions, trade currency."""
        return float(self._holdings.value().equity)

    equity_with_loan = net_liquidation

    @property
    def total_positions_value(self) -> float:
        """Value of the positions, trade currency; shorts count negative."""
        return float(self._holdings.value().net_value)

    @property
    def total_positions_exposure(self) -> float:
        """What is at stake, account's currency: the value, and that of positions on margin."""
        return float(self._holdings.value().net_exposure)


def ratio(part: float, whole: float) -> float:
    """Return a leverage; inf over a whole of 0."""
    return part / whole if whole else float("inf")
