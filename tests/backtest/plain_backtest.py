"""A backtest in plain Python, written from the rules alone, to compare a run with digit by digit.

Money and quantities are decimals. A price that a model makes is the float its formula gives, taken as
the shortest decimal that reads back as it; the cost basis is a float, as strategies see it.
"""

import math
from decimal import Decimal, localcontext

import plain_models as models
from plain_orders import LOT, Order, dec, tick


class Plain:
    """Lives a world: bars, actions and models as `random_worlds.World` says."""

    def __init__(self, world):
        self.world, self.cash, self.number = world, dec(world.capital), 0
        self.held = dict.fromkeys(world.bars, Decimal(0))
        self.basis = dict.fromkeys(world.bars, 0.0)
        self.last = dict.fromkeys(world.bars, math.nan)
        self.past = {it: [] for it in world.bars}  # closes and volumes, adjusted
        self.book, self.orders, self.due, self.fills, self.traded = {}, [], [], [], []

    def units(self, amount):
        return (
            dec(amount).quantize(LOT, "ROUND_DOWN") if self.world.crypto else Decimal(int(amount))
        )

    def live(self):
        """Return cash and portfolio value at the end of each session."""
        with localcontext(prec=60):
            return [self.session(it) for it in range(self.world.sessions)]

    def session(self, number):
        self.number, world = number, self.world
        today = sorted(it for it in world.actions if it[0] == number)
        for _, symbol, kind, ratio, *_ in today:
            self.last[symbol] *= ratio
            scale = ratio if kind == "split" else 1.0
            self.past[symbol] = [(close * ratio, size / scale) for close, size in self.past[symbol]]
        for _, symbol, kind, _, amount, pay_date in today:
            pay = number if world.dividends == "ex_date" else pay_date
            if kind == "dividend" and pay is not None:
                self.due.append((pay, self.held[symbol] * amount))
        self.cash += sum(cash for pay, cash in self.due if pay <= number)
        self.due = [it for it in self.due if it[0] > number]
        for _, symbol, kind, ratio, *_ in today:
            if kind == "split":
                self.split(symbol, ratio)
        for symbol, bars in world.bars.items():
            bar = bars[number]
            self.last[symbol] = bar.close if bar else self.last[symbol]
            self.past[symbol].append((bar.close, bar.volume) if bar else (math.nan, 0.0))
        self.bar()
        for what in world.orders.get(number, ()):
            self.cancel(self.orders[what[1]]) if what[0] == "cancel" else self.place(*what)
        self.end()
        worth = [q * dec(round(self.last[it], 8)) for it, q in self.held.items() if q]
        return self.cash, self.cash + sum(worth)

    def end(self):
        """Sell what is delisted, and cancel what is good for the day."""
        for symbol in self.world.bars:
            if self.world.last[symbol] == self.number - 1:
                for order in self.book.pop(symbol, []):
                    order.ended = True
                if self.held[symbol]:
                    self.trade(symbol, -self.held[symbol], self.last[symbol])
        for order in [it for orders in self.book.values() for it in orders]:
            order.ended = order.ended or (self.world.eod and order.first <= self.number)

    def split(self, symbol, ratio):
        for order in self.book.get(symbol, []):
            order.split(ratio, self.units, zipline=self.world.zipline)
        held = float(self.held[symbol]) / ratio
        near = round(held)
        held = near if abs(held - near) <= 1e-9 * abs(held) else held
        self.basis[symbol] = round(self.basis[symbol] * ratio, 2)
        self.held[symbol] = Decimal(int(held))
        self.cash += dec(float(round((held - int(held)) * self.basis[symbol], 2)))

    def bar(self):
        """Fill orders: assets as they got their first open order, orders as they were placed."""
        self.book = {
            key: left for key, it in self.book.items() if (left := [o for o in it if o.left])
        }
        costs, entered = [], []
        for symbol, orders in self.book.items():
            bar, used = self.world.bars[symbol][self.number], Decimal(0)
            for order in orders if bar and bar.volume else ():
                if (
                    order.first > self.number
                    or not order.left
                    or not order.triggered(bar.close, self.world.zipline)
                ):
                    continue
                price, units = models.fill(self, order, bar, used)
                if not units and self.world.zipline and models.exhausted(self, bar, used):
                    break  # the triggers of further orders are not looked at
                if not units:
                    continue
                price = models.within(price, order, zipline=self.world.zipline)
                used += units
                units = units.copy_sign(order.amount)
                cost = models.cost(self, order, units, price)
                order.filled, order.charged = order.filled + units, order.charged + abs(units)
                order.paid += cost
                self.trade(symbol, units, price)
                self.fills.append((self.number, symbol, units, price))
                costs.append((symbol, cost))
                if order.exits:
                    entered.append((order, units, price))
                self.follow(order, units)
        for symbol, cost in costs:
            self.cash -= dec(float(cost))
            if self.held[symbol] and cost:
                held = float(self.held[symbol])
                self.basis[symbol] = (self.basis[symbol] * held + cost) / held
        for entry, units, price in entered:
            loss = self.add(entry.symbol, -units, None, entry.exits[0], price, 0)
            loss.partner = self.add(entry.symbol, -units, entry.exits[1], None, price, 0)
            loss.partner.partner, loss.entry, loss.partner.entry = loss, entry, entry
        self.book = {
            key: left for key, it in self.book.items() if (left := [o for o in it if o.left])
        }

    def follow(self, order, units):
        other = order.partner
        if order.entry is not None:
            order.entry.ended = True
        if other is not None and other.left:
            if order.left:
                other.amount -= min(abs(units), abs(other.left)).copy_sign(units)
            other.ended = not order.left or not other.left

    def trade(self, symbol, units, price):
        before = self.held[symbol]
        after = self.held[symbol] = before + units
        if not after:
            self.basis[symbol] = 0.0
        elif before * units > 0:
            paid = float(before) * self.basis[symbol] + float(units) * price
            self.basis[symbol] = paid / float(after)
        elif abs(units) > abs(before):
            self.basis[symbol] = price
        self.cash -= units * dec(price)

    def place(self, symbol, amount, style):
        name, *prices = style
        if name == "oco":
            first, second = (self.place(symbol, amount, it) for it in prices)
            first.partner, second.partner = second, first
            return first
        if name == "bracket":
            entry = self.place(symbol, amount, prices[0])
            entry.exits = tuple(
                self.ticked(it, down)
                for it, down in zip(prices[1:], (entry.buys, not entry.buys), strict=True)
            )
            return entry
        buys = amount > 0
        limit = self.ticked(prices[0], buys) if name in {"limit", "stoplimit"} else None
        stop = self.ticked(prices[-1], not buys) if name in {"stop", "stoplimit"} else None
        price = self.last[symbol] if self.number <= self.world.last[symbol] else math.nan
        order = self.add(symbol, dec(amount), limit, stop, price, self.world.latency)
        order.kind = name
        self.orders.append(order)
        if name == "trail":
            order.trail = tuple(prices)
            if not math.isnan(price):
                order.follow(price)
        return order

    def ticked(self, price, down):
        return price if self.world.crypto else tick(price, down)

    def add(self, symbol, amount, limit, stop, price, latency):
        order = Order(symbol, amount, limit, stop, self.number + 1 + latency)
        order.resting = limit is not None and stop is None and not order.reached(price)
        self.book.setdefault(symbol, []).append(order)
        return order

    def cancel(self, order):
        for it in (order, order.partner):
            if it is not None and it.left:
                it.ended = True
