"""The strategy and the empty loop of `backtest.py` in zipline, for the Python of its virtual environment.

Prints CPU and wall seconds of both over the bundle ``bench`` in $ZIPLINE_ROOT, the empty loop first, then the
number of orders. The stocks are those named in the file that is the first argument.
"""

import sys
import time
from pathlib import Path

import pandas as pd  # noqa: TID253 - a program of its own, which zipline's Python runs
from zipline import run_algorithm
from zipline.api import order, symbols
from zipline.data import bundles
from zipline.data.bundles.csvdir import csvdir_equities

SYMBOLS = Path(sys.argv[1]).read_text().split()
FIRST, LAST = (pd.Timestamp(it) for it in sys.argv[2:])


def initialize(context):
    context.assets = symbols(*SYMBOLS)
    context.held = set()
    context.orders = 0


def nothing(_context, _data):
    pass


def cross(context, data):
    context.bars = getattr(context, "bars", 0) + 1
    if context.bars < 50:
        return
    closes = data.history(context.assets, "close", 50, "1d").to_numpy()
    slow, fast = closes.mean(axis=0), closes[-20:].mean(axis=0)
    for number, asset in enumerate(context.assets):
        if fast[number] > slow[number]:
            if asset not in context.held:
                context.held.add(asset)
                order(asset, 100)
                context.orders += 1
        elif asset in context.held:
            context.held.discard(asset)
            order(asset, -100)
            context.orders += 1


def main():
    """Run both."""
    bundles.register("bench", csvdir_equities(["daily"], "."), calendar_name="XNYS")
    seen = []
    for hook in (nothing, cross):
        cpu, wall = time.process_time(), time.perf_counter()
        run_algorithm(
            start=FIRST,
            end=LAST,
            initialize=initialize,
            handle_data=hook,
            analyze=lambda context, _perf: seen.append(context.orders),
            capital_base=1e7,
            bundle="bench",
        )
        print(time.process_time() - cpu, time.perf_counter() - wall, seen[-1])


if __name__ == "__main__":
    main()
