"""Derives splits and dividends from the ratio of adjusted close to close.

Some vendors give no table of actions, only a second close that is adjusted for them. The ratio of the
two is constant between actions, known to the rounding of the adjusted close, so each session bounds it
by an interval; where the intervals since the last action and the next one have nothing in common, there
was an action.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]

SPLIT_JUMP = 1.2  # a larger jump of the ratio, up or down, is a split
FLOAT_NOISE = 1e-6  # of the ratio; vendors that compute in single precision reach 1e-7
AMOUNT_DECIMALS = 6
_LARGEST_TERM = 100  # of a split such as 3:2
_SPLIT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Action:
    """A split or dividend of one symbol.

    Parameters
    ----------
    session
        First session with the action.
    kind
        ``split`` or ``dividend``.
    ratio
        Of a split: what multiplies earlier prices, 0.5 for two new shares per old. None otherwise.
    amount
        Of a dividend: cash per share, 6 decimals; negative where the adjusted close has no sense.
    """

    session: date
    kind: str
    ratio: float | None = None
    amount: Decimal | None = None


def derive_actions(prices: pl.DataFrame) -> pl.DataFrame:
    """Derive the actions of every symbol.

    Parameters
    ----------
    prices
        ``symbol``, ``session``, ``close``, ``adjusted`` (floats) and ``adjusted_places``, the decimals
        that the source printed of the adjusted close; in any order. Rows without both closes above
        zero tell nothing.

    Returns
    -------
    polars.DataFrame
        ``symbol``, ``session``, ``kind``, ``ratio``, ``amount``, in order of symbol and session.

    Notes
    -----
    An amount is ``close_before * (1 - ratio_before / ratio)``: as exact as the vendor's adjusted close.
    """
    sound = prices.filter((pl.col("close") > 0) & (pl.col("adjusted") > 0)).sort(
        "symbol", "session"
    )
    rows = [
        (symbol, it.session, it.kind, it.ratio, it.amount)
        for (symbol,), of in sound.group_by("symbol", maintain_order=True)
        for it in actions_of(of)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "symbol": pl.String,
            "session": pl.Date,
            "kind": pl.String,
            "ratio": pl.Float64,
            "amount": pl.Decimal(38, 18),
        },
        orient="row",
    )


def actions_of(prices: pl.DataFrame) -> Iterator[Action]:
    """Yield the actions of one symbol, its rows in order of session; see `derive_actions`."""
    close = prices["close"].to_numpy()
    ratio = prices["adjusted"].to_numpy() / close
    # A trailing zero is not printed, so the longest of the printed numbers tells the rounding.
    places = int(prices["adjusted_places"].to_numpy().max())
    half = 0.5 * 10.0**-places / close + FLOAT_NOISE * ratio
    segments = list(_segments(ratio, ratio - half, ratio + half))
    for (_, before), (first, after) in pairwise(segments):
        session = prices["session"][first]
        yield _action(session, before / after, float(close[first - 1]))


def _segments(ratio: Array, low: Array, high: Array) -> Iterator[tuple[int, float]]:
    """Yield the first row of each stretch of one ratio, and the ratio."""
    first, lowest, highest = 0, low[0], high[0]
    for row in range(1, len(ratio) + 1):
        ended = row == len(ratio)
        if ended or low[row] > highest or high[row] < lowest:
            yield first, float(np.clip(np.median(ratio[first:row]), lowest, highest))
            if not ended:
                first, lowest, highest = row, low[row], high[row]
        else:
            lowest, highest = max(lowest, low[row]), min(highest, high[row])


def _action(session: date, ratio: float, close_before: float) -> Action:
    if max(ratio, 1 / ratio) > SPLIT_JUMP:
        return Action(session, "split", ratio=_simple(ratio))
    amount = Decimal(repr(close_before * (1 - ratio)))
    return Action(session, "dividend", amount=round(amount, AMOUNT_DECIMALS))


def _simple(ratio: float) -> float:
    """Return the ratio of two small whole numbers if one is near, else the ratio itself."""
    if ratio > 1:
        return 1 / _simple(1 / ratio)
    near = Fraction(ratio).limit_denominator(_LARGEST_TERM)
    return float(near) if near and abs(near / ratio - 1) <= _SPLIT_TOLERANCE else ratio
