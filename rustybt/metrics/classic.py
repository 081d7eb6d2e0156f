"""zipline's classic report of risk: the measures of each window of one, three, six or twelve months."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from rustybt.metrics.risk import Risk

WINDOWS: Final = {"one_month": 1, "three_month": 3, "six_month": 6, "twelve_month": 12}
_MEASURES: Final = (
    "alpha",
    "beta",
    "sortino",
    "algo_volatility",
    "benchmark_volatility",
    "max_drawdown",
)

Report = dict[str, list[dict[str, Any]]]


class Day(NamedTuple):
    """A session as the report takes it: returns as ratios, leverage as long minus short over value."""

    session: date
    returns: float
    benchmark: float
    leverage: float


def risk_report(days: Sequence[Day]) -> Report:
    """Return one mapping a window, oldest first, by `WINDOWS`; a window begins in every month.

    A measure that is not defined is None, but a Sharpe ratio 0.0, as zipline has it.
    """
    months: dict[int, list[Day]] = {}
    for day in days:
        months.setdefault(day.session.year * 12 + day.session.month - 1, []).append(day)
    numbers = range(min(months, default=0), max(months, default=-1) + 1)
    return {
        name: [
            _period([day for month in numbers[at : at + length] for day in months.get(month, ())])
            for at in range(len(numbers) - length + 1)
        ]
        for name, length in WINDOWS.items()
    }


def _period(days: Sequence[Day]) -> dict[str, Any]:
    risk = Risk()
    growth = 1.0
    for day in days:
        risk.add(day.returns, day.benchmark)
        growth *= 1.0 + day.returns
    measures: Mapping[str, float | None] = risk.measures() if days else {}
    return {
        "algorithm_period_return": growth - 1.0,
        "benchmark_period_return": measures.get("benchmark_period_return"),
        "treasury_period_return": 0,
        "excess_return": growth - 1.0,
        "sharpe": measures.get("sharpe") or 0.0,
        "period_label": f"{days[-1].session:%Y-%m}" if days else None,
        "trading_days": len(days),
        "max_leverage": max((day.leverage for day in days), default=None),
        **{name: measures.get(name) for name in _MEASURES},
    }
