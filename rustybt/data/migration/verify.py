"""Compares what a transaction holds with a second reading of the source, before it is committed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rustybt.data.readers.reader import FIELDS
from rustybt.data.resolutions import dataset_of, is_daily
from rustybt.data.sources import Span
from rustybt.errors import MigrationError
from warehouse import Transaction, sqltext

__all__ = ["ACTIONS", "FIELDS", "Checked", "check_actions", "check_bars"]

ACTIONS: Final = ("split", "dividend", "merger", "stock_dividend")


@dataclass(frozen=True)
class Checked:
    """What was compared and found equal: symbols, bars, actions by kind; and what people should know."""

    symbols: int = 0
    bars: int = 0
    actions: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()


def check_bars(txn: Transaction, name: str, span: Span, blocks: Iterable[None]) -> tuple[int, int]:
    """Compare bars block by block, and return how many symbols and bars there were.

    Parameters
    ----------
    txn
        With the rows written.
    name
        Of the source, for errors.
    span
        That was taken.
    blocks
        Each step puts the next bars of whole symbols into the table ``again_bars`` of the session:
        ``symbol``, ``session`` or ``ts``, and `FIELDS`.

    Raises
    ------
    MigrationError
        A bar is missing, was not in the source, or has another value.
    """
    dataset = dataset_of(span.resolution)
    query = sqltext.render(
        "migration/compare",
        dataset=dataset,
        time="session" if is_daily(span.resolution) else "ts",
        fields=FIELDS,
        first=span.first,
        until=span.until,
    )
    was_empty = txn.head is None or dataset not in txn.head.datasets
    symbols = bars = 0
    for _ in blocks:
        ((again, missing, beyond, unequal),) = txn.session.rows(query)
        if missing or unequal or (beyond and was_empty):
            problem = (
                f"expected {again:,} bars as they were read a second time, found {missing:,} missing "
                f"or rejected, {beyond:,} that were not there, and {unequal:,} other values"
            )
            raise MigrationError(name, problem)
        ((of,),) = txn.session.rows(sqltext.load("migration/count_symbols"))
        symbols, bars = symbols + of, bars + again
    return symbols, bars


def check_symbols(txn: Transaction, name: str) -> None:
    """Compare the symbols that assets had before with the file of assets in the session.

    Raises
    ------
    MigrationError
        One is missing or differs.
    """
    session = txn.session
    session.load("again_symbols", session.arrow(sqltext.load("migration/former_symbols")))
    session.execute(sqltext.load("ingest/numbers_of_assets"))
    session.execute(sqltext.render("ingest/told_symbols", told="again_symbols"))
    ((differing,),) = session.rows(sqltext.load("migration/symbols_differ"))
    if differing:
        raise MigrationError(name, f"expected all former symbols, {differing:,} differ")


def check_actions(txn: Transaction, name: str) -> tuple[dict[str, int], list[str]]:
    """Compare the table ``again_actions`` of the session with the stored actions.

    Returns how many there were of each kind, and notes.

    Raises
    ------
    MigrationError
        An action is missing or differs.
    """
    counts, notes = dict.fromkeys(ACTIONS, 0), []
    for kind, told, in_shares, equal, unsound, differing in txn.session.rows(
        sqltext.load("migration/compare_actions")
    ):
        if differing:
            raise MigrationError(
                name, f"expected {equal + differing:,} {kind}s, {differing:,} differ"
            )
        if kind in counts:
            counts[kind] = told - in_shares
        counts["stock_dividend"] += in_shares
        if unsound:
            notes.append(
                f"{unsound:,} of kind {kind} are not stored: they leave no price above zero, or their "
                "asset has no bars."
            )
        if told > equal + unsound:
            notes.append(
                f"{told - equal - unsound:,} of kind {kind} were joined to others of a day."
            )
    return counts, notes
