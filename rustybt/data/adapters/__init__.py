"""Sources that are asked for bars, trades and actions: one contract, and an adapter for each source.

Adapters are loaded when they are first used, since each brings libraries of its own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rustybt.data.adapters.adapter import Connection, DataAdapter, Reach
from rustybt.data.adapters.frame import ACTIONS, ASSETS, BARS, FUNDING, TRADES
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.adapters.report import Ending, Fetched, FetchReport, Page, SymbolReport
from rustybt.data.adapters.request import Request
from rustybt.data.resolutions import RESOLUTIONS

if TYPE_CHECKING:
    from rustybt.data.adapters.alpaca import AlpacaAdapter
    from rustybt.data.adapters.alphavantage import AlphaVantageAdapter
    from rustybt.data.adapters.cached import CachedAdapter
    from rustybt.data.adapters.ccxt import CCXTAdapter
    from rustybt.data.adapters.csv import CSVAdapter, CSVConfig, SchemaMapping
    from rustybt.data.adapters.polygon import PolygonAdapter
    from rustybt.data.adapters.resampled import ResampledAdapter
    from rustybt.data.adapters.yahoo import YFinanceAdapter

__all__ = [
    "ACTIONS",
    "ASSETS",
    "BARS",
    "FUNDING",
    "RESOLUTIONS",
    "TRADES",
    "AdapterRegistry",
    "AlpacaAdapter",
    "AlphaVantageAdapter",
    "CCXTAdapter",
    "CSVAdapter",
    "CSVConfig",
    "CachedAdapter",
    "Connection",
    "DataAdapter",
    "Ending",
    "FetchReport",
    "Fetched",
    "Page",
    "PolygonAdapter",
    "Reach",
    "Request",
    "ResampledAdapter",
    "SchemaMapping",
    "SymbolReport",
    "YFinanceAdapter",
]

_HOMES = {
    "AlpacaAdapter": "alpaca",
    "AlphaVantageAdapter": "alphavantage",
    "CCXTAdapter": "ccxt",
    "CachedAdapter": "cached",
    "CSVAdapter": "csv",
    "CSVConfig": "csv",
    "PolygonAdapter": "polygon",
    "ResampledAdapter": "resampled",
    "SchemaMapping": "csv",
    "YFinanceAdapter": "yahoo",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
