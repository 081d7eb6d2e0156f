"""A backtest of assets with terms in plain Python, written from the rules alone: decimals throughout.

A world has market orders without slippage, at a commission a unit; prices have two decimals.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, localcontext

FIRST = date(2020, 1, 6)
COST = 0.25  # a unit, trade currency
YEARLY = 0.03  # of shorts without a rate of their own


def dec(value):
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


@dataclass
class World:
    """Everything that is given: terms by symbol, closes, rates by day, funding, orders by session."""

    days: list[date]
    terms: dict[str, dict]
    closes: dict[str, list]
    rates: dict[date, float]
    funding: list[tuple[datetime, str, float]]
    plan: dict[int, list[tuple[str, float]]] = field(default_factory=dict)
    capital: int = 20_000


def made(seed, sessions=30):
    """Return a world of futures, a perpetual, an option and shares, in two currencies."""
    draw = random.Random(seed)
    days = [FIRST + timedelta(days=it + 2 * (it // 5)) for it in range(sessions)]
    terms = {
        "FUT": {"asset_type": "future", "multiplier": 50.0, "expiry": days[draw.randrange(8, 25)]},
        "GER": {"asset_type": "future", "multiplier": 25.0, "currency": "EUR"},
        "OPT": {"asset_type": "option", "multiplier": 100.0, "underlying": "SHA", "strike": 41.5},
        "PER": {"asset_type": "perpetual", "multiplier": 1.0},
        "SHA": {"asset_type": "equity", "borrow_rate": 0.02},
        "SHE": {"asset_type": "equity", "currency": "EUR"},
    }
    terms["OPT"] |= {
        "expiry": days[draw.randrange(8, 25)],
        "option_right": draw.choice(["call", "put"]),
    }
    terms["FUT"] |= {"initial_margin": 900.0, "maintenance_margin": draw.choice([200.0, 850.0])}
    terms["GER"] |= {"initial_margin": 400.0, "maintenance_margin": draw.choice([300.0, 390.0])}
    terms["PER"] |= {"initial_margin": 0.2, "maintenance_margin": draw.choice([0.05, 0.19])}
    closes, levels = {}, {"FUT": 100, "GER": 60, "OPT": 4, "PER": 200, "SHA": 40, "SHE": 30}
    for symbol, level in levels.items():
        walk = [float(level)]
        for _ in days[1:]:
            walk.append(max(round(walk[-1] * draw.uniform(0.93, 1.07), 2), 0.5))
        closes[symbol] = [
            it if draw.random() > 0.05 or n in (0, sessions - 1) else None
            for n, it in enumerate(walk)
        ]
    rates = {FIRST - timedelta(days=1): 1.1} | {
        it: round(draw.uniform(1, 1.3), 4) for it in days if draw.random() > 0.2
    }
    hours = [datetime.combine(it, time(draw.randrange(24))) for it in days]
    funding = [(it, "PER", round(draw.uniform(-0.01, 0.01), 5)) for it in hours]
    world = World(days, terms, closes, rates, funding)
    sizes = {"FUT": 6, "GER": 9, "OPT": 5, "PER": 150.0, "SHA": 200, "SHE": 200}
    for number in range(sessions - 1):
        for symbol in draw.sample(sorted(terms), draw.randrange(4)):
            size = sizes[symbol]
            units = (
                round(draw.uniform(-size, size), 3)
                if symbol == "PER"
                else draw.randint(-size, size)
            )
            world.plan.setdefault(number, []).append((symbol, units))
    return world


class Plain:
    """Lives a world."""

    def __init__(self, world):
        self.world, self.cash, self.number = world, dec(world.capital), 0
        self.held, self.owed, self.last = {}, {}, {}
        self.book, self.reasons = {}, []

    def live(self):
        """Return cash and portfolio value at the end of each session."""
        with localcontext(prec=100):
            return [self.session(it) for it in range(len(self.world.days))]

    def margined(self, symbol):
        return self.world.terms[symbol]["asset_type"] in ("future", "perpetual")

    def multiplier(self, symbol):
        return dec(self.world.terms[symbol].get("multiplier", 1))

    def rate(self, symbol):
        """The newest price of a day before the session."""
        if self.world.terms[symbol].get("currency", "USD") == "USD":
            return Decimal(1)
        today = self.world.days[self.number]
        return dec(self.world.rates[max(it for it in self.world.rates if it < today)])

    def worth(self, symbol):
        return self.held[symbol] * dec(self.last[symbol]) * self.multiplier(symbol)

    def gain(self, symbol):
        return self.worth(symbol) + self.owed[symbol]

    def money(self):
        """Cash with the gains of what is on margin, the value of longs paid in full, and of shorts."""
        values = [self.worth(it) * self.rate(it) for it in self.held if not self.margined(it)]
        gains = [self.gain(it) * self.rate(it) for it in self.held if self.margined(it)]
        return (
            self.cash + sum(gains),
            sum(it for it in values if it > 0),
            sum(it for it in values if it < 0),
        )

    def margin(self, symbol, units, kind):
        terms = self.world.terms[symbol]
        needed = abs(units) * dec(terms[kind]) * self.rate(symbol)
        price = dec(self.last[symbol]) * self.multiplier(symbol)
        return needed if terms["asset_type"] == "future" else needed * price

    def refused(self, symbol, units, reason):
        orders = self.book[symbol]
        if not self.margined(symbol) or reason == "liquidation":
            return None
        if orders[0][1] == "liquidation":
            return "liquidated"
        held = self.held.get(symbol, Decimal(0))
        if abs(held + units) <= abs(held):
            return None
        needed = self.margin(symbol, held + units, "initial_margin") + sum(
            self.margin(it, self.held[it], "initial_margin")
            for it in self.held
            if self.margined(it) and it != symbol
        )
        cash, _, shorts = self.money()
        return None if needed <= cash + shorts else "margin"

    def trade(self, symbol, units, price):
        cost = units * dec(price) * self.multiplier(symbol)
        held = self.held.get(symbol, Decimal(0)) + units
        if self.margined(symbol):
            self.owed[symbol] = self.owed.get(symbol, Decimal(0)) - cost
        else:
            self.cash -= cost * self.rate(symbol)
        if held:
            self.held[symbol] = held
            return
        self.held.pop(symbol, None)
        self.cash += self.owed.pop(symbol, Decimal(0)) * self.rate(symbol)

    def session(self, number):
        world, self.number = self.world, number
        today = world.days[number]
        for symbol, closes in world.closes.items():
            self.last[symbol] = closes[number] or self.last[symbol]
        self.fund(today)
        self.fill()
        self.call()
        for symbol, units in world.plan.get(number, ()):
            if world.terms[symbol].get("expiry", today) >= today:
                self.book.setdefault(symbol, []).append([dec(units), None])
        self.end(today)
        cash, longs, shorts = self.money()
        return cash, cash + longs + shorts

    def fund(self, today):
        closed = datetime.combine(today, time(21))
        before = (
            datetime.combine(self.world.days[self.number - 1], time(21)) if self.number else closed
        )
        for at, symbol, rate in sorted(self.world.funding):
            if before < at <= closed and symbol in self.held:
                self.cash -= self.worth(symbol) * dec(rate)

    def fill(self):
        costs = []
        for symbol, orders in self.book.items():
            if self.world.closes[symbol][self.number] is None:
                continue
            for order in orders:
                refusal = self.refused(symbol, *order)
                if refusal is None:
                    self.trade(symbol, order[0], self.last[symbol])
                    costs.append((symbol, dec(abs(float(order[0]) * COST))))
                self.reasons.append(refusal or order[1])
            orders.append(None)
        for symbol, cost in costs:
            self.cash -= cost * self.rate(symbol)
        self.book = {symbol: it for symbol, it in self.book.items() if it[-1] is not None}

    def call(self):
        held = [it for it in self.held if self.margined(it)]
        needed = sum(self.margin(it, self.held[it], "maintenance_margin") for it in held)
        cash, _, shorts = self.money()
        for symbol in held if cash + shorts < needed else ():
            if not any(it[1] == "liquidation" for it in self.book.get(symbol, ())):
                self.book.pop(symbol, None)
                self.book[symbol] = [[-self.held[symbol], "liquidation"]]

    def end(self, today):
        for symbol, terms in self.world.terms.items():
            if terms.get("expiry") == today:
                self.book.pop(symbol, None)
                price = self.last[symbol]
                if terms["asset_type"] == "option":
                    gain = dec(self.last["SHA"]) - dec(terms["strike"])
                    price = max(gain if terms["option_right"] == "call" else -gain, Decimal(0))
                if symbol in self.held:
                    self.trade(symbol, -self.held[symbol], price)
                    self.reasons.append("expiry")
        nights = 3 if today.weekday() == 4 else 1
        for symbol, units in self.held.items():
            if units < 0 and self.world.terms[symbol]["asset_type"] == "equity":
                rate = dec(self.world.terms[symbol].get("borrow_rate", YEARLY))
                cost = (-self.worth(symbol) * rate * nights / 365).quantize(Decimal("1e-8"))
                self.cash -= cost * self.rate(symbol)
        for symbol in self.owed:
            gain = self.gain(symbol)
            self.cash += gain * self.rate(symbol)
            self.owed[symbol] -= gain
