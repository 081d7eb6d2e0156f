"""Compares random runs with a plain backtest in decimals, digit by digit.

Run as ``python tests/campaigns/plain_backtests.py [--count 500] [--first 0]``. Each seed is a market of
four assets with splits, dividends, delistings and gaps, models of slippage and commission, and orders of
all styles. It ends with 1 if a fill, a day's cash or value, or the exact cash at the end differs.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from pathlib import Path

BACKTEST = Path(__file__).parents[1] / "backtest"
sys.path.insert(0, str(BACKTEST))
from conftest import write_bundle  # noqa: E402 - its folder is no package
from plain_backtest import Plain  # noqa: E402 - likewise
from random_worlds import bundle, compared, made  # noqa: E402 - likewise


def differing(seed: int) -> tuple[list[str], int]:
    """Return what differs for a seed, and the number of fills compared."""
    world = made(seed)
    bars, actions = bundle(world)
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder), bars, actions, name="random", crypto=world.crypto)
        plain = Plain(world)
        return compared(world, plain, Path(folder)), len(plain.fills)


def main() -> int:
    """Compare the runs asked for, print each seed that differs and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    wrong, fills = 0, 0
    for seed in range(asked.first, asked.first + asked.count):
        differ, count = differing(seed)
        fills += count
        if differ:
            wrong += 1
            print(f"seed {seed}: {', '.join(differ)} differ")
    last = asked.first + asked.count - 1
    print(f"seeds {asked.first} to {last}: {asked.count} runs, {fills} fills, {wrong} runs differ")
    return 1 if wrong or not fills else 0


if __name__ == "__main__":
    sys.exit(main())
