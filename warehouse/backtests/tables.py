"""The tables of a stored run, as the views of the schema ``backtests`` show them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import pyarrow as pa

from warehouse.schema import Column

ARROW: Final[Mapping[str, pa.DataType]] = {
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
}
SCHEMA: Final = "backtests"

ID: Final = Column("run", "VARCHAR", "Id of the run; ids sort by the time of the start")
_SESSION = Column("session", "DATE", "Trading session")
_SID = Column("sid", "INTEGER", "Number of the asset in the bundle of the run")
_SYMBOL = Column("symbol", "VARCHAR", "Symbol of the asset")


class Table(NamedTuple):
    """A table of every run; the views add the id of the run in front.

    `derived` has the columns that only the views have, each with the one of the file that it is cast
    from.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    derived: Mapping[str, str] = MappingProxyType({})

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns of the file."""
        return tuple(it for it in self.columns if it.name not in self.derived)

    @property
    def shown(self) -> tuple[tuple[str, Column], ...]:
        """The columns of the view, each with the one of the file that it is made of."""
        return tuple((self.derived.get(it.name, it.name), it) for it in self.columns)


def _money(*names: str) -> tuple[Column, ...]:
    told = "Trade currency; zipline's column of the name"
    return tuple(Column(it, "DOUBLE", told) for it in names)


def _ratios(*names: str) -> tuple[Column, ...]:
    told = "Ratio, 0.01 is one percent; NULL where not defined; zipline's column of the name"
    return tuple(Column(it, "DOUBLE", told) for it in names)


RUNS: Final = Table(
    "runs",
    "One row per stored run of a backtest",
    (
        Column(
            "name", "VARCHAR", "As given, else that of the strategy; the newest run of it counts"
        ),
        Column("tags", "VARCHAR[]", "As given"),
        Column("sweep", "VARCHAR", "Sweep that it is part of; NULL for a run of its own"),
        Column("status", "VARCHAR", "finished, failed or interrupted"),
        Column("error", "VARCHAR", "Why it is not finished"),
        Column("started_at", "TIMESTAMP", "UTC"),
        Column("finished_at", "TIMESTAMP", "UTC"),
        Column("bundle", "VARCHAR", "Bundle that it ran on"),
        Column("snapshot", "BIGINT", "Version of the bundle; a vacuum keeps it"),
        Column("snapshot_sha256", "VARCHAR", "Of the manifest of that version, hex"),
        Column("calendar", "VARCHAR", "Exchange calendar of the bundle"),
        Column("first_day", "DATE", "Start as asked for, inclusive"),
        Column("last_day", "DATE", "End as asked for, inclusive"),
        Column("sessions", "BIGINT", "Sessions that were lived"),
        Column("capital", "DOUBLE", "Cash at the start, trade currency"),
        Column("final_value", "DOUBLE", "Portfolio value at the end, trade currency"),
        Column("total_return", "DOUBLE", "Relative to the capital; 0.01 is one percent"),
        Column("sharpe", "DOUBLE", "Yearly; NULL where not defined"),
        Column("max_drawdown", "DOUBLE", "At most 0; -0.1 is ten percent below the peak"),
        Column("orders", "BIGINT", "Orders placed"),
        Column("fills", "BIGINT", "Fills, closings of delisted positions included"),
        Column("digest", "VARCHAR", "SHA-256 of the result, hex; equal runs have equal ones"),
        Column("strategy", "VARCHAR", "Where the strategy comes from"),
        Column("parameters", "VARCHAR", "Parameters of the strategy, JSON"),
        Column("settings", "VARCHAR", "Models and options of the run, JSON"),
        Column("source", "VARCHAR", "Text of the strategy; NULL where there is none"),
        Column("source_sha256", "VARCHAR", "Of that text, hex"),
        Column("rustybt_version", "VARCHAR", "Release of rustybt"),
        Column("rustybt_sha256", "VARCHAR", "Of the program texts of rustybt and warehouse, hex"),
        Column("versions", "VARCHAR", "Python and libraries, JSON"),
    ),
)
DAILY: Final = Table(
    "daily",
    "One row per run and session: the numbers of the result frame",
    (
        _SESSION,
        Column("period_open", "TIMESTAMP", "First minute of the session, UTC"),
        Column("period_close", "TIMESTAMP", "Close of the session, UTC"),
        *_ratios("returns"),
        *_money(
            *("pnl", "capital_used", "starting_exposure", "ending_exposure", "starting_value"),
            *("ending_value", "starting_cash", "ending_cash", "portfolio_value"),
        ),
        Column("longs_count", "BIGINT", "Positions held long"),
        Column("shorts_count", "BIGINT", "Positions held short"),
        *_money("long_value", "short_value", "long_exposure", "short_exposure"),
        *_ratios(
            *("gross_leverage", "net_leverage", "max_leverage", "algorithm_period_return"),
            *("algo_volatility", "benchmark_period_return", "benchmark_volatility"),
            *("excess_return", "treasury_period_return", "alpha", "beta", "sharpe", "sortino"),
            "max_drawdown",
        ),
        Column("trading_days", "BIGINT", "Sessions so far"),
        Column("period_label", "VARCHAR", "Year and month"),
        *_ratios(
            *("calmar_ratio", "var_95", "var_99", "cvar_95", "cvar_99", "win_rate"),
            "profit_factor",
        ),
        Column("recorded", "VARCHAR", "What the strategy recorded, a JSON object by name"),
    ),
)
ORDERS: Final = Table(
    "orders",
    "One row per run, session and order that was placed, filled or cancelled in it, as it then stood",
    (
        _SESSION,
        Column("id", "BIGINT", "Number of the order in its run, from 1"),
        Column("created", "TIMESTAMP", "When it was placed, UTC"),
        Column("dt", "TIMESTAMP", "When it last changed, UTC"),
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative to sell"),
        Column("filled", "DOUBLE", "Units filled so far, signed"),
        Column("commission", "DOUBLE", "Paid so far, trade currency"),
        Column("limit", "DOUBLE", "Limit price, trade currency; NULL without"),
        Column("stop", "DOUBLE", "Stop price, trade currency; NULL without or once it was reached"),
        Column("limit_reached", "BOOLEAN", "Whether its limit was reached"),
        Column("stop_reached", "BOOLEAN", "Whether its stop was reached"),
        Column("status", "BIGINT", "0 open, 1 filled, 2 cancelled; others as the order says"),
        Column("further", "VARCHAR", "What else the order says of itself, JSON"),
    ),
)
FILLS: Final = Table(
    "fills",
    "One row per run and fill, in the order of filling",
    (
        _SESSION,
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative when sold"),
        Column("price", "DOUBLE", "Trade currency a unit, slippage included"),
        Column("dt", "TIMESTAMP", "When it filled, UTC"),
        Column(
            "order_id",
            "BIGINT",
            "Order that it fills; NULL when a delisting or an expiry closed the position",
        ),
        Column("commission", "DOUBLE", "NULL: zipline books it to the order"),
        Column(
            "reason",
            "VARCHAR",
            "liquidation, expiry or delisting; empty where the strategy ordered it; NULL in a run "
            "stored before there were reasons",
        ),
    ),
)
POSITIONS: Final = Table(
    "positions",
    "One row per run, session and position held at its end",
    (
        _SESSION,
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative when short"),
        Column("cost_basis", "DOUBLE", "Average price paid a unit, commissions included"),
        Column("last_sale_price", "DOUBLE", "Last known price, trade currency"),
    ),
)
LEDGER: Final = Table(
    "ledger",
    "One row per run and posting of the double-entry books; the postings of an entry sum to 0",
    (
        Column("entry", "BIGINT", "Number of the entry in its run, from 1"),
        _SESSION,
        Column("kind", "VARCHAR", "capital, fill, commission, split, liquidation …"),
        Column(
            "account", "VARCHAR", "cash, capital, holding, … and the currency if not the account's"
        ),
        Column("value", "DOUBLE", "Trade currency, debits positive; the nearest number"),
        Column("exact_value", "VARCHAR", "The same, with every digit"),
        _SID,
        Column(
            "exact_quantity", "VARCHAR", "Units gained, with every digit; NULL off the holdings"
        ),
    ),
    {"value": "exact_value"},
)
TABLES: Final = (RUNS, DAILY, ORDERS, FILLS, POSITIONS, LEDGER)
