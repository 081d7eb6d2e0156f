"""`DataCatalog`: the older names under which RustyBT asks for what `BundleMetadata` knows."""

from pathlib import Path
from typing import Any

from rustybt.data.bundles.metadata import CLEAN, INGEST, BundleMetadata, refused

_CHECK = "`rustybt bundle quality NAME` runs the checks and records what they found"
_NO_CACHE = "results are read from Parquet each time, so there is no cache to ask or to fill"


class DataCatalog:
    """The bundles of one warehouse.

    Parameters
    ----------
    db_path
        Refused: RustyBT's path of an SQLite file, which there is none of.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Raises
    ------
    DerivedMetadataError
        A `db_path` was given, or a call would write metadata or speak of a cache.
    """

    def __init__(self, db_path: object = None, *, root: str | Path | None = None) -> None:
        if db_path is not None:
            refused("DataCatalog(db_path=…)", "`root=` names the folder of a warehouse")()
        self._root = root

    def get_bundle_metadata(self, bundle_name: str) -> dict[str, Any] | None:
        """As `BundleMetadata.get`."""
        return BundleMetadata.get(bundle_name, root=self._root)

    def get_quality_metrics(self, bundle_name: str) -> dict[str, Any] | None:
        """As `BundleMetadata.get_quality_metrics`."""
        return BundleMetadata.get_quality_metrics(bundle_name, root=self._root)

    def list_bundles(
        self,
        source_type: str | None = None,
        start_date: int | None = None,
        end_date: int | None = None,
    ) -> list[dict[str, Any]]:
        """As `BundleMetadata.list_bundles`."""
        return BundleMetadata.list_bundles(source_type, start_date, end_date, root=self._root)

    def count_bundles(self) -> int:
        """Return how many bundles there are."""
        return BundleMetadata.count_bundles(root=self._root)

    def count_quality_metrics(self) -> int:
        """Return how many bundles all checks were run on."""
        return BundleMetadata.count_quality_records(root=self._root)

    store_metadata = staticmethod(refused("DataCatalog.store_metadata", INGEST))
    store_quality_metrics = staticmethod(refused("DataCatalog.store_quality_metrics", _CHECK))
    delete_bundle_metadata = staticmethod(refused("DataCatalog.delete_bundle_metadata", CLEAN))
    store_cache_metadata = staticmethod(refused("DataCatalog.store_cache_metadata", _NO_CACHE))
    find_cached_bundle = staticmethod(refused("DataCatalog.find_cached_bundle", _NO_CACHE))
    update_cache_access = staticmethod(refused("DataCatalog.update_cache_access", _NO_CACHE))
    get_cache_size = staticmethod(refused("DataCatalog.get_cache_size", _NO_CACHE))
    get_lru_cache_entries = staticmethod(refused("DataCatalog.get_lru_cache_entries", _NO_CACHE))
    delete_cache_entry = staticmethod(refused("DataCatalog.delete_cache_entry", _NO_CACHE))
    increment_cache_hits = staticmethod(refused("DataCatalog.increment_cache_hits", _NO_CACHE))
    increment_cache_misses = staticmethod(refused("DataCatalog.increment_cache_misses", _NO_CACHE))
    get_cache_stats = staticmethod(refused("DataCatalog.get_cache_stats", _NO_CACHE))
