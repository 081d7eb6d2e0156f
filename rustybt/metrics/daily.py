"""The rows of the result frame: what each session ended with, as zipline defines it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from rustybt.finance.calendar import Session
from rustybt.finance.holdings import Holdings, Valuation
from rustybt.finance.order import Order
from rustybt.finance.portfolio import ratio
from rustybt.finance.transaction import Transaction
from rustybt.metrics.classic import Day, risk_report
from rustybt.metrics.risk import Risk
from rustybt.metrics.rows import PositionRows

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
_BARE: Final = ("period_open", "period_close")  # what is left without metrics

MetricsSet = Literal["default", "classic", "none"]
METRICS_SETS: Final = ("default", "classic", "none")

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
        self._days: list[Day] = []
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

    def change_capital(self, amount: Decimal) -> None:
        """Count from a base that cash of the owner has changed; it is no gain of the session."""
        self._before = self._before._replace(equity=self._before.equity + amount)
        self._cash_before += amount
        self._baseline += amount
        self._baseline_cash += amount

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
            "positions": PositionRows(self._holdings.snapshot()),
            "starting_exposure": float(self._before.net_exposure),
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
        self._days.append(Day(session.label, returns, benchmark, row["gross_leverage"]))
        self._recorded.update(dict.fromkeys(recorded))
        self._rows.append(row)
        self._before, self._cash_before = now, cash

    def _exposures(self, now: Valuation) -> Row:
        value, exposure = float(now.equity), float(now.net_exposure)
        gross = ratio(float(now.long_exposure - now.short_exposure), value)
        self._max_leverage = max(self._max_leverage, gross)
        return {
            "ending_exposure": exposure,
            "ending_value": float(now.net_value),
            "portfolio_value": value,
            "longs_count": now.longs,
            "shorts_count": now.shorts,
            "long_value": float(now.long_value),
            "short_value": float(now.short_value),
            "long_exposure": float(now.long_exposure),
            "short_exposure": float(now.short_exposure),
            "gross_leverage": gross,
            "net_leverage": ratio(exposure, value),
            "max_leverage": self._max_leverage,
        }

    def frame(self, metrics_set: MetricsSet = "default") -> "pd.DataFrame":
        """Return the result: one row a session, indexed by its close (UTC), columns in fixed order.

        Columns the strategy recorded come last, in the order of their first recording. `orders`,
        `transactions` and `positions` hold lists of dictionaries.

        Parameters
        ----------
        metrics_set
            ``'none'`` leaves out all but the hours of the session and what was recorded;
            ``'classic'`` adds zipline's report of risk by month as ``frame.attrs["risk_report"]``.
        """
        bare = metrics_set == "none"
        names = [*(_BARE if bare else COLUMNS), *self._recorded]
        columns: dict[str, list[Any]] = {
            name: [row.get(name) for row in self._rows] for name in names
        }
        lists = {} if bare else {it: columns[it] for it in ("orders", "transactions", "positions")}
        if lists:
            lists["transactions"] = [[it.to_dict() for it in day] for day in lists["transactions"]]
        frame = frame_of(columns, lists)
        if metrics_set == "classic":
            frame.attrs["risk_report"] = risk_report(self._days)
        return frame


def frame_of(
    columns: Mapping[str, list[Any]], lists: Mapping[str, list[Sequence[Mapping[str, Any]]]]
) -> "pd.DataFrame":
    """Return a result frame.

    Parameters
    ----------
    columns
        Values by name; recorded ones in their order.
    lists
        Orders, transactions and positions of each session; empty for a frame without metrics.
    """
    import pandas as pd

    own = COLUMNS if lists else _BARE
    given = {**columns, **lists}
    names = [*own, *(it for it in columns if it not in COLUMNS)]
    index = pd.DatetimeIndex(given["period_close"], tz="UTC").as_unit("ns")
    frame = pd.DataFrame({name: given[name] for name in names}, index=index)
    for name in _BARE:
        frame[name] = pd.DatetimeIndex(frame[name], tz="UTC").as_unit("ns")
    return frame.astype({it: "float64" for it in _SOMETIMES if it in names})
