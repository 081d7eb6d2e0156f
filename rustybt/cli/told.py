"""What the commands of an ingest say at their end; they end with `SOME_LEFT_OUT` where some was."""

from dataclasses import fields

import click

from rustybt.cli.output import counted, emit_one, say
from rustybt.data.bundles import IngestReport

SHOWN_REJECTS = 10
SHOWN_RAW = 200  # characters of a rejected row
SOME_LEFT_OUT = 3
_LISTS = ("rejects", "notes", "outcomes")  # told on stderr


def tell(report: IngestReport, form: str) -> None:
    """Say what an ingest did, and end with 3 if rows were rejected or symbols left out."""
    _talk(report)
    emit_one(_numbers(report), form)
    if report.rejected or report.failed:
        click.get_current_context().exit(SOME_LEFT_OUT)


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
