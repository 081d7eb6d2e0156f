"""``rustybt runs reproduce``."""

import sys
from contextlib import redirect_stdout

import click
import polars as pl

from rustybt import runs
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.cli.progress import run_progress

DIFFERS = 1  # exit code


@click.command
@click.argument("run")
@click.option("--no-progress", is_flag=True, help="Say nothing while running.")
@format_option
@root_option
@click.pass_context
def reproduce(
    ctx: click.Context, run: str, *, no_progress: bool, form: str, root: str | None
) -> None:
    """Run RUN again, on its snapshot and with its options, and compare the digests.

    The text of the strategy that was stored is executed. Exit code 1 where the results differ.
    """
    with run_progress(shown=not no_progress) as show, redirect_stdout(sys.stderr):
        found = runs.reproduce(run, root=root, progress=show)
    for difference in found.differences:
        say(f"Not as it was: {difference}.")
    row = {
        "run": found.run,
        "same": found.same,
        "stored_digest": found.stored_digest,
        "digest": found.digest,
    }
    emit(pl.DataFrame([row]), form)
    if not found.same:
        ctx.exit(DIFFERS)
