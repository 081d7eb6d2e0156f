"""What a fill costs beside its price.

A model of a user's own derives from `CommissionModel` and is asked in the same way as these.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from rustybt.errors import OptionError
from rustybt.finance import futures
from rustybt.finance.order import Order
from rustybt.finance.transaction import Transaction


class CommissionModel(ABC):
    """Decides what a fill costs.

    Attributes of public names are what a model is made of: a stored run makes it again from them.
    """

    def begin_run(self) -> None:  # noqa: B027 - most models keep nothing
        """Forget what was kept of another run; called when a run takes the model."""

    @abstractmethod
    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return the cost of a fill, trade currency; negative for a rebate.

        `order.filled` and `order.commission` are as they were before the fill.
        """

    def __repr__(self) -> str:
        shown = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        told = ", ".join(f"{key}={value!r}" for key, value in shown.items())
        return f"{type(self).__name__}({told})"


class NoCommission(CommissionModel):
    """Trade for nothing."""

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return 0."""
        return 0.0


class PerShare(CommissionModel):
    """Charge each unit; the default at 0.001.

    A split of an order that is partly filled charges nothing again: units count as they were when
    they were filled. zipline counts them anew (``compat="zipline"``).

    Parameters
    ----------
    cost
        Trade currency a unit, at least 0.
    min_trade_cost
        Least cost of an order, paid on its first fill; later fills pay once the sum exceeds it.
    """

    def __init__(self, cost: float = 0.001, min_trade_cost: float | None = 0.0) -> None:
        self.cost = cost_of("cost", cost)
        self.min_trade_cost = cost_of("min_trade_cost", min_trade_cost or 0.0)

    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return what brings the order's commission up to its units so far."""
        return _per_unit(order, transaction, self.cost, 0.0, self.min_trade_cost)


class PerContract(CommissionModel):
    """Charge each contract, and each order once for the exchange; the default of futures.

    Parameters
    ----------
    cost
        Trade currency a contract, one for all or by root symbol; 0.85 for a root left out.
    exchange_fee
        Trade currency an order, one for all or by root symbol; zipline's fee for a root left out, 0
        for one it does not know.
    min_trade_cost
        Least cost of an order, as for `PerShare`.
    """

    def __init__(
        self,
        cost: float | Mapping[str, float] = 0.85,
        exchange_fee: float | Mapping[str, float] | None = None,
        min_trade_cost: float | None = 0.0,
    ) -> None:
        self.cost = costs_of("cost", cost)
        self.exchange_fee = None if exchange_fee is None else costs_of("exchange_fee", exchange_fee)
        self.min_trade_cost = cost_of("min_trade_cost", min_trade_cost or 0.0)

    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return what brings the order's commission up to its contracts so far."""
        cost = futures.by_root(order.asset, self.cost, {}, 0.85)
        fee = futures.by_root(order.asset, self.exchange_fee, futures.EXCHANGE_FEES, 0.0)
        return _per_unit(order, transaction, cost, fee, self.min_trade_cost)


class PerTrade(CommissionModel):
    """Charge each order once, on its first fill.

    Parameters
    ----------
    cost
        Trade currency an order, at least 0.
    """

    def __init__(self, cost: float = 0.0) -> None:
        self.cost = cost_of("cost", cost)

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return the cost on the first fill, then 0."""
        return 0.0 if order.commission else self.cost


class PerFutureTrade(CommissionModel):
    """Charge each order for futures once, on its first fill.

    Parameters
    ----------
    cost
        Trade currency an order, one for all or by root symbol; zipline's exchange fee for a root left
        out.
    """

    def __init__(self, cost: float | Mapping[str, float] = 0.0) -> None:
        self.cost = costs_of("cost", cost)

    def calculate(self, order: Order, transaction: Transaction) -> float:  # noqa: ARG002 - the protocol's
        """Return the cost on the first fill, then 0."""
        known = futures.EXCHANGE_FEES
        return 0.0 if order.commission else futures.by_root(order.asset, self.cost, known, 0.0)


class PerDollar(CommissionModel):
    """Charge the money traded.

    Parameters
    ----------
    cost
        Share of the money, slippage included, at least 0.
    """

    def __init__(self, cost: float = 0.0015) -> None:
        self.cost = cost_of("cost", cost)

    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return the share of this fill's money."""
        return abs(transaction.amount) * (transaction.price * self.cost) * order.asset.multiplier


def cost_of(option: str, value: float) -> float:
    """Return a cost, checked.

    Raises
    ------
    OptionError
        It is negative or not finite.
    """
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
        raise OptionError(option, value, "a finite cost of at least 0")
    return value


def costs_of(option: str, value: float | Mapping[str, float]) -> float | Mapping[str, float]:
    """Return a cost for all, or costs by root symbol, checked as `cost_of` does."""
    if not isinstance(value, Mapping):
        return cost_of(option, value)
    return {root: cost_of(option, cost) for root, cost in value.items()}


def _per_unit(
    order: Order, transaction: Transaction, cost: float, fee: float, least: float
) -> float:
    """Return what brings an order's commission up to the fee and its units so far."""
    this = abs(transaction.amount * cost)
    if order.commission == 0:
        return max(least, this + fee)
    total = abs(order.charged * cost) + this + fee
    return 0.0 if total < least else total - order.commission
