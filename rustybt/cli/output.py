"""How a command prints rows: a table for people, CSV or JSON for programs."""

import sys
from collections.abc import Callable
from typing import Any

import click
import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SHOWN_ROWS = 50

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="csv holds DECIMAL exactly; json as the nearest number.",
)
root_option = click.option(
    "--root",
    type=click.Path(file_okay=False),
    help="Folder of the warehouse.  [default: $RUSTYBT_DATA_DIR, else ~/.rustybt/data]",
)


def say(message: str) -> None:
    """Write a line of talk to stderr."""
    click.echo(message, err=True)


def emit(rows: pl.DataFrame, form: str) -> None:
    """Write rows to stdout.

    Parameters
    ----------
    rows
        Any frame.
    form
        ``csv``: a header line, then every row. ``json``: one array of objects. ``table``: the
        first `SHOWN_ROWS`; talk says so when there are more.
    """
    _WRITERS[form](rows)


def _csv(rows: pl.DataFrame) -> None:
    sys.stdout.write(rows.write_csv())


def _json(rows: pl.DataFrame) -> None:
    sys.stdout.write(rows.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).write_json() + "\n")


def _table(rows: pl.DataFrame) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, dtype in rows.schema.items():
        table.add_column(
            name,
            justify="right" if dtype.is_numeric() else "left",
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in rows.head(SHOWN_ROWS).iter_rows():
        table.add_row(*(escape(_cell(value)) for value in row))
    # A pipe or a file has no width of its own and must not lose columns to an assumed one.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    console.print(table)
    if len(rows) > SHOWN_ROWS:
        say(f"{SHOWN_ROWS} of {len(rows):,} rows are shown; --format csv gives all.")


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.6g}" if abs(value) < 1e6 else f"{value:,.2f}"
        case _:
            return str(value)


_WRITERS: dict[str, Callable[[pl.DataFrame], None]] = {"csv": _csv, "json": _json, "table": _table}
