"""The p-value of a correlation, which SQL has no function for.

Without a correlation, the angle whose sine is the one observed has a density that goes with a power
of its cosine. The integral of that is a sum over few nodes, whose rest is below 1e-11 of it.
"""

from functools import reduce
from math import exp, lgamma
from operator import add

import numpy as np

from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    arc_sine,
    choose,
    cosine,
    kept,
    least,
    number,
    power,
    square_root,
)

_TINY = 2e-20  # what SciPy leaves of a perfect correlation, whose t would be infinite
_NODES = 16
_NODES_OF_DEFINITION = 200


def two_sided(size: Quantity, unexplained: Quantity, freedom: int) -> Quantity:
    """Return the probability of a correlation at least as far from 0, if there is none.

    Parameters
    ----------
    size
        Correlation without its sign; at most 1, up to rounding.
    unexplained
        The share of the variance that it leaves, ``1 - size ** 2``.
    freedom
        Degrees of freedom, the number of pairs less 2; at least 1.
    """
    rest = unexplained + _TINY
    share = kept(rest / (rest + size * size))
    tail = share.compare("<", exp(-5 / (freedom / 2)))
    return choose(tail, _tail(share, freedom), 1 - _centre(size, freedom))


def _tail(rest: Quantity, freedom: int) -> Quantity:
    # The integral from the correlation to 1, by Gauss and Laguerre: no digit cancels.
    a = freedom / 2
    nodes, weights = np.polynomial.laguerre.laggauss(_NODES)
    heights = [
        float(weight) / square_root(1 - rest * exp(-node / a))
        for node, weight in zip(nodes, weights, strict=True)
    ]
    return power(rest, a) / (a * _beta(a, 0.5)) * reduce(add, heights)


def _centre(size: Quantity, freedom: int) -> Quantity:
    # The integral from 0 to the correlation, by Gauss and Legendre.
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    angle = kept(arc_sine(size.when_present(least(size, number(1)))))
    heights = [
        float(weight) * power(cosine(angle * (node + 1) / 2), freedom - 1)
        for node, weight in zip(nodes, weights, strict=True)
    ]
    return angle / _beta(freedom / 2, 0.5) * reduce(add, heights)


def two_sided_integral(size: Array, unexplained: Array, freedom: int) -> Array:
    """Return the same from its definition as an integral, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_OF_DEFINITION)
    angle = np.arctan2(np.sqrt(unexplained + _TINY), size)
    heights = np.sin(angle * (nodes[:, None] + 1) / 2) ** (freedom - 1)
    area = angle / 2 * (weights[:, None] * heights).sum(axis=0)
    total: Array = 2 * area / _beta(freedom / 2, 0.5)
    return total


def _beta(a: float, b: float) -> float:
    return exp(lgamma(a) + lgamma(b) - lgamma(a + b))
