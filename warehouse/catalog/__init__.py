"""Makes the snapshots of a warehouse readable in SQL: schemas, views, comments, `meta`."""

from warehouse.catalog.gate import Gate
from warehouse.catalog.meta import create_meta
from warehouse.catalog.views import create_bundle, create_dataset

__all__ = ["Gate", "create_bundle", "create_dataset", "create_meta"]
