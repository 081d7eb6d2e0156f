"""``rustybt bundle verify``."""

import click

import warehouse
from rustybt.cli.damages import emit_damages
from rustybt.cli.output import counted, format_option, root_option, say


@click.command
@click.argument("name")
@click.option("--snapshot", type=int, help="Version to read.  [default: every one in the log]")
@format_option
@root_option
def verify(name: str, snapshot: int | None, form: str, root: str | None) -> None:
    """Read all of bundle NAME and compare it with the SHA-256 of its commits.

    Prints what is damaged and how to get it back; exit code 1 if anything is.
    """
    with warehouse.open(root) as wh:
        found = wh.verify(name, snapshot)
    emit_damages(found.damages, form)
    say(
        f"{found.bundle}: {counted(len(found.snapshots), 'snapshot')}, {counted(found.files, 'file')}, "
        f"{counted(found.size, 'byte')} read; {len(found.damages) or 'nothing'} damaged."
    )
    if not found.sound:
        raise click.exceptions.Exit(1)
