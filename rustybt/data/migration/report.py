"""What a migration says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MigrationReport:
    """What was taken over; every value of it was read a second time and compared.

    Parameters
    ----------
    bundle
        Name.
    snapshot
        Version that the migration made, or the newest where nothing was new; None of a dry run.
    new
        Whether there is a new snapshot.
    calendar
        Exchange calendar of the bundle.
    assets, bars, values
        Assets with bars, bars, and their values, of the second reading: all are equal to what is stored.
    splits, dividends, mergers, stock_dividends
        Actions of the source, the last being dividends paid in shares; all that are not in `notes` are stored.
    notes
        What was not carried over or is not as it was, as sentences for people.
    seconds
        That it took.
    """

    bundle: str
    snapshot: int | None
    new: bool
    calendar: str
    assets: int
    bars: int
    values: int
    splits: int
    dividends: int
    mergers: int
    stock_dividends: int
    notes: tuple[str, ...]
    seconds: float
