"""Merges staged rows into a bundle, inside the transaction's own DuckDB.

Apart from reading, because here the stored state counts: sids that are given already, closes before a
dividend, flags of rows that come again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from rustybt.data.bundles.actions import TERMS, load_actions, merge_actions
from rustybt.data.calendars import sessions
from rustybt.data.quality import find_doubts, policy_in
from rustybt.data.resolutions import dataset_of
from rustybt.data.sources import Reject, Staging
from rustybt.data.sources.source import Told
from warehouse import Changes, Transaction, sqltext
from warehouse.catalog.checks import before_opening
from warehouse.schema import holds_market


@dataclass(frozen=True)
class Merged:
    """What a merge did: changed rows, flagged rows, symbols of the source, actions of the bundle."""

    changes: Changes
    flagged: int
    symbols: int
    actions: int


@dataclass(frozen=True)
class Merge:
    """One merge of a staging into a transaction.

    Parameters
    ----------
    txn, staging
        The state to merge into, and the rows.
    calendar
        Exchange calendar of the bundle.
    told
        Where the source tells of actions, which then replace the stored ones of its rows.
    actions
        Actions as a table of their own, see `Request`; they are taken in place of those that the
        source tells.
    paid
        Pay dates of the dividends that the source tells in columns, see `OfPayDates`.
    """

    txn: Transaction
    staging: Staging
    calendar: str
    told: Told | None
    actions: Any = None
    paid: Any = None

    def run(self, rejects: Sequence[Reject]) -> Merged:
        """Write bars, assets, sessions, adjustments, flags and rejects into the transaction."""
        session = self.txn.session
        self._make_again()
        self._show_rows()
        dataset = self._dataset
        changes = self.txn.upsert(dataset, "new_rows")
        known = sqltext.render("ingest/assets", datasets=self._datasets)
        self.txn.replace("assets", session.arrow(known))
        self.txn.replace("sessions", "calendar_sessions")
        actions = self._merge_actions() if dataset == "bars_1d" else 0
        flagged = self._merge_flags(dataset)
        self._merge_rejects(rejects)
        ((symbols,),) = session.rows(sqltext.load("ingest/count_symbols"))
        return Merged(changes, flagged, symbols, actions)

    def _make_again(self) -> None:
        """Begin to mend what follows from the source and the bars, where its file is damaged."""
        for name in ("sessions", "adjustments", "flags"):
            self.txn.make_again(name)
        if self.txn.make_again("assets"):
            known = sqltext.render(
                "ingest/assets_of_bars", datasets=self._stored or ["bars_1d"], **self._kind
            )
            self.txn.replace("assets", self.txn.session.arrow(known))

    @property
    def _dataset(self) -> str:
        return dataset_of(self.staging.span.resolution)

    @cached_property
    def _stored(self) -> list[str]:
        """The datasets of rows that the bundle has, by name."""
        held = self.txn.head.datasets if self.txn.head else ()
        return sorted(it for it in held if holds_market(it))

    @property
    def _datasets(self) -> list[str]:
        return sorted({*self._stored, self._dataset})

    @property
    def _kind(self) -> dict[str, str]:
        around_the_clock = self.calendar == "24/7"
        return {
            "exchange": self.calendar,
            "asset_type": "crypto" if around_the_clock else "equity",
        }

    def _show_rows(self) -> None:
        session = self.txn.session
        self.staging.show(session)
        ((first, last),) = session.rows(sqltext.load("ingest/span"))
        session.load("calendar_sessions", sessions(self.calendar, first, last))
        session.execute(
            sqltext.load("ingest/session_days"), {"before": before_opening(self._dataset)}
        )
        session.execute(sqltext.render("ingest/numbers", **self._kind))
        if self.staging.ticks:
            self._show_ticks()
        else:
            self._show_bars()

    def _show_bars(self) -> None:
        session = self.txn.session
        repeated = self.staging.session.arrow(sqltext.load("ingest/all_repeated"))
        session.load("repeated", repeated)
        session.execute(
            sqltext.render(
                "ingest/staged",
                daily=self.staging.daily,
                period=self.staging.period,
                repeated=repeated.num_rows > 0,
            )
        )
        session.execute(sqltext.render("ingest/new_bars", daily=self.staging.daily))

    def _show_ticks(self) -> None:
        session = self.txn.session
        session.execute(sqltext.load("ingest/staged_ticks"))
        session.execute(sqltext.render("ingest/met_ticks", stored="trades" in self._stored))
        session.execute(sqltext.load("ingest/new_ticks"))

    def _merge_actions(self) -> int:
        session = self.txn.session
        if self.actions is not None:
            session.load("given", self.actions)
            found = dict(session.rows(sqltext.render("writing/types", incoming="given")))
            load_actions(self.txn, "given", tuple(it for it in TERMS if it in found))
        elif self.told == "adjusted":
            import polars as pl

            from rustybt.data.actions import derive_actions

            closes = pl.DataFrame(session.arrow(sqltext.load("ingest/closes")))
            session.load("actions", derive_actions(closes))
        else:
            session.execute(sqltext.load("ingest/told_actions"))
        given = self.actions is not None
        paid = self.paid is not None and not given
        if paid:
            session.load("paid", self.paid)
        told = given or self.told is not None
        return merge_actions(self.txn, told=told, given=given, paid=paid)

    def _merge_flags(self, dataset: str) -> int:
        session = self.txn.session
        find_doubts(self.txn, dataset, policy_in(self.txn))
        session.execute(sqltext.load("ingest/new_flags"))
        merged = session.arrow(
            sqltext.render("ingest/flags", daily=self.staging.daily, dataset=dataset)
        )
        self.txn.replace("flags", merged)
        ((flagged,),) = session.rows(sqltext.load("ingest/count_flagged"))
        return int(flagged)

    def _merge_rejects(self, rejects: Sequence[Reject]) -> None:
        session = self.txn.session
        session.execute(sqltext.load("ingest/found_rejects"), _columns_of(rejects))
        new = session.arrow(sqltext.load("ingest/new_rejects"), [self.txn.id])
        if new.num_rows:
            session.load("new_rejects", new)
            self.txn.replace("rejects", session.arrow(sqltext.load("ingest/all_rejects")))


def _columns_of(rejects: Sequence[Reject]) -> dict[str, list[object]]:
    # Bound lists: to build Arrow arrays of Python values, Arrow imports pandas.
    names = [it.name for it in fields(Reject)]
    return {name: [getattr(it, name) for it in rejects] for name in names}
