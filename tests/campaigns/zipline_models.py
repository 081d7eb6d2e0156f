"""Compares every model of slippage and commission with zipline's own class, fill by fill.

Run as ``python tests/campaigns/zipline_models.py [--count 3000] [--seed 1]``. Random orders, partly filled and
with limits or none, meet random bars in both; zipline gets a virtual environment of its own in the folder
of ``--peers``, once. Prices, amounts and costs must be equal to 1e-12. It ends with 1 if one is not.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rustybt.assets import Asset
from rustybt.errors import HistoryError
from rustybt.finance import commission, slippage
from rustybt.finance.order import Order
from rustybt.finance.transaction import Transaction

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "bench"))
from peers import FOLDER, ZIPLINE, installed  # noqa: E402 - its folder is no package

DAY = date(2020, 1, 6)
NOW = datetime(2020, 1, 6, 21, tzinfo=UTC)
SHARE = Asset(0, "A", "XNYS", "equity", DAY, DAY)
WINDOW = 21

Case = dict[str, Any]

SLIPPAGES = {
    "FixedSlippage": [{}, {"spread": 0.05}],
    "FixedBasisPointsSlippage": [{}, {"basis_points": 13.0, "volume_limit": 0.03}],
    "VolumeShareSlippage": [{}, {"volume_limit": 0.1, "price_impact": 0.7}],
    "NoSlippage": [{}],
    "VolatilityVolumeShare": [{"volume_limit": 0.05}, {"volume_limit": 0.3, "eta": 0.2}],
}
COMMISSIONS = {
    "PerShare": [{}, {"cost": 0.005, "min_trade_cost": 1.0}],
    "PerTrade": [{"cost": 1.25}],
    "PerDollar": [{}, {"cost": 0.0004}],
    "PerContract": [
        {"cost": 0.85, "exchange_fee": 1.5},
        {"cost": 0.2, "exchange_fee": 0.3, "min_trade_cost": 5.0},
    ],
    "NoCommission": [{}],
}


class Bars:
    """A bar and the twenty sessions before it, as a model asks for them."""

    def __init__(self, case: Case) -> None:
        self._bar, self._past = case["bar"], case["past"]
        self.current_session = case["number"]

    def current(self, _asset: Asset, fields: str) -> float:
        """Return a field of the bar."""
        return float(self._bar["close" if fields == "price" else fields])

    def history(self, _asset: Asset, fields: str, count: int, _unit: str, *, as_: str) -> Any:
        """Return the sessions before and this one."""
        if self._past is None:
            raise HistoryError(count, f"none, as {as_} or otherwise")
        past = np.array(self._past[fields], dtype=float)
        return past[-count:]


def drawn(count: int, seed: int) -> list[Case]:
    """Return random cases: a bar, sessions before it and orders of one asset."""
    random = np.random.default_rng(seed)
    return [_case(random, number) for number in range(count)]


def _case(random: np.random.Generator, number: int) -> Case:
    close = round(float(random.uniform(2, 300)), 2)
    volume = float(random.integers(0, 20_000)) * (random.random() > 0.05)
    bar = {"close": close, "high": close * 1.01, "low": close * 0.985, "volume": volume}
    closes = close * np.exp(np.cumsum(random.normal(0, 0.02, WINDOW)))
    closes[1:-1][random.random(WINDOW - 2) < 0.05] = math.nan
    past = {"close": closes.tolist(), "volume": random.integers(0, 9000, WINDOW).tolist()}
    orders = []
    for _ in range(int(random.integers(1, 4))):
        amount = int(random.normal(0, 900)) or 1
        limit = round(close * float(random.uniform(0.97, 1.03)), 2)
        orders.append(
            {
                "amount": amount,
                "filled": int(amount * random.random() * (random.random() < 0.4)),
                "paid": float(random.choice([0.0, 0.4, 2.5])),
                "limit": limit if random.random() < 0.4 else None,
            }
        )
    return {
        "number": number,
        "bar": bar,
        "past": past if random.random() > 0.1 else None,
        "orders": orders,
    }


def _order(told: Case) -> Order:
    made = Order(
        1, SHARE, told["amount"], limit=told["limit"], stop=None, created=NOW, as_zipline=True
    )
    made.filled, made.charged = told["filled"], abs(told["filled"])
    made.commission = told["paid"]
    return made


def ours(model: str, options: Case, cases: list[Case]) -> list[list[list[float]]]:
    """Return the fills of each case: number of the order, price, amount; or costs of each order."""
    if model in SLIPPAGES:
        slip = getattr(slippage, model)(**options)
        found = []
        for case in cases:
            # zipline's models without a limit of volume fill an order whole, whatever it has.
            fresh = {"filled": 0} if model in {"FixedSlippage", "NoSlippage"} else {}
            orders = [_order({**it, **fresh}) for it in case["orders"]]
            fills = slip.simulate(Bars(case), SHARE, orders, NOW)
            found.append([[orders.index(it), price, amount] for it, price, amount in fills])
        return found
    charge = getattr(commission, model)(**options)
    return [
        [[number, cost] for number, cost in enumerate(costs)] for costs in _costs(charge, cases)
    ]


def _costs(charge: commission.CommissionModel, cases: list[Case]) -> list[list[float]]:
    return [
        [
            charge.calculate(
                _order(it), Transaction(SHARE, it["amount"], case["bar"]["close"], NOW, 1)
            )
            for it in case["orders"]
        ]
        for case in cases
    ]


def jobs() -> list[tuple[str, Case]]:
    """Return every model with every choice of its options."""
    listed = {**SLIPPAGES, **COMMISSIONS}
    return [(model, options) for model, choices in listed.items() for options in choices]


def theirs(python: Path, cases: list[Case]) -> list[list[list[list[float]]]]:
    """Return zipline's answers to every job, in the form of `ours`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps({"jobs": jobs(), "slippages": [*SLIPPAGES], "cases": cases}))
        command = [python, "-W", "ignore", HERE / "zipline_fills.py", file]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    answers: list[list[list[list[float]]]] = json.loads(told)
    return answers


def differing(found: list[list[list[float]]], wanted: list[list[list[float]]]) -> list[int]:
    """Return the numbers of the cases whose answers are not equal."""
    return [
        number
        for number, (mine, other) in enumerate(zip(found, wanted, strict=True))
        if len(mine) != len(other)
        or not np.allclose(mine, other, rtol=1e-12, atol=1e-12, equal_nan=True)
    ]


def main() -> int:
    """Compare every model, print each that differs and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", type=Path, default=FOLDER)
    asked = parser.parse_args()
    cases = drawn(asked.count, asked.seed)
    python, wrong, answers = installed(ZIPLINE, asked.peers) / "python", 0, 0
    for (model, options), wanted in zip(jobs(), theirs(python, cases), strict=True):
        found = ours(model, options, cases)
        differ = differing(found, wanted)
        answers += sum(map(len, wanted))
        wrong += len(differ)
        if differ:
            at = differ[0]
            print(f"{model}({options}): {len(differ)} differ, the first {cases[at]}")
            print(f"  ours {found[at]}, zipline's {wanted[at]}")
    print(
        f"seed {asked.seed}: {len(jobs())} models, {answers} fills and costs, {wrong} cases differ"
    )
    return 1 if wrong or not answers else 0


if __name__ == "__main__":
    sys.exit(main())
