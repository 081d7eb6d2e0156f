"""Compares the rows of both sides, term by term, and counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from zipline_reasons import KEPT_ROWS, LAST_BIT, Compared, apart, excused, finite, raised_for
from zipline_worlds import World

EPOCH = np.datetime64("1970-01-01")

Case = tuple[str, str | None]


@dataclass(frozen=True)
class Rows:
    """Values by session (days since 1970) and sid, or what was said instead."""

    keys: np.ndarray
    values: np.ndarray
    raised: str | None = None


def differ(expected: Rows, found: Rows) -> bool:
    """Return whether two sides that have values are apart anywhere."""
    if expected.raised or found.raised:
        return False
    same = np.array_equal(expected.keys, found.keys)
    return not same or bool(apart(expected.values, found.values).any())


class Bars:
    """Which bars a world has, by session and sid."""

    def __init__(self, world: World, sessions: Sequence) -> None:
        self.days = (np.array(sessions, "datetime64[D]") - EPOCH).astype("int64")
        symbols = sorted(world.bars["symbol"].unique())
        sids = {it: number for number, it in enumerate(symbols)}
        self._acted = np.full(len(symbols), np.iinfo("int64").max)
        for it in world.actions:
            day = int((np.datetime64(it["session"]) - EPOCH).astype("int64"))
            self._acted[sids[it["symbol"]]] = min(self._acted[sids[it["symbol"]]], day)
        whole = world.bars.drop_nulls()
        dates = np.array(world.bars["date"].to_list(), "datetime64[D]")
        assets = np.array([sids[it] for it in world.bars["symbol"]])
        days = (dates - EPOCH).astype("int64")
        self.first = np.array([days[assets == it].min() for it in range(len(symbols))])
        self.last = np.array([days[assets == it].max() for it in range(len(symbols))])
        self.present = np.zeros((len(sessions), len(symbols)), dtype=bool)
        at = np.array(whole["date"].to_list(), "datetime64[D]")
        rows = np.searchsorted(self.days, (at - EPOCH).astype("int64"))
        self.present[rows, [sids[it] for it in whole["symbol"]]] = True

    def acted(self, keys: np.ndarray) -> np.ndarray:
        """Return whether the asset of each row has had an action by then."""
        return self._acted[keys[1]] <= keys[0]

    def started(self, keys: np.ndarray, lookback: int) -> np.ndarray:
        """Return whether the asset of each row came within so many sessions before it."""
        begin = np.searchsorted(self.days, keys[0]) - 1 - lookback
        return (begin < 0) | (self.first[keys[1]] > self.days[np.maximum(begin, 0)])

    def incomplete(self, sessions: np.ndarray, lookback: int) -> np.ndarray:
        """Return whether a bar is missing in the windows of any asset of the run, by session."""
        gaps = np.concatenate(
            [np.zeros((1, self.present.shape[1])), (~self.present).cumsum(axis=0)]
        )
        at = np.searchsorted(self.days, sessions)
        begin = at - 1 - lookback
        missing = gaps[at] - gaps[np.maximum(begin, 0)] > 0
        listed = (self.first < sessions[:, None]) & (sessions[:, None] <= self.last)
        # zipline ranks the assets of the whole run, those that are not listed as missing.
        ran = (self.first < sessions.max(initial=0)) & (self.last >= sessions.min(initial=0))
        return (begin < 0) | ((missing | ~listed) & ran).any(axis=1)


@dataclass(frozen=True)
class Known:
    """What is asked where the sides of a term are apart.

    Parameters
    ----------
    bars
        Those of the world.
    lookback
        Sessions before its own that a row looks back on.
    shaken
        zipline's rows with prices that are nearly the same.
    instead
        Our rows of what zipline takes the term for; None if it takes it for itself.
    """

    bars: Bars
    lookback: int
    shaken: list[Rows]
    instead: Rows | None


@dataclass
class Judged:
    """What came of one term: the values compared, how many rows a reason excuses, and what has none."""

    values: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: str | None = None


def judged(case: Case, expected: Rows, found: Rows, known: Known | None = None) -> Judged:
    """Compare a term; what is known of it is needed where the sides are apart."""
    if expected.raised or found.raised:
        return _raised(expected, found)
    if not differ(expected, found):
        return Judged(len(expected.values))
    assert known is not None
    result, moved = Judged(), _moved(expected, known.shaken)
    if not np.array_equal(expected.keys, found.keys):
        rows = len(expected.values), len(found.values)
        common = _common(case[1], expected, found, moved, known.bars)
        if common is None:
            return Judged(wrong=f"{rows[0]} rows, not {rows[1]}")
        expected, found, result.reasons = common
    result.values = len(expected.values)
    wrong = apart(expected.values, found.values)
    if not wrong.any():
        return result
    sessions = expected.keys[0]
    shaken = np.isin(sessions, moved)
    compared = Compared(
        said(case),
        sessions,
        finite(expected.values),
        found.values,
        shaken,
        _on(expected.keys, known.instead),
        known.bars.acted(expected.keys),
        int((wrong & ~shaken).sum()),
        known.bars.incomplete(sessions, known.lookback),
        known.bars.started(expected.keys, known.lookback),
    )
    counts, left = excused(compared, wrong)
    result.reasons.update(counts)
    if left.any():
        at = int(np.flatnonzero(left)[0])
        session, sid = EPOCH + int(sessions[at]), int(expected.keys[1, at])
        here = f"{session} sid {sid}: {expected.values[at]!r}, not {found.values[at]!r}"
        result.wrong = f"{left.sum()} of {left.size}, first {here}"
    return result


def said(case: Case) -> str:
    """Return a term and its screen as one text."""
    return case[0] if case[1] is None else f"{case[0]} screened by {case[1]}"


def _raised(expected: Rows, found: Rows) -> Judged:
    if expected.raised and found.raised:
        return Judged(reasons=Counter({"both raise": 1}))
    if expected.raised and (reason := raised_for(expected.raised)):
        return Judged(reasons=Counter({reason: 1}))
    sides = f"zipline: {expected.raised or 'no error'}; here: {found.raised or 'no error'}"
    return Judged(wrong=sides[:500])


def _common(
    screen: str | None, expected: Rows, found: Rows, moved: np.ndarray, bars: Bars
) -> "tuple[Rows, Rows, Counter[str]] | None":
    """Return both on the rows of both and the reasons of the others, if those have one."""
    keys = [list(map(tuple, it.keys.T.tolist())) for it in (expected, found)]
    both = [
        np.array([it in there for it in keys[side]], dtype=bool)
        for side, there in enumerate(map(set, reversed(keys)))
    ]
    reasons: Counter[str] = Counter()
    for side, rows in enumerate((expected, found)):
        alone = rows.keys[:, ~both[side]]
        shaken = np.isin(alone[0], moved)
        gone = np.zeros(alone.shape[1], dtype=bool)
        if side == 0 and screen and "downsample" in screen:
            gone = ~shaken & (bars.last[alone[1]] < alone[0])
        if not (shaken | gone).all():
            return None
        reasons.update({LAST_BIT: int(shaken.sum()), KEPT_ROWS: int(gone.sum())})
    cut = [
        Rows(it.keys[:, mask], it.values[mask])
        for it, mask in zip((expected, found), both, strict=True)
    ]
    return cut[0], cut[1], +reasons


class Tally:
    """What was compared, what was excused and what was not."""

    def __init__(self) -> None:
        self.terms = self.values = self.wrong = 0
        self.reasons: Counter[str] = Counter()

    def take(self, world: World, case: Case, result: Judged) -> None:
        """Count what came of a term, and print what has no reason."""
        self.terms += 1
        self.values += result.values
        self.reasons.update(result.reasons)
        if result.wrong:
            self.wrong += 1
            span = f"{world.name} {world.span[0]} to {world.span[1]}"
            print(f"{span}: {said(case)}\n    {result.wrong}", flush=True)


def _moved(expected: Rows, shaken: Sequence[Rows]) -> np.ndarray:
    """Return the sessions in which zipline gives other rows or values when prices are shaken."""
    sessions = [np.empty(0, dtype="int64")]
    for it in shaken:
        if it.raised:
            continue
        if np.array_equal(it.keys, expected.keys):
            sessions.append(expected.keys[0][apart(expected.values, it.values)])
        else:
            ours, theirs = (set(map(tuple, rows.keys.T.tolist())) for rows in (expected, it))
            sessions.append(np.array([day for day, _ in ours ^ theirs], dtype="int64"))
    return np.unique(np.concatenate(sessions))


def _on(keys: np.ndarray, rows: Rows | None) -> np.ndarray:
    """Return the values of rows by session and sid, missing where there are none."""
    if rows is None or rows.raised or rows.values.dtype.kind in "UO":
        return np.full(keys.shape[1], np.nan)
    known = dict(zip(map(tuple, rows.keys.T.tolist()), rows.values.tolist(), strict=True))
    return np.array([known.get(tuple(it), np.nan) for it in keys.T.tolist()], dtype=float)
