"""Walk-forward splits: windows of sessions to fit in, each with the sessions after it to test in."""

import os
from datetime import date
from itertools import takewhile
from typing import Literal, NamedTuple

import warehouse as warehouses
from rustybt.days import Day, day_of
from rustybt.errors import SweepError
from rustybt.simulation.market import Market


class Split(NamedTuple):
    """A window to fit in and the one after it to test in; first and last sessions, both inclusive."""

    train_start: date
    train_end: date
    test_start: date
    test_end: date


def walk_forward(  # noqa: PLR0913 - one parameter a choice
    start: Day,
    end: Day,
    *,
    train: int,
    test: int,
    step: int | None = None,
    window: Literal["rolling", "expanding"] = "rolling",
    bundle: str,
    root: str | os.PathLike[str] | None = None,
) -> list[Split]:
    """Return the splits of a span, by the sessions of a bundle's calendar.

    Parameters
    ----------
    start, end
        First and last day, both inclusive.
    train, test
        Sessions of the first window and of each test; the last test may be cut short by `end`.
    step
        Sessions from one split to the next; `test` if None, so that tests do not overlap.
    window
        ``'rolling'`` moves the window along, ``'expanding'`` keeps its start.
    bundle
        Whose sessions.
    root
        Folder of the warehouse, as for `warehouse.open`.

    Returns
    -------
    list of Split
        Oldest first. No session of a test lies in or before its window.

    Raises
    ------
    SweepError
        A number of sessions is below 1, the window is none of those named, or the span is too short
        for one split.
    SpanError
        The bundle has no bars for the span.
    """
    for what, number in (
        ("train", train),
        ("test", test),
        ("step", test if step is None else step),
    ):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise SweepError(what, number, "a whole number of sessions, at least 1")
    if window not in ("rolling", "expanding"):
        raise SweepError("window", window, "'rolling' or 'expanding'")
    with warehouses.open(root) as wh:
        market = Market(wh, bundle)
        held = market.daily.held
        first, until = market.span(day_of("start", start), day_of("end", end), held)
        sessions = market.labels[first:until]
    begins = takewhile(lambda it: it + train < len(sessions), range(0, len(sessions), step or test))
    found = [_split(sessions, it, train, test, window) for it in begins]
    if not found:
        raise SweepError("train", train, f"fewer than the {len(sessions)} sessions of the span")
    return found


def _split(sessions: list[date], begin: int, train: int, test: int, window: str) -> Split:
    after = begin + train
    last = min(after + test, len(sessions)) - 1
    return Split(
        sessions[0 if window == "expanding" else begin],
        sessions[after - 1],
        sessions[after],
        sessions[last],
    )
