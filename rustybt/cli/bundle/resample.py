"""``rustybt bundle resample``."""

from dataclasses import asdict

import click
import polars as pl

from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.data import bundles


@click.command
@click.argument("name")
@click.argument("bars")
@click.argument("size", required=False)
@format_option
@root_option
def resample(name: str, bars: str, size: str | None, form: str, root: str | None) -> None:
    """Store bars of bundle NAME that are made of shorter ones or of trades, as a new snapshot.

    BARS is a length, such as 5m, 1h or 1w, stored as resampled_5m …; or time, tick, volume or dollar,
    with the SIZE that each bar out of trades is full with: seconds, trades, units or money, stored as
    dollar_bars_1000000 …

    Again after an ingest it makes what has changed, and bars that were not complete. The views
    and macros of the same bars need none of it, and are always of today.
    """
    report = bundles.resample(name, bars, size, root=root)
    if not report.new:
        say(f"{name}.{report.dataset} is as it was.")
    emit(pl.DataFrame([asdict(report)], schema_overrides={"first": pl.Date}), form)
