"""Asks the confined process for the tables of files and folders, within time, memory and size."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from rustybt.data.readers.legacy.layout import LayoutError
from rustybt.data.readers.legacy.metadata import minutes_of
from rustybt.errors import LegacyFileError, MissingExtraError
from warehouse.errors import SafeLimitError
from warehouse.safe.limits import MIB, Limits
from warehouse.safe.process import ask

BarKind = Literal["bcolz_daily", "bcolz_minute", "hdf5_daily"]

BLOCK_ROWS: Final = 2_000_000  # that are read at once where a file has more
LIMITS: Final = Limits(seconds=300.0, memory=2048 * MIB, max_bytes=1024 * MIB)
_CHILD: Final = "rustybt.data.readers.legacy.child"
_ADVICE: Final = "Nothing was taken of it; copy it anew from where it was made."


@dataclass(frozen=True)
class Wanted:
    """What to read of a file or folder.

    Parameters
    ----------
    kind
        One of `rustybt.data.readers.legacy.child.READERS`.
    path
        Absolute.
    of
        Of bars: `sids`, all if None, and `most`, rows after which no further sid is begun; of minutes
        what `minutes_of` says, too. Of a SQLite file: queries by the names of their tables.
    """

    kind: str
    path: str
    of: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What was read: facts as JSON values, and tables by name."""

    facts: Mapping[str, Any]
    tables: Mapping[str, pa.Table]


@dataclass(frozen=True)
class LegacyBars:
    """Bars as a file or folder holds them.

    Parameters
    ----------
    calendar
        Exchange calendar that it names; None if it names none.
    rows
        How many rows each sid has, those of sessions without a bar included.
    unread
        Sids that were wanted and not begun, ascending.
    bars
        ``sid`` (int32), ``session`` (date32) or, of minutes, ``ts`` (their start, UTC), ``open``, ``high``, ``low``, ``close`` and ``volume``
        (DECIMAL(18,8)), in order of the rows. A price that is stored as zero is NULL, and a row of
        zeros alone is left out: its session had no bar.
    """

    calendar: str | None
    rows: dict[int, int]
    unread: tuple[int, ...]
    bars: pa.Table

    @classmethod
    def of(cls, found: Found) -> "LegacyBars":
        """Return what was read of a file of bars."""
        held = found.tables["sids"]
        sids, rows = held["sid"].to_pylist(), held["rows"].to_pylist()
        return cls(
            found.facts["calendar"],
            dict(zip(sids, rows, strict=True)),
            tuple(found.tables["unread"]["sid"].to_pylist()),
            found.tables["bars"],
        )


def wanted_bars(
    kind: BarKind, path: str | os.PathLike[str], sids: Sequence[int] | None, most: int | None = None
) -> Wanted:
    """Return what `read_tables` takes for the bars of some sids; see `Wanted`.

    Raises
    ------
    LegacyFileError
        A folder of minutes does not say whose they are.
    """
    place = Path(path).resolve()
    of: dict[str, Any] = {"sids": None if sids is None else [int(it) for it in sids], "most": most}
    if kind == "bcolz_minute":
        try:
            of |= minutes_of(place)
        except LayoutError as error:
            raise LegacyFileError(error.path, error.problem, _ADVICE) from error
    return Wanted(kind, str(place), of)


def read_bars(
    kind: BarKind,
    path: str | os.PathLike[str],
    sids: Sequence[int] | None = None,
    *,
    limits: Limits = LIMITS,
) -> LegacyBars:
    """Return the bars of a file or folder of zipline.

    Parameters
    ----------
    kind
        ``bcolz_daily``: a folder such as ``daily_equities.bcolz``. ``hdf5_daily``: a file of
        zipline's writer of HDF5. ``bcolz_minute``: a folder such as ``minute_equities.bcolz``.
    path
        Of the file or folder.
    sids
        Those that are wanted; all if None. Unknown ones have no rows.
    limits
        What the process may cost.

    Returns
    -------
    LegacyBars

    Raises
    ------
    LegacyFileError, MissingExtraError
        As `read_tables`.

    Notes
    -----
    The formats have no checksums: a number that was changed in place is not seen.
    """
    (found,) = read_tables([wanted_bars(kind, path, sids)], limits=limits)
    return LegacyBars.of(found)


def following_bars(
    kind: BarKind, path: str | os.PathLike[str], first: LegacyBars
) -> Iterator[LegacyBars]:
    """Yield bars that were read already and, block by block, those that they left unread."""
    block = first
    yield block
    while block.unread:
        (found,) = read_tables([wanted_bars(kind, path, block.unread, BLOCK_ROWS)])
        block = LegacyBars.of(found)
        yield block


def read_tables(wanted: Sequence[Wanted], *, limits: Limits = LIMITS) -> list[Found]:
    """Return what is wanted of some files and folders, one answer each.

    They are read by one process of its own that can neither write nor reach a network; nothing in them
    is unpickled or run, and they stay as they are.

    Raises
    ------
    LegacyFileError
        One is of another layout, half written or damaged, or reading costs more than the limits.
    MissingExtraError
        The extra ``legacy`` is not installed.
    """
    paths = [it.path for it in wanted]
    job = {"wanted": [asdict(it) for it in wanted], "memory": limits.memory}
    try:
        answered = ask(job, limits, readable=paths, module=_CHILD)
    except SafeLimitError as error:
        problem = f"the process that read it ended: {error}"
        raise LegacyFileError(paths[0], problem, _ADVICE) from error
    if "package" in answered.reply:
        raise MissingExtraError(answered.reply["package"], "legacy")
    if "layout" in answered.reply:
        at, problem = answered.reply["layout"]
        raise LegacyFileError(at, problem, _ADVICE)
    tables = _tables(paths[0], answered.rows)
    return [Found(it, tables[str(at)]) for at, it in enumerate(answered.reply["facts"])]


def _tables(path: str, content: bytes) -> dict[str, dict[str, pa.Table]]:
    """Return tables by what was wanted and by name."""
    streams, found = BytesIO(content), defaultdict(list)
    try:
        while streams.tell() < len(content):
            table = pa.ipc.open_stream(streams).read_all()
            table.validate(full=True)  # the process may have been taken over by what it read
            told = table.schema.metadata
            place = told[b"wanted"].decode(), told[b"table"].decode()
            found[place].append(table.replace_schema_metadata())
        whole: dict[str, dict[str, pa.Table]] = defaultdict(dict)
        for (at, name), parts in found.items():
            whole[at][name] = pa.concat_tables(parts)
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        raise LegacyFileError(path, f"its process answered no tables ({error})", _ADVICE) from error
    return whole
