"""Rates of currencies, from the forms in which their sources give them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rustybt.errors import BundleTableError

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTED: Final = "EUR"


def ecb_rates(path: str | Path) -> "pa.Table":
    """Return the reference rates of the European Central Bank as rows of ``fx_rates``.

    Parameters
    ----------
    path
        The file ``eurofxref-hist.csv``, or that of one day: a column ``Date``, a column a currency with
        its units for one euro, ``N/A`` where there is none.

    Returns
    -------
    pyarrow.Table
        ``date``, ``base`` (EUR), ``quote``, ``rate``; by currency and day. A currency that ended has no
        rows after its end, and is not converted any more soon after it; `rustybt.data.bundles.add_table`
        takes the fixed rate at which it was replaced.

    Raises
    ------
    BundleTableError
        It is no such file, or has a rate that is no positive number.
    """
    import polars as pl

    try:
        wide = pl.read_csv(path, infer_schema=False, null_values=["N/A", ""])
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise BundleTableError("fx_rates", f"{path}: expected a CSV file; found {error}") from error
    wide = wide.select(pl.all().str.strip_chars().replace("", None)).rename(str.strip)
    codes = [it for it in wide.columns if len(it) == 3 and it.isalpha() and it.isupper()]
    strangers = (
        set(wide.columns)
        - {"Date", *codes}
        - {it for it in wide.columns if wide[it].is_null().all()}
    )
    if "Date" not in wide.columns or not codes or strangers:
        found = ", ".join(sorted(strangers) or wide.columns[:5])
        problem = f"{path}: expected the columns Date and codes of currencies; found {found}"
        raise BundleTableError("fx_rates", problem)
    long = wide.unpivot(codes, index="Date", variable_name="quote", value_name="text").drop_nulls(
        "text"
    )
    rows = long.select(
        date=pl.col("Date").str.to_date("%Y-%m-%d", strict=False),
        base=pl.lit(_QUOTED),
        quote="quote",
        rate=pl.col("text").cast(pl.Float64, strict=False),
    )
    sound = (pl.col("rate") > 0) & pl.col("rate").is_finite() & pl.col("date").is_not_null()
    wrong = long.filter(~rows.select(sound.fill_null(value=False)).to_series())
    if len(wrong):
        day, quote, text = wrong.row(0)
        problem = f"{path}: expected a day and a positive rate; found {quote} {text!r} on {day!r}"
        raise BundleTableError("fx_rates", problem)
    return rows.sort("quote", "date").to_arrow()
