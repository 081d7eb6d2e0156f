"""Removes snapshots of a bundle by instant or by number, as zipline removes ingestions."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import warehouse
from rustybt.errors import CleanError
from warehouse import Snapshot, Warehouse
from warehouse.model import instant

Instant = date | str


def clean(
    name: str,
    before: Instant | None = None,
    after: Instant | None = None,
    keep_last: int | None = None,
    *,
    root: str | Path | None = None,
) -> set[int]:
    """Remove snapshots of a bundle, and the files that only they held.

    Parameters
    ----------
    name
        Of the bundle.
    before
        Remove what was committed before this instant. The newest snapshot stays.
    after
        Go back: make the newest snapshot committed by this instant the head again, under a new
        number, and remove those committed after it.
    keep_last
        Remove all but so many of the newest. Not together with the others.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Instants are datetimes, dates (their first instant) or ISO 8601 text, UTC if they say no zone.

    Returns
    -------
    set of int
        The versions that are gone. What is being read stays until `Warehouse.vacuum` finds it free.

    Raises
    ------
    CleanError
        Nothing was asked for, it contradicts itself, or nothing was committed by `after`.
    UnknownBundleError
        No bundle has the name; the nearest is named.
    """
    first = None if before is None else instant(before)
    last = None if after is None else instant(after)
    _require_sense(first, last, keep_last)
    with warehouse.open(root) as wh:
        held = wh.snapshots(name)
        going = {it.version for it in _old(held, first, keep_last)}
        if last is not None:
            going |= _go_back(wh, name, held, last)
        return set(wh.discard(name, going).removed)


def _require_sense(first: datetime | None, last: datetime | None, keep_last: int | None) -> None:
    if first is None and last is None and keep_last is None:
        raise CleanError("before, after or keep_last", "none of them")
    if keep_last is not None and (first or last):
        raise CleanError("either keep_last or instants", "both")
    if keep_last is not None and keep_last < 1:
        raise CleanError("keep_last of at least 1", str(keep_last))
    if first is not None and last is not None and last < first:
        raise CleanError("an `after` at or behind `before`", f"{last} and {first}")


def _old(held: list[Snapshot], first: datetime | None, keep_last: int | None) -> Iterable[Snapshot]:
    if keep_last is not None:
        return held[:-keep_last]
    return [it for it in held if first is not None and it.created_at < first]


def _go_back(wh: Warehouse, name: str, held: list[Snapshot], last: datetime) -> set[int]:
    newer = {it.version for it in held if it.created_at > last}
    if not newer:
        return newer
    if len(newer) == len(held):
        raise CleanError(
            "an `after` at or behind the first commit that is kept",
            f"{last:%Y-%m-%d %H:%M:%S} UTC before that of {held[0].created_at:%Y-%m-%d %H:%M:%S} UTC",
        )
    wh.restore(name, held[-len(newer) - 1].version)
    return newer
