"""Bundles: what `ingest` fills and everything else reads."""

from rustybt.data.bundles.bundle import Bundle, get, load, names
from rustybt.data.bundles.clean import clean
from rustybt.data.bundles.ingest import Request, ingest, ingest_files
from rustybt.data.bundles.report import IngestReport
from rustybt.data.bundles.tables import add_table

__all__ = [
    "Bundle",
    "IngestReport",
    "Request",
    "add_table",
    "clean",
    "get",
    "ingest",
    "ingest_files",
    "load",
    "names",
]
