"""``rustybt bundle diff``."""

import click

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say


@click.command
@click.argument("name")
@click.argument("a", type=int)
@click.argument("b", type=int)
@click.option("--rows", is_flag=True, help="List the rows instead of counting them.")
@format_option
@root_option
def diff(name: str, a: int, b: int, *, rows: bool, form: str, root: str | None) -> None:
    """Say how snapshot B of bundle NAME differs from snapshot A, by dataset and symbol."""
    with warehouse.open(root) as wh:
        found = wh.diff(name, a, b, rows=rows)
    if not len(found):
        say(f"Snapshots {a} and {b} of {name} hold the same rows.")
    emit(found.pl(), form)
