"""Result frames as files: Parquet with lists of structs, or CSV with lists as JSON.

Assets are written as their sid and symbol, so that a file means the same without the bundle.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from rustybt.assets import Asset
from rustybt.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

_INSTANT: Final = pa.timestamp("us", "UTC")
_ASSET: Final = (("sid", pa.int32()), ("symbol", pa.string()))
LISTS: Final[Mapping[str, pa.DataType]] = {
    "orders": pa.struct(
        [
            ("id", pa.int64()),
            ("dt", _INSTANT),
            ("created", _INSTANT),
            *_ASSET,
            *((name, pa.float64()) for name in ("amount", "filled", "commission", "limit", "stop")),
            ("limit_reached", pa.bool_()),
            ("stop_reached", pa.bool_()),
            ("status", pa.int8()),
        ]
    ),
    "transactions": pa.struct(
        [
            *_ASSET,
            ("amount", pa.float64()),
            ("price", pa.float64()),
            ("dt", _INSTANT),
            ("order_id", pa.int64()),
            ("commission", pa.float64()),
        ]
    ),
    "positions": pa.struct(
        [
            *_ASSET,
            *((name, pa.float64()) for name in ("amount", "cost_basis", "last_sale_price")),
        ]
    ),
}
FORMATS: Final = (".parquet", ".csv")


def write(perf: "pd.DataFrame", path: str | os.PathLike[str]) -> None:
    """Write a result frame; the file appears whole or not at all.

    Parameters
    ----------
    path
        Its ending, ``.parquet`` or ``.csv``, chooses the format.

    Raises
    ------
    OptionError
        The ending is another.
    """
    target = Path(path)
    if target.suffix not in FORMATS:
        raise OptionError("output", str(path), "a file that ends in .parquet or .csv")
    table = to_arrow(perf)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        if target.suffix == ".csv":
            pa.csv.write_csv(_flat(table), unfinished)
        else:
            pa.parquet.write_table(table, unfinished, compression="zstd")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def to_arrow(perf: "pd.DataFrame") -> pa.Table:
    """Return a result frame as an Arrow table.

    Instants are UTC in microseconds; `orders`, `transactions` and `positions` are lists of structs;
    a missing number is NULL. A recorded value that Arrow has no type for is written as text.
    """
    return pa.table({str(name): _column(str(name), perf[name]) for name in perf.columns})


def _column(name: str, series: "pd.Series[Any]") -> pa.Array:
    values = series.tolist()
    if series.dtype == float:  # by its type: nothing can be told from a column of NULL alone
        return pa.array(values, pa.float64(), from_pandas=True)
    if name in LISTS:
        days = [[_with_symbol(row) for row in day] for day in values]
        return pa.array(days, pa.list_(LISTS[name]))
    if name in {"period_open", "period_close"}:
        return pa.array(values, _INSTANT)
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if it is None else str(it) for it in values], pa.string())


def _with_symbol(row: Mapping[str, Any]) -> dict[str, Any]:
    asset: Asset = row["sid"]
    return {**row, "sid": asset.sid, "symbol": asset.symbol}


def _flat(table: pa.Table) -> pa.Table:
    for name in (it.name for it in table.schema if pa.types.is_nested(it.type)):
        texts = [json.dumps(day, default=str) for day in table[name].to_pylist()]
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(texts))
    return table
