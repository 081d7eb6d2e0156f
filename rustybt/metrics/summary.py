"""The few numbers of a result that are printed."""

import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from rustybt.metrics.tables import session_days

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Summary:
    """A result in short.

    Parameters
    ----------
    first_session, last_session
        Sessions of the run, both inclusive.
    sessions
        Their number.
    final_value
        Portfolio value at the end, trade currency.
    total_return
        Relative to the capital; 0.01 is one percent.
    sharpe
        Yearly; None where it is not defined.
    max_drawdown
        At most 0; -0.1 is ten percent below the peak.
    fills
        Number of fills, closings of delisted positions included.
    """

    first_session: date
    last_session: date
    sessions: int
    final_value: float
    total_return: float
    sharpe: float | None
    max_drawdown: float
    fills: int

    def rows(self) -> list[tuple[str, str]]:
        """Return the summary as text, a name and a value a row."""
        return [
            ("sessions", f"{self.sessions} from {self.first_session} to {self.last_session}"),
            ("final value", f"{self.final_value:,.2f}"),
            ("total return", f"{self.total_return:+.2%}"),
            ("Sharpe ratio", "-" if self.sharpe is None else f"{self.sharpe:.3f}"),
            ("max drawdown", f"{self.max_drawdown:.2%}"),
            ("fills", f"{self.fills:,}"),
        ]

    def to_dict(self) -> dict[str, object]:
        """Return the summary for JSON."""
        days = {"first_session": str(self.first_session), "last_session": str(self.last_session)}
        return {**asdict(self), **days}

    def __str__(self) -> str:
        return "\n".join(f"{name:<14}{value}" for name, value in self.rows())


def sessions(perf: "pd.DataFrame") -> list[date]:
    """Return the label of each session of a result frame.

    It is the day in which the middle of the session lies: a session may open on the day before
    or, round the clock, close on the day after.
    """
    found: list[date] = session_days(perf).tolist()
    return found


def summary(perf: "pd.DataFrame") -> Summary:
    """Return the summary of a result frame."""
    last, days = perf.iloc[-1], sessions(perf)
    sharpe = float(last["sharpe"])
    return Summary(
        first_session=days[0],
        last_session=days[-1],
        sessions=len(perf),
        final_value=float(last["portfolio_value"]),
        total_return=float(last["algorithm_period_return"]),
        sharpe=None if math.isnan(sharpe) else sharpe,
        max_drawdown=float(last["max_drawdown"]),
        fills=int(perf["transactions"].map(len).sum()),
    )
