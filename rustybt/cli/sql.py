"""``rustybt sql``."""

import sys

import click

import warehouse
from rustybt.cli.output import emit, format_option, root_option


@click.command
@click.argument("query")
@format_option
@root_option
def sql(query: str, form: str, root: str | None) -> None:
    """Run QUERY over the views of the warehouse; ``-`` reads it from stdin.

    Bundles are schemas: SELECT * FROM sp500.bars_1d. The schema meta tells what there is.
    """
    text = sys.stdin.read() if query == "-" else query
    with warehouse.open(root) as wh:
        emit(wh.sql(text).pl(), form)
