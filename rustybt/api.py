"""The words of a strategy as functions, for strategies written as functions of a module.

They speak to the algorithm whose hook is being called.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from rustybt.algorithm import TradingAlgorithm, active
from rustybt.errors import HookError
from rustybt.finance import cancel_policy, commission, execution, latency, slippage
from rustybt.finance.cancel_policy import EODCancel, NeverCancel
from rustybt.finance.restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    Restriction,
    StaticRestrictions,
)
from rustybt.finance.slippage import (
    FixedBasisPointsSlippage,
    FixedSlippage,
    VolumeShareSlippage,
)
from rustybt.simulation.schedule import date_rules, time_rules


def _word(method: Callable[..., Any]) -> Callable[..., Any]:
    name = method.__name__

    @wraps(method)
    def word(*arguments: Any, **named: Any) -> Any:
        algorithm = active.get(None)
        if algorithm is None:
            raise HookError(name, "code that is not a hook", "a hook of a running strategy")
        return getattr(algorithm, name)(*arguments, **named)

    return word


attach_pipeline = _word(TradingAlgorithm.attach_pipeline)
batch_market_order = _word(TradingAlgorithm.batch_market_order)
cancel_order = _word(TradingAlgorithm.cancel_order)
continuous_future = _word(TradingAlgorithm.continuous_future)
fetch_csv = _word(TradingAlgorithm.fetch_csv)
future_symbol = _word(TradingAlgorithm.future_symbol)
get_datetime = _word(TradingAlgorithm.get_datetime)
get_environment = _word(TradingAlgorithm.get_environment)
get_open_orders = _word(TradingAlgorithm.get_open_orders)
get_order = _word(TradingAlgorithm.get_order)
order = _word(TradingAlgorithm.order)
order_percent = _word(TradingAlgorithm.order_percent)
order_target = _word(TradingAlgorithm.order_target)
order_target_percent = _word(TradingAlgorithm.order_target_percent)
order_target_value = _word(TradingAlgorithm.order_target_value)
order_value = _word(TradingAlgorithm.order_value)
pipeline_output = _word(TradingAlgorithm.pipeline_output)
record = _word(TradingAlgorithm.record)
register_account_control = _word(TradingAlgorithm.register_account_control)
register_trading_control = _word(TradingAlgorithm.register_trading_control)
schedule_function = _word(TradingAlgorithm.schedule_function)
set_asset_restrictions = _word(TradingAlgorithm.set_asset_restrictions)
set_benchmark = _word(TradingAlgorithm.set_benchmark)
set_borrow_cost = _word(TradingAlgorithm.set_borrow_cost)
set_cancel_policy = _word(TradingAlgorithm.set_cancel_policy)
set_commission = _word(TradingAlgorithm.set_commission)
set_do_not_order_list = _word(TradingAlgorithm.set_do_not_order_list)
set_latency = _word(TradingAlgorithm.set_latency)
set_long_only = _word(TradingAlgorithm.set_long_only)
set_max_leverage = _word(TradingAlgorithm.set_max_leverage)
set_max_order_count = _word(TradingAlgorithm.set_max_order_count)
set_max_order_size = _word(TradingAlgorithm.set_max_order_size)
set_max_position_size = _word(TradingAlgorithm.set_max_position_size)
set_min_leverage = _word(TradingAlgorithm.set_min_leverage)
set_slippage = _word(TradingAlgorithm.set_slippage)
set_symbol_lookup_date = _word(TradingAlgorithm.set_symbol_lookup_date)
sid = _word(TradingAlgorithm.sid)
symbol = _word(TradingAlgorithm.symbol)
symbols = _word(TradingAlgorithm.symbols)

__all__ = [
    "RESTRICTION_STATES",
    "EODCancel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "HistoricalRestrictions",
    "NeverCancel",
    "Restriction",
    "StaticRestrictions",
    "VolumeShareSlippage",
    "attach_pipeline",
    "batch_market_order",
    "cancel_order",
    "cancel_policy",
    "commission",
    "continuous_future",
    "date_rules",
    "execution",
    "fetch_csv",
    "future_symbol",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "latency",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_value",
    "order_value",
    "pipeline_output",
    "record",
    "register_account_control",
    "register_trading_control",
    "schedule_function",
    "set_asset_restrictions",
    "set_benchmark",
    "set_borrow_cost",
    "set_cancel_policy",
    "set_commission",
    "set_do_not_order_list",
    "set_latency",
    "set_long_only",
    "set_max_leverage",
    "set_max_order_count",
    "set_max_order_size",
    "set_max_position_size",
    "set_min_leverage",
    "set_slippage",
    "set_symbol_lookup_date",
    "sid",
    "slippage",
    "symbol",
    "symbols",
    "time_rules",
]
