"""A group of commands that are imported when they are called."""

import errno
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click
from typing_extensions import override

from rustybt.errors import RustyBTError, with_notes
from rustybt.interrupts import INTERRUPTED, SAID, ended_at_once
from rustybt.secrets import without_secrets
from warehouse.errors import WarehouseError

_WHOLE: Final = 1_000  # characters of a first sentence, which is never cut


class Group(click.Group):
    """A group whose help tells the whole first sentence of each command, on more lines if need be."""

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, it.get_short_help_str(_WHOLE)) for name, it in found if it is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Commands(Group):
    """A group whose commands are named, not imported, and whose errors are one line.

    Parameters
    ----------
    homes
        Module and attribute of each command, as ``package.module:attribute``.
    """

    def __init__(self, *args: Any, homes: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._homes = dict(homes)

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._homes)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._homes:
            return None
        module, _, attribute = self._homes[cmd_name].partition(":")
        with ended_at_once():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            notes: dict[str, None] = dict.fromkeys(getattr(interrupt, "__notes__", ()))
            click.echo(" ".join((SAID, *notes)), err=True)
            ctx.exit(INTERRUPTED)
        except (RustyBTError, WarehouseError) as error:
            raise click.ClickException(_told(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # click ends quietly when the reader has gone
                raise
            raise click.ClickException(_told(error)) from error


def _told(error: Exception) -> str:
    # A path may hold bytes that are no text, which no terminal can be sent.
    return str(without_secrets(with_notes(error))).encode(errors="backslashreplace").decode()
