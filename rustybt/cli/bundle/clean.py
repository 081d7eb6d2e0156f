"""``rustybt bundle clean``."""

import click
import polars as pl

from rustybt.cli.output import emit, format_option, root_option
from rustybt.data import bundles


@click.command
@click.argument("name")
@click.option(
    "-e", "--before", metavar="INSTANT", help="Remove what was committed before; the newest stays."
)
@click.option(
    "-a",
    "--after",
    metavar="INSTANT",
    help="Go back to what was the newest then, and remove what was committed after.",
)
@click.option(
    "-k", "--keep-last", type=click.IntRange(min=1), help="Remove all but so many of the newest."
)
@format_option
@root_option
def clean(
    name: str,
    before: str | None,
    after: str | None,
    keep_last: int | None,
    form: str,
    root: str | None,
) -> None:
    """Remove snapshots of bundle NAME by age or number, and the files that only they held.

    An INSTANT is ISO 8601, such as 2024-05-31 or 2024-05-31T16:00:00Z; UTC if it says no zone.
    """
    removed = sorted(bundles.clean(name, before, after, keep_last, root=root))
    rows = {"bundle": [name] * len(removed), "removed": removed}
    emit(pl.DataFrame(rows, schema={"bundle": pl.String, "removed": pl.Int64}), form)
