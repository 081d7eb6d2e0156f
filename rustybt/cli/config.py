"""``rustybt config``."""

import click
import polars as pl

from rustybt.cli.commands import Group
from rustybt.cli.output import emit, format_option
from warehouse.config import load


@click.group(cls=Group)
def config() -> None:
    """Show the settings."""


@config.command
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@format_option
def show(form: str, *, origin: bool) -> None:
    """List the settings as they are now.

    The environment goes before ./rustybt.yaml, that before ~/.rustybt/config.yaml, that before the
    default; an option of a command or an argument of a function goes before all.
    """
    columns = [(name, _text(it.value), it.origin) for name, it in load()]
    rows = pl.DataFrame(columns, schema=["setting", "value", "origin"], orient="row")
    emit(rows if origin else rows.drop("origin"), form)


def _text(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
