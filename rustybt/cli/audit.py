"""``rustybt audit``."""

import click
import polars as pl

import warehouse
from rustybt.cli.commands import Group
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.cli.progress import words_progress
from rustybt.pipeline.file import load_pipeline
from rustybt.pipeline.lookahead import audit_lookahead

LEAKED = 1


@click.group(cls=Group)
def audit() -> None:
    """Look for what a result must not depend on."""


@audit.command
@click.argument("place", metavar="FILE[:NAME]")
@click.option("-b", "--bundle", required=True, help="Bundle to run on.")
@click.option("-s", "--start", required=True, help="First session.")
@click.option("-e", "--end", required=True, help="Last session, included.")
@click.option(
    "--cuts", default=4, show_default=True, help="Sessions at which the future is changed."
)
@format_option
@root_option
def lookahead(
    place: str, bundle: str, start: str, end: str, *, cuts: int, form: str, root: str | None
) -> None:
    """Compute a pipeline again with the future cut off and poisoned.

    Lists each value that changed, and exits with 1 if there is one. FILE holds a Pipeline, or a
    function make_pipeline() that returns one.
    """
    pipeline = load_pipeline(place)
    with warehouse.open(root) as opened, words_progress() as show:
        found = audit_lookahead(
            pipeline, start, end, bundle=bundle, warehouse=opened, cuts=cuts, progress=show
        )
    if found:
        days = len(found.sessions)
        say(f"No look-ahead: {found.rows:,} rows compared over {days} sessions, none differs.")
        return
    emit(_frame(found.leaks), form)
    columns = ", ".join(sorted({it.column for it in found.leaks}))
    say(f"Look-ahead: another future changes {columns}.")
    raise SystemExit(LEAKED)


def _frame(leaks: tuple[object, ...]) -> pl.DataFrame:
    rows = [{name: _cell(it) for name, it in vars(leak).items()} for leak in leaks]
    return pl.DataFrame(rows, infer_schema_length=None)


def _cell(value: object) -> object:
    return str(value) if isinstance(value, float | bool | int) else value
