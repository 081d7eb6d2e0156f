"""``rustybt doctor``."""

import click
import polars as pl

from rustybt.cli.output import counted, emit, format_option, root_option, say
from rustybt.doctor import examine


@click.command
@format_option
@root_option
@click.pass_context
def doctor(ctx: click.Context, form: str, root: str | None) -> None:
    """Say what is installed, where the data lies, and what is wrong.

    Ends with 1 if something is wrong. `rustybt bundle verify` reads every byte of a bundle, `rustybt
    runs verify` those of the stored runs.
    """
    found = [(it.what, it.state, it.found) for it in examine(root)]
    emit(pl.DataFrame(found, schema=["what", "state", "found"], orient="row"), form)
    wrong = sum(state == "wrong" for _, state, _ in found)
    if wrong:
        say(f"{counted(wrong, 'thing')} wrong.")
        ctx.exit(1)
