"""Makes the snapshots of a warehouse readable in SQL: schemas, views, comments, `meta`."""

from warehouse.catalog.meta import create_meta
from warehouse.catalog.views import create_bundle, create_dataset

__all__ = ["create_bundle", "create_dataset", "create_meta"]
