"""``rustybt catalog``: DuckDB files for the DuckDB shell, DBeaver and the like."""

from pathlib import Path

import click

import warehouse
from rustybt.cli.commands import Group
from rustybt.cli.output import root_option, say
from warehouse.catalog.example import build_example

_target = click.argument(
    "target", type=click.Path(dir_okay=False, path_type=Path), required=False, default=None
)


@click.group(cls=Group)
def catalog() -> None:
    """DuckDB files for other tools."""


@catalog.command
@_target
@root_option
@click.pass_context
def build(ctx: click.Context, target: Path | None, root: str | None) -> None:
    """Write the views of every bundle and the tables of meta to TARGET.

    TARGET is catalog.duckdb in the folder of the warehouse unless it is named. It shows the newest
    snapshots of this moment; build it again after an ingest, or whenever it is lost or damaged. A
    damaged bundle is left out, and the exit code is 3.
    """
    with warehouse.open(root) as wh:
        built = wh.build_catalog(target)
    click.echo(built.path)
    for bundle, problem in built.left_out:
        say(f"{bundle} is left out: {problem}")
    say(f"Open it with `duckdb -readonly {built.path}`.")
    if built.left_out:
        ctx.exit(3)


@catalog.command
@_target
@root_option
@click.pass_context
def verify(ctx: click.Context, target: Path | None, root: str | None) -> None:
    """Compare TARGET with the newest snapshots; exit code 1 unless it is as a fresh one."""
    with warehouse.open(root) as wh:
        found = wh.verify_catalog(target)
    click.echo(f"{found.path}: {found.state}")
    for difference in found.differences:
        click.echo(f"  {difference}")
    if found.state != "current":
        say("`rustybt catalog build` writes a fresh one.")
        ctx.exit(1)


@catalog.command
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def example(target: Path) -> None:
    """Write a small database with the shape of every view to TARGET.

    Its tables hold ten sessions of two assets, under the names, types and comments of any bundle.
    """
    build_example(target)
    say(f"{target}: open it with `duckdb {target}` and try FROM example.bars_1d_adjusted;")
