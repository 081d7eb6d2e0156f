"""``rustybt ingest``: one command a kind of source."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override

from rustybt.cli.commands import Group
from rustybt.cli.fetch import command_of, fetch_named, how_options
from rustybt.cli.given import PATH, SYMBOLS
from rustybt.cli.output import format_option, root_option
from rustybt.cli.progress import words_progress
from rustybt.cli.told import tell
from rustybt.data.bundles import Request
from rustybt.data.bundles.ingest import ingest as ingest_source
from rustybt.data.resolutions import RESOLUTIONS
from rustybt.data.sources import FileSource
from rustybt.data.sources.dialect import ENCODINGS
from rustybt.interrupts import noting
from warehouse.writing.transaction import committed_before

_WRAPPERS: Final = ("cached", "resampled")  # adapters of another adapter, which no text can name


class _Sources(Group):
    """A command for each adapter that is known, made when it is called."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        from rustybt.data.adapters.registry import AdapterRegistry

        adapters = {it for it in AdapterRegistry.list_adapters() if it not in _WRAPPERS}
        return sorted({*super().list_commands(ctx), *adapters})

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        if found is None:
            from rustybt.data.adapters.registry import AdapterRegistry

            if cmd_name in AdapterRegistry.list_adapters() and cmd_name not in _WRAPPERS:
                return command_of(cmd_name)
        return found


@click.group(cls=_Sources, invoke_without_command=True)
@click.option("-b", "--bundle", help="A registered bundle: fetch what it lacks.")
@how_options
@format_option
@root_option
@click.pass_context
def ingest(ctx: click.Context, /, **given: Any) -> None:
    """Take market data into a bundle: from a source, or again what a registered one lacks."""
    if ctx.invoked_subcommand is None and given["bundle"] is None:
        click.echo(ctx.get_help())
        ctx.exit(2)
    if ctx.invoked_subcommand is not None:
        if given["bundle"] is not None:
            raise click.UsageError("A source has its own --bundle, behind its name.")
        return
    fetch_named(given["bundle"], given)


@ingest.command("csv")
@click.argument("path", type=PATH)
@click.option("--bundle", required=True, help="Name of the bundle, such as sp500; created if new.")
@click.option(
    "--calendar",
    help="Exchange calendar, XNYS or 24/7.  [default: that of the bundle, else XNYS]",
)
@click.option(
    "--resolution",
    type=click.Choice(RESOLUTIONS),
    default="1d",
    show_default=True,
    help="What one row is: a session, the minutes or hours that begin at its time, the week or month "
    "of its day, or a trade (tick).",
)
@click.option(
    "--date-format", help="How times are written, such as %d/%m/%Y, if not ISO, YYYYMMDD or epochs."
)
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Of text files.  [default: utf-8]")
@click.option(
    "--actions-from",
    metavar="COLUMN",
    help="Column of adjusted closes, from which splits and dividends are derived.",
)
@click.option("--symbols", type=SYMBOLS, help="Take these alone.  [default: all]")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day, included.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that read.",
)
@click.option(
    "--on-error",
    type=click.Choice(["raise", "partial"]),
    default="raise",
    show_default=True,
    help="What a symbol that fails does: nothing is committed, or the others are.",
)
@click.option("--progress/--no-progress", default=True, help="Say what is being done.")
@format_option
@root_option
def csv(*, path: Path, bundle: str, **given: Any) -> None:
    """Ingest PATH: a file, or a folder with files, of .csv, .csv.gz or .parquet.

    Either with a column of symbols or one file a symbol, named after it. Columns are found by their
    usual names. A row that cannot be typed or keyed is rejected and shown; a doubtful one is stored
    and flagged. Ends with 3 if rows were rejected, or symbols left out, and the others committed.
    """
    source = FileSource(
        path,
        date_format=given["date_format"],
        encoding=given["encoding"],
        actions_from=given["actions_from"],
    )
    with words_progress(shown=given["progress"]) as progress:
        report = ingest_source(
            source,
            bundle,
            _request(given),
            calendar=given["calendar"],
            resolution=given["resolution"],
            root=given["root"],
            progress=progress,
        )
    with noting([committed_before(bundle, report.snapshot)] if report.new else []):
        tell(report, given["form"])


def _request(given: Mapping[str, Any]) -> Request:
    symbols = given["symbols"]
    return Request(
        None if symbols is None else tuple(symbols),
        _day(given["start"]),
        _day(given["end"]),
        n_workers=given["workers"],
        on_error=given["on_error"],
    )


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
