"""A dataset of a snapshot as a polars LazyFrame over its files."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from warehouse.catalog.views import shown
from warehouse.layout import BundleDir
from warehouse.schema import dataset, size_of
from warehouse.snapshots import integrity
from warehouse.snapshots.manifest import Manifest

if TYPE_CHECKING:
    import polars as pl


def scan(place: BundleDir, manifest: Manifest, name: str) -> "pl.LazyFrame":
    """Return the rows of a dataset, with the columns and types of its view; nothing is read yet.

    Raises
    ------
    SchemaError
        There is no such dataset.
    DamageError
        A file is not as committed.
    """
    import polars as pl

    of = dataset(name)
    integrity.require(place, manifest, [name])
    columns, groups = shown(place, of, manifest.datasets.get(name, {}))
    types = {it.name: _type(it.type) for it in columns}
    if not groups:
        return pl.LazyFrame(schema=types)
    return pl.concat([_of_files(paths, types) for paths in groups])


def _of_files(paths: list[str], types: Mapping[str, "pl.DataType"]) -> "pl.LazyFrame":
    """Return files of the same columns; one that they lack is NULL."""
    import polars as pl

    frame = pl.scan_parquet(paths, hive_partitioning=False)
    held = frame.collect_schema()
    return frame.select(
        pl.col(name).cast(dtype) if name in held else pl.lit(None, dtype).alias(name)
        for name, dtype in types.items()
    )


def _type(name: str) -> "pl.DataType":
    import polars as pl

    if name.startswith("DECIMAL"):
        return pl.Decimal(*size_of(name))
    return {
        "BIGINT": pl.Int64(),
        "BOOLEAN": pl.Boolean(),
        "DATE": pl.Date(),
        "DOUBLE": pl.Float64(),
        "INTEGER": pl.Int32(),
        "TIMESTAMP": pl.Datetime("us"),
        "VARCHAR": pl.String(),
    }[name]
