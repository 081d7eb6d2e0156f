"""Random runs beside a plain loop over the same rules, in floats and without any of the machinery."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from rustybt.runner import run_algorithm

SESSIONS = 50
DAYS = [date(2020, 1, 6) + timedelta(days=it) for it in range(2 * SESSIONS)]
DAYS = [it for it in DAYS if it.weekday() < 5][:SESSIONS]
PAID = DAYS[33]
# In the order in which the bundle holds them; a ratio of a split multiplies the prices before it.
ACTIONS = [
    ("A", 12, "dividend", 0.99, 0.37, DAYS[15]),
    ("B", 20, "split", 10.0, None, None),
    ("A", 25, "dividend", 0.995, 0.2, PAID),
    ("A", 25, "split", 1 / 3, None, None),
    ("C", 30, "dividend", 0.97, 0.5, None),
]


def market(seed):
    """Return closes and volumes by symbol, None where there is no bar, and orders by session."""
    random = np.random.default_rng(seed)
    closes = {it: np.round(40 * np.exp(random.normal(0, 0.03, SESSIONS)), 2) for it in "ABC"}
    bars = {
        symbol: [(float(close), int(random.integers(500, 9000))) for close in listed]
        for symbol, listed in closes.items()
    }
    for session in range(2, SESSIONS - 1, 5):
        bars["C"][session] = None
    orders = {
        (session, symbol): int(random.normal(0, 500))
        for session in range(SESSIONS)
        for symbol in "ABC"
        if random.random() < 0.4
    }
    return bars, orders


class Plain:
    """The books of a run with default slippage and commission, one number at a time."""

    def __init__(self, dividends):
        self.dividends = dividends
        self.cash = 1e6
        self.held = dict.fromkeys("ABC", 0)
        self.basis = dict.fromkeys("ABC", 0.0)
        self.last = dict.fromkeys("ABC", math.nan)
        self.open = {}  # orders by symbol: [amount, filled, commission]
        self.due = []

    def live(self, bars, orders):
        """Return cash and portfolio value at the end of each session."""
        return [self.session(number, bars, orders) for number in range(SESSIONS)]

    def session(self, number, bars, orders):
        today = [it for it in ACTIONS if it[1] == number]
        self.earn(today, DAYS[number])
        for symbol, _, kind, ratio, *_ in today:
            self.last[symbol] *= ratio
            if kind == "split":
                self.split(symbol, ratio)
        for symbol in "ABC":
            if bars[symbol][number] is not None:
                self.last[symbol] = bars[symbol][number][0]
        costs = [it for symbol in self.open for it in self.fill(symbol, bars[symbol][number])]
        for symbol, cost in costs:
            self.cash -= cost
            if self.held[symbol]:
                self.basis[symbol] += cost / self.held[symbol]
        self.open = {key: left for key, it in self.open.items() if (left := self.unfilled(it))}
        for symbol in "ABC":
            if orders.get((number, symbol)):
                self.open.setdefault(symbol, []).append([orders[number, symbol], 0, 0.0])
        worth = sum(self.held[it] * self.last[it] for it in "ABC" if self.held[it])
        return self.cash, self.cash + worth

    def earn(self, actions, day):
        for symbol, _, kind, _, amount, pay_date in actions:
            paid = day if self.dividends == "ex_date" else pay_date
            if kind == "dividend" and paid is not None:
                self.due.append((paid, self.held[symbol] * amount))
        self.cash += sum(cash for paid, cash in self.due if paid <= day)
        self.due = [it for it in self.due if it[0] > day]

    def split(self, symbol, ratio):
        for order in self.open.get(symbol, []):
            order[:2] = [int(round(it / ratio, 6)) for it in order[:2]]
        units = round(self.held[symbol] / ratio, 6)
        self.held[symbol] = int(units)
        self.basis[symbol] = round(self.basis[symbol] * ratio, 2)
        self.cash += round((units - int(units)) * self.basis[symbol], 2)

    def fill(self, symbol, bar):
        room = int(0.1 * bar[1]) if bar else 0
        for order in self.open[symbol]:
            amount, filled, paid = order
            units = min(abs(amount - filled), room)
            if not units:
                continue
            room -= units
            units = int(math.copysign(units, amount))
            price = bar[0] * (1 + math.copysign(5e-4, amount))
            self.trade(symbol, units, price)
            # As in zipline, an order pays what its units so far cost, less what it has paid.
            cost = 0.001 * (abs(filled) if paid else 0) + 0.001 * abs(units) - paid
            order[1:] = [filled + units, paid + cost]
            yield symbol, cost

    def trade(self, symbol, units, price):
        before, after = self.held[symbol], self.held[symbol] + units
        if before * units >= 0:
            self.basis[symbol] = (before * self.basis[symbol] + units * price) / after
        elif before * after < 0:
            self.basis[symbol] = price
        self.held[symbol] = after
        self.cash -= units * price

    @staticmethod
    def unfilled(orders):
        return [it for it in orders if it[0] != it[1]]


@pytest.mark.parametrize("dividends", ["ex_date", "pay_date"])
@pytest.mark.parametrize("seed", range(4))
def test_a_random_run_is_that_of_a_plain_loop(make_bundle, seed, dividends):
    bars, orders = market(seed)
    state = {"bar": -1}

    def handle_data(context, _data):
        state["bar"] += 1
        for symbol in "ABC":
            if orders.get((state["bar"], symbol)):
                context.order(context.symbol(symbol), orders[state["bar"], symbol])

    perf = run_algorithm(
        DAYS[0],
        DAYS[-1],
        handle_data=handle_data,
        capital_base=1e6,
        root=make_bundle(bars, actions=ACTIONS),
        dividends=dividends,
    )
    wanted = Plain(dividends).live(bars, orders)
    found = perf[["ending_cash", "portfolio_value"]].to_numpy()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
