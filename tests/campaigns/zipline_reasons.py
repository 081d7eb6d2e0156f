"""Where our numbers differ from zipline's on purpose: each reason by name, and what it excuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Excuse = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Reason:
    """Values that may differ: in which terms, and which of them."""

    name: str
    terms: str  # a regular expression
    values: Excuse
    share: float = 1.0  # of the values of a term, at most


def _theirs_missing(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.isnan(expected) & ~np.isnan(found)


def _theirs_missing_or_false(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    return _theirs_missing(expected, found) | ((expected == 0) & (found == 1))


def _any(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.ones(expected.shape, dtype=bool)


RAISED = {
    "Bin edges must be unique": "quantiles of tied values: zipline raises",
    "All-NaN slice": "Aroon of an asset without values: zipline raises",
    "all x values are identical": "a regression on equal values: zipline raises",
    "zero-sized": "a mask that no asset passes: zipline raises",
    "NonWindowSafeInput": "windows over clipped or downsampled terms that are safe: zipline refuses",
    "empty_like": "groups by text: zipline raises",
    "NonExistentAssetInTimeFrame": "a target that was not always listed: zipline raises",
    "cannot traverse invalidated": "one volume as both inputs: zipline raises",
}

LAST_BIT = (
    "comparisons and ranks that the last bit decides: sums here are exact, zipline rounds each step"
)
LAST_BITS = 0.02  # of the values of a term, at most

REASONS = (
    Reason(
        "ranks among missing values, of other methods or in groups: NaN for all in zipline",
        r"rank\(method='(?!ordinal)|groupby=",
        _theirs_missing_or_false,
    ),
    Reason("the largest of negative values by top(1): another one in zipline", r"top\(1[,)]", _any),
    Reason(
        "a downsampled term downsampled again: zipline forgets the first period",
        r"downsample\('\w+'\)\.downsample",
        _any,
    ),
    Reason(
        "expressions before the first session of an asset: computed in zipline, missing here",
        r"(fillna|if_else|isnull|~|peer_count).*(downsample|inputs=)"
        r"|(downsample|inputs=).*(fillna|if_else|isnull|~)",
        _any,
    ),
    Reason(
        LAST_BIT,
        r"(?=.*(rank|top|bottom|percentile|quartile|decile|[<>]|!=|\.eq|pearman|%))"
        r"(?=.*(Average|EWMA|Bollinger|Volatility|VWAP|RSI|mean|zscore|Returns|PercentChange))",
        _any,
        share=LAST_BITS,
    ),
    Reason(
        "prices equal but for an action between: zipline multiplies by each ratio in turn",
        "^acted: ",
        _any,
        share=0.005,
    ),
)


KEPT_ROWS = "rows of assets that are gone, kept by a downsampled screen: none here"


def excused(text: str, wrong: np.ndarray, expected: np.ndarray, found: np.ndarray) -> str | None:
    """Return the reason why the values of a term may differ where they do; None without one."""
    if expected.dtype.kind in "UO":
        return None
    for reason in REASONS:
        allowed = reason.values(expected[wrong], found[wrong])
        if re.search(reason.terms, text) and allowed.all() and wrong.mean() <= reason.share:
            return reason.name
    return None


def raised_for(said: str) -> str | None:
    """Return the reason why zipline raised where we have values; None without one."""
    return next((name for part, name in RAISED.items() if part in said), None)
