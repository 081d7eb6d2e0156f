"""What an ingest did, in numbers."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

from rustybt.data.sources import Outcome, Reject


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    ``read == added + changed + same + duplicates + rejected``, always.

    Parameters
    ----------
    bundle, snapshot
        The snapshot that holds the rows; the head as it was if nothing is new.
    new
        Whether this ingest committed it.
    read
        Rows of the source.
    added, changed, same
        Stored rows: of a new key, of another value than stored before, stored already.
    duplicates
        Rows that say again what another row of the source says.
    rejected
        Rows that could not be typed or keyed; `rejects` has each with its reason.
    flagged
        Distinct stored rows with at least one doubt, see ``<bundle>.flags``.
    symbols
        Symbols of the source.
    actions
        Splits and dividends that the bundle holds now.
    failed
        Symbols that were left out, since they failed or were not found; see `outcomes`.
    outcomes
        What became of each symbol that was asked for or found.
    notes
        What was decided on the way, for people.
    """

    bundle: str
    snapshot: int
    new: bool
    read: int
    added: int
    changed: int
    same: int
    duplicates: int
    rejected: int
    flagged: int
    symbols: int
    actions: int
    failed: int
    seconds: float
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    def __await__(self) -> Generator[None, None, Self]:
        """Return itself: RustyBT's pages call `DataAdapter.ingest_to_bundle` with ``await`` and without."""
        yield from ()
        return self
