"""``rustybt pipeline``."""

import click
import polars as pl

import warehouse
from rustybt.cli.commands import Group
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.pipeline.explain import explain as explain_plan
from rustybt.pipeline.file import load_pipeline


@click.group(cls=Group)
def pipeline() -> None:
    """Factors and filters over all assets at once."""


@pipeline.command
@click.argument("place", metavar="FILE[:NAME]")
@click.option("-b", "--bundle", required=True, help="Bundle to run on.")
@click.option("-s", "--start", help="First session.  [default: the first of the bundle]")
@click.option("-e", "--end", help="Last session, included.  [default: the last of the bundle]")
@root_option
def explain(place: str, bundle: str, start: str | None, end: str | None, root: str | None) -> None:
    """Print what a pipeline reads, what a run executes, and its SQL.

    FILE holds a Pipeline, or a function make_pipeline() that returns one. The output is SQL that
    runs as it stands; the explanation is in its comments.
    """
    plan = load_pipeline(place).plan()
    with warehouse.open(root) as opened:
        click.echo(explain_plan(plan, bundle=bundle, warehouse=opened, start=start, end=end))


@pipeline.command
@click.argument("place", metavar="FILE[:NAME]")
@click.argument("name", metavar="VIEW")
@click.option("-b", "--bundle", required=True, help="Bundle that the view reads.")
@click.option("--replace", is_flag=True, help="Replace a view of that name.")
@root_option
def save(place: str, name: str, bundle: str, *, replace: bool, root: str | None) -> None:
    """Save a pipeline as the view pipelines.VIEW, for SQL and for the next catalog."""
    found = load_pipeline(place)
    with warehouse.open(root) as opened:
        found.save(name, bundle=bundle, warehouse=opened, replace=replace)
    say(f"Saved; rustybt sql 'SELECT * FROM pipelines.{name} LIMIT 5' reads it.")


@pipeline.command(name="list")
@format_option
@root_option
def list_(form: str, root: str | None) -> None:
    """List the saved pipelines with their SQL."""
    with warehouse.open(root) as opened:
        views = opened.saved_views()
    names = [f"pipelines.{name}" for name in views]
    emit(pl.DataFrame({"view": names, "sql": list(views.values())}, strict=False), form)


@pipeline.command
@click.argument("name", metavar="VIEW")
@root_option
def drop(name: str, root: str | None) -> None:
    """Remove the view pipelines.VIEW."""
    with warehouse.open(root) as opened:
        opened.drop_view(name)
    say(f"Removed pipelines.{name}.")


@pipeline.command
def reference() -> None:
    """Print the reference of all terms, in Markdown."""
    from rustybt.pipeline.reference import reference as page

    click.echo(page(), nl=False)
