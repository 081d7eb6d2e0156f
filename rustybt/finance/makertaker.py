"""Fees of crypto exchanges: by whether an order rested in the book, and by what was traded lately."""

import math
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from rustybt.errors import OptionError
from rustybt.finance.commission import CommissionModel, cost_of
from rustybt.finance.order import Order
from rustybt.finance.transaction import Transaction

PERIOD: Final = timedelta(days=30)


class Tier(NamedTuple):
    """Fees from a traded amount on: money of the last 30 days, and shares of a fill's money."""

    traded: float
    maker: float
    taker: float


class MakerTaker(CommissionModel):
    """Charge a share of the money: one for orders that rested in the book, another for the others.

    A fill is a maker's if its order has a limit price that the last price known did not reach when
    the order was placed (for a stop-limit: when its stop was hit). Market, stop and trailing orders
    take, and so do limit orders that could have filled at once.

    Parameters
    ----------
    maker, taker
        Share of a fill's money, slippage included; 0.001 is a tenth of a percent. A negative
        `maker` is a rebate, at most as large as `taker`.
    tiers
        Other shares from an amount on: (money, maker, taker), the money above 0 and rising. It is
        compared with what the run has traded in all assets in the 30 days before the fill.
    """

    def __init__(
        self,
        maker: float = 0.001,
        taker: float = 0.001,
        tiers: Sequence[tuple[float, float, float]] = (),
    ) -> None:
        self.maker, self.taker = maker, taker
        self.tiers = tuple((*it,) for it in tiers)
        if any(len(it) != len(Tier._fields) for it in self.tiers):
            raise OptionError("tiers", tiers, "(money, maker, taker) each")
        self._tiers = (Tier(0.0, maker, taker), *(Tier(*it) for it in self.tiers))
        for tier in self._tiers:
            cost_of("taker", tier.taker)
            if not (math.isfinite(tier.maker) and tier.maker >= -tier.taker):
                raise OptionError(
                    "maker", tier.maker, "a finite share, a rebate at most the taker's"
                )
        amounts = [it.traded for it in self._tiers]
        if not all(a < b < math.inf for a, b in pairwise(amounts)):
            raise OptionError("tiers", tiers, "finite amounts above 0, rising")
        self._fills: deque[tuple[datetime, float]] = deque()
        self._traded = 0.0

    def begin_run(self) -> None:
        """Forget what another run has traded."""
        self._fills.clear()
        self._traded = 0.0

    def calculate(self, order: Order, transaction: Transaction) -> float:
        """Return the share of this fill's money at the tier that holds before it."""
        while self._fills and self._fills[0][0] <= transaction.dt - PERIOD:
            self._traded -= self._fills.popleft()[1]
        if not self._fills:
            self._traded = 0.0  # without what rounding left
        tier = max(it for it in self._tiers if it.traded <= max(self._traded, 0.0))
        money = abs(transaction.amount) * transaction.price
        self._fills.append((transaction.dt, money))
        self._traded += money
        return money * (tier.maker if order.resting else tier.taker)
