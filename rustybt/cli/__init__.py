"""The command ``rustybt``: stdout is data, stderr is talk.

Exit codes: 0 done, 1 failed and nothing committed, 2 wrong usage, 3 committed with some rows or
symbols rejected. A command's module is imported when the command is called.
"""

from importlib import import_module
from typing import Any

import click
from typing_extensions import override

import rustybt
from rustybt.errors import RustyBTError
from warehouse.errors import WarehouseError

_COMMANDS = {
    "bundles": "rustybt.cli.bundles:bundles",
    "catalog": "rustybt.cli.catalog:catalog",
    "demo": "rustybt.cli.demo:demo",
    "ingest": "rustybt.cli.ingest:ingest",
    "pipeline": "rustybt.cli.pipeline:pipeline",
    "run": "rustybt.cli.run:run",
    "sql": "rustybt.cli.sql:sql",
}


class Commands(click.Group):
    """A group whose commands are imported by name, and whose errors are one line."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (RustyBTError, WarehouseError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(rustybt.__version__, prog_name="rustybt")
def main() -> None:
    """Market data in Parquet and SQL, pipelines and backtests."""
