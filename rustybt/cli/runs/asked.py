"""``rustybt runs list``, ``show``, ``compare``, ``verify`` and ``delete``."""

import json
from datetime import date
from typing import Any, Final

import click
import polars as pl

import warehouse
from rustybt import runs
from rustybt.cli.damages import emit_damages
from rustybt.cli.output import counted, emit, format_option, root_option, say
from warehouse import sqltext

_LISTED: Final = (
    *("run", "name", "status", "bundle", "snapshot", "first_day", "last_day", "sessions"),
    *("final_value", "total_return", "sharpe", "max_drawdown", "fills"),
)
_ONE: Final = "One run is compared with itself; name two or more."
_OPENED: Final = ("parameters", "settings", "versions")


@click.command("list")
@click.option("--name", help="Only runs of this name.")
@click.option("--tag", help="Only runs with this tag.")
@click.option("--sweep", help="Only runs of this sweep.")
@click.option(
    "--status", type=click.Choice(["finished", "failed", "interrupted"]), help="Only these."
)
@format_option
@root_option
def listed(
    *,
    name: str | None,
    tag: str | None,
    sweep: str | None,
    status: str | None,
    form: str,
    root: str | None,
) -> None:
    """List the stored runs, newest first; csv and json have every column.

    A damaged run is left out, and named on stderr.
    """
    with warehouse.open(root) as wh:
        found = wh.sql(sqltext.load("queries/runs")).pl()
    for column, wanted in (("name", name), ("sweep", sweep), ("status", status)):
        if wanted is not None:
            found = found.filter(pl.col(column) == wanted)
    if tag is not None:
        found = found.filter(pl.col("tags").list.contains(tag))
    if found.is_empty():
        say("No such run is stored.")
    emit(found.select(_LISTED) if form == "table" else found, form)


@click.command
@click.argument("run")
@click.option("--source", is_flag=True, help="Print the text of the strategy instead.")
@format_option
@root_option
def show(run: str, *, source: bool, form: str, root: str | None) -> None:
    """Print all that is told of RUN: span, snapshot, parameters, models, versions, figures."""
    told = runs.show(run, root=root)
    if source:
        click.echo(told["source"] or "")
        return
    rows = [(name, _text(it)) for name, it in _flat(told).items() if name != "source"]
    emit(pl.DataFrame(rows, schema=["fact", "value"], orient="row"), form)


@click.command
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@click.option("--all", "everything", is_flag=True, help="Also what all have alike.")
@format_option
@root_option
def compare(names: tuple[str, ...], *, everything: bool, form: str, root: str | None) -> None:
    """Print runs side by side: the facts in which they differ."""
    found = runs.compare(*names, root=root, differing=not everything)
    columns = {name: [_text(it) for it in found[name]] for name in found.columns}
    if found.empty:
        say("In nothing but their ids do they differ." if len(set(names)) > 1 else _ONE)
    emit(pl.DataFrame({"fact": found.index.tolist(), **columns}), form)


@click.command
@click.argument("names", nargs=-1, metavar="[RUN...]")
@format_option
@root_option
def verify(names: tuple[str, ...], *, form: str, root: str | None) -> None:
    """Read all of RUN..., of all stored runs if none is named, and compare it with its SHA-256.

    Prints what is damaged and what to do; exit code 1 if anything is.
    """
    found = runs.verify(*names, root=root)
    emit_damages(found.damages, form)
    say(f"{counted(len(found.runs), 'run')} read; {len(found.damages) or 'nothing'} damaged.")
    if found.damages:
        raise click.exceptions.Exit(1)


@click.command
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@root_option
def delete(names: tuple[str, ...], root: str | None) -> None:
    """Remove stored runs; what they ran on stays."""
    for run in runs.delete(*names, root=root):
        say(f"Removed {run}.")


def _flat(told: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, it in told.items():
        flat |= (
            {f"{name}.{key}": value for key, value in it.items()} if name in _OPENED else {name: it}
        )
    return flat


def _text(value: Any) -> str:
    if value is None or isinstance(value, str | date):
        return str(value or "")
    return json.dumps(value, default=str)
