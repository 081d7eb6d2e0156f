"""An order and what has become of it."""

import math
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from rustybt.assets import Asset
from rustybt.finance import lots

# What a result says of an order; `sid` is the asset, `status` the number of an `OrderStatus`.
RECORD: Final = (
    *("id", "dt", "created", "sid", "amount", "filled", "commission", "limit", "stop"),
    *("limit_reached", "stop_reached", "status"),
)
Recorded = tuple[Any, ...]


class OrderStatus(IntEnum):
    """What has become of an order."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2


class Moment(StrEnum):
    """The one time of a session at which an order may fill."""

    OPEN = "open"
    CLOSE = "close"


class Placing(NamedTuple):
    """When an order is placed: instant and session of the bar, and the last price known then.

    The price is NaN if there is none; limit orders and trailing stops look at it.
    """

    dt: datetime
    session: date
    price: float = math.nan


class Trail:
    """How far the stop of an order stays behind the best close.

    Parameters
    ----------
    amount, percent
        Trade currency, or a share of the best close; the other is None.
    best
        Last price known, NaN if there is none.
    """

    __slots__ = ("amount", "best", "percent")

    def __init__(self, amount: float | None, percent: float | None, best: float) -> None:
        self.amount = amount
        self.percent = percent
        self.best = best

    def stop(self, *, buys: bool) -> float:
        """Return the stop price."""
        back = self.amount if self.percent is None else self.best * self.percent
        back = back or 0.0
        return self.best + back if buys else self.best - back

    def split(self, ratio: float) -> None:
        """Restate the trail for a split."""
        self.best *= ratio
        if self.amount is not None:
            self.amount *= ratio


class Order:
    """An order of a strategy.

    Parameters
    ----------
    id
        Number of the order in its run, from 1.
    asset
        What to trade.
    amount
        Units, negative to sell; never 0.
    limit, stop
        Trade currency; None where the order has none.
    created
        Instant of the bar in which it was placed, UTC.
    as_zipline
        Whether a limit once reached stays reached, so that a partly filled order goes on filling at
        any later close. Else the limit is looked at in every bar, and no fill is beyond it.

    Attributes
    ----------
    dt
        Instant of the bar that has changed it last: by a fill, by being cancelled, or because its
        stop or limit was reached.
    trail
        What moves the stop; None where nothing does.
    moment
        The time of a session at which it may fill; None for any bar.
    first_bar
        Number of the first bar in which the market sees it, as its blotter counts.
    not_in
        The session whose open is over for it.
    partner
        The other order of an OCO.
    alone
        Whether its fills entail nothing for it or for other orders.
    exits
        Stop and limit of a bracket's exits, for its entry.
    entry
        The order that this one leaves again, for the exits of a bracket.
    resting
        Whether its limit price waited in the book rather than met the market when it came there.
    reason
        Why it was refused, or who has placed it if not the strategy; None for all others.
    direction
        1 to buy, -1 to sell.
    charged
        Units filled so far as a commission counts them: a split does not restate them, but in
        zipline.
    """

    __slots__ = (
        "alone",
        "amount",
        "as_zipline",
        "asset",
        "cancelled",
        "charged",
        "commission",
        "created",
        "direction",
        "dt",
        "entry",
        "exits",
        "filled",
        "first_bar",
        "id",
        "limit",
        "limit_reached",
        "moment",
        "not_in",
        "partner",
        "reason",
        "resting",
        "stop",
        "stop_reached",
        "trail",
    )

    def __init__(
        self,
        id: int,  # noqa: A002 - the field's name for strategies
        asset: Asset,
        amount: float,
        *,
        limit: float | None,
        stop: float | None,
        created: datetime,
        as_zipline: bool = False,
    ) -> None:
        self.id = id
        self.asset = asset
        self.amount = amount
        self.direction = 1 if amount > 0 else -1
        self.limit = limit
        self.stop = stop
        self.created = created
        self.dt = created
        self.as_zipline = as_zipline
        self.filled: float = 0
        self.charged: float = 0
        self.commission = 0.0
        self.limit_reached = False
        self.stop_reached = False
        self.cancelled = False
        self.resting = False
        self.trail: Trail | None = None
        self.moment: Moment | None = None
        self.not_in: date | None = None
        self.first_bar = 0
        self.partner: Order | None = None
        self.alone = True
        self.entry: Order | None = None
        self.exits: tuple[float, float] | None = None
        self.reason: str | None = None

    @property
    def sid(self) -> Asset:
        """The asset, under zipline's name."""
        return self.asset

    @property
    def open_amount(self) -> float:
        """Units not yet filled, signed."""
        if not self.filled:
            return self.amount
        return lots.summed(self.amount, -self.filled, self.asset)

    @property
    def status(self) -> OrderStatus:
        """Open, filled or cancelled."""
        if self.cancelled:
            return OrderStatus.CANCELLED
        return OrderStatus.FILLED if self.filled == self.amount else OrderStatus.OPEN

    @property
    def open(self) -> bool:
        """Whether it may still fill."""
        return not self.cancelled and self.filled != self.amount

    def seen(self, bar: int, session: date, *, closing: bool) -> bool:
        """Return whether a bar may fill it at all.

        Parameters
        ----------
        bar
            Number of the bar, as its blotter counts.
        session
            Session of the bar.
        closing
            Whether the bar is the last of its session.
        """
        if bar < self.first_bar:
            return False
        if self.moment is Moment.OPEN:
            return session != self.not_in
        return closing or self.moment is None

    def triggered(self, close: float, dt: datetime) -> bool:
        """Return whether the order may fill at a close, and keep what the close has reached, and when."""
        if self.limit is None and self.stop is None and self.trail is None:
            return True
        before = self.stop_reached, self.limit_reached
        may_fill = self._reaches(close)
        if before != (self.stop_reached, self.limit_reached):
            self.dt = dt
        return may_fill

    def reached(self, price: float) -> bool:
        """Return whether a price is at the limit of the order or better; no NaN is."""
        if self.limit is None:
            return False
        return price <= self.limit if self.amount > 0 else price >= self.limit

    def beyond(self, price: float) -> bool:
        """Return whether a price is worse for the order than its limit."""
        return self.limit is not None and (price - self.limit) * self.direction > 0

    def fill(self, amount: float, commission: float, dt: datetime) -> None:
        """Book a fill of `amount` units."""
        if self.charged:
            self.filled = lots.summed(self.filled, amount, self.asset)
            self.charged = lots.summed(self.charged, abs(amount), self.asset)
        else:
            self.filled, self.charged = amount, abs(amount)
        self.commission += commission
        self.dt = dt

    def pair(self, other: "Order") -> None:
        """Make two orders partners: a fill of either is taken off the other."""
        self.partner, other.partner = other, self
        self.alone = other.alone = False

    def give_up(self, amount: float) -> None:
        """Take units, of its own sign, off what is left to fill; never more than that."""
        most = self.open_amount
        given = amount if abs(amount) < abs(most) else most
        self.amount = lots.summed(self.amount, -given, self.asset)

    def split(self, ratio: float) -> None:
        """Restate the order for a split whose ratio multiplies earlier prices."""
        # Each truncated alone: a fraction of what was filled makes no share to trade.
        left = self._restated(self.open_amount, ratio)
        self.filled = self._restated(self.filled, ratio)
        self.amount = lots.summed(self.filled, left, self.asset)
        if self.as_zipline:
            self.charged = abs(self.filled)
        if self.trail is not None:
            self.trail.split(ratio)
            self.move_stop()
        elif self.stop is not None:
            self.stop = round(self.stop * ratio, 2)
        if self.limit is not None:
            self.limit = round(self.limit * ratio, 2)
        if self.exits is not None:
            self.exits = (round(self.exits[0] * ratio, 2), round(self.exits[1] * ratio, 2))

    def move_stop(self) -> None:
        """Put the stop where the trail says, if a price is known."""
        if self.trail is not None and not math.isnan(self.trail.best):
            self.stop = self.trail.stop(buys=self.amount > 0)

    def _reaches(self, close: float) -> bool:
        buys = self.amount > 0
        stopped = False
        if self.trail is not None and not self.stop_reached:
            self._follow(close, self.trail)
        if self.stop is not None and not self.stop_reached:
            self.stop_reached = stopped = close >= self.stop if buys else close <= self.stop
            if not stopped:
                return False
            if self.limit is not None:
                self.stop = None  # from here on it is a limit order
                self.stop_reached = not self.as_zipline
        if self.limit is not None and not (self.as_zipline and self.limit_reached):
            self.limit_reached = self.reached(close)
            self.resting = self.resting or (stopped and not self.limit_reached)
            return self.limit_reached
        return True

    def _follow(self, close: float, trail: Trail) -> None:
        """Let the trail follow a close that is better than any before."""
        better = close < trail.best if self.amount > 0 else close > trail.best
        if better or math.isnan(trail.best):
            trail.best = close
            self.move_stop()

    def _restated(self, amount: float, ratio: float) -> float:
        units = lots.fillable(abs(amount) / ratio, self.asset)
        return units if amount > 0 else -units

    def record(self) -> Recorded:
        """Return the order as it stands: the values of `RECORD`, then a mapping of further ones or None.

        The further one is the `reason`, where there is one.
        """
        status = 2 if self.cancelled else int(self.filled == self.amount)
        return (
            self.id,
            self.dt,
            self.created,
            self.asset,
            self.amount,
            self.filled,
            self.commission,
            self.limit,
            self.stop,
            self.limit_reached,
            self.stop_reached,
            status,
            None if self.reason is None else {"reason": self.reason},
        )

    def __repr__(self) -> str:
        return f"Order({self.id}, {self.asset}, {self.amount:+}, {self.status.name})"
