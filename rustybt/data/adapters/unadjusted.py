"""Makes what was traded of prices that a source tells in the shares of a later day.

A source that divides its past by later splits writes the quotient with few digits. What was traded is
the product, and of all decimals that the written number may stand for the one with the fewest digits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isnan, prod
from typing import Final

import numpy as np

_LARGEST_TERM: Final = 10_000  # of a split in lowest terms, such as 10000 new for 1 old
_MOST_DECIMALS: Final = 12
_SCALE: Final = Decimal(10) ** -18


def ratio(new_per_old: float) -> Fraction:
    """Return a split that is written as a binary float: 0.3333333333333333 is 1 for 3."""
    return Fraction(new_per_old).limit_denominator(_LARGEST_TERM)


def after(days: Iterable[date], splits: Mapping[date, Fraction]) -> list[Fraction]:
    """Return for each day the shares that one of it has become by the splits after it."""
    found: dict[date, Fraction] = {}
    factors = []
    for day in days:
        if day not in found:
            later = [split for at, split in splits.items() if at > day]
            found[day] = prod(later, start=Fraction(1))
        factors.append(found[day])
    return factors


def traded(written: Sequence[float], factors: Sequence[Fraction]) -> list[str | None]:
    """Return prices as they were traded, as text.

    Parameters
    ----------
    written
        Prices divided by `factors`; one that is of single precision is taken for one. NaN is missing.
    factors
        As of `after`, one a price.

    Returns
    -------
    list
        The decimal of the fewest digits that, divided, is written so; None where the price is missing.

    Examples
    --------
    >>> traded([13.237000465393066], [Fraction(40)])
    ['529.48']
    """
    texts: list[str | None] = [None] * len(written)
    for factor in set(factors):
        places = [i for i, it in enumerate(factors) if it == factor and not isnan(written[i])]
        numbers = np.array([written[i] for i in places], np.float64)
        for i, text in zip(places, _shortest(numbers, factor), strict=True):
            texts[i] = text
    return texts


def exact(value: Fraction) -> Decimal:
    """Return a fraction as a decimal of at most 18 places."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_SCALE).normalize()


def shares(written: Sequence[float], factors: Sequence[Fraction]) -> list[str | None]:
    """Return volumes as they were traded, in whole shares where they were multiplied."""
    return [
        None if isnan(it) else str(round(Fraction(it) / by)) if by != 1 else _written(it)
        for it, by in zip(written, factors, strict=True)
    ]


def _shortest(numbers: np.ndarray, factor: Fraction) -> list[str]:
    single = numbers.astype(np.float32)
    told = numbers * float(factor)
    half = np.abs(np.spacing(single).astype(np.float64)) / 2 * float(factor)
    open_ = single.astype(np.float64) == numbers
    texts = [_product(number, factor) for number in numbers.tolist()]
    for decimals in range(_MOST_DECIMALS + 1):
        rounded = np.round(told, decimals)
        for i in np.flatnonzero(open_ & (np.abs(rounded - told) <= half)):
            texts[i] = f"{rounded[i]:.{decimals}f}"
            open_[i] = False
    return texts


def _product(number: float, factor: Fraction) -> str:
    """Return the product with a number that is no single: its shortest decimal is what was written."""
    return f"{exact(Fraction(_written(number)) * factor):f}"


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() else f"{Decimal(repr(number)):f}"
