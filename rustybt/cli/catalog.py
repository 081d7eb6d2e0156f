"""``rustybt catalog``."""

from pathlib import Path

import click

from rustybt.cli.output import say
from warehouse.catalog.example import build_example


@click.group
def catalog() -> None:
    """DuckDB files for other tools."""


@catalog.command
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def example(target: Path) -> None:
    """Write a small database with the shape of every view to TARGET.

    Its tables hold ten sessions of two assets, under the names, types and comments of any bundle.
    """
    build_example(target)
    say(f"{target}: open it with `duckdb {target}` and try FROM example.bars_1d_adjusted;")
