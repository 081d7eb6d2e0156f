"""``rustybt pipeline``."""

import click

import warehouse
from rustybt.cli.output import root_option
from rustybt.pipeline.explain import explain as explain_plan
from rustybt.pipeline.file import load_pipeline


@click.group
def pipeline() -> None:
    """Factors and filters over all assets at once."""


@pipeline.command
@click.argument("place", metavar="FILE[:NAME]")
@click.option("-b", "--bundle", required=True, help="Bundle to run on.")
@click.option("-s", "--start", help="First session.  [default: the first of the bundle]")
@click.option("-e", "--end", help="Last session, included.  [default: the last of the bundle]")
@root_option
def explain(place: str, bundle: str, start: str | None, end: str | None, root: str | None) -> None:
    """Print what a pipeline reads, its stages and its SQL.

    FILE holds a Pipeline, or a function make_pipeline() that returns one. The output is SQL that
    runs as it stands; the explanation is in its comments.
    """
    plan = load_pipeline(place).plan()
    with warehouse.open(root) as opened:
        click.echo(explain_plan(plan, bundle=bundle, warehouse=opened, start=start, end=end))
