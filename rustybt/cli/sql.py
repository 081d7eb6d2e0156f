"""``rustybt sql``."""

import re
import sys
import warnings
from typing import Any

import click

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from warehouse.catalog.saved import reads
from warehouse.errors import QueryError, SavedViewError, UnknownBundleError, WarehouseError
from warehouse.safe.limits import MIB, Limits

_NO_SCHEMA = re.compile(r'schema "([^"]+)" does not exist')
_NO_TABLE = re.compile(r"Table with name (\w+) does not exist")


@click.command
@click.argument("query")
@click.option("--safe", is_flag=True, help="For a QUERY of somebody who is not trusted.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.5), help="Seconds, with --safe.  [default: 30]"
)
@click.option(
    "--memory",
    type=click.IntRange(min=384),
    help="MiB of the process, with --safe.  [default: 1024]",
)
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    help="Rows of the result, with --safe.  [default: 1000000]",
)
@format_option
@root_option
def sql(
    query: str,
    *,
    safe: bool,
    timeout: float | None,
    memory: int | None,
    max_rows: int | None,
    form: str,
    root: str | None,
) -> None:
    """Run QUERY over the views of the warehouse; a QUERY - is read from stdin.

    Bundles are schemas: SELECT * FROM sp500.bars_1d. The schema meta tells what there is. With
    --safe it is one SELECT over these views, and runs in a confined process of its own.
    """
    given = {"seconds": timeout, "memory": memory and memory * MIB, "max_rows": max_rows}
    bounds: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if bounds and not safe:
        raise click.UsageError("--timeout, --memory and --max-rows are limits of --safe.")
    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise click.UsageError("QUERY is empty; expected a statement such as FROM meta.bundles")
    result = _safe(text, root, Limits(**bounds)) if safe else _trusted(text, root)
    emit(result.pl(), form)


def _trusted(text: str, root: str | None) -> warehouse.Result:
    with warehouse.open(root) as wh:
        try:
            return wh.sql(text)
        except QueryError as error:
            raise _named(error, text, wh) from error


def _named(error: QueryError, text: str, wh: warehouse.Warehouse) -> WarehouseError:
    """Return the error that says which bundle or saved view a statement wants that is not there."""
    if schema := _NO_SCHEMA.search(error.problem):
        return UnknownBundleError(schema[1], wh.bundles(), wh.root)
    table = _NO_TABLE.search(error.problem)
    if table is None or not reads(text, table[1]):
        return error
    saved = ", ".join(wh.saved_views()) or "none"
    problem = f"there is no such view; saved are {saved}; `rustybt pipeline save` makes one"
    return SavedViewError(table[1], problem)


def _safe(text: str, root: str | None, limits: Limits) -> warehouse.Result:
    with (
        warehouse.open(root, safe=True, limits=limits) as wh,
        warnings.catch_warnings(record=True) as noted,
    ):
        warnings.simplefilter("always")
        result = wh.sql(text)
    for warning in noted:
        say(str(warning.message))
    return result
