"""The rows of the result frame: what each session ended with, as zipline defines it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

from rustybt.finance.calendar import Session
from rustybt.finance.holdings import Holdings, Valuation
from rustybt.finance.order import Order
from rustybt.finance.portfolio import ratio
from rustybt.finance.transaction import Transaction
from rustybt.metrics.classic import Day, risk_report
from rustybt.metrics.risk import Risk
from rustybt.metrics.rows import FillRows, OrderRows, PositionRows

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
_LISTS: Final = ("orders", "transactions", "positions")
_WHOLE: Final = ("longs_count", "shorts_count", "trading_days")
_OTHER: Final = ("period_open", "period_close", "period_label", *_LISTS, *_WHOLE)
_NUMBERS: Final = frozenset(COLUMNS) - frozenset(_OTHER)  # NaN where not defined
_MINUTE: Final = timedelta(minutes=1)
_BARE: Final = ("period_open", "period_close")  # what is left without metrics

MetricsSet = Literal["default", "classic", "none"]
METRICS_SETS: Final = ("default", "classic", "none")


class Closed(NamedTuple):
    """A session that has ended: what its row of the result frame is made of.

    `before` and `cash_before` are those of the session before, `baseline` and `baseline_cash` what
    ``pnl`` and ``starting_cash`` count from. Money is in the account's currency, returns are ratios.
    """

    session: Session
    before: Valuation
    cash_before: Decimal
    baseline: Decimal
    baseline_cash: Decimal
    now: Valuation
    cash: Decimal
    returns: float
    benchmark: float
    orders: OrderRows
    fills: FillRows
    positions: PositionRows
    recorded: Mapping[str, Any]


class DailyRows:
    """Collects what each session ended with and makes the result frame of it.

    Parameters
    ----------
    holdings
        The books of the run.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._closed: list[Closed] = []
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
        orders: Iterable[Order],
        transactions: Sequence[Transaction],
        recorded: Mapping[str, Any],
        benchmark: float,
    ) -> None:
        """Take down a session that has ended."""
        now, cash, before = self._holdings.value(), self._holdings.cash, self._before
        previous = float(before.equity)
        closed = Closed(
            session,
            before,
            self._cash_before,
            self._baseline,
            self._baseline_cash,
            now,
            cash,
            float(now.equity - before.equity) / previous if previous else 0.0,
            benchmark,
            OrderRows([it.record() for it in orders]),
            FillRows(transactions),
            PositionRows(self._holdings.snapshot()),
            dict(recorded),
        )
        self._closed.append(closed)
        self._before, self._cash_before = now, cash

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
        closed = self._closed
        columns: dict[str, list[Any]] = {
            "period_open": [it.session.opened + _MINUTE for it in closed],
            "period_close": [it.session.closed for it in closed],
        }
        lists: dict[str, list[Any]] = {}
        if metrics_set != "none":
            columns |= {**_money(closed), **_exposures(closed), **_measures(closed)}
            lists = {
                "orders": [it.orders for it in closed],
                "transactions": [it.fills for it in closed],
                "positions": [it.positions for it in closed],
            }
        for name in dict.fromkeys(name for it in closed for name in it.recorded):
            columns[name] = [it.recorded.get(name) for it in closed]
        frame = frame_of(columns, lists)
        if metrics_set == "classic":
            returns = ((it.session.label, it.returns, it.benchmark) for it in closed)
            days = zip(returns, columns["gross_leverage"], strict=True)
            frame.attrs["risk_report"] = risk_report([Day(*day, gross) for day, gross in days])
        return frame


def _money(closed: Sequence[Closed]) -> dict[str, list[Any]]:
    return {
        "returns": [it.returns for it in closed],
        "pnl": [float(it.now.equity - it.baseline) for it in closed],
        "capital_used": [float(it.cash - it.cash_before) for it in closed],
        "starting_exposure": [float(it.before.net_exposure) for it in closed],
        "starting_value": [float(it.before.net_value) for it in closed],
        "starting_cash": [float(it.baseline_cash) for it in closed],
        "ending_cash": [float(it.cash) for it in closed],
        "excess_return": [0.0] * len(closed),  # zipline's constants: there is no treasury curve
        "treasury_period_return": [0.0] * len(closed),
        "trading_days": list(range(1, len(closed) + 1)),
        "period_label": [f"{it.session.label:%Y-%m}" for it in closed],
    }


def _exposures(closed: Sequence[Closed]) -> dict[str, list[Any]]:
    ends = [it.now for it in closed]
    values = [float(it.equity) for it in ends]
    exposures = [float(it.net_exposure) for it in ends]
    at_stake = [float(it.long_exposure - it.short_exposure) for it in ends]
    gross = list(map(ratio, at_stake, values))
    return {
        "ending_exposure": exposures,
        "ending_value": [float(it.net_value) for it in ends],
        "portfolio_value": values,
        "longs_count": [it.longs for it in ends],
        "shorts_count": [it.shorts for it in ends],
        "long_value": [float(it.long_value) for it in ends],
        "short_value": [float(it.short_value) for it in ends],
        "long_exposure": [float(it.long_exposure) for it in ends],
        "short_exposure": [float(it.short_exposure) for it in ends],
        "gross_leverage": gross,
        "net_leverage": list(map(ratio, exposures, values)),
        "max_leverage": list(accumulate(gross, max, initial=0.0))[1:],
    }


def _measures(closed: Sequence[Closed]) -> dict[str, list[Any]]:
    """Return the measures of the returns up to each session."""
    risk, growth = Risk(), 0.0
    found: dict[str, list[Any]] = {"algorithm_period_return": []}
    for it in closed:
        growth = (1.0 + growth) * (1.0 + it.returns) - 1.0
        found["algorithm_period_return"].append(growth)
        risk.add(it.returns, it.benchmark)
        for name, value in risk.measures().items():
            found.setdefault(name, []).append(value)
    return found


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
    # Before the first session has ended there are no measures either.
    typed: dict[str, Any] = {name: given.get(name, []) for name in names}
    for name in own:
        if name in _NUMBERS:
            typed[name] = np.array(typed[name], dtype=np.float64)
        elif name in _WHOLE:
            typed[name] = np.array(typed[name], dtype=np.int64)
        elif name in _BARE:
            typed[name] = pd.DatetimeIndex(typed[name], tz="UTC").as_unit("ns")
    return pd.DataFrame(typed, index=index)
