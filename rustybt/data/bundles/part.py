"""Which part of what is registered is fetched."""

from dataclasses import dataclass
from datetime import date

from rustybt.data.bundles.ingest import OnError


@dataclass(frozen=True)
class Fetch:
    """Which part of a specification is fetched, and how; all of it by default.

    Parameters
    ----------
    symbols, start_date, end_date
        In the place of those of the specification; both days are included.
    n_workers, on_error
        As `Request` has them.
    failed_only
        Those symbols alone that the last ingest did not get.
    refetch
        What snapshots cover already too, to notice what the source has revised further back.
    """

    symbols: tuple[str, ...] | None = None
    start_date: date | None = None
    end_date: date | None = None
    n_workers: int = 1
    on_error: OnError = "raise"
    failed_only: bool = False
    refetch: bool = False
