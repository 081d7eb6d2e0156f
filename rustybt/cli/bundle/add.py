"""``rustybt bundle add``."""

from pathlib import Path

import click

from rustybt.cli.output import root_option, say
from rustybt.data.bundles import add_table
from rustybt.data.fx import ecb_rates


@click.command
@click.argument("name")
@click.argument(
    "table",
    type=click.Choice(["adjustments", "assets", "former_symbols", "funding_1h", "fx_rates"]),
)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ecb", is_flag=True, help="The file is that of the European Central Bank.")
@root_option
def add(name: str, table: str, path: Path, root: str | None, *, ecb: bool) -> None:
    """Store a CSV or Parquet file beside the bars of a bundle.

    adjustments: symbol, session, kind (split, dividend, stock_dividend, spinoff or merger) and any of
    ratio, amount, pay_date, shares, payment_symbol. assets: symbol and any of the other columns of the view. former_symbols: symbol, former_symbol,
    first_session, last_session. funding_1h: ts (UTC), symbol, rate.
    fx_rates: date, base, quote, rate, and fixed for a currency that was replaced; with --ecb the file eurofxref-hist.csv as it is.
    """
    if ecb and table != "fx_rates":
        raise click.UsageError("--ecb is for fx_rates.")
    snapshot = add_table(name, table, ecb_rates(path) if ecb else path, root=root)
    say(f"{name} is at snapshot {snapshot.version}.")
