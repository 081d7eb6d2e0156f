"""What a run is measured by: the rows of the result frame, its summary and its checksum."""

from rustybt.metrics.digest import digest
from rustybt.metrics.summary import Summary, sessions, summary

__all__ = ["Summary", "digest", "sessions", "summary"]
