"""How a command prints rows: a table for people, CSV or JSON for programs.

polars and rich, which draw tables, are imported when there is one to draw.
"""

import csv
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import click

from rustybt.secrets import without_secrets

if TYPE_CHECKING:
    import polars as pl

SHOWN_ROWS = 50
_WIDTH = 10_000
_TEXT_ON_TERMINAL = 60  # characters of a text that is not a number or a time
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
    """Write a line of talk to stderr, without secrets."""
    click.echo(without_secrets(message), err=True)


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: ``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def emit(rows: "pl.DataFrame", form: str) -> None:
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


def emit_one(row: Mapping[str, object], form: str) -> None:
    """Write one row of texts and numbers to stdout, as `emit` writes a frame of one row."""
    if form == "json":
        sys.stdout.write(json.dumps([row], separators=(",", ":"), ensure_ascii=False) + "\n")
    elif form == "csv":
        told = [str(it).lower() if isinstance(it, bool) else it for it in row.values()]
        csv.writer(sys.stdout, lineterminator="\n").writerows([row, told])
    else:
        for line in _aligned(row):
            sys.stdout.write(line + "\n")


def _aligned(row: Mapping[str, object]) -> tuple[str, str]:
    head, line = [], []
    for name, value in row.items():
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        width = max(len(name), len(text))
        right = isinstance(value, int | float) and not isinstance(value, bool)
        head.append(name.rjust(width) if right else name.ljust(width))
        line.append(text.rjust(width) if right else text.ljust(width))
    return "  ".join(head).rstrip(), "  ".join(line).rstrip()


def _csv(rows: "pl.DataFrame") -> None:
    import polars as pl

    nested = [name for name, dtype in rows.schema.items() if dtype.is_nested()]
    text = [pl.col(it).map_elements(_nested_json, return_dtype=pl.String) for it in nested]
    plain = [pl.col(pl.Duration).dt.to_string("iso"), pl.col(pl.Binary).bin.encode("hex")]
    sys.stdout.write(rows.with_columns(text + plain).write_csv())


def _nested_json(value: object) -> str:
    import polars as pl

    plain = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(plain, default=str)


def _json(rows: "pl.DataFrame") -> None:
    import polars as pl

    plain = [pl.col(pl.Decimal).cast(pl.Float64), pl.col(pl.Binary).bin.encode("hex")]
    sys.stdout.write(rows.with_columns(plain).write_json() + "\n")


def _table(rows: "pl.DataFrame") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = rows.head(SHOWN_ROWS)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, dtype in shown.schema.items():
        side: Literal["left", "right"] = "right" if dtype.is_numeric() else "left"
        table.add_column(escape(name), justify=side, no_wrap=True)
    cut = _TEXT_ON_TERMINAL if sys.stdout.isatty() else None
    for row in zip(*(_cells(column, cut) for column in shown.iter_columns()), strict=True):
        table.add_row(*row)
    # Half a number is another number, so a line may be longer than a terminal, which then wraps it.
    Console(width=_WIDTH, soft_wrap=True).print(table)
    if len(rows) > SHOWN_ROWS:
        say(f"{SHOWN_ROWS} of {len(rows):,} rows are shown; --format csv gives all.")


def _cells(column: "pl.Series", cut: int | None) -> list[str]:
    from rich.markup import escape

    if column.dtype.is_float():
        largest = column.drop_nans().abs().max()
        wide = isinstance(largest, float) and largest >= _MONEY
        return ["" if v is None or v != v else f"{v:,.2f}" if wide else f"{v:.6g}" for v in column]  # noqa: PLR0124 - NaN
    if column.dtype.is_decimal():
        return _decimals(column)
    text = _nested_json if column.dtype.is_nested() else str
    texts = ["" if value is None else _plain(text(value)) for value in column]
    return [escape(it if cut is None or len(it) <= cut else f"{it[:cut]}…") for it in texts]


def _plain(text: str) -> str:
    # A line end would tear the table apart, and another control character may move the cursor.
    if text.isprintable():
        return text
    return "".join(it if it.isprintable() else ascii(it)[1:-1] for it in text)


def _decimals(column: "pl.Series") -> list[str]:
    """Write all values with the decimals that the longest needs."""
    texts = ["" if value is None else f"{value:f}" for value in column]
    spare = min((len(it) - len(it.rstrip("0")) for it in texts if "." in it), default=0)
    return [it[: len(it) - spare].rstrip(".") if "." in it else it for it in texts]


_WRITERS: dict[str, Callable[["pl.DataFrame"], None]] = {
    "csv": _csv,
    "json": _json,
    "table": _table,
}
