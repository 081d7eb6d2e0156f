"""Runs of orders over bundles whose assets have terms, for tests by numbers worked out by hand."""

from datetime import date, timedelta

import pyarrow as pa

from rustybt.data.bundles import add_table
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm

FIRST = date(2020, 1, 6)  # a Monday


def told(root, dataset="assets", **columns):
    """Store a table beside the bars of the bundle ``small``."""
    add_table("small", dataset, pa.table(columns), root=root)
    return root


def day(number, *, crypto=False):
    """Return a session of a small bundle by its number."""
    if crypto:
        return FIRST + timedelta(days=number)
    return FIRST + timedelta(days=number + 2 * (number // 5))


class Seen:
    """What a run of orders has left."""

    def __init__(self, perf, context, cash):
        self.perf, self.context, self.cash = perf, context, cash
        self.ledger = context.ledger

    def kinds(self):
        return [it.kind for it in self.ledger.journal]


def orders(root, plan, *, sessions, capital=1000.0, crypto=False, commission=None, **options):
    """Order by plan: by the number of a bar, pairs of a symbol and units; `targets` likewise.

    Returns
    -------
    Seen
        Also of the cash that the strategy saw in each bar.
    """
    kept, cash, state = {}, [], {"bar": -1}
    prepare = options.pop("prepare", lambda _: None)
    targets = options.pop("targets", {})

    def initialize(context):
        kept["context"] = context
        prepare(context)

    def handle_data(context, data):
        state["bar"] += 1
        cash.append(context.portfolio.cash)
        for symbol, units in plan.get(state["bar"], ()):
            context.order(context.symbol(symbol), units)
        for symbol, units in targets.get(state["bar"], ()):
            context.order_target(context.symbol(symbol), units)

    perf = run_algorithm(
        day(0, crypto=crypto),
        day(sessions - 1, crypto=crypto),
        initialize,
        capital,
        handle_data,
        root=root,
        slippage=NoSlippage(),
        commission=commission or NoCommission(),
        **options,
    )
    return Seen(perf, kept["context"], cash)
