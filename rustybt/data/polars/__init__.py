"""Names of upstream's polars layer."""
