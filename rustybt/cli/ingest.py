"""``rustybt ingest``: one command a kind of source."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from rustybt.cli.output import counted, emit_one, format_option, root_option, say
from rustybt.cli.progress import words_progress
from rustybt.data.bundles import IngestReport, Request
from rustybt.data.bundles.ingest import ingest as ingest_source
from rustybt.data.resolutions import BARS
from rustybt.data.sources import FileSource
from rustybt.data.sources.dialect import ENCODINGS
from rustybt.interrupts import noting
from warehouse.writing.transaction import committed_before

SHOWN_REJECTS = 10
SHOWN_RAW = 200  # characters of a rejected row
SOME_LEFT_OUT = 3
_LISTS = ("rejects", "notes", "outcomes")  # told on stderr


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
    type=click.Choice(BARS),
    default="1d",
    show_default=True,
    help="What one row is: a session, the minutes or hours that begin at its time, the week or month "
    "of its day.",
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
@click.option("--symbols", metavar="A,B", help="Take these alone.  [default: all]")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day, included.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that read.",
)
@click.option(
    "--on-error",
    type=click.Choice(["raise", "partial"]),
    default="raise",
    show_default=True,
    help="What a symbol that fails does: nothing is committed, or the others are.",
)
@click.option("--progress/--no-progress", default=True, help="Say what is being done.")
@format_option
@root_option
@click.pass_context
def csv(ctx: click.Context, /, path: Path, bundle: str, **given: Any) -> None:
    """Ingest PATH: a file, or a folder with files, of .csv, .csv.gz or .parquet.

    Either with a column of symbols or one file a symbol, named after it. Columns are found by their
    usual names. A row that cannot be typed or keyed is rejected and shown; a doubtful one is stored
    and flagged. Ends with 3 if rows were rejected, or symbols left out, and the others committed.
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
            _request(given),
            calendar=given["calendar"],
            resolution=given["resolution"],
            root=given["root"],
            progress=progress,
        )
    with noting([committed_before(bundle, report.snapshot)] if report.new else []):
        _tell(report, given["form"])
    if report.rejected or report.failed:
        ctx.exit(SOME_LEFT_OUT)


def _tell(report: IngestReport, form: str) -> None:
    _talk(report)
    emit_one(_numbers(report), form)


def _request(given: Mapping[str, Any]) -> Request:
    symbols = given["symbols"]
    return Request(
        None if symbols is None else tuple(it.strip() for it in symbols.split(",")),
        _day(given["start"]),
        _day(given["end"]),
        n_workers=given["workers"],
        on_error=given["on_error"],
    )


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


def _numbers(report: IngestReport) -> dict[str, object]:
    names = [it.name for it in fields(report) if it.name not in _LISTS]
    return {name: getattr(report, name) for name in names}


def _talk(report: IngestReport) -> None:
    for note in report.notes:
        say(note)
    left_out = [it for it in report.outcomes if it.lost]
    for outcome in left_out[:SHOWN_REJECTS]:
        say(f"left out {outcome.symbol}: {outcome.reason or outcome.ending}")
    for reject in report.rejects[:SHOWN_REJECTS]:
        say(f"rejected {reject.text}: {_short(reject.raw)}")
    if report.rejected:
        hidden = max(report.rejected - SHOWN_REJECTS, 0)
        more = f", {hidden:,} more than shown" if hidden else ""
        said = f"{counted(report.rejected, 'row')} {_was(report.rejected)} rejected{more}"
        say(f"{said}; all are kept: SELECT * FROM {report.bundle}.rejects")
    if report.flagged:
        verb = "is" if report.flagged == 1 else "are"
        said = f"{counted(report.flagged, 'stored row')} {verb} doubtful"
        say(f"{said}: SELECT * FROM {report.bundle}.flags")
    if not report.new:
        say(f"Nothing is new; snapshot {report.snapshot} of {report.bundle} stays the newest.")


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _short(raw: str) -> str:
    # A quote that is never closed makes a row of all that follows it.
    line = " ".join(raw.split("\n"))
    return line if len(line) <= SHOWN_RAW else f"{line[:SHOWN_RAW]}…"
