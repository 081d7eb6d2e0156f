"""The symbols by which sids of zipline are known here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warehouse import sqltext
from warehouse.session import Session


@dataclass(frozen=True)
class Names:
    """Symbols of sids, no symbol twice, and what people should know of them."""

    symbols: Mapping[int, str]
    notes: tuple[str, ...] = ()

    @classmethod
    def of_sids(cls, sids: Sequence[int]) -> "Names":
        """Return the sids themselves as symbols, where there is no file of assets."""
        note = "There is no file of assets, so symbols are the sids."
        return cls({it: str(it) for it in sids}, (note,))

    @classmethod
    def told(cls, session: Session, sids: Sequence[int]) -> "Names":
        """Return the names of a file of assets, whose tables are in a session.

        Parameters
        ----------
        session
            With the tables ``symbols`` and ``futures``.
        sids
            Those that have bars.
        """
        rows = session.rows(sqltext.load("migration/names"))
        symbols = {sid: symbol for sid, symbol, _, _ in rows}
        renamed = [f"{symbol} was {', '.join(it)}" for _, symbol, it, _ in rows if it]
        shared = [symbol for _, symbol, _, was_shared in rows if was_shared]
        strangers = sorted(set(sids) - set(symbols))
        notes = []
        if renamed:
            notes.append(
                f"{len(renamed):,} assets changed their symbol and have the last one for all their bars; "
                f"the view symbols tells the others: {_some(renamed)}."
            )
        if shared:
            notes.append(
                f"{len(shared):,} assets had a symbol that a later one has, and keep it with their sid "
                f"behind: {_some(shared)}."
            )
        if strangers:
            notes.append(
                f"{len(strangers):,} sids have bars and are in no file of assets; their symbols are "
                f"their sids: {_some(list(map(str, strangers)))}."
            )
        return cls(symbols | {it: str(it) for it in strangers}, tuple(notes))

    def load(self, session: Session) -> None:
        """Create the table ``names`` in a session: ``sid`` and ``symbol``."""
        # Bound lists: to build an Arrow array of Python values, Arrow imports pandas.
        session.execute(
            sqltext.load("migration/name_lists"),
            {"sids": list(self.symbols), "symbols": list(self.symbols.values())},
        )


def _some(told: Sequence[str]) -> str:
    return "; ".join(told[:10]) + ("; …" if len(told) > 10 else "")
