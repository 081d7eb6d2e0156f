"""Stores bars that a bundle's views make of shorter ones or of trades, and keeps them up."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import warehouse
from rustybt.data.resolutions import TICK, resolution_of
from rustybt.errors import BundleTableError, RequestError
from warehouse import Snapshot, Transaction, Warehouse, sqltext
from warehouse.catalog.views import datasets_of, names
from warehouse.errors import DamageError
from warehouse.schema import Dataset, dataset
from warehouse.writing.partition import partition_of

OF_TRADES: Final = ("time", "tick", "volume", "dollar")


@dataclass(frozen=True)
class Resampled:
    """What `resample` did.

    Parameters
    ----------
    bundle, dataset
        Where the bars stand: ``FROM <bundle>.<dataset>``.
    snapshot
        The snapshot that holds them; the head as it was if nothing is new.
    new
        Whether it was committed now.
    first
        Day from which on they were made anew; None if all that were stored still hold.
    made
        How many bars were made.
    """

    bundle: str
    dataset: str
    snapshot: int
    new: bool
    first: date | None
    made: int


@dataclass(frozen=True)
class _Wanted:
    """The dataset that is wanted, and the view or macro that makes it."""

    dataset: str
    view: str
    size: Decimal | None = None

    @property
    def of(self) -> str:
        return self.view if self.size is None else f"{self.view}({self.size:f})"


def resample(
    bundle: str,
    bars: str,
    size: float | str | Decimal | None = None,
    *,
    root: str | Path | None = None,
) -> Resampled:
    """Store bars made of shorter ones or of trades as a dataset: one new snapshot, if anything is new.

    Parameters
    ----------
    bundle
        Name.
    bars
        A length, ``1m 5m 15m 30m 1h 2h 4h 1d 1w 1mo`` or another usual name of it, that the bundle
        does not have from its source: the rows of the view ``bars_5m`` are stored as ``resampled_5m``.
        Or ``time``, ``tick``, ``volume`` or ``dollar``: bars out of trades, as the macros ``time_bars``,
        … have them, stored as ``dollar_bars_1000000``, ``volume_bars_0_5``.
    size
        Of bars out of trades: seconds, trades, units or money that each is full with.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Returns
    -------
    Resampled

    Raises
    ------
    RequestError
        There are no such bars, or a size is missing, one too many or no number above 0.
    BundleTableError
        The bundle has nothing that they can be made of, or these bars from its source.
    UnknownBundleError
        The warehouse holds no such bundle.

    Notes
    -----
    Columns are those of the view or macro; ``complete`` is false for a last bar that may change. An
    ingest alone changes no such dataset. This call, made again, makes the months (of longer bars, the
    years) anew from the first session on that has changed since or was not complete, in place of what
    they held. The lineage of the snapshot says of which one the bars were made.
    """
    wanted = _wanted(bars, size)
    with warehouse.open(root) as wh:
        wh.snapshot(bundle)
        with wh.begin(bundle) as txn:
            head = txn.head or wh.snapshot(bundle)
            with wh.at(snapshot={bundle: head.version}) as source:
                report = _store(source, txn, head, wanted)
    return report


def _wanted(bars: str, size: float | str | Decimal | None) -> _Wanted:
    if bars not in OF_TRADES:
        length = resolution_of(bars)
        if length == TICK:
            raise RequestError("bars", bars, f"a length, or one of {', '.join(OF_TRADES)}")
        if size is not None:
            raise RequestError("size", size, f"none: bars of {length} are of that length")
        return _Wanted(f"resampled_{length}", f"bars_{length}")
    number = _number(size)
    digits = f"{number:f}".replace(".", "_")
    return _Wanted(f"{bars}_bars_{digits}", f"{bars}_bars", number)


def _number(size: float | str | Decimal | None) -> Decimal:
    expected = "a number above 0: seconds, trades, units or money that a bar is full with"
    try:
        number = Decimal(str(size))
    except InvalidOperation:
        raise RequestError("size", size, expected) from None
    if not number.is_finite() or number <= 0:
        raise RequestError("size", size, expected)
    # Without trailing zeros, so that one size has one name.
    return Decimal(f"{number.normalize():f}")


def _store(source: Warehouse, txn: Transaction, head: Snapshot, wanted: _Wanted) -> Resampled:
    if wanted.view in head.datasets:
        raise BundleTableError(wanted.dataset, f"the bundle has {wanted.view} from its source")
    if wanted.view not in names(head):
        told = "trades" if wanted.size is not None else "trades or shorter bars"
        raise BundleTableError(
            wanted.dataset, f"expected a bundle with {told}; found {', '.join(head.datasets)}"
        )
    of = dataset(wanted.dataset)
    first = _first(source, head, wanted, of)
    if first is None:
        return Resampled(head.bundle, of.name, head.version, new=False, first=None, made=0)
    holes = {"bundle": head.bundle, "view": wanted.view, "size": wanted.size, "first": first}
    query = sqltext.render("ingest/made_bars", columns=of.columns, **holes)
    made = source.sql(query).arrow()
    txn.rewrite(of.name, made)
    new = txn.touched
    if new:
        lineage = {"dataset": of.name, "of": wanted.of, "snapshot": head.version}
        head = txn.commit({"resampled": lineage})
    if first == date.min:  # nothing stood there
        import pyarrow.compute as pc  # which an ingest of plain files does without

        first = pc.min(made["session"]).as_py()
    return Resampled(head.bundle, of.name, head.version, new, first, made.num_rows)


def _first(source: Warehouse, head: Snapshot, wanted: _Wanted, of: Dataset) -> date | None:
    """Return the day from which on bars are made; None if all that are stored still hold."""
    columns = {it: dataset(it).names for it in datasets_of(head, wanted.view)}
    query = sqltext.render("ingest/first_incomplete", bundle=head.bundle, dataset=of.name)
    try:
        before = _made_of(source, head, of)
        if before is None:
            return date.min
        changed = source.first_changes(head.bundle, before, columns)
        ((incomplete,),) = source.sql(query).rows()
    except DamageError:
        return date.min  # who reads what they are made of is told of a damage there
    day = min(changed.values(), default=None)
    if day is None:
        return None
    return partition_of(of, min(day, incomplete or day)).first


def _made_of(source: Warehouse, head: Snapshot, of: Dataset) -> Snapshot | None:
    """Return the snapshot of which the stored bars were made, if that is told and still there."""
    held = {it.version: it for it in source.snapshots(head.bundle)}
    for snapshot in reversed(held.values()):
        told = snapshot.lineage.get("resampled", {})
        files = snapshot.datasets.get(of.name)
        if told.get("dataset") == of.name and files == head.datasets.get(of.name):
            return held.get(told["snapshot"])
    return None
