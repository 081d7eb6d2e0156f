"""Bundles: what `ingest` fills and everything else reads."""

from rustybt.data.bundles.bundle import Bundle, get, load, names
from rustybt.data.bundles.clean import clean
from rustybt.data.bundles.ingest import Request, ingest, ingest_files
from rustybt.data.bundles.report import IngestReport

__all__ = [
    "Bundle",
    "IngestReport",
    "Request",
    "clean",
    "get",
    "ingest",
    "ingest_files",
    "load",
    "names",
]
