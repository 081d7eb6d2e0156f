"""``rustybt bundle vacuum``."""

import click
import polars as pl

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.data.bundles.journal import forget
from warehouse import BundleName
from warehouse.layout import BundleDir


@click.command
@click.argument("name")
@click.option(
    "--keep", type=click.IntRange(min=1), default=10, show_default=True, help="Newest snapshots."
)
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=7,
    show_default=True,
    help="Snapshots committed within so many days stay too.",
)
@click.option(
    "--runs/--no-runs",
    default=True,
    show_default=True,
    help="Keep what stored runs of backtests ran on.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and touch nothing.")
@format_option
@root_option
def vacuum(
    *,
    name: str,
    keep: int,
    days: float,
    runs: bool,
    dry_run: bool,
    form: str,
    root: str | None,
) -> None:
    """Remove old snapshots of bundle NAME, and the files that none of the others names.

    A snapshot that a process is reading stays, whatever its age. Pages that a stopped ingest has
    fetched go, unless an ingest is under way.
    """
    with warehouse.open(root) as wh:
        report = wh.vacuum(name, keep=keep, days=days, runs=runs, dry_run=dry_run)
        pages = forget(BundleDir(wh.root, BundleName(name)), dry_run=dry_run)
    if pages:
        say(f"Fetched pages that no snapshot holds: {pages}{'.' if dry_run else ', removed.'}")
    if report.pinned:
        say(f"Kept because they are in use: snapshots {', '.join(map(str, report.pinned))}.")
    if report.named:
        say(
            f"Kept for stored runs: snapshots {', '.join(map(str, report.named))}; --no-runs removes them."
        )
    row = {
        "bundle": report.bundle,
        "removed": list(report.removed),
        "kept": list(report.kept),
        "files": report.files,
        "bytes": report.size,
        "dry_run": report.dry_run,
    }
    schema = {"removed": pl.List(pl.Int64), "kept": pl.List(pl.Int64)}
    emit(pl.DataFrame([row], schema_overrides=schema), form)
