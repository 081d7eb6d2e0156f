"""Where bars come from: files, tables, and feeds that answer one symbol at a time."""

from rustybt.data.sources.feed import Feed, FeedSource
from rustybt.data.sources.files import FileSource
from rustybt.data.sources.reading import rebuilt
from rustybt.data.sources.source import OfPayDates, Reading, Reject, Source
from rustybt.data.sources.span import Outcome, Span
from rustybt.data.sources.staging import Staging
from rustybt.data.sources.table import TableSource

__all__ = [
    "Feed",
    "FeedSource",
    "FileSource",
    "OfPayDates",
    "Outcome",
    "Reading",
    "Reject",
    "Source",
    "Span",
    "Staging",
    "TableSource",
    "rebuilt",
]
