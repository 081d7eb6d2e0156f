"""``rustybt migrate``: one command a format of zipline."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rustybt.cli.commands import Group
from rustybt.cli.given import PATH
from rustybt.cli.output import emit_one, format_option, root_option, say
from rustybt.cli.progress import words_progress
from rustybt.data.migration import Kind, Options
from rustybt.data.migration import migrate as migrate_files
from rustybt.interrupts import noting
from warehouse.writing.transaction import committed_before

_DAY = click.DateTime(["%Y-%m-%d"])
_OPTIONS = (
    click.argument("path", type=PATH),
    click.option("--bundle", required=True, help="Name of the bundle; created if new."),
    click.option(
        "--calendar", help="Exchange calendar.  [default: that which the files name, else XNYS]"
    ),
    click.option("--start", type=_DAY, help="First day, included."),
    click.option("--end", type=_DAY, help="Last day, included."),
    click.option("--dry-run", is_flag=True, help="Read and compare all of it, and commit nothing."),
    click.option("--progress/--no-progress", default=True, help="Say what is being done."),
    format_option,
    root_option,
)


@click.group(cls=Group)
def migrate() -> None:
    """Take data of zipline over; its files stay as they are.

    Every value is read a second time and compared before the commit. To go back, keep what was there
    before: rustybt bundle clean --after.
    """


def _command(kind: Kind, about: str) -> None:
    def command(path: Path, bundle: str, **given: Any) -> None:
        _migrate(kind, path, bundle, given)

    decorated: Callable[..., None] = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    migrate.command(kind, help=about)(decorated)


_command(
    "zipline-bundle",
    "Take over a bundle of zipline: bars, splits, dividends, mergers and assets. PATH is a folder "
    "with daily_equities.bcolz, the folder of a bundle's ingestions, or a name under $ZIPLINE_ROOT.",
)
_command(
    "bcolz", "Take over a bcolz folder of bars alone, daily or minutes; its symbols are its sids."
)
_command(
    "csvdir",
    "Take over the CSV files of zipline's csvdir: PATH holds the folders daily and minute, or one, with a file a symbol.",
)
_command(
    "hdf5",
    "Take over an HDF5 file: of zipline's daily bars alone, whose symbols are its sids, or of frames that "
    "pandas stored, whose names are the symbols.",
)


def _migrate(kind: Kind, path: Path, bundle: str, given: dict[str, Any]) -> None:
    options = Options(
        given["calendar"], _day(given["start"]), _day(given["end"]), dry_run=given["dry_run"]
    )
    with words_progress(shown=given["progress"]) as progress:
        report = migrate_files(kind, path, bundle, options, root=given["root"], progress=progress)
    version = report.snapshot if report.new else None
    with noting([] if version is None else [committed_before(bundle, version)]):
        for note in report.notes:
            say(note)
        if options.dry_run:
            say("Nothing was committed: this was a dry run.")
        elif not report.new:
            say(f"Nothing is new; snapshot {report.snapshot} of {bundle} stays the newest.")
        numbers = {it.name: getattr(report, it.name) for it in fields(report)}
        del numbers["notes"]
        emit_one(numbers, given["form"])


def _day(given: datetime | None) -> Any:
    return None if given is None else given.date()
