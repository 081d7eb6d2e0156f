"""``rustybt bundle compact``."""

import click
import polars as pl

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from warehouse import Snapshot


@click.command
@click.argument("name")
@format_option
@root_option
def compact(name: str, form: str, root: str | None) -> None:
    """Write files of bundle NAME anew where that gives a narrower type or a smaller file.

    Commits a snapshot of equal rows, compared one by one, or none if there is nothing to gain. The
    old files stay until a vacuum removes the snapshots that name them.
    """
    with warehouse.open(root) as wh:
        before = wh.snapshot(name)
        after = wh.compact(name)
    if after.version == before.version:
        say("There is nothing to gain.")
    row = {
        "bundle": name,
        "snapshot": after.version,
        "bytes_before": _size(before),
        "bytes_after": _size(after),
    }
    emit(pl.DataFrame([row]), form)


def _size(snapshot: Snapshot) -> int:
    return sum(file.size for _, _, file in snapshot.files())
