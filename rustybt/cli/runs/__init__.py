"""``rustybt runs``: what can be done to and asked of stored runs of backtests."""

import click

from rustybt.cli.commands import Commands


@click.group(
    cls=Commands,
    homes={
        "compare": "rustybt.cli.runs.asked:compare",
        "delete": "rustybt.cli.runs.asked:delete",
        "list": "rustybt.cli.runs.asked:listed",
        "reproduce": "rustybt.cli.runs.again:reproduce",
        "show": "rustybt.cli.runs.asked:show",
        "verify": "rustybt.cli.runs.asked:verify",
    },
)
def runs() -> None:
    """List, compare, repeat, verify and remove stored runs.

    A RUN is its id or its name, which means the newest run of that name. In SQL they are the views of
    the schema backtests.
    """
