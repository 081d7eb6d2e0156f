"""Reads the answers of vendors: pages to the last one, their order, and the values in their rows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from rustybt.data.adapters.request import Request
from rustybt.data.adapters.unadjusted import exact
from rustybt.data.resolutions import MONTH, TICK, end_of, period_of
from rustybt.errors import DataParsingError

Row = TypeVar("Row")
Cursor = TypeVar("Cursor")
NEW_YORK: Final = ZoneInfo("America/New_York")
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - as all instants here
_MOST_PAGES: Final = 100_000
_QUOTED: Final = 120  # characters of an answer in an error


async def paged(
    source: str,
    begin: Cursor,
    ask: Callable[[Cursor], Awaitable[tuple[Row, Cursor | None]]],
) -> AsyncIterator[Row]:
    """Yield the pages from a cursor on, to the last.

    Raises
    ------
    DataParsingError
        A cursor comes again, so that the pages would never end.
    """
    seen: set[Any] = set()
    cursor: Cursor | None = begin
    while cursor is not None:
        if repr(cursor) in seen or len(seen) > _MOST_PAGES:
            raise DataParsingError(source, f"its pages do not end: {len(seen)} were read")
        seen.add(repr(cursor))
        rows, cursor = await ask(cursor)
        yield rows


async def in_order(
    source: str,
    pages: AsyncIterator[Sequence[Row]],
    span: Request,
    time_of: Callable[[Row], datetime],
) -> AsyncIterator[tuple[list[datetime], list[Row]]]:
    """Yield of each page the rows that are wanted and over, in order of time, and when they begin.

    Parameters
    ----------
    source
        Named in errors.
    pages
        In order of time, the rows of one in any.
    span
        What was asked for.
    time_of
        When a row begins, UTC; of days and longer bars the midnight of the date.

    Raises
    ------
    DataParsingError
        A page begins before the end of the last one, or has rows that were not asked for.
    """
    last = datetime.min  # noqa: DTZ901 - as all instants here
    async for rows in pages:
        timed = sorted(((time_of(it), i) for i, it in enumerate(rows)))
        if not timed:
            continue
        first = timed[0][0]
        if first < last or (first == last and span.resolution != TICK):
            raise DataParsingError(
                source, f"a page begins at {first}, the last one ended at {last}"
            )
        last = timed[-1][0]
        wanted = [(at, rows[i]) for at, i in timed if _is_wanted(source, at, span)]
        yield [at for at, _ in wanted], [row for _, row in wanted]


def _is_wanted(source: str, at: datetime, span: Request) -> bool:
    """Whether a row is inside and over; a week or month may begin before it is asked for."""
    if span.start <= at < span.until:
        now = datetime.now(UTC).replace(tzinfo=None)
        return end_of(at, span.resolution) <= now
    if period_of(span.resolution) is None:
        found = f"expected rows of {span.start} to {span.until}, found one of {at}"
        raise DataParsingError(source, found)
    return False


def begin_of(day: datetime, resolution: str) -> datetime:
    """Return the first day of the week, from Monday on, or month of a day; the day itself if of days.

    Vendors whose weeks begin on a Sunday mean the week after it.
    """
    if resolution == "1w":
        return day + timedelta(days=1 if day.weekday() == 6 else -day.weekday())
    return day.replace(day=1) if resolution == MONTH else day


def session_of(moment: datetime, zone: tzinfo) -> datetime:
    """Return the midnight of the date that a clock shows at an instant in UTC."""
    there = moment.replace(tzinfo=UTC).astimezone(zone)
    return datetime(there.year, there.month, there.day)  # noqa: DTZ001 - as all here


def instant(microseconds: int) -> datetime:
    """Return microseconds since 1970 as an instant in UTC without a zone."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    """Return an instant in UTC without a zone as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def rows_in(source: str, found: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return what must be a list of rows, each with a value of all these names.

    Raises
    ------
    DataParsingError
        It is none.
    """
    if not isinstance(found, list) or not all(isinstance(it, dict) for it in found):
        raise DataParsingError(source, f"expected a list of rows, found {quoted(found)}")
    for row in found:
        if any(row.get(name) is None for name in names):
            expected = ", ".join(names)
            raise DataParsingError(source, f"expected {expected} in each row, found {quoted(row)}")
    return found


def day_of(source: str, text: Any) -> date:
    """Return an ISO date.

    Raises
    ------
    DataParsingError
        It is none.
    """
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise DataParsingError(source, f"expected a date, found {text!r}") from None


def split_of(source: str, new: Any, old: Any = 1) -> Decimal:
    """Return new shares per old.

    Raises
    ------
    DataParsingError
        One of them is no number above 0.
    """
    try:
        ratio = Fraction(str(new)) / Fraction(str(old))
    except (ValueError, ZeroDivisionError):
        ratio = Fraction(0)
    if ratio <= 0:
        raise DataParsingError(source, f"expected a split, found {new!r} for {old!r}")
    return exact(ratio)


def cash_of(source: str, found: Any) -> Any:
    """Return the cash of a dividend, as it is told.

    Raises
    ------
    DataParsingError
        There is none.
    """
    if found is None:
        raise DataParsingError(source, "expected the cash of a dividend, found none")
    return found


def quoted(found: Any) -> str:
    """Return the begin of an answer, for an error."""
    return repr(found)[:_QUOTED]
