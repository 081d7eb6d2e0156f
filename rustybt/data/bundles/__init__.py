"""Bundles: what `ingest` fills and everything else reads."""

from rustybt.data.bundles.bundle import Bundle, get, load, names
from rustybt.data.bundles.clean import clean
from rustybt.data.bundles.ingest import Request, ingest_files
from rustybt.data.bundles.part import Fetch
from rustybt.data.bundles.registering import (
    bundles,
    ingest,
    ingestions_for_bundle,
    register,
    unregister,
)
from rustybt.data.bundles.report import IngestReport
from rustybt.data.bundles.resample import Resampled, resample
from rustybt.data.bundles.tables import add_table
from warehouse.errors import UnknownBundleError as UnknownBundle

__all__ = [
    "Bundle",
    "Fetch",
    "IngestReport",
    "Request",
    "Resampled",
    "UnknownBundle",
    "add_table",
    "bundles",
    "clean",
    "get",
    "ingest",
    "ingest_files",
    "ingestions_for_bundle",
    "load",
    "names",
    "register",
    "resample",
    "unregister",
]
