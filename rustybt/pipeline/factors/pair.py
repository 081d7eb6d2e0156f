"""Two series compared over the window: correlations and beta, mostly with those of one asset."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.assets import Asset
from rustybt.pipeline.expression import Filter
from rustybt.pipeline.factors.change import DailyReturns, Returns
from rustybt.pipeline.factors.window import WindowedFactor, checked_count, checked_number
from rustybt.pipeline.slice import Slice
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, nanmean, nonzero
from rustybt.pipeline.vocabulary.quantity import Quantity, square_root

EXAMPLE_ASSET: Final = Asset(0, "A", "XNYS", "equity", date.min, date.max)


class RollingPearson(WindowedFactor):
    """Pearson's correlation of two factors over the window.

    Parameters
    ----------
    base_factor
        The first series of each asset.
    target
        The second: a factor or column, or a slice ``factor[asset]``, which is one series for all.
    correlation_length
        Sessions that are compared; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: ``cov(x, y) / (std(x) * std(y))``.
    Units: -1 to 1, up to rounding.
    Nulls: NULL when one value of the window is missing or all of one series are equal.
    """

    arity: ClassVar[int] = 2
    shortest: ClassVar[int] = 2

    def __init__(
        self,
        base_factor: Term,
        target: Term,
        correlation_length: int,
        mask: Filter | None = None,
    ) -> None:
        length = checked_count(self._name, "correlation_length", correlation_length, least=2)
        inputs = (base_factor, target)
        super().__init__(inputs=inputs, window_length=length, mask=mask)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        x, y = inputs
        whole = self.frame.covariance(x, y).masked(self.frame.complete(x, y))
        # One root of the product, so that a series and itself have a correlation of exactly 1.
        return whole / square_root(self.frame.variance(x) * self.frame.variance(y))

    @override
    def compute(self, *windows: Array) -> Array:
        x, y = windows
        return _correlation(x, y)

    @classmethod
    @override
    def examples(cls) -> "tuple[RollingPearson, ...]":
        returns = Returns(window_length=2)
        volume, target = Returns(window_length=3), sliced(returns, EXAMPLE_ASSET)
        return cls(returns, target, 4), cls(returns, volume, 5)


class RollingSpearman(RollingPearson):
    """Spearman's correlation of two factors over the window: that of their ranks.

    Parameters
    ----------
    base_factor
        The first series of each asset.
    target
        The second: a factor or column, or a slice ``factor[asset]``, which is one series for all.
    correlation_length
        Sessions that are compared; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: Pearson's correlation of the ranks in the window, equal values sharing the mean of
    theirs. In `to_sql()` each window becomes a list that is sorted, and a row costs the square of its
    length; a run changes the ranks of the window before, and a row costs its length.
    Units: -1 to 1, up to rounding.
    Nulls: NULL when one value of the window is missing or all of one series are equal.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.frame.rank_correlation(*inputs)

    @override
    def compute(self, *windows: Array) -> Array:
        return _correlation(*(np.where(np.isnan(x), np.nan, _ranks(x)) for x in windows))


class RollingPearsonOfReturns(RollingPearson):
    """Pearson's correlation of the returns of each asset with those of one.

    Parameters
    ----------
    target
        The asset that all are compared with.
    returns_length
        Sessions of a return, as the `window_length` of `Returns`; at least 2.
    correlation_length
        Returns that are compared; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: ``cov(x, y) / (std(x) * std(y))``.
    Units: -1 to 1, up to rounding.
    Nulls: NULL when one return of the window is missing or all of one asset are equal.
    """

    def __init__(
        self,
        target: Asset,
        returns_length: int,
        correlation_length: int,
        mask: Filter | None = None,
    ) -> None:
        returns = returns_over(self._name, returns_length)
        super().__init__(returns, sliced(returns, target), correlation_length, mask)

    @classmethod
    @override
    def examples(cls) -> "tuple[RollingPearsonOfReturns, ...]":
        return (cls(EXAMPLE_ASSET, 3, 4),)


class RollingSpearmanOfReturns(RollingPearsonOfReturns, RollingSpearman):
    """Spearman's correlation of the returns of each asset with those of one.

    Parameters
    ----------
    target
        The asset that all are compared with.
    returns_length
        Sessions of a return, as the `window_length` of `Returns`; at least 2.
    correlation_length
        Returns that are compared; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: Pearson's correlation of the ranks in the window, equal values sharing the mean of
    theirs.
    Units: -1 to 1, up to rounding.
    Nulls: NULL when one return of the window is missing or all of one asset are equal.
    """

    @classmethod
    @override
    def examples(cls) -> "tuple[RollingSpearmanOfReturns, ...]":
        return (cls(EXAMPLE_ASSET, 2, 4),)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class SimpleBeta(WindowedFactor):
    """Slope of the daily returns of each asset against those of one.

    Parameters
    ----------
    target
        The asset that all are compared with.
    regression_length
        Returns that are compared; at least 3.
    allowed_missing_percentage
        Share of them that may be missing, 0 to 1.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: ``cov(x, y) / var(y)`` over the sessions in which both returns are there, `y` being
    those of the target.
    Units: a ratio.
    Nulls: skipped in pairs; NULL when more than
    ``int(allowed_missing_percentage * regression_length)`` are missing or those of the target are
    equal.
    """

    arity: ClassVar[int] = 2

    target: Asset
    allowed_missing_percentage: float

    def __init__(
        self,
        target: Asset,
        regression_length: int,
        allowed_missing_percentage: float = 0.25,
        mask: Filter | None = None,
    ) -> None:
        length = checked_count(self._name, "regression_length", regression_length, least=3)
        name = "allowed_missing_percentage"
        share = checked_number(self._name, name, allowed_missing_percentage, least=0, most=1)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, name, share)
        returns = DailyReturns()
        inputs = (returns, sliced(returns, target))
        super().__init__(inputs=inputs, window_length=length, mask=mask)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        x, y = inputs
        slope = self.frame.covariance(x, y) / self.frame.variance(x.when_present(y))
        pairs = self.frame.count(x.when_present(y))
        return slope.masked(pairs.compare(">=", self._pairs))

    @override
    def compute(self, *windows: Array) -> Array:
        x, target = windows
        y = np.where(np.isnan(x), np.nan, target)
        pairs = (~np.isnan(y)).sum(axis=0)
        apart = y - nanmean(y)
        slope = nanmean(apart * x) / nonzero(nanmean(apart**2))
        return np.where(pairs >= self._pairs, slope, np.nan)

    @property
    def _pairs(self) -> int:
        return self.frame.length - int(self.allowed_missing_percentage * self.frame.length)

    @classmethod
    @override
    def examples(cls) -> "tuple[SimpleBeta, ...]":
        return cls(EXAMPLE_ASSET, 4), cls(EXAMPLE_ASSET, 5, 0.5)


def sliced(factor: Term, asset: Asset) -> Slice:
    """Return the series of one asset."""
    return Slice(inputs=(factor,), asset=asset)


def returns_over(owner: str, returns_length: int) -> Returns:
    """Return the factor of returns over so many sessions, checked in the name of its owner."""
    return Returns(window_length=checked_count(owner, "returns_length", returns_length, least=2))


def _correlation(x: Array, y: Array) -> Array:
    across, up = x - x.mean(axis=0), y - y.mean(axis=0)
    joint: Array = (across * up).sum(axis=0)
    return joint / nonzero(np.sqrt((across**2).sum(axis=0) * (up**2).sum(axis=0)))


def _ranks(x: Array) -> Array:
    smaller: Array = (x[:, None] > x[None]).sum(axis=1, dtype=np.float64)
    larger: Array = (x[:, None] < x[None]).sum(axis=1, dtype=np.float64)
    return smaller - larger
