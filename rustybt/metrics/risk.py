"""Risk measures of the returns so far, kept up to date in constant time a session.

Means and variances are Welford's, so that a long run loses no digits. A measure that is not
finite is None.
"""

import math
from bisect import insort
from collections.abc import Mapping
from typing import Final

YEAR: Final = 252  # sessions; zipline's, for every calendar
_TAILS: Final = {"95": 0.05, "99": 0.01}
_CONSTANT: Final = 1e-30  # variance below which empyrical takes a benchmark for constant


class Moments:
    """Mean and variance of two series and their covariance, one pair at a time."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = self.other_mean = 0.0
        self._squares = self._other_squares = self._products = 0.0

    def add(self, value: float, other: float) -> None:
        """Take in one pair."""
        self.count += 1
        step, other_step = value - self.mean, other - self.other_mean
        self.mean += step / self.count
        self.other_mean += other_step / self.count
        self._squares += step * (value - self.mean)
        self._other_squares += other_step * (other - self.other_mean)
        self._products += step * (other - self.other_mean)

    @property
    def deviation(self) -> float:
        """Standard deviation of the first series, ddof 1; at least two pairs."""
        return math.sqrt(self._squares / (self.count - 1))

    @property
    def other_deviation(self) -> float:
        """Standard deviation of the second series, ddof 1; at least two pairs."""
        return math.sqrt(self._other_squares / (self.count - 1))

    @property
    def slope(self) -> float | None:
        """Slope of the first series on the second; None while the second is constant."""
        return (
            self._products / self._other_squares
            if self._other_squares >= _CONSTANT * self.count
            else None
        )


class Risk:
    """Measures of a series of daily returns beside those of a benchmark."""

    def __init__(self) -> None:
        self._moments = Moments()
        self._losses_squared = 0.0
        self._growth = self._peak = self._benchmark_growth = 1.0
        self._drawdown = 0.0
        self._sorted: list[float] = []
        self._gains = self._losses = 0.0
        self._wins = 0

    def add(self, value: float, benchmark: float) -> None:
        """Take in the returns of one session."""
        self._moments.add(value, benchmark)
        self._losses_squared += min(value, 0.0) ** 2
        self._growth *= 1.0 + value
        self._benchmark_growth *= 1.0 + benchmark
        self._peak = max(self._peak, self._growth)
        self._drawdown = min(self._drawdown, (self._growth - self._peak) / self._peak)
        insort(self._sorted, value)
        self._gains += max(value, 0.0)
        self._losses -= min(value, 0.0)
        self._wins += value > 0

    def measures(self) -> Mapping[str, float | None]:
        """Return the measures of all sessions so far, by the name of their column."""
        moments = self._moments
        count = moments.count
        several = count > 1
        volatility = moments.deviation * math.sqrt(YEAR) if several else None
        beta = moments.slope if several else None
        downside = math.sqrt(self._losses_squared / count * YEAR) if several else None
        return {
            "algo_volatility": volatility,
            "benchmark_period_return": self._benchmark_growth - 1.0,
            "benchmark_volatility": moments.other_deviation * math.sqrt(YEAR) if several else None,
            "alpha": self._alpha(beta),
            "beta": beta,
            "sharpe": _ratio(moments.mean * YEAR, volatility),
            "sortino": _ratio(moments.mean * YEAR, downside),
            "max_drawdown": self._drawdown,
            "calmar_ratio": _ratio(self._yearly_growth() - 1.0, -self._drawdown),
            **self._tails(),
            "win_rate": self._wins / count,
            "profit_factor": _ratio(self._gains, self._losses),
        }

    def _alpha(self, beta: float | None) -> float | None:
        if beta is None:
            return None
        daily = self._moments.mean - beta * self._moments.other_mean
        return (1.0 + daily) ** YEAR - 1.0

    def _yearly_growth(self) -> float:
        growth = max(self._growth, 0.0)
        try:
            return float(growth ** (YEAR / self._moments.count))
        except OverflowError:  # a first session of great gain, taken to a year
            return math.inf

    def _tails(self) -> Mapping[str, float]:
        tails = {}
        for name, share in _TAILS.items():
            beyond = self._sorted[: int((len(self._sorted) - 1) * share) + 1]  # as empyrical
            tails[f"var_{name}"] = _quantile(self._sorted, share)
            tails[f"cvar_{name}"] = math.fsum(beyond) / len(beyond)
        return {name: tails[name] for name in ("var_95", "var_99", "cvar_95", "cvar_99")}


def _quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _ratio(part: float, whole: float | None) -> float | None:
    if not whole:
        return None
    found = part / whole
    return found if math.isfinite(found) else None
