"""How commands print what is damaged."""

from collections.abc import Iterable

import click
import polars as pl

from rustybt.cli.output import emit
from warehouse.errors import DamageError

_SCHEMA = {"path": pl.String, "problem": pl.String, "restore": pl.String}


def emit_damages(damages: Iterable[DamageError], form: str) -> None:
    """Write each damage and the way back to stdout, as `emit` writes rows."""
    rows = [(str(it.path), it.problem, it.restore) for it in damages]
    if form != "table":
        emit(pl.DataFrame(rows, schema=_SCHEMA, orient="row"), form)
        return
    for path, problem, restore in rows:
        click.echo(f"{path}\n  {problem}\n  {restore}")
