"""The orders of the plain backtest: ticks, triggers and trails, written from the rules alone."""

import math
from dataclasses import dataclass
from decimal import Decimal

LOT = Decimal("1e-8")


def dec(number):
    return number if isinstance(number, Decimal) else Decimal(repr(float(number)))


def tick(price, down):
    near = 0.45 * 0.01 - 10 * 2.0**-52
    ticks = (price - near if down else price + near) / 0.01
    return 0.01 * (math.ceil(ticks) if ticks % 1 >= 0.5 else round(ticks))


@dataclass(eq=False)
class Order:
    symbol: str
    amount: Decimal
    limit: float | None
    stop: float | None
    first: int  # the first session whose bar sees it
    kind: str = "any"
    trail: tuple = ()
    best: float = math.nan
    filled: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    paid: float = 0.0
    ended = latched = stopped = resting = False
    partner = entry = exits = None

    @property
    def buys(self):
        return self.amount > 0

    @property
    def left(self):
        return Decimal(0) if self.ended else self.amount - self.filled

    def reached(self, price):
        return self.limit is not None and (
            price <= self.limit if self.buys else price >= self.limit
        )

    def follow(self, price):
        if math.isnan(self.best) or (price < self.best if self.buys else price > self.best):
            self.best = price
        back = self.trail[0] if self.trail[1] is None else self.best * self.trail[1]
        self.stop = self.best + back if self.buys else self.best - back

    def triggered(self, close, zipline):
        was = self.stopped
        if self.trail and not was:
            self.follow(close)
        if self.stop is not None and not was:
            self.stopped = close >= self.stop if self.buys else close <= self.stop
            if not self.stopped:
                return False
        if self.limit is None or (zipline and self.latched):
            return True
        self.latched = self.reached(close)
        self.resting = self.resting or (self.stopped and not was and not self.latched)
        return self.latched

    def split(self, ratio, units, *, zipline):
        """Restate the order; `units` cuts to what can be traded."""
        left, self.filled = (
            Decimal(0) + units(float(abs(it)) / ratio).copy_sign(it)
            for it in (self.amount - self.filled, self.filled)
        )
        self.amount = self.filled + left
        self.charged = abs(self.filled) if zipline else self.charged
        self.limit, self.stop = (
            None if it is None else round(it * ratio, 2) for it in (self.limit, self.stop)
        )
        self.exits = self.exits and tuple(round(it * ratio, 2) for it in self.exits)
        if self.trail:
            self.best *= ratio
            amount, percent = self.trail
            self.trail = (amount and amount * ratio, percent)
            if not math.isnan(self.best):
                self.follow(self.best)
