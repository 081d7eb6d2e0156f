"""``rustybt bundle verify``."""

import click
import polars as pl

import warehouse
from rustybt.cli.output import counted, emit, format_option, root_option, say
from warehouse.errors import DamageError

_SCHEMA = {"path": pl.String, "problem": pl.String, "restore": pl.String}


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
    for damage in found.damages:
        if form == "table":
            click.echo(f"{damage.path}\n  {damage.problem}\n  {damage.restore}")
    if form != "table":
        emit(pl.DataFrame(list(map(_row, found.damages)), schema=_SCHEMA, orient="row"), form)
    say(
        f"{found.bundle}: {counted(len(found.snapshots), 'snapshot')}, {counted(found.files, 'file')}, "
        f"{counted(found.size, 'byte')} read; {len(found.damages) or 'nothing'} damaged."
    )
    if not found.sound:
        raise click.exceptions.Exit(1)


def _row(damage: DamageError) -> tuple[str, str, str]:
    return str(damage.path), damage.problem, damage.restore
