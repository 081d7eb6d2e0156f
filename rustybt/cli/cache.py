"""``rustybt cache``: what was computed or fetched once and is kept."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import click
import polars as pl

from rustybt.cli.commands import Group
from rustybt.cli.output import counted, emit, format_option, root_option, say
from rustybt.data.cache import CacheManager
from warehouse.layout import root_of
from warehouse.snapshots.shelf import kept, trim

_LISTED: Final[dict[str, pl.DataType]] = {
    "kind": pl.String(),
    "key": pl.String(),
    "dataset": pl.String(),
    "backtest": pl.String(),
    "bytes": pl.Int64(),
    "used": pl.Datetime("us", "UTC"),
}
_UNITS: Final = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class _Size(click.ParamType[int]):
    """A number of bytes: ``500MB``, ``5GB``."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B?)", str(value).strip().upper())
        if found is None or found[2] not in _UNITS:
            self.fail(f"{value!r}: expected a size such as 500MB or 5GB", param, ctx)
        return int(float(found[1]) * _UNITS[found[2]])


@click.group(cls=Group)
def cache() -> None:
    """Show and clean what was computed or fetched once and is kept.

    Frames are those of the portal and of the adapters, in the folder of the setting cache.dir;
    columns are those of pipelines, beside the snapshots of a warehouse.
    """


@cache.command
@click.option("-d", "--days", type=click.IntRange(1), default=7, show_default=True)
@format_option
@root_option
def stats(days: int, form: str, root: str | None) -> None:
    """Say how much is kept, and how often frames were found in the last days."""
    manager, files = CacheManager.current(), kept(root_of(root))
    first = datetime.now(UTC).date() - timedelta(days=days - 1)
    asked = manager.get_cache_statistics(start_date=first)
    frames = manager.disk.entries()
    rows = [
        ("frames", str(manager.disk.folder), len(frames), sum(it.size for it in frames) / 1e6),
        ("columns", str(root_of(root)), len(files), sum(it.status.st_size for it in files) / 1e6),
    ]
    table = pl.DataFrame(rows, schema=["kind", "folder", "entries", "size_mb"], orient="row")
    counts = {"hits": asked["hit_count"], "misses": asked["miss_count"], "rate": asked["hit_rate"]}
    found = [pl.Series(name, [value, None]) for name, value in counts.items()]
    emit(table.with_columns(*found), form)


@cache.command("list")
@format_option
@root_option
def list_(form: str, root: str | None) -> None:
    """List every frame and column that is kept, that used last first."""
    rows = [
        ("frames", it.key, it.dataset, it.backtest, it.size, it.used)
        for it in CacheManager.current().disk.entries()
    ]
    rows += [
        ("columns", file.links[0].stem[:32], file.links[0].parents[2].name, "", it.st_size, used)
        for file in kept(root_of(root))
        if (it := file.status) and (used := datetime.fromtimestamp(it.st_mtime, UTC))
    ]
    table = pl.DataFrame(rows, schema=_LISTED, orient="row")
    emit(table.sort("used", "key", descending=[True, False]), form)


@cache.command
@click.option("--max-size", type=_Size(), help="Leave so much of each kind, such as 5GB.")
@click.option("--all", "everything", is_flag=True, help="Leave nothing.")
@root_option
def clean(max_size: int | None, root: str | None, *, everything: bool) -> None:
    """Remove what was used least recently; it is computed or fetched again when it is wanted.

    Data and snapshots are never touched.
    """
    if everything == (max_size is not None):
        raise click.UsageError("Expected either --max-size or --all.")
    limit = max_size or 0
    frames = CacheManager.current().disk.trim(limit)
    columns = trim(root_of(root), limit)
    say(f"{counted(frames, 'frame')} and {counted(columns, 'column')} removed.")
