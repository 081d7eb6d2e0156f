"""The rows of the result frame: what each session ended with, as zipline defines it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rustybt.finance.calendar import Session
from rustybt.finance.holdings import Holdings, Valuation
from rustybt.finance.order import Order
from rustybt.finance.portfolio import ratio
from rustybt.finance.transaction import Transaction
from rustybt.metrics.risk import Risk

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = (
    "period_open",
    "period_close",
    "returns",
    "pnl",
    "capital_used",
    "orders",
    "transactions",
    "positions",
    "starting_exposure",
    "ending_exposure",
    "starting_value",
    "ending_value",
    "starting_cash",
    "ending_cash",
    "portfolio_value",
    "longs_count",
    "shorts_count",
    "long_value",
    "short_value",
    "long_exposure",
    "short_exposure",
    "gross_leverage",
    "net_leverage",
    "max_leverage",
    "algorithm_period_return",
    "algo_volatility",
    "benchmark_period_return",
    "benchmark_volatility",
    "excess_return",
    "treasury_period_return",
    "alpha",
    "beta",
    "sharpe",
    "sortino",
    "max_drawdown",
    "trading_days",
    "period_label",
    "calmar_ratio",
    "var_95",
    "var_99",
    "cvar_95",
    "cvar_99",
    "win_rate",
    "profit_factor",
)
_SOMETIMES: Final = (
    "algo_volatility",
    "benchmark_volatility",
    "alpha",
    "beta",
    "sharpe",
    "sortino",
    "calmar_ratio",
    "profit_factor",
)  # None where not defined
_MINUTE: Final = timedelta(minutes=1)

Row = dict[str, Any]


class DailyRows:
    """Collects one row a session and makes the result frame of them.

    Parameters
    ----------
    holdings
        The books of the run.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._risk = Risk()
        self._rows: list[Row] = []
        self._recorded: dict[str, None] = {}
        self._period_return = 0.0
        self._max_leverage = 0.0
        self._before = holdings.value()
        self._cash_before = self._baseline_cash = holdings.cash
        self._baseline = self._before.equity

    def open_session(self) -> None:
        """Note the values that `starting_*` and `pnl` count from: after dividends are paid."""
        self._baseline_cash = self._holdings.cash
        paid = self._baseline_cash - self._cash_before
        self._baseline = self._before.equity + paid

    def close_session(
        self,
        session: Session,
        *,
        orders: Sequence[Order],
        transactions: Sequence[Transaction],
        recorded: Mapping[str, Any],
        benchmark: float,
    ) -> None:
        """Add the row of a session that has ended."""
        now, cash = self._holdings.value(), self._holdings.cash
        previous = float(self._before.equity)
        returns = float(now.equity - self._before.equity) / previous if previous else 0.0
        self._period_return = (1.0 + self._period_return) * (1.0 + returns) - 1.0
        self._risk.add(returns, benchmark)
        row: Row = {
            "period_open": session.opened + _MINUTE,
            "period_close": session.closed,
            "returns": returns,
            "pnl": float(now.equity - self._baseline),
            "capital_used": float(cash - self._cash_before),
            "orders": [it.to_dict() for it in orders],
            "transactions": transactions,
            "positions": self._holdings.snapshot(),
            "starting_exposure": float(self._before.net_value),
            "starting_value": float(self._before.net_value),
            "starting_cash": float(self._baseline_cash),
            "ending_cash": float(cash),
            "algorithm_period_return": self._period_return,
            "excess_return": 0.0,  # zipline's constants: there is no treasury curve
            "treasury_period_return": 0.0,
            "trading_days": len(self._rows) + 1,
            "period_label": f"{session.label:%Y-%m}",
            **self._exposures(now),
            **self._risk.measures(),
            **recorded,
        }
        self._recorded.update(dict.fromkeys(recorded))
        self._rows.append(row)
        self._before, self._cash_before = now, cash

    def _exposures(self, now: Valuation) -> Row:
        value, net = float(now.equity), float(now.net_value)
        gross = ratio(float(now.long_value - now.short_value), value)
        self._max_leverage = max(self._max_leverage, gross)
        return {
            "ending_exposure": net,
            "ending_value": net,
            "portfolio_value": value,
            "longs_count": now.longs,
            "shorts_count": now.shorts,
            "long_value": float(now.long_value),
            "short_value": float(now.short_value),
            "long_exposure": float(now.long_value),
            "short_exposure": float(now.short_value),
            "gross_leverage": gross,
            "net_leverage": ratio(net, value),
            "max_leverage": self._max_leverage,
        }

    def frame(self) -> "pd.DataFrame":
        """Return the result: one row a session, indexed by its close (UTC), columns in fixed order.

        Columns the strategy recorded come last, in the order of their first recording. `orders`,
        `transactions` and `positions` hold lists of dictionaries.
        """
        import pandas as pd

        names = [*COLUMNS, *self._recorded]
        columns: dict[str, list[Any]] = {
            name: [row.get(name) for row in self._rows] for name in names
        }
        columns["transactions"] = [[it.to_dict() for it in day] for day in columns["transactions"]]
        columns["positions"] = [it.to_dicts() for it in columns["positions"]]
        index = pd.DatetimeIndex(columns["period_close"], tz="UTC").as_unit("ns")
        frame = pd.DataFrame(columns, index=index)
        for name in ("period_open", "period_close"):
            frame[name] = pd.DatetimeIndex(frame[name], tz="UTC").as_unit("ns")
        return frame.astype(dict.fromkeys(_SOMETIMES, "float64"))
