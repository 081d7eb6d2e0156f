"""``rustybt run``."""

import json
import os
import sys
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import polars as pl
import yaml

from rustybt.algorithm.file import load_strategy
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.cli.progress import run_progress
from rustybt.metrics import Summary, digest, sessions, summary
from rustybt.metrics.storage import FORMATS, write
from rustybt.runner import CAPITAL, RESOLUTIONS, run_algorithm

if TYPE_CHECKING:
    import pandas as pd

SHOWN: Final = 10  # sessions in the table
_NUMBERS: Final = (
    "portfolio_value",
    "returns",
    "pnl",
    "ending_cash",
    "ending_value",
    "gross_leverage",
    "sharpe",
    "max_drawdown",
)
_day = click.DateTime(["%Y-%m-%d"])
frequency_option = click.option(
    "--data-frequency",
    type=click.Choice(list(RESOLUTIONS)),
    default="daily",
    show_default=True,
    help="Bars that a strategy is called on; minute for a bundle that has minutes.",
)


@click.command
@click.option(
    "-f",
    "--file",
    "place",
    required=True,
    metavar="FILE[:CLASS]",
    help="Python file with a TradingAlgorithm, or with hooks as functions.",
)
@click.option("-b", "--bundle", required=True, help="Bundle to run on.")
@click.option("-s", "--start", type=_day, required=True, help="First day.")
@click.option("-e", "--end", type=_day, required=True, help="Last day, included.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result frame here, as .parquet or .csv.",
)
@frequency_option
@click.option(
    "--capital-base",
    type=float,
    default=CAPITAL,
    show_default=True,
    help="Cash at the start.",
)
@click.option(
    "--currency", help="Of the account and the result, such as EUR.  [default: that of most assets]"
)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Parameter of the strategy, an attribute of it; repeat it for more.",
)
@click.option("--store/--no-store", default=None, help="Store the run.  [default: where it can be]")
@click.option("--name", help="Of the stored run.  [default: that of the strategy]")
@click.option("--tag", "tags", multiple=True, help="Of the stored run; repeat it for more.")
@click.option("--no-progress", is_flag=True, help="Say nothing while running.")
@format_option
@root_option
def run(  # noqa: PLR0913 - one parameter an option
    *,
    place: str,
    bundle: str,
    start: datetime,
    end: datetime,
    output: Path | None,
    data_frequency: str,
    capital_base: float,
    currency: str | None,
    params: tuple[str, ...],
    store: bool | None,
    name: str | None,
    tags: tuple[str, ...],
    no_progress: bool,
    form: str,
    root: str | None,
) -> None:
    """Run a strategy over the bars of a bundle.

    Prints the last sessions and a summary; csv prints all sessions, json both.
    """
    _check_output(output)
    # What a strategy prints is talk; stdout is for the result.
    with run_progress(shown=not no_progress) as show, redirect_stdout(sys.stderr):
        strategy = load_strategy(place)
        perf = run_algorithm(
            start,
            end,
            capital_base=capital_base,
            data_frequency=data_frequency,
            currency=currency,
            algorithm=strategy,
            bundle=bundle,
            root=root,
            progress=show,
            params=_parameters(params),
            store=store,
            name=name,
            tags=tags,
        )
    if output is not None:
        write(perf, output)
        say(f"Wrote {output}.")
    _print(perf, form)


def _parameters(params: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or not name or name in found:
            raise click.BadParameter(f"{text!r}: expected NAME=VALUE, and each name once.")
        found[name] = yaml.safe_load(value)
    return found


def _check_output(output: Path | None) -> None:
    if output is None:
        return
    if output.suffix not in FORMATS:
        raise click.BadParameter(f"{output} ends neither in .parquet nor in .csv.")
    if not output.parent.is_dir():
        raise click.BadParameter(f"There is no folder {output.parent}.")
    if not os.access(output.parent, os.W_OK):
        raise click.BadParameter(f"The folder {output.parent} cannot be written to.")


def _print(perf: "pd.DataFrame", form: str) -> None:
    daily, short = _daily(perf), summary(perf)
    if form == "csv":
        emit(daily, form)
    elif form == "json":
        told = {"digest": digest(perf), "run": perf.attrs.get("run")}
        found = {"summary": {**short.to_dict(), **told}, "daily": daily.to_dicts()}
        click.echo(json.dumps(found, default=str))
    else:
        emit(daily.tail(SHOWN), form)
        click.echo()
        emit(_short(short, digest(perf), perf.attrs.get("run")), form)


def _daily(perf: "pd.DataFrame") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "session": sessions(perf),
            **{name: pl.Series(perf[name].to_list(), nan_to_null=True) for name in _NUMBERS},
            "fills": [len(it) for it in perf["transactions"]],
        }
    )


def _short(short: Summary, checksum: str, run: str | None) -> pl.DataFrame:
    rows = [*short.rows(), ("digest", checksum), ("stored as run", run or "-")]
    return pl.DataFrame(rows, schema=["summary", "value"], orient="row")
