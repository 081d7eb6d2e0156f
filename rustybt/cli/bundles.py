"""``rustybt bundles``."""

from pathlib import Path

import click
import polars as pl

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.data.bundles import Bundle
from warehouse.errors import DamageError
from warehouse.schema import holds_market

_SCHEMA = {
    "bundle": pl.String,
    "snapshot": pl.Int64,
    "symbols": pl.Int64,
    "rows": pl.Int64,
    "first_session": pl.Date,
    "last_session": pl.Date,
    "calendar": pl.String,
}


@click.command
@format_option
@root_option
def bundles(form: str, root: str | None) -> None:
    """List the bundles: snapshot, symbols, rows, sessions, calendar.

    What is damaged is said on stderr; a bundle that cannot be read has its name alone.
    """
    with warehouse.open(root) as wh:
        damages = {it.path: it for it in wh.damages}
        rows = [_row(wh, name, damages) for name in wh.bundles()]
        if not rows:
            say(f"The warehouse at {wh.root} is empty.")
        for damage in damages.values():
            say(str(damage))
        emit(pl.DataFrame(rows, schema=_SCHEMA, orient="row"), form)


def _row(
    wh: warehouse.Warehouse, name: str, damages: dict[Path, DamageError]
) -> tuple[object, ...]:
    try:
        bundle = Bundle(name, wh.snapshot(name), wh)
        symbols, first, last = bundle.overview()
    except DamageError as error:
        damages[error.path] = error
        return (name, *[None] * (len(_SCHEMA) - 1))
    snapshot = bundle.snapshot
    rows = sum(file.rows for dataset, _, file in snapshot.files() if holds_market(dataset))
    return (name, snapshot.version, symbols, rows, first, last, snapshot.calendar)
