"""Least squares over the window, with what it says about its own certainty."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.assets import Asset
from rustybt.pipeline.expression import Filter
from rustybt.pipeline.factors.change import Returns
from rustybt.pipeline.factors.outputs import MultiFactor
from rustybt.pipeline.factors.pair import EXAMPLE_ASSET, returns_over, sliced
from rustybt.pipeline.factors.window import checked_count
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array, nonzero
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    choose,
    greatest,
    kept,
    least,
    number,
    square_root,
)
from rustybt.pipeline.vocabulary.student import two_sided, two_sided_integral


class RollingLinearRegression(MultiFactor):
    """Straight line through the pairs of two factors over the window.

    Parameters
    ----------
    dependent
        What is explained.
    independent
        What explains it: a factor or column, or a slice ``factor[asset]``.
    regression_length
        Pairs; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: ``beta = cov(x, y) / var(x)``, ``alpha = mean(y) - beta * mean(x)``, ``r_value`` is the
    correlation, ``p_value`` its two-sided probability by Student's t with ``regression_length - 2``
    degrees of freedom, ``stderr = sqrt((1 - r_value ** 2) * var(y) / var(x) / (n - 2))``.
    Units: ``alpha`` and ``beta`` those of the inputs, ``p_value`` 0 to 1.
    Nulls: NULL when one value of the window is missing or all of `independent` are equal. Where all
    of `dependent` are equal, ``r_value``, ``p_value`` and ``stderr`` are NULL, of two pairs the last
    two 1 and 0.
    """

    arity: ClassVar[int] = 2
    shortest: ClassVar[int] = 2
    outputs: ClassVar[tuple[str, ...]] = ("alpha", "beta", "r_value", "p_value", "stderr")

    def __init__(
        self,
        dependent: Term,
        independent: Term,
        regression_length: int,
        mask: Filter | None = None,
    ) -> None:
        length = checked_count(self._name, "regression_length", regression_length, least=2)
        inputs = (dependent, independent)
        super().__init__(inputs=inputs, window_length=length, mask=mask)

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        y, x = inputs
        frame, freedom = self.frame, self.frame.length - 2
        # Variances as covariances: for a series and itself all three are then the same to the bit.
        spread, height = kept(frame.covariance(x, x)), kept(frame.covariance(y, y))
        joint = kept(frame.covariance(x, y))
        sloped = spread.compare(">", 0).both(frame.complete(x, y))
        beta = kept((joint / spread).masked(sloped))
        # Where all of y are equal, there is nothing to explain.
        explains = sloped.both(height.compare(">", 0))
        r = kept((joint / square_root(spread * height)).masked(explains))
        whole = spread * height
        # Exactly 0 for a series and itself, which a root and its square would miss.
        unsure = (whole - joint * joint) / whole
        unexplained = kept(greatest(unsure, number(0)).masked(explains))
        if freedom == 0:
            # A line through two points explains them whole, unless there is nothing to explain.
            certain = choose(height.compare("==", 0), number(1), number(0)).masked(sloped)
            error = beta.like(number(0).sql).masked(sloped)
        else:
            certain = two_sided(abs(r), unexplained, freedom)
            error = square_root(unexplained * height / spread / freedom)
        return {
            "alpha": (frame.mean(y) - beta * frame.mean(x)).masked(sloped),
            "beta": beta,
            "r_value": r.when_present(greatest(least(r, number(1)), number(-1))),
            "p_value": certain,
            "stderr": error,
        }

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        y, x = windows
        freedom = len(x) - 2
        across, up = x - x.mean(axis=0), y - y.mean(axis=0)
        spread, height = (across**2).sum(axis=0), (up**2).sum(axis=0)
        joint = (across * up).sum(axis=0)
        beta = joint / nonzero(spread)
        whole = nonzero(spread) * nonzero(height)
        r = np.clip(joint / np.sqrt(whole), -1, 1)
        unexplained = np.maximum(1 - joint**2 / whole, 0)
        if freedom == 0:
            certain, error = np.where(height == 0, 1.0, 0.0) + 0 * beta, 0 * beta
        else:
            certain = two_sided_integral(np.abs(r), unexplained, freedom)
            error = np.sqrt(unexplained * height / nonzero(spread) / freedom)
        alpha = y.mean(axis=0) - beta * x.mean(axis=0)
        return {"alpha": alpha, "beta": beta, "r_value": r, "p_value": certain, "stderr": error}

    @classmethod
    @override
    def instances(cls) -> "tuple[RollingLinearRegression, ...]":
        returns = Returns(window_length=2)
        target = sliced(returns, EXAMPLE_ASSET)
        return tuple(cls(returns, target, length) for length in (2, 3, 6))


class RollingLinearRegressionOfReturns(RollingLinearRegression):
    """Straight line through the returns of each asset against those of one.

    Parameters
    ----------
    target
        The asset whose returns explain those of the others.
    returns_length
        Sessions of a return, as the `window_length` of `Returns`; at least 2.
    regression_length
        Pairs of returns; at least 2.
    mask
        Assets it is computed for; the others get NULL. The whole universe if None.

    Notes
    -----
    Formula: that of `RollingLinearRegression` of returns on the target's returns.
    Units: ratios; ``p_value`` 0 to 1.
    Nulls: NULL when one return of the window is missing or all of the target are equal.
    """

    def __init__(
        self,
        target: Asset,
        returns_length: int,
        regression_length: int,
        mask: Filter | None = None,
    ) -> None:
        returns = returns_over(self._name, returns_length)
        super().__init__(returns, sliced(returns, target), regression_length, mask)

    @classmethod
    @override
    def instances(cls) -> "tuple[RollingLinearRegressionOfReturns, ...]":
        return (cls(EXAMPLE_ASSET, 3, 5),)
