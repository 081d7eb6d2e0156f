"""``rustybt ingest``: one command a kind of source."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import polars as pl

from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.cli.progress import words_progress
from rustybt.data.bundles import IngestReport
from rustybt.data.bundles.ingest import ingest as ingest_source
from rustybt.data.sources import FileSource
from rustybt.data.sources.dialect import ENCODINGS

SHOWN_REJECTS = 10
SOME_REJECTED = 3


@click.group
def ingest() -> None:
    """Take market data into a bundle."""


@ingest.command("csv")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--bundle", required=True, help="Name of the bundle, such as sp500; created if new.")
@click.option(
    "--calendar",
    help="Exchange calendar, XNYS or 24/7.  [default: that of the bundle, else XNYS]",
)
@click.option(
    "--resolution",
    type=click.Choice(["1d", "1m"]),
    default="1d",
    show_default=True,
    help="What one row is: a session, or the minute that begins at its time.",
)
@click.option(
    "--date-format", help="How times are written, such as %d/%m/%Y, if not ISO, YYYYMMDD or epochs."
)
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Of text files.  [default: utf-8]")
@click.option(
    "--actions-from",
    metavar="COLUMN",
    help="Column of adjusted closes, from which splits and dividends are derived.",
)
@click.option("--progress/--no-progress", default=True, help="Say what is being done.")
@format_option
@root_option
@click.pass_context
def csv(ctx: click.Context, /, path: Path, bundle: str, **given: Any) -> None:
    """Ingest PATH: a file, or a folder with files, of .csv, .csv.gz or .parquet.

    Either with a column of symbols or one file a symbol, named after it. Columns are found by their
    usual names. A row that cannot be typed or keyed is rejected and shown; a doubtful one is stored
    and flagged. Ends with 3 if rows were rejected and the others committed.
    """
    source = FileSource(
        path,
        date_format=given["date_format"],
        encoding=given["encoding"],
        actions_from=given["actions_from"],
    )
    with words_progress(shown=given["progress"]) as progress:
        report = ingest_source(
            source,
            bundle,
            calendar=given["calendar"],
            resolution=given["resolution"],
            root=given["root"],
            progress=progress,
        )
    _talk(report)
    emit(_numbers(report), given["form"])
    if report.rejected:
        ctx.exit(SOME_REJECTED)


def _numbers(report: IngestReport) -> pl.DataFrame:
    names = [it.name for it in fields(report) if it.name not in ("rejects", "notes")]
    return pl.DataFrame({name: [getattr(report, name)] for name in names})


def _talk(report: IngestReport) -> None:
    for note in report.notes:
        say(note)
    for reject in report.rejects[:SHOWN_REJECTS]:
        say(f"rejected {reject.text}: {reject.raw}")
    if report.rejected:
        hidden = max(report.rejected - SHOWN_REJECTS, 0)
        more = f", {hidden:,} more" if hidden else ""
        said = f"{report.rejected:,} rows were rejected{more}"
        say(f"{said}; all are kept: SELECT * FROM {report.bundle}.rejects")
    if report.flagged:
        say(f"{report.flagged:,} stored rows are doubtful: SELECT * FROM {report.bundle}.flags")
    if not report.new:
        say(f"Nothing is new; snapshot {report.snapshot} of {report.bundle} stays the newest.")
