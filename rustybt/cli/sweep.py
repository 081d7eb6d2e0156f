"""``rustybt sweep``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import polars as pl
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.cli.run import frequency_option
from rustybt.runner import CAPITAL
from rustybt.sweeps import run_sweep, walk_forward
from rustybt.sweeps.sweep import ShowSweep, SweepProgress

FAILED: Final = 3  # exit code: stored, but some runs failed
_day = click.DateTime(["%Y-%m-%d"])


@click.command
@click.option(
    "-f", "--file", "place", required=True, metavar="FILE[:CLASS]", help="As for rustybt run."
)
@click.option("-b", "--bundle", required=True, help="Bundle to run on.")
@click.option("-s", "--start", type=_day, required=True, help="First day.")
@click.option("-e", "--end", type=_day, required=True, help="Last day, included.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=V,V,…",
    help="Values of a parameter; repeat it for more parameters.",
)
@click.option(
    "--grid",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML file: values by name, or a list of parameters.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes."
)
@click.option("--name", help="Of the sweep; what is stored under it is not run again.")
@click.option("--train", type=click.IntRange(min=1), help="Walk forward: sessions to fit in.")
@click.option("--test", type=click.IntRange(min=1), help="Walk forward: sessions to test in.")
@click.option(
    "--window",
    type=click.Choice(["rolling", "expanding"]),
    default="rolling",
    show_default=True,
    help="Walk forward.",
)
@click.option(
    "--select", default="sharpe", show_default=True, help="Walk forward: figure to choose by."
)
@frequency_option
@click.option(
    "--capital-base", type=float, default=CAPITAL, show_default=True, help="Cash at the start."
)
@click.option("--no-progress", is_flag=True, help="Say nothing while running.")
@format_option
@root_option
@click.pass_context
def sweep(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    *,
    place: str,
    bundle: str,
    start: datetime,
    end: datetime,
    params: tuple[str, ...],
    grid: Path | None,
    workers: int,
    name: str | None,
    train: int | None,
    test: int | None,
    window: str,
    select: str,
    data_frequency: str,
    capital_base: float,
    no_progress: bool,
    form: str,
    root: str | None,
) -> None:
    """Run a strategy with many parameters on one snapshot, and print what came of each.

    A parameter is an attribute of the strategy. A run that fails is reported, and the exit code is 3.
    """
    combined = _grid(params, grid)
    span: dict[str, Any] = {"start": start, "end": end, "select": select}
    if (train is None) != (test is None):
        raise click.UsageError("--train and --test go together.")
    if train is not None and test is not None:
        made: Any = window
        splits = walk_forward(
            start, end, train=train, test=test, window=made, bundle=bundle, root=root
        )
        span = {"splits": splits, "select": select}
    with _progress(shown=not no_progress) as show, redirect_stdout(sys.stderr):
        table = run_sweep(
            place,
            combined,
            bundle=bundle,
            root=root,
            n_workers=workers,
            name=name,
            progress=show,
            data_frequency=data_frequency,
            capital_base=capital_base,
            **span,
        )
    told = table.astype(object).where(table.notna(), None)
    emit(pl.DataFrame({it: told[it].tolist() for it in told.columns}, strict=False), form)
    failed = int((table["status"] != "finished").sum())
    if failed:
        say(f"{failed} of {len(table)} runs failed.")
        ctx.exit(FAILED)


def _grid(params: tuple[str, ...], file: Path | None) -> Any:
    if bool(params) == (file is not None):
        raise click.UsageError("Give --param, once or more, or --grid.")
    if file is not None:
        try:
            return yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"{file} is no YAML: {error}") from error
    found: dict[str, Any] = {}
    for text in params:
        name, equals, values = text.partition("=")
        if not equals or not name or name in found:
            raise click.BadParameter(f"{text!r}: expected NAME=VALUE,VALUE,… and each name once.")
        found[name] = [yaml.safe_load(it) for it in values.split(",")]
    return found


@contextmanager
def _progress(*, shown: bool) -> Iterator[ShowSweep | None]:
    if not shown:
        yield None
    elif not sys.stderr.isatty():
        yield _line
    else:
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]} failed"))
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
            task = bar.add_task("", failed=0)
            yield lambda at: bar.update(task, total=at.total, completed=at.done, failed=at.failed)


def _line(at: SweepProgress) -> None:
    if at.done == at.total:
        say(f"{at.done} of {at.total} runs, {at.failed} failed")
