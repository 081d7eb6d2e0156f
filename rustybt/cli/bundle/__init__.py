"""``rustybt bundle``: what can be done to and asked of one bundle."""

import click

from rustybt.cli.commands import Commands


@click.group(
    cls=Commands,
    homes={
        "add": "rustybt.cli.bundle.add:add",
        "clean": "rustybt.cli.bundle.clean:clean",
        "compact": "rustybt.cli.bundle.compact:compact",
        "diff": "rustybt.cli.bundle.diff:diff",
        "quality": "rustybt.cli.bundle.quality:quality",
        "resample": "rustybt.cli.bundle.resample:resample",
        "vacuum": "rustybt.cli.bundle.vacuum:vacuum",
        "verify": "rustybt.cli.bundle.verify:verify",
    },
)
def bundle() -> None:
    """Check, compare and tidy one bundle."""
