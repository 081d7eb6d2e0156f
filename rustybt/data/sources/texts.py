"""Reads text files, all that are written alike by one statement."""

import glob
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from rustybt.data.sources.columns import Columns, find_columns
from rustybt.data.sources.dialect import Dialect, sniff
from rustybt.data.sources.lines import Torn, locate
from rustybt.data.sources.options import ENDING, Options, Staged, staged
from rustybt.data.sources.plain import head_of, stage_plain
from rustybt.data.sources.staging import Refused, Staging
from rustybt.data.sources.times import TimeForm
from rustybt.errors import SourceFileError
from warehouse import sqltext
from warehouse.errors import QueryError

Shape = tuple[Dialect, TimeForm]


def stage_texts(files: Sequence[Path], options: Options, staging: Staging) -> Iterator[Staged]:
    """Add all rows of ``.csv`` and ``.csv.gz`` files to a staging; see `FileSource.stage`."""
    if not files:
        return
    found: dict[Dialect, Columns] = {}
    first = _shape(files[0], options, staging, found)
    # Plain files that begin with the same line are of the same shape, so none of them is sampled.
    left = stage_plain(files, first[0], found[first[0]], first[1], staging, head=head_of(files[0]))
    done = set(files) - set(left)
    groups: dict[Shape, list[Path]] = defaultdict(list)
    for file in files:
        groups[first if file in done else _shape(file, options, staging, found)].append(file)
    for shape, paths in groups.items():
        dialect, form = shape
        columns = found[dialect]
        others = [file for file in paths if file not in done]
        if shape != first:
            others = stage_plain(others, dialect, columns, form, staging)
        refused, torn = _add(staging, dialect, columns, form, others) if others else ([], [])
        rejects = locate(dialect, staging.fields, columns.found, refused, torn)
        yield staged(paths, columns, form, rejects)


def _shape(file: Path, options: Options, staging: Staging, found: dict[Dialect, Columns]) -> Shape:
    sample = sniff(file, options.encoding, options.delimiter)
    dialect = sample.dialect
    if dialect not in found:
        found[dialect] = find_columns(
            str(file),
            dialect.header,
            adjusted=options.actions_from,
            named=options.columns,
            fields=staging.fields,
        )
    form = sample.times(found[dialect].found["at"], options.date_format)
    return dialect, form.of_clock(options.zone)


def _add(
    staging: Staging, dialect: Dialect, columns: Columns, form: TimeForm, paths: Sequence[Path]
) -> tuple[list[Refused], list[Torn]]:
    # Columns are named by position: a header may hold a name twice, or none.
    incoming = sqltext.render(
        "ingest/incoming_csv",
        # DuckDB would take a bracket or star in a name for a pattern.
        paths=[glob.escape(str(path)) for path in paths],
        header=[_place(i) for i in range(len(dialect.header))],
        symbol=_place(columns.found["symbol"]) if "symbol" in columns.found else None,
        columns=[(k, _place(i)) for k, i in columns.found.items() if k != "symbol"],
        delimiter=dialect.delimiter,
        encoding=dialect.encoding,
        blank=dialect.blank,
        ending=f"{ENDING}$",
    )
    staging.session.execute(sqltext.load("ingest/new_torn"))
    try:
        refused = staging.add(
            incoming, form, files=[str(path) for path in paths], after=sqltext.load("ingest/torn")
        )
    except QueryError as error:
        problem = f"DuckDB cannot read it ({error.problem.splitlines()[0]})"
        advice = "Check that it is whole, has one kind of line end, and that every quote is closed."
        where = paths[0] if len(paths) == 1 else f"{paths[0]} or another of {len(paths)} files"
        raise SourceFileError(where, problem, advice) from error
    torn = staging.session.rows(sqltext.load("ingest/all_torn"))
    return refused, [Torn(*row) for row in torn]


def _place(position: int) -> str:
    return f"column{position}"
