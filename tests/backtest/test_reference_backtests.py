"""The six backtests that were run with zipline-reloaded on twelve stocks, 2005 to 2021."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rustybt.algorithm import TradingAlgorithm
from rustybt.api import date_rules
from rustybt.finance import commission as cost
from rustybt.finance import slippage as slip
from rustybt.runner import run_algorithm

pytestmark = pytest.mark.reference

MONEY = [
    "portfolio_value",
    "ending_cash",
    "ending_value",
    "pnl",
    "capital_used",
    "long_exposure",
    "short_exposure",
]


def read_parquet(path: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path)


class Universe(TradingAlgorithm):
    def initialize(self, context):
        context.universe = list(self.asset_finder)
        context.bar = 0


class BuyHold(Universe):
    amount, number = 100, 0

    def handle_data(self, context, data):  # noqa: ARG002 - the hook's
        context.bar += 1
        if context.bar == 1:
            self.order(context.universe[self.number], self.amount)


class ShortHold(BuyHold):
    amount, number = -100, -1


class SmaCross(Universe):
    def handle_data(self, context, data):
        closes = data.history(context.universe, "close", 50, "1d")
        fast, slow = closes.iloc[-20:].mean(), closes.mean()
        for asset in context.universe:
            held = context.portfolio.positions[asset].amount
            if fast[asset] > slow[asset] and held == 0:
                self.order(asset, 500)
            elif fast[asset] < slow[asset] and held > 0:
                self.order_target(asset, 0)


class MonthlyRebalance(Universe):
    def initialize(self, context):
        super().initialize(context)
        self.schedule_function(rebalance, date_rules.month_start())


def rebalance(context, data):
    for asset in context.universe:
        if data.can_trade(asset):
            context.order_target_percent(asset, 1 / 12)


class LimitStop(Universe):
    def handle_data(self, context, data):
        context.bar += 1
        for asset in context.universe[:4]:
            self.trade(asset, context, data)

    def trade(self, asset, context, data):
        if context.bar % 21 not in {1, 11}:
            return
        held = context.portfolio.positions[asset].amount
        price = data.current(asset, "close")
        if context.bar % 21 == 11:
            if held > 0:
                self.order(asset, -100, limit_price=price * 1.01, stop_price=price * 0.99)
            return
        for order in context.get_open_orders(asset):
            context.cancel_order(order)
        if held <= 0:
            self.order(asset, 200, limit_price=price * 0.98)
        else:
            self.order(asset, -200, stop_price=price * 0.95)


class BigOrders(Universe):
    def handle_data(self, context, data):
        context.bar += 1
        if context.bar % 63 != 5:
            return
        sign = 1 if (context.bar // 63) % 2 == 0 else -1
        for asset in context.universe[:3]:
            self.order(asset, sign * int(0.05 * data.current(asset, "volume")))


FREE = (slip.NoSlippage(), cost.NoCommission())
RUNS: dict[str, tuple[type[TradingAlgorithm], Any, Any]] = {
    "buy_hold": (BuyHold, *FREE),
    "short_hold": (ShortHold, *FREE),
    "sma_cross_defaults": (SmaCross, None, None),
    "monthly_rebalance": (
        MonthlyRebalance,
        slip.VolumeShareSlippage(0.025, 0.1),
        cost.PerShare(0.005, min_trade_cost=1.0),
    ),
    "limit_stop": (LimitStop, slip.FixedSlippage(0.02), cost.PerTrade(5.0)),
    "big_orders_volume_limit": (
        BigOrders,
        slip.VolumeShareSlippage(0.01, 0.2),
        cost.PerDollar(0.001),
    ),
}


@pytest.fixture(scope="module")
def result(us_equities: Path) -> Callable[[str], Any]:
    kept: dict[str, Any] = {}

    def run(name: str) -> Any:
        if name not in kept:
            algorithm, slippage, commission = RUNS[name]
            kept[name] = run_algorithm(
                "2005-01-04",
                "2021-04-16",
                capital_base=1_000_000,
                algorithm=algorithm,
                bundle="us_equities",
                root=us_equities,
                slippage=slippage,
                commission=commission,
                dividends="pay_date",
                price_decimals=3,
                compat="zipline",
            )
        return kept[name]

    return run


@pytest.mark.parametrize("name", RUNS)
def test_every_fill_is_the_same(name, result, reference):
    wanted = read_parquet(reference / f"oracle/zipline_backtests/{name}.transactions.parquet")
    found = [it for day in result(name)["transactions"] for it in day]
    assert [
        (it["dt"].replace(tzinfo=None), it["sid"].symbol, it["amount"], it["price"]) for it in found
    ] == list(wanted[["dt", "symbol", "amount", "price"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("name", RUNS)
def test_every_daily_column_is_the_same(name, result, reference):
    wanted = read_parquet(reference / f"oracle/zipline_backtests/{name}.daily.parquet")
    found = result(name)
    assert [it.date() for it in found.index] == [it.date() for it in wanted.pop("session")]
    for column in wanted:
        tolerance = {"atol": 0.005, "rtol": 0} if column in MONEY else {"atol": 1e-9, "rtol": 1e-9}
        np.testing.assert_allclose(
            found[column].to_numpy(dtype=float),
            wanted[column].to_numpy(dtype=float),
            equal_nan=True,
            err_msg=column,
            **tolerance,
        )
    assert not math.isnan(found["portfolio_value"].iloc[-1])
