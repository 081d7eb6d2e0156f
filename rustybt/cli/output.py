"""How a command prints rows: a table for people, CSV or JSON for programs."""

import json
import sys
from collections.abc import Callable
from typing import Literal

import click
import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SHOWN_ROWS = 50
_MONEY = 100_000  # a column of floats that reaches this is written with separators and cents

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
    nested = [name for name, dtype in rows.schema.items() if dtype.is_nested()]
    text = [pl.col(it).map_elements(_nested_json, return_dtype=pl.String) for it in nested]
    sys.stdout.write(rows.with_columns(text).write_csv())


def _nested_json(value: object) -> str:
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(plain, default=str)


def _json(rows: pl.DataFrame) -> None:
    sys.stdout.write(rows.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).write_json() + "\n")


def _table(rows: pl.DataFrame) -> None:
    shown = rows.head(SHOWN_ROWS)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, dtype in shown.schema.items():
        side: Literal["left", "right"] = "right" if dtype.is_numeric() else "left"
        table.add_column(escape(name), justify=side, no_wrap=True, overflow="ellipsis")
    for row in zip(*map(_cells, shown.iter_columns()), strict=True):
        table.add_row(*row)
    # A pipe or a file has no width of its own and must not lose columns to an assumed one.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    console.print(table)
    if len(rows) > SHOWN_ROWS:
        say(f"{SHOWN_ROWS} of {len(rows):,} rows are shown; --format csv gives all.")


def _cells(column: pl.Series) -> list[str]:
    if column.dtype.is_float():
        largest = column.drop_nans().abs().max()
        wide = isinstance(largest, float) and largest >= _MONEY
        return ["" if v is None or v != v else f"{v:,.2f}" if wide else f"{v:.6g}" for v in column]  # noqa: PLR0124 - NaN
    text = _nested_json if column.dtype.is_nested() else str
    return ["" if value is None else escape(text(value)) for value in column]


_WRITERS: dict[str, Callable[[pl.DataFrame], None]] = {"csv": _csv, "json": _json, "table": _table}
