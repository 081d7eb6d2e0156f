"""What was estimated of the fiscal quarters around each session, as known by then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rustybt.pipeline.data.dataset import DataSet, bind
from rustybt.pipeline.expression.checks import checked_count
from rustybt.pipeline.loaders.events import rows_from
from rustybt.pipeline.vocabulary.relation import Estimate, Way


@dataclass(frozen=True)
class Quarter:
    """Names of the columns that say of which quarter an estimate is.

    Parameters
    ----------
    day
        Of the day on which the quarter is announced, or of the instant in UTC, as expected by then.
    year, quarter
        Of the fiscal year and of the quarter, 1 to 4. A row in which one of the three is missing does not
        count.
    """

    day: str = "event_date"
    year: str = "fiscal_year"
    quarter: str = "fiscal_quarter"


def next_estimates(
    name: str,
    rows: Any,
    *,
    columns: Mapping[str, Any],
    announcements: int = 1,
    of: Quarter = Quarter(),
    **known: Any,
) -> Any:
    """Return the dataset of the newest estimates of a quarter that is announced from each session on.

    Parameters
    ----------
    name
        Of the dataset.
    rows
        Name of a table, or a frame, with one row an estimate. A later one of the same asset and quarter
        takes its place, with the day of announcement it has.
    columns
        Columns to read and their types or `Column`.
    announcements
        1 for the quarter announced next, 2 for the fiscal quarter after that, and so on.
    of
        Which columns name the quarter.
    **known
        ``time``, ``key`` and ``delay``, as `DataSet.from_table` takes them.

    Raises
    ------
    DatasetError
        The rows cannot be; see `DataSet.from_table`.
    TermParameterError
        `announcements` is no integer of at least 1.

    Notes
    -----
    Formula: the newest row known before the day of the session, of the quarter whose day is the first from
    it on, or of one so many fiscal quarters after; of quarters of one day the earlier.
    Nulls: NULL where the newest row has no value, and where none of that quarter is known.
    Differs: zipline takes a row as known that came 45 minutes before the open of the session, as it does
    for events; it puts an older value of the quarter in the place of a missing one; it names the year and
    number of a quarter of which nothing is known; and a window holds one quarter there, that of the last
    session, and here that of each session.
    """
    count = checked_count(name, "announcements", announcements)
    return _estimates(name, rows, columns, ("next", count, of), known)


def previous_estimates(
    name: str,
    rows: Any,
    *,
    columns: Mapping[str, Any],
    announcements: int = 1,
    of: Quarter = Quarter(),
    **known: Any,
) -> Any:
    """Return the dataset of the newest estimates of a quarter announced up to each session.

    As `next_estimates`; 2 `announcements` mean the fiscal quarter before the one announced last.

    Notes
    -----
    Formula: the newest row known before the day of the session, of the quarter whose day is the last up to
    it, or of one so many fiscal quarters before; of quarters of one day the later. One announced at an
    instant after midnight counts from the next day on.
    """
    count = checked_count(name, "announcements", announcements)
    return _estimates(name, rows, columns, ("previous", count, of), known)


def _estimates(
    name: str,
    rows: Any,
    columns: Mapping[str, Any],
    which: tuple[Way, int, Quarter],
    known: Mapping[str, Any],
) -> Any:
    way, announcements, of = which
    relation = Estimate(
        rows_from(name, rows, known), of.day, of.year, of.quarter, way, announcements
    )
    return bind(DataSet, relation, columns, name)
