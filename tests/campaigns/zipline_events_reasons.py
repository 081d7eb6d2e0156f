"""Where events and estimates differ from those of zipline's loaders on purpose, each cell by its own proof.

A proof asks the rows alone, by the rules as they are written: `known` before the query time, the newest row
of a day or of a quarter. Ours must be what they say; a reason names what zipline does otherwise.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from zipline_events_rows import World

WINDOW = 5  # sessions of the means
CORRECTED = "several rows of an event of one day: the newest counts here, one of them in zipline"
UNCOVERED = (
    "an event older than one that is not known yet: zipline shows it in place of a newer one"
)
TIED = "quarters announced at one time: the later one is previous here, the earlier next; any in zipline"
FILLED = "a newer estimate without a value: missing here, filled from the one before in zipline"
NAMED = "year and quarter of a quarter of which nothing is known: told by zipline, missing here"
CROSSED = "a window across announcements: of one quarter in zipline, of that of each session here"
BEHIND = "a window over cells that differ by a reason"


def apart(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return where two columns differ."""
    if expected.dtype.kind == "U":
        return expected != found
    if expected.dtype.kind == "M":
        return (expected != found) & ~(np.isnat(expected) & np.isnat(found))
    return ~np.isclose(found, expected, rtol=1e-9, atol=1e-12, equal_nan=True)


class Rows:
    """The rows of one asset in the order in which they became known, without those of no use."""

    def __init__(self, frame: pl.DataFrame, sid: int) -> None:
        fiscal = [pl.col("fiscal_year").is_not_null()] if "fiscal_year" in frame.columns else []
        frame = frame.filter(pl.col("sid") == sid, pl.col("day").is_not_null(), *fiscal)
        self.number = frame["row"].to_numpy()
        self.known = frame["known"].to_numpy()  # NaT compares as false: never known
        self.day = frame["day"].to_numpy()
        self.date = self.day.astype("datetime64[D]")
        self.frame = frame
        if fiscal:
            self.fiscal = (4 * frame["fiscal_year"] + frame["fiscal_quarter"] - 1).to_numpy()


@dataclass(frozen=True)
class Told:
    """What the rows say of a quarter at a session: of the one that counts, and of all that may."""

    quarter: int | None
    tied: frozenset[int]


@dataclass(frozen=True)
class Cells:
    """Both sides of one run.

    Parameters
    ----------
    world
        Whose sessions and query times hold.
    events, estimates
        The rows as zipline got them.
    expected, found
        zipline's values and ours by name, and the session and sid of each.
    filled
        Whether our estimates had missing values filled from before.
    """

    world: World
    events: pl.DataFrame
    estimates: pl.DataFrame
    expected: dict[str, np.ndarray]
    found: dict[str, np.ndarray]
    filled: bool

    @cached_property
    def places(self) -> np.ndarray:
        """Of the session of each cell, in the sessions of the world."""
        return np.searchsorted(self.world.sessions, self.found["session"])

    @cached_property
    def events_of(self) -> dict[int, Rows]:
        return {int(sid): Rows(self.events, sid) for sid in np.unique(self.found["sid"])}

    @cached_property
    def estimates_of(self) -> dict[int, Rows]:
        return {int(sid): Rows(self.estimates, sid) for sid in np.unique(self.found["sid"])}

    @cached_property
    def early(self) -> np.ndarray:
        """Whether a window of the cell begins before the first row of its asset."""
        sids = self.found["sid"]
        first = {sid: self.places[sids == sid].min() for sid in np.unique(sids)}
        return self.places - np.array([first[sid] for sid in sids]) < WINDOW - 1


def judged(cells: Cells, tally: Counter[str]) -> list[str]:
    """Count the cells by reason, and return what differs without one.

    A mean is judged from the row on at which its asset has a whole window of them.
    """
    assert cells.expected.keys() == cells.found.keys()
    for name in ("session", "sid"):
        np.testing.assert_array_equal(cells.expected[name], cells.found[name])
    wrong = []
    for group in dict.fromkeys(it.split("/")[0] for it in cells.found if "/" in it):
        reasons = _of_rows(cells, group)
        for name in [it for it in cells.found if it.startswith(f"{group}/")]:
            expected, found = cells.expected[name], cells.found[name]
            # The instant of an event was moved for one side.
            if name in {"previous/day", "next/day"}:
                expected, found = (it.astype("datetime64[D]") for it in (expected, found))
            differ = apart(expected, found)
            if name.endswith("/mean"):
                differ &= ~cells.early
            tally["cells"] += differ.size
            tally["answers"] += int((~apart(found, np.full_like(found, _missing(found)))).sum())
            for at in np.flatnonzero(differ):
                reason = reasons.get(at) or _of_value(cells, name, at, reasons)
                if reason:
                    tally[reason] += 1
                else:
                    where = f"{cells.found['session'][at]}, asset {cells.found['sid'][at]}"
                    wrong.append(f"{name} at {where}: zipline {expected[at]}, ours {found[at]}")
    return wrong


def _missing(values: np.ndarray) -> object:
    return {"U": "", "M": np.datetime64("NaT")}.get(values.dtype.kind, np.nan)


def _of_rows(cells: Cells, group: str) -> dict[int, str]:
    """Return the reason of each cell whose sides show different rows and ours is the right one."""
    expected, found = cells.expected[f"{group}/row"], cells.found[f"{group}/row"]
    way, _, announcements = group.partition(" ")
    found_reasons = {}
    for at in np.flatnonzero(apart(expected, found)):
        if announcements:
            reason = _of_quarter(cells, (way, int(announcements)), at, (expected[at], found[at]))
        else:
            reason = _of_event(cells, way, at, (expected[at], found[at]))
        if reason:
            found_reasons[int(at)] = reason
    return found_reasons


def _of_event(cells: Cells, way: str, at: int, shown: tuple[float, float]) -> str | None:
    rows, session, cutoff = _asked(cells, cells.events_of, at)
    known = rows.known < cutoff
    past = known & (rows.day < cutoff)
    usable = past if way == "previous" else known & (rows.date >= session)
    if not usable.any():
        return None
    date = rows.date[usable].max() if way == "previous" else rows.date[usable].min()
    of_day = usable & (rows.date == date)
    if shown[1] != rows.number[of_day][-1]:
        return None
    if shown[0] in rows.number[of_day]:
        return CORRECTED
    older = rows.number == shown[0]
    if way == "next" or not (older & past).any():
        return None
    # The row that follows zipline's own in its order is not past yet.
    mine = rows.date[older][0]
    after = rows.date[(rows.date > mine) | ((rows.date == mine) & ~past)].min()
    hidden = (rows.date >= mine) & (rows.date <= after) & (rows.date <= date) & ~past & ~older
    return UNCOVERED if hidden.any() else None


def _asked(
    cells: Cells, by_asset: dict[int, Rows], at: int
) -> tuple[Rows, np.datetime64, np.datetime64]:
    place = cells.places[at]
    rows = by_asset[int(cells.found["sid"][at])]
    return rows, cells.world.sessions[place], cells.world.cutoffs[place]


def _newest(rows: Rows, cutoff: np.datetime64) -> dict[int, int]:
    """Return the place of the newest row of each quarter that is known."""
    return {int(rows.fiscal[at]): int(at) for at in np.flatnonzero(rows.known <= cutoff)}


def told(cells: Cells, way: str, sid: int, place: int) -> Told:
    """Return the quarter that is announced next or last, as the rows say."""
    rows = cells.estimates_of[sid]
    session = cells.world.sessions[place]
    days = {it: rows.day[at] for it, at in _newest(rows, cells.world.cutoffs[place]).items()}
    if way == "previous":
        days = {it: day for it, day in days.items() if day <= session}
        nearest = max(days.values(), default=None)
    else:
        days = {it: day for it, day in days.items() if day >= session}
        nearest = min(days.values(), default=None)
    tied = frozenset(it for it, day in days.items() if day == nearest)
    pick = max if way == "previous" else min
    return Told(pick(tied, default=None), tied)


def _of_quarter(
    cells: Cells, asked: tuple[str, int], at: int, shown: tuple[float, float]
) -> str | None:
    way, announcements = asked
    rows, _, cutoff = _asked(cells, cells.estimates_of, at)
    said = told(cells, way, int(cells.found["sid"][at]), cells.places[at])
    if said.quarter is None or len(said.tied) < 2:
        return None
    newest, shift = _newest(rows, cutoff), _shift(way, announcements)
    shows = {
        it: rows.number[newest[it + shift]] if it + shift in newest else np.nan for it in said.tied
    }
    right = np.isclose(shows[said.quarter], shown[1], equal_nan=True)
    any_of_them = np.isclose([*shows.values()], shown[0], equal_nan=True).any()
    return TIED if right and any_of_them else None


def _shift(way: str, announcements: int) -> int:
    return (announcements - 1) * (-1 if way == "previous" else 1)


def _of_value(cells: Cells, name: str, at: int, reasons: dict[int, str]) -> str | None:
    """Return why a value differs though both sides show the same row."""
    group, column = name.split("/")
    way, _, announcements = group.partition(" ")
    if column == "mean":
        return _of_window(cells, group, at, reasons)
    if not announcements:
        return None
    if column == "eps" and _is_of_one_tied(cells, (way, int(announcements)), at):
        return TIED  # zipline reads the column of a window apart, and sorts its quarters anew
    if not _is_missing(cells.found[name][at]):
        return None
    expected = float(cells.expected[name][at]) if column != "day" else None
    if column in {"eps", "actual"} and not cells.filled:
        return FILLED if expected == _before(cells, group, column, at) else None
    if column in {"fiscal_year", "fiscal_quarter"} and np.isnan(cells.found[f"{group}/row"][at]):
        said = told(cells, way, int(cells.found["sid"][at]), cells.places[at])
        shifted = {it + _shift(way, int(announcements)) for it in said.tied}
        named = {it // 4 if column == "fiscal_year" else it % 4 + 1 for it in shifted}
        return NAMED if expected in named else None
    return None


def _is_of_one_tied(cells: Cells, asked: tuple[str, int], at: int) -> bool:
    """Return whether several quarters are announced at one time, and zipline shows one of them."""
    way, announcements = asked
    rows, _, cutoff = _asked(cells, cells.estimates_of, at)
    tied = told(cells, way, int(cells.found["sid"][at]), cells.places[at]).tied
    shown = [_value_of(rows, "eps", it + _shift(way, announcements), cutoff) for it in tied]
    expected = cells.expected[f"{way} {announcements}/eps"][at]
    return len(tied) > 1 and bool(np.isclose(shown, expected, equal_nan=True).any())


def _is_missing(value: object) -> bool:
    return bool(np.isnat(value) if isinstance(value, np.datetime64) else np.isnan(value))


def _before(cells: Cells, group: str, column: str, at: int) -> float:
    """Return the newest value that was known of the quarter of the row that is shown."""
    rows, _, cutoff = _asked(cells, cells.estimates_of, at)
    shown = rows.fiscal[rows.number == cells.found[f"{group}/row"][at]]
    return _value_of(rows, column, int(shown[0]), cutoff) if shown.size else np.nan


def _value_of(rows: Rows, column: str, quarter: int, cutoff: np.datetime64) -> float:
    values = rows.frame[column].to_numpy()
    known = values[(rows.fiscal == quarter) & (rows.known <= cutoff) & ~np.isnan(values)]
    return float(known[-1]) if known.size else np.nan


def _of_window(cells: Cells, group: str, at: int, reasons: dict[int, str]) -> str | None:
    sid, place = int(cells.found["sid"][at]), cells.places[at]
    way, _, announcements = group.partition(" ")
    window = range(place - WINDOW + 1, place + 1)
    if announcements and (
        len({told(cells, way, sid, it) for it in window}) > 1
        or {*_announced(cells, way, sid)} & {*window}
    ):
        return CROSSED
    value = f"{group}/{'eps' if announcements else 'value'}"
    for other in np.flatnonzero((cells.found["sid"] == sid) & np.isin(cells.places, window)):
        if other in reasons or apart(cells.expected[value], cells.found[value])[other]:
            return BEHIND
    return None


def _announced(cells: Cells, way: str, sid: int) -> Iterator[int]:
    """Yield the places of the sessions at which zipline begins a quarter, by the last word of its day."""
    rows = cells.estimates_of[sid]
    side = "left" if way == "previous" else "right"
    for at in _newest(rows, cells.world.cutoffs[-1]).values():
        yield int(np.searchsorted(cells.world.sessions, rows.day[at], side=side))
