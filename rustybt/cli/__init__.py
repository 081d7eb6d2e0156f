"""The command ``rustybt``: stdout is data, stderr is talk.

Exit codes: 0 done, 1 failed and nothing committed, 2 wrong usage, 3 committed with some rows or
symbols rejected, 130 interrupted. A command's module is imported when the command is called.
"""

import click

import rustybt
from rustybt.cli.commands import Commands


@click.group(
    cls=Commands,
    homes={
        "audit": "rustybt.cli.audit:audit",
        "bundle": "rustybt.cli.bundle:bundle",
        "bundles": "rustybt.cli.bundles:bundles",
        "cache": "rustybt.cli.cache:cache",
        "catalog": "rustybt.cli.catalog:catalog",
        "config": "rustybt.cli.config:config",
        "demo": "rustybt.cli.demo:demo",
        "doctor": "rustybt.cli.doctor:doctor",
        "ingest": "rustybt.cli.ingest:ingest",
        "migrate": "rustybt.cli.migrate:migrate",
        "pipeline": "rustybt.cli.pipeline:pipeline",
        "run": "rustybt.cli.run:run",
        "runs": "rustybt.cli.runs:runs",
        "sql": "rustybt.cli.sql:sql",
        "sweep": "rustybt.cli.sweep:sweep",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(rustybt.__version__, prog_name="rustybt")
def main() -> None:
    """Market data in Parquet and SQL, pipelines and backtests."""
