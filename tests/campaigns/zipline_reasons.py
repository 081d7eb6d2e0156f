"""Where our numbers differ from zipline's on purpose: each reason by name, and the rows that it excuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

RTOL = 1e-9
# The last bits of a sum, as a part of the largest value: what is left where terms cancel.
ATOL = 1e-11


@dataclass(frozen=True)
class Compared:
    """One term on both sides, on the same rows, by session and sid.

    Parameters
    ----------
    text
        The term, and its screen.
    sessions
        Of the rows, as days since 1970.
    expected, found
        zipline's values and ours.
    shaken
        Whether zipline gives another value in the session of the row when all prices are multiplied by
        a number that is nearly 1, so that its roundings fall otherwise.
    instead
        Our values of what zipline takes the term for (`taken_for`); missing if it takes it for itself.
    acted
        Whether a split or dividend of the asset of the row came before it.
    number_of_wrong
        Rows of the term that differ, without those that zipline's roundings decide.
    incomplete
        Whether a window of the term holds a session without a bar, of any asset of the run.
    started
        Whether the asset of the row was not yet listed somewhere in the windows of the term.
    """

    text: str
    sessions: np.ndarray
    expected: np.ndarray
    found: np.ndarray
    shaken: np.ndarray
    instead: np.ndarray
    acted: np.ndarray
    number_of_wrong: int
    incomplete: np.ndarray
    started: np.ndarray

    @cached_property
    def theirs_missing(self) -> np.ndarray:
        return np.isnan(self.expected) & ~np.isnan(self.found)

    @cached_property
    def ours_alone_pass(self) -> np.ndarray:
        return (self.expected == 0) & (self.found == 1)

    @cached_property
    def any_started(self) -> np.ndarray:
        """Whether any asset of the session had started."""
        return np.isin(self.sessions, self.sessions[self.started])

    @cached_property
    def one_passes(self) -> np.ndarray:
        """Whether as many assets of the session pass here as there."""
        _, place = np.unique(self.sessions, return_inverse=True)
        passing = [np.bincount(place, it == 1) for it in (self.expected, self.found)]
        return (passing[0] == passing[1])[place]


@dataclass(frozen=True)
class Reason:
    """Rows that may differ: of which terms, and which of them."""

    name: str
    terms: str  # a regular expression
    rows: Callable[[Compared], np.ndarray]


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

LAST_BIT = "comparisons and ranks that zipline's own roundings decide: they fall otherwise when all prices are multiplied by 1.000000000001"
DOWNSAMPLED_TWICE = r"\.downsample\('\w+'\)(?=\.downsample)"
SUMMARIES = (
    r"\.(mean|stddev|max|min|median|sum|notnull_count|peer_count|rank|demean|zscore|top|bottom)\("
)
KEPT_ROWS = "rows of assets that are gone, kept by a downsampled screen: none here"

REASONS = (
    Reason(LAST_BIT, "", lambda it: it.shaken),
    Reason(
        "ranks among missing values, of other methods or in groups: NaN for all in zipline",
        r"rank\(method='(?!ordinal)|groupby=",
        lambda it: (
            (it.theirs_missing | it.ours_alone_pass) & (it.incomplete | ("mask=" in it.text))
        ),
    ),
    Reason(
        "the largest of negative values by top(1): another one in zipline",
        r"^Returns\(window_length=\d+\)\.top\(1[,)]",
        lambda it: it.one_passes,
    ),
    Reason(
        "a downsampled term downsampled again: zipline forgets the first period",
        DOWNSAMPLED_TWICE,
        lambda it: ~apart(it.expected, it.instead),
    ),
    Reason(
        "1 to the power of a missing number, or that to the power of 0: 1 in zipline, missing here",
        r"\*\*",
        lambda it: (it.expected == 1) & np.isnan(it.found),
    ),
    Reason(
        "expressions before the first session of an asset: computed in zipline, missing here",
        r"(fillna|if_else|isnull|~|peer_count).*(downsample|inputs=)"
        r"|(downsample|inputs=).*(fillna|if_else|isnull|~)",
        lambda it: it.started | (it.any_started & bool(re.search(SUMMARIES, it.text))),
    ),
    Reason(
        "a price equal to another, or to the mean of some, after an action: equal once multiplied by each ratio in turn, or here",
        r"[<>%]|[!=]=|\.eq\(|MaxDrawdown|Aroon|rank|top|bottom|percentile",
        lambda it: it.acted & (it.number_of_wrong <= 3),
    ),
)


def taken_for(text: str) -> str:
    """Return the term that zipline computes in place of another."""
    return re.sub(DOWNSAMPLED_TWICE, "", text)


def apart(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return where two columns differ; an infinity of zipline is a missing value."""
    if expected.dtype.kind in "UO" or found.dtype.kind in "UO":
        return expected != found
    expected = finite(expected)
    missing = np.isnan(expected), np.isnan(found)
    allowed = RTOL * np.abs(expected) + ATOL * np.nanmax(np.abs(expected), initial=0)
    with np.errstate(invalid="ignore"):
        return (missing[0] != missing[1]) | (np.abs(found - expected) > allowed)


def finite(values: np.ndarray) -> np.ndarray:
    """Return the values, the infinite ones as missing."""
    if values.dtype.kind in "UO":
        return values
    return np.where(np.isinf(values), np.nan, values)


def excused(compared: Compared, wrong: np.ndarray) -> "tuple[dict[str, int], np.ndarray]":
    """Return how many rows each reason excuses, and which rows have none."""
    counts: dict[str, int] = {}
    if compared.expected.dtype.kind in "UO":
        return counts, wrong
    left = wrong.copy()
    for reason in REASONS:
        if left.any() and re.search(reason.terms, compared.text):
            rows = left & reason.rows(compared)
            counts[reason.name] = int(rows.sum())
            left &= ~rows
    return {name: count for name, count in counts.items() if count}, left


def raised_for(said: str) -> str | None:
    """Return the reason why zipline raised where we have values; None without one."""
    return next((name for part, name in RAISED.items() if part in said), None)
