"""Sources that are asked for bars, trades and actions: one contract, and an adapter for each source."""

from rustybt.data.adapters.adapter import Connection, DataAdapter, Reach
from rustybt.data.adapters.csv import CSVAdapter, CSVConfig, SchemaMapping
from rustybt.data.adapters.frame import ACTIONS, ASSETS, BARS, FUNDING, TRADES
from rustybt.data.adapters.report import Ending, Fetched, FetchReport, Page, SymbolReport
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.yahoo import YFinanceAdapter
from rustybt.data.resolutions import RESOLUTIONS

__all__ = [
    "ACTIONS",
    "ASSETS",
    "BARS",
    "FUNDING",
    "RESOLUTIONS",
    "TRADES",
    "CSVAdapter",
    "CSVConfig",
    "Connection",
    "DataAdapter",
    "Ending",
    "FetchReport",
    "Fetched",
    "Page",
    "Reach",
    "Request",
    "SchemaMapping",
    "SymbolReport",
    "YFinanceAdapter",
]
