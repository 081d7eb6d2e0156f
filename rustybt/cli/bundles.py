"""``rustybt bundles``."""

import click
import polars as pl

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.data.bundles import Bundle

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
    """List the bundles: snapshot, symbols, rows, sessions, calendar."""
    with warehouse.open(root) as wh:
        rows = [_row(Bundle(name, wh.snapshot(name), wh)) for name in wh.bundles()]
        if not rows:
            say(f"The warehouse at {wh.root} is empty.")
        emit(pl.DataFrame(rows, schema=_SCHEMA, orient="row"), form)


def _row(bundle: Bundle) -> tuple[object, ...]:
    snapshot = bundle.snapshot
    bars = sum(file.rows for name, _, file in snapshot.files() if name.startswith("bars_"))
    symbols, first, last = bundle.overview()
    return (bundle.name, snapshot.version, symbols, bars, first, last, snapshot.calendar)
