"""``rustybt demo``: the whole line on real prices."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

import warehouse
from rustybt import demo as pieces
from rustybt.cli.output import emit
from rustybt.cli.progress import run_progress, words_progress
from rustybt.data import bundles
from rustybt.data.sources import FileSource
from rustybt.metrics import digest, summary
from rustybt.metrics.storage import write
from rustybt.runner import run_algorithm

if TYPE_CHECKING:
    import pandas as pd

_DAILY = ("portfolio_value", "returns", "ending_cash", "ending_value", "sharpe", "max_drawdown")
_SHOWN = 5


@click.command
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("rustybt-demo"),
    show_default=True,
    help="Folder for the warehouse and the result.",
)
def demo(root: Path) -> None:
    """Take real prices through the whole line: ingest, SQL, pipeline, backtest.

    The prices are those of AAPL, FB, GOOG, IBM and MSFT, 2000 to 2013, from bokeh_sampledata.
    """
    _ingest(root)
    _query(root)
    _pipeline(root)
    perf = _backtest(root)
    result = root / "result.parquet"
    write(perf, result)
    _title("Where everything lies")
    click.echo(f"warehouse  {root.absolute()}")
    click.echo(f"result     {result.absolute()}")
    command = [sys.argv[0], "sql", f"FROM {pieces.BUNDLE}.assets", "--root", str(root)]
    click.echo(f"try        {shlex.join(command)}")
    click.echo(f"\ndigest: {digest(perf)}")


def _ingest(root: Path) -> None:
    _title("Ingest: real daily prices, splits and dividends derived from the adjusted close")
    with words_progress() as progress:
        source = FileSource(pieces.sample_prices(), actions_from=pieces.ADJUSTED)
        report = bundles.ingest(
            source, pieces.BUNDLE, calendar="XNYS", root=root, progress=progress
        )
    click.echo(
        f"{report.read:,} rows of {report.symbols} symbols, {report.actions} splits and dividends, "
        f"snapshot {report.snapshot} of bundle {report.bundle!r}"
    )


def _query(root: Path) -> None:
    _title("SQL: every bundle is a schema")
    click.echo(pieces.QUERY + "\n")
    with warehouse.open(root) as wh:
        emit(wh.sql(pieces.QUERY).pl(), "table")


def _pipeline(root: Path) -> None:
    _title("Pipeline: factors as SQL window functions, known before the open of each session")
    pipe = pieces.make_pipeline()
    result = pipe.run(pieces.START, pieces.END, bundle=pieces.BUNDLE, root=root).pl()
    emit(result.tail(_SHOWN), "table")
    click.echo(f"{len(result):,} rows; pipe.to_sql() shows the statement")


def _backtest(root: Path) -> "pd.DataFrame":
    _title("Backtest: buy 100 Apple on every close above its 20-session mean")
    with run_progress() as progress:
        perf = run_algorithm(
            pieces.START,
            pieces.END,
            algorithm=pieces.MovingAverage,
            capital_base=pieces.CAPITAL,
            bundle=pieces.BUNDLE,
            root=root,
            progress=progress,
        )
    daily = pl.DataFrame(
        {
            "session": [it.date() for it in perf["period_open"]],
            **{name: perf[name].to_numpy() for name in _DAILY},
            "fills": [len(it) for it in perf["transactions"]],
        }
    )
    emit(pl.concat([daily.head(_SHOWN), daily.tail(_SHOWN)]), "table")
    click.echo(f"the first and last {_SHOWN} of {len(daily):,} sessions\n")
    click.echo(str(summary(perf)))
    return perf


def _title(text: str) -> None:
    click.secho(f"\n{text}", bold=True)
