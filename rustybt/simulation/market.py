"""What a run reads of one bundle: its assets, sessions, actions and bars.

The only module of the simulation that asks the warehouse; all it hands on is arrays and values.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Generator
from datetime import UTC, date
from itertools import groupby
from typing import Final

import numpy as np

from rustybt.assets import Asset, AssetFinder
from rustybt.errors import SpanError
from rustybt.finance.actions import Action
from rustybt.finance.calendar import Session
from rustybt.simulation.feed import Block, Feed
from warehouse import Warehouse, sqltext

_ROWS: Final = 1_000_000  # sorted by one query


class Market:
    """One bundle in the snapshot that the warehouse has pinned.

    Parameters
    ----------
    warehouse
        Open warehouse; it must stay open while blocks are read.
    bundle
        Name of the bundle.
    price_decimals
        Decimals to which prices are rounded when read, half to even; as stored if None.

    Raises
    ------
    UnknownBundleError
        The warehouse holds no such bundle.
    """

    def __init__(
        self, warehouse: Warehouse, bundle: str, price_decimals: int | None = None
    ) -> None:
        self.finder = AssetFinder(warehouse, bundle)
        self.bundle = self.finder.bundle
        self.calendar = warehouse.snapshot(self.bundle).calendar
        self.assets: list[Asset] = list(self.finder)
        self.warehouse = warehouse
        self._price_decimals = price_decimals
        query = sqltext.render("backtest/sessions", bundle=self.bundle)
        self.sessions = [
            Session(label, opened.replace(tzinfo=UTC), closed.replace(tzinfo=UTC))
            for label, opened, closed in warehouse.sql(query).rows()
        ]
        self.labels = [it.label for it in self.sessions]
        self.held = self._held()

    def _held(self) -> tuple[date, date] | None:
        if not self.assets:
            return None
        first = min(it.first_session for it in self.assets)
        return first, max(it.last_session for it in self.assets)

    @property
    def first(self) -> int:
        """Number of the first session that has a bar."""
        return 0 if self.held is None else self.number(self.held[0])

    def number(self, day: date) -> int:
        """Return the number of the first session on or after a day."""
        return bisect_left(self.labels, day)

    def span(self, start: date, end: date) -> tuple[int, int]:
        """Return the sessions of a span as numbers, first and until.

        Parameters
        ----------
        start, end
            Days, both inclusive.

        Raises
        ------
        SpanError
            `start` is after `end`, the span has no session or is not inside that of the bars.
        """
        first, until = self.number(start), bisect_right(self.labels, end)
        problem = None
        if start > end:
            problem = "the start is after the end"
        elif self.held is None or end < self.held[0] or start > self.held[1]:
            problem = "the bundle has no bars there"
        elif first >= until:
            problem = f"no session of calendar {self.calendar} lies in the span"
        elif (
            start.year < self.labels[0].year  # no session of an earlier year is known
            or first < self.first
            or until > bisect_right(self.labels, self.held[1])
        ):
            problem = "the span has sessions outside that of the bars"
        if problem:
            raise SpanError(start, end, problem, bundle=self.bundle, held=self.held)
        return first, until

    def actions(self, until: int) -> dict[int, list[Action]]:
        """Return the actions by the number of the session from which on they are in force."""
        query = sqltext.render("backtest/actions", bundle=self.bundle)
        days = {"first": self.labels[0], "until": self._day(until)}
        rows = (Action(*row) for row in self.warehouse.sql(query, days).rows())
        numbered = groupby(rows, key=lambda it: self.number(it.session))
        return {number: list(actions) for number, actions in numbered}

    def blocks(self, first: int, until: int) -> Generator[Block, None, None]:
        """Yield the bars of a span of session numbers as dense blocks, in time order.

        A query covers some sessions only: sorting is done in memory, which then does not grow with
        the span.
        """
        query = sqltext.render("backtest/bars", bundle=self.bundle)
        feed = Feed(
            np.array(self.labels, dtype="datetime64[D]"),
            np.array([it.sid for it in self.assets], dtype=np.int64),
            self._price_decimals,
        )
        step = max(_ROWS // max(len(self.assets), 1), 1)
        for begin in range(first, until, step):
            end = min(begin + step, until)
            days = {"first": self._day(begin), "until": self._day(end)}
            with self.warehouse.stream(query, days) as stream:
                yield from feed.blocks(stream, begin, end)

    def _day(self, number: int) -> date:
        """Return the day of a session number; the day after the last for one past the end."""
        if number < len(self.labels):
            return self.labels[number]
        return date.fromordinal(self.labels[-1].toordinal() + 1)
