"""What is taken down of a run, and how it becomes rows of the schema ``backtests``."""

from rustybt.records.record import Labels, Record, can_store, stored

__all__ = ["Labels", "Record", "can_store", "stored"]
