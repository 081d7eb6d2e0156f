"""Merges corporate actions into the stored ones of a bundle, inside the transaction's own DuckDB."""

from typing import Final

from warehouse import Transaction, sqltext
from warehouse.schema import EXACT

TERMS: Final = ("ratio", "amount", "pay_date", "shares", "payment_symbol")
"""Columns that a table of actions may have beside ``symbol``, ``session`` and ``kind``."""


def merge_actions(
    txn: Transaction, *, told: bool = False, given: bool = False, paid: bool = False
) -> int:
    """Write the actions of the table ``actions`` of the session; return how many the bundle then has.

    Ratios of dividends, and of spin-offs of a value, are those that the stored closes give now.

    Parameters
    ----------
    txn
        With the tables ``actions`` and ``numbers``, the sid of each symbol.
    told
        They are all splits and dividends of the rows in ``new_rows``.
    given
        They come as a table of their own, with all columns of `TERMS`, and stand in the place of stored
        ones of the same asset, session and kind; with `told` of all stored ones of the rows.
    paid
        Pay dates come in the table ``paid``.
    """
    session = txn.session
    session.execute(sqltext.render("ingest/merged_actions", told=told, given=given, paid=paid))
    ((wide,),) = session.rows(sqltext.load("ingest/amount_wide"))
    sound = session.arrow(sqltext.render("ingest/sound_actions", amount=EXACT[wide]))
    txn.replace("adjustments", sound)
    return int(sound.num_rows)


def load_actions(txn: Transaction, table: str, terms: tuple[str, ...]) -> None:
    """Create the table ``actions`` of the rows of another, which has some columns of `TERMS`."""
    query = sqltext.render("ingest/given_actions", told=table, terms=terms)
    txn.session.execute(query)
