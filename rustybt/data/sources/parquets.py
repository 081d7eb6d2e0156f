"""Reads Parquet files, all of one schema by one statement."""

import glob
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rustybt.data.sources.columns import Columns, find_columns
from rustybt.data.sources.options import ENDING, Options, Staged, staged
from rustybt.data.sources.source import Reject, time_form
from rustybt.data.sources.staging import Staging
from rustybt.data.sources.times import TYPED, TimeForm, written
from rustybt.errors import SourceFileError
from warehouse import sqltext

Shape = tuple[tuple[str, str], ...]  # name and type of each column


def stage_parquets(files: Sequence[Path], options: Options, staging: Staging) -> Iterator[Staged]:
    """Add all rows of ``.parquet`` files to a staging; see `FileSource.stage`."""
    groups: dict[tuple[Shape, TimeForm], list[Path]] = defaultdict(list)
    for file in files:
        shape = _shape(file)
        groups[shape, _form(file, shape, options, staging)].append(file)
    for (shape, form), paths in groups.items():
        columns = _columns(paths[0], shape, options, staging)
        refused = staging.add(
            _incoming(paths, shape, columns), form, files=[str(path) for path in paths]
        )
        yield staged(paths, columns, form, map(Reject.of, refused))


def header(file: Path) -> list[str]:
    """Return the names of the columns of a file.

    Raises
    ------
    SourceFileError
        It is no Parquet file.
    """
    return [name for name, _ in _shape(file)]


def _shape(file: Path) -> Shape:
    try:
        schema = pq.read_schema(file)
    except (OSError, pa.ArrowException) as error:
        problem = f"it is no Parquet file ({error})"
        raise SourceFileError(file, problem, "Check the file.") from error
    return tuple((name, str(kind)) for name, kind in zip(schema.names, schema.types, strict=True))


def _columns(file: Path, shape: Shape, options: Options, staging: Staging) -> Columns:
    return find_columns(
        str(file),
        [name for name, _ in shape],
        adjusted=options.actions_from,
        named=options.columns,
        fields=staging.fields,
    )


def _form(file: Path, shape: Shape, options: Options, staging: Staging) -> TimeForm:
    columns = _columns(file, shape, options, staging)
    staging.session.execute(_incoming([file], shape, columns))
    types = dict(staging.session.rows(sqltext.load("ingest/types")))
    if types["at"] == "VARCHAR" and options.date_format is not None:
        return written(options.date_format).of_clock(options.zone)
    values = staging.session.rows(sqltext.load("ingest/first_times"))
    form = time_form(str(file), types["at"], [value for (value,) in values])
    if form == TYPED:
        form = replace(form, zone=_zone(shape[columns.found["at"]][1]))
    return form.of_clock(options.zone)


def _zone(kind: str) -> str:
    # Arrow keeps the zone of a column beside the data, so DuckDB does not see it.
    named = re.search(r"tz=([^\]]+)", kind)
    return named[1] if named and named[1] != "UTC" else ""


def _incoming(paths: Sequence[Path], shape: Shape, columns: Columns) -> str:
    return sqltext.render(
        "ingest/incoming_parquet",
        paths=[glob.escape(str(path)) for path in paths],
        symbol=shape[columns.found["symbol"]][0] if "symbol" in columns.found else None,
        ending=f"{ENDING}$",
        columns=[(k, shape[i][0]) for k, i in columns.found.items() if k != "symbol"],
    )
