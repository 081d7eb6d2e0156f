"""The words of a strategy as functions, for strategies written as functions of a module.

They speak to the algorithm whose hook is being called.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from rustybt.algorithm import TradingAlgorithm, active
from rustybt.errors import HookError
from rustybt.finance import commission, execution, slippage
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
cancel_order = _word(TradingAlgorithm.cancel_order)
get_datetime = _word(TradingAlgorithm.get_datetime)
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
schedule_function = _word(TradingAlgorithm.schedule_function)
set_commission = _word(TradingAlgorithm.set_commission)
set_slippage = _word(TradingAlgorithm.set_slippage)
sid = _word(TradingAlgorithm.sid)
symbol = _word(TradingAlgorithm.symbol)
symbols = _word(TradingAlgorithm.symbols)

__all__ = [
    "attach_pipeline",
    "cancel_order",
    "commission",
    "date_rules",
    "execution",
    "get_datetime",
    "get_open_orders",
    "get_order",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_value",
    "order_value",
    "pipeline_output",
    "record",
    "schedule_function",
    "set_commission",
    "set_slippage",
    "sid",
    "slippage",
    "symbol",
    "symbols",
    "time_rules",
]
