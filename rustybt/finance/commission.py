"""What a fill costs beside its price.

A model of a user's own derives from `CommissionModel` and is asked in the same way as these.
"""

import math
from abc import ABC, abstractmethod

from rustybt.errors import OptionError
from rustybt.finance.order import Order
from rustybt.finance.transaction import Transaction


class CommissionModel(ABC):
    """Decides what a fill costs."""

    @abstractmethod
    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return the cost of a fill, trade currency, at least 0.

        `order.filled` and `order.commission` are as they were before the fill.
        """

    def __repr__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({told})"


class NoCommission(CommissionModel):
    """Trade for nothing."""

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return 0."""
        return 0.0


class PerShare(CommissionModel):
    """Charge each unit; the default at 0.001.

    Parameters
    ----------
    cost
        Trade currency a unit, at least 0.
    min_trade_cost
        Least cost of an order, paid on its first fill; later fills pay once the sum exceeds it.
    """

    def __init__(self, cost: float = 0.001, min_trade_cost: float | None = 0.0) -> None:
        self.cost = _cost("cost", cost)
        self.min_trade_cost = _cost("min_trade_cost", min_trade_cost or 0.0)

    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return what brings the order's commission up to its units so far."""
        this = abs(transaction.amount * self.cost)
        if order.commission == 0:
            return max(self.min_trade_cost, this)
        total = abs(order.filled * self.cost) + this
        return 0.0 if total < self.min_trade_cost else total - order.commission


class PerTrade(CommissionModel):
    """Charge each order once, on its first fill.

    Parameters
    ----------
    cost
        Trade currency an order, at least 0.
    """

    def __init__(self, cost: float = 0.0) -> None:
        self.cost = _cost("cost", cost)

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return the cost on the first fill, then 0."""
        return 0.0 if order.filled else self.cost


class PerDollar(CommissionModel):
    """Charge the money traded.

    Parameters
    ----------
    cost
        Share of the money, slippage included, at least 0.
    """

    def __init__(self, cost: float = 0.0015) -> None:
        self.cost = _cost("cost", cost)

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return the share of this fill's money."""
        return abs(transaction.amount) * (transaction.price * self.cost)


def _cost(option: str, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise OptionError(option, value, "a finite cost of at least 0")
    return value
