"""The event before and the event after each session, as known by then."""

from collections.abc import Mapping
from typing import Any

from rustybt.pipeline.data.dataset import DataSet, bind, frame_rows, rows_of
from rustybt.pipeline.vocabulary.relation import Event, Rows, Way


def previous_event(
    name: str, rows: Any, *, day: str, columns: Mapping[str, Any], **known: Any
) -> Any:
    """Return the dataset of the last event up to each session.

    Parameters
    ----------
    name
        Of the dataset.
    rows
        Name of a table, or a frame, with one row an event: when it became known, its day, its values. A
        row of the same asset and day that became known later takes the place of the one before.
    day
        Column of the day of the event, or of its instant in UTC.
    columns
        Columns to read, `day` included where it is wanted, and their types or `Column`.
    **known
        ``time``, ``key`` and ``delay``, as `DataSet.from_table` takes them: when a row became known.

    Returns
    -------
    type
        A dataset class. An event of the session itself counts, with what was known of it by then; one at
        an instant after midnight is past from the next day on.

    Raises
    ------
    DatasetError
        The rows cannot be; see `DataSet.from_table`.

    Notes
    -----
    Formula: of the rows known before the day of the session, those of the last day up to it; of rows of
    one day the one that became known last.
    Differs: zipline takes a row as known that came 45 minutes before the open of the session; to have
    that, let `time` name the day before the session that is to know it. Of rows of one day zipline takes
    one by how they were sorted, and an event that becomes known late makes it show one of before.
    """
    return _event(name, rows, day, columns, "previous", known)


def next_event(name: str, rows: Any, *, day: str, columns: Mapping[str, Any], **known: Any) -> Any:
    """Return the dataset of the first event from each session on; see `previous_event`.

    Notes
    -----
    Formula: of the rows known before the day of the session, those of the first day from it on; of rows
    of one day the one that became known last.
    """
    return _event(name, rows, day, columns, "next", known)


def rows_from(name: str, rows: Any, known: Mapping[str, Any]) -> Rows:
    """Return the rows of the name of a table, or of a frame."""
    return (
        rows_of(name, rows, **known) if isinstance(rows, str) else frame_rows(name, rows, **known)
    )


def _event(
    name: str, rows: Any, day: str, columns: Mapping[str, Any], way: Way, known: Mapping[str, Any]
) -> Any:
    return bind(DataSet, Event(rows_from(name, rows, known), day, way), columns, name)
