"""Backtests and pipelines on a warehouse of market data.

Names are loaded when they are first used, so that ``import rustybt`` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rustybt.algorithm import TradingAlgorithm
    from rustybt.runner import run_algorithm

__version__ = "0.1.0"

__all__ = ["TradingAlgorithm", "__version__", "run_algorithm"]

_HOMES = {"TradingAlgorithm": "rustybt.algorithm", "run_algorithm": "rustybt.runner"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'rustybt' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
