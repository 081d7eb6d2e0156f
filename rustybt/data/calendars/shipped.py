"""A table of sessions that comes with the package, computed once by exchange_calendars.

It answers only for the very version of exchange_calendars that is installed, and only for whole years
that it holds; `make sessions` writes it anew.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rustybt.data.calendars import computed
from rustybt.errors import UnknownCalendarError

TABLE: Final = Path(__file__).with_name("sessions.parquet")
YEARS: Final = (1960, 2035)  # of a calendar that is known for all of them

Years = tuple[int, int]  # the first and the last

_EVERY = 7  # years of which one is compared with itself computed alone
_LIBRARY = "exchange_calendars"
_ABOUT = b"calendars"  # key of what the file says of itself
_DAYS = np.dtype("datetime64[D]")


def sessions(calendar: str, first: int, last: int) -> pa.Table | None:
    """Return the sessions of some years, both ends included; None where the table cannot tell."""
    about = _about(TABLE)
    if about is None:
        return None
    held = about["held"].get(about["aliases"].get(calendar, calendar))
    if held is None or first < held["first"] or last > held["last"]:
        return None
    return _cut(pq.ParquetFile(TABLE).read_row_group(held["group"]), first, last)


def names() -> list[str]:
    """Return the names of all calendars, sorted; none if the table is of another version."""
    about = _about(TABLE)
    return [] if about is None else about["names"]


def aliases() -> dict[str, str] | None:
    """Return the first name of each other name; None if the table is of another version."""
    about = _about(TABLE)
    return None if about is None else about["aliases"]


def held() -> dict[str, tuple[int, int]]:
    """Return the first and the last year of each calendar of the table; none as of `names`."""
    about = _about(TABLE)
    found = {} if about is None else about["held"]
    return {name: (it["first"], it["last"]) for name, it in found.items()}


def made_with() -> str:
    """Return the version of exchange_calendars that the table was made with."""
    return str(_told(TABLE)["version"])


def write(target: Path) -> None:
    """Write the table anew: a row group a calendar, and in the footer what stands in which."""
    calendars = dict(_computable())
    held = {
        name: {"group": group, "first": years[0], "last": years[1]}
        for group, (name, (years, _)) in enumerate(calendars.items())
    }
    about = {
        "version": version(_LIBRARY),
        "names": computed.names(),
        "aliases": computed.aliases(),
        "held": held,
    }
    tables = [rows for _, rows in calendars.values()]
    schema = tables[0].schema.with_metadata({_ABOUT: json.dumps(about)})
    packed = dict.fromkeys(schema.names, "DELTA_BINARY_PACKED")
    with pq.ParquetWriter(
        target,
        schema,
        compression="zstd",
        compression_level=19,
        use_dictionary=False,
        column_encoding=packed,
        write_statistics=False,
    ) as file:
        for rows in tables:
            file.write_table(rows.cast(schema))


def _computable() -> Iterator[tuple[str, tuple[Years, pa.Table]]]:
    """Yield each calendar that exchange_calendars can compute, with its years and sessions.

    Without those of which a year is not the same in every span: the last opening of a year in XKRX.
    """
    for name in sorted(set(computed.names()) - set(computed.aliases())):
        with suppress(UnknownCalendarError):
            first, last = computed.whole_years(name)
            years = max(first or YEARS[0], YEARS[0]), min(last or YEARS[1], YEARS[1])
            rows = computed.between(name, *years)
            some = range(years[0], years[1], _EVERY)
            if all(
                _cut(rows, it, it + 1).equals(computed.between(name, it, it + 1)) for it in some
            ):
                yield name, (years, rows)


def _cut(rows: pa.Table, first: int, last: int) -> pa.Table:
    bounds = np.array([f"{first}-01-01", f"{last + 1}-01-01"], _DAYS)
    begin, end = np.searchsorted(_days(rows), bounds)
    return rows.slice(begin, end - begin).replace_schema_metadata(None)


@cache
def _about(table: Path) -> dict[str, Any] | None:
    """Return what the table says of itself, or None if it is not of what is installed."""
    try:
        installed = version(_LIBRARY)
        about = _told(table)
    except (PackageNotFoundError, OSError):
        return None
    return about if about["version"] == installed else None


def _told(table: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(pq.read_metadata(table).metadata[_ABOUT])
    return told


def _days(rows: pa.Table) -> Any:
    # The buffer itself: `to_numpy` would import pandas.
    column = rows["session"].combine_chunks()
    return np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column)].astype(
        _DAYS
    )
