"""What a run is measured by: the rows of the result frame and its summary."""

from rustybt.metrics.summary import Summary, sessions, summary

__all__ = ["Summary", "sessions", "summary"]
