"""Where bars come from: files, tables, and later networks."""

from rustybt.data.sources.files import FileSource
from rustybt.data.sources.source import Reading, Reject, Source, Staging
from rustybt.data.sources.table import TableSource

__all__ = ["FileSource", "Reading", "Reject", "Source", "Staging", "TableSource"]
