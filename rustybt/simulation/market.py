"""What a run reads of one bundle: its assets, sessions, actions and bars.

The only module of the simulation that asks the warehouse; all it hands on is arrays and values.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np

from rustybt.assets import Asset, AssetFinder
from rustybt.errors import ResolutionError, SpanError
from rustybt.finance.actions import Action
from rustybt.finance.calendar import Session
from rustybt.finance.rates import Rates
from rustybt.simulation.feed import Block, Feed, no_room
from rustybt.simulation.timeline import Days, Minutes, Resolution, Timeline
from warehouse import Warehouse, sqltext
from warehouse.schema import FUNDING_1H, FX_RATES

RESOLUTIONS: Final[tuple[Resolution, ...]] = ("1d", "1m")
_CELLS: Final = 1_000_000  # of one field in one block; bounds memory for wide bundles


class Bars:
    """The bars of one resolution of a bundle.

    Parameters
    ----------
    market
        The bundle.
    timeline
        Numbers the bars.
    query
        Name of the statement that reads them.
    held
        First and last session that have any; None if none has.

    Attributes
    ----------
    first
        Number of the first bar of the first session that has any.
    """

    def __init__(
        self, market: "Market", timeline: Timeline, query: str, held: tuple[date, date] | None
    ) -> None:
        self.timeline = timeline
        self.held = held
        self.first = 0 if held is None else timeline.bars(market.number(held[0]))[0]
        self._market = market
        self._query = sqltext.render(query, bundle=market.bundle)
        sids = np.array([it.sid for it in market.assets], dtype=np.int64)
        self._feed = Feed(timeline, sids, market.price_decimals)

    def blocks(self, first: int, until: int, room: Callable[[], int] = no_room) -> Iterator[Block]:
        """Yield a span of bars as dense blocks, in time order; all but the outermost end sessions.

        A query covers some sessions only, so that memory does not grow with the span.

        Parameters
        ----------
        room
            Tells how many rows the next block is to leave free before its bars.
        """
        timeline, market = self.timeline, self._market
        session = timeline.session(first)
        most = max(_CELLS // max(len(market.assets), 1), 1)
        while first < until:
            beyond = session + 1
            while timeline.bars(beyond - 1)[1] < min(first + most, until):
                beyond += 1
            end = min(timeline.bars(beyond - 1)[1], until)
            days = {"first": market.day(session), "until": market.day(beyond)}
            with market.warehouse.stream(self._query, days) as stream:
                yield self._feed.block(stream, first, end, room())
            first, session = end, beyond


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
        snapshot = warehouse.snapshot(self.bundle)
        self.calendar = snapshot.calendar
        self.assets: list[Asset] = list(self.finder)
        self.warehouse = warehouse
        self.price_decimals = price_decimals
        self._datasets = snapshot.datasets
        self.resolutions = [it for it in RESOLUTIONS if f"bars_{it}" in snapshot.datasets]
        query = sqltext.render("backtest/sessions", bundle=self.bundle)
        self.sessions = [
            Session(label, *(it and it.replace(tzinfo=UTC) for it in hours))
            for label, *hours in warehouse.sql(query).rows()
        ]
        self.labels = [it.label for it in self.sessions]

    def bars(self, resolution: Resolution) -> Bars:
        """Return the bars of a resolution.

        Raises
        ------
        ResolutionError
            The bundle has none; the error names what it has.
        """
        if resolution not in self.resolutions:
            raise ResolutionError(self.bundle, resolution, self.resolutions)
        return self.daily if resolution == "1d" else self._minutes

    @cached_property
    def daily(self) -> Bars:
        """The daily bars, put together from minutes where none are stored."""
        days = Days(self.sessions)
        if "1d" in self.resolutions:
            return self._bars_of(days, "backtest/bars", self._held("1d"))
        return self._bars_of(days, "backtest/days_of_minutes", self._held("1m"))

    @cached_property
    def _minutes(self) -> Bars:
        query = sqltext.render("backtest/stamps", bundle=self.bundle)
        ((opens, closes),) = self.warehouse.sql(query).rows()
        # Where no bar tells, they are stamped with the end of their minute, as zipline's.
        minutes = Minutes(self.sessions, opens=opens, closes=closes or not opens)
        return self._bars_of(minutes, "backtest/minutes", self._held("1m"))

    def _bars_of(self, timeline: Timeline, query: str, held: tuple[date, date] | None) -> Bars:
        """Return bars; another market may read them otherwise."""
        return Bars(self, timeline, query, held)

    def _held(self, resolution: Resolution) -> tuple[date, date] | None:
        if not self.assets:
            return None
        if len(self.resolutions) == 1:
            first = min(it.first_session for it in self.assets)
            return first, max(it.last_session for it in self.assets)
        query = sqltext.render("backtest/held", bundle=self.bundle, dataset=f"bars_{resolution}")
        ((first, last),) = self.warehouse.sql(query).rows()
        return None if first is None else (first, last)

    def number(self, day: date) -> int:
        """Return the number of the first session on or after a day."""
        return bisect_left(self.labels, day)

    def day(self, number: int) -> date:
        """Return the day of a session number; the day after the last for one past the end."""
        if number < len(self.labels):
            return self.labels[number]
        return date.fromordinal(self.labels[-1].toordinal() + 1)

    def span(self, start: date, end: date, held: tuple[date, date] | None) -> tuple[int, int]:
        """Return the sessions of a span as numbers, first and until.

        Parameters
        ----------
        start, end
            Days, both inclusive.
        held
            First and last session that have bars.

        Raises
        ------
        SpanError
            `start` is after `end`, the span has no session or is not inside that of the bars.
        """
        first, until = self.number(start), bisect_right(self.labels, end)
        problem = None
        if start > end:
            problem = "the start is after the end"
        elif held is None or end < held[0] or start > held[1]:
            problem = "the bundle has no bars there"
        elif first >= until:
            problem = f"no session of calendar {self.calendar} lies in the span"
        elif (
            start.year < self.labels[0].year  # no session of an earlier year is known
            or first < self.number(held[0])
            or until > bisect_right(self.labels, held[1])
        ):
            problem = "the span has sessions outside that of the bars"
        if problem:
            raise SpanError(start, end, problem, bundle=self.bundle, held=held)
        return first, until

    @property
    def currency(self) -> str | None:
        """The currency in which most assets trade, the first by name of several; None if unknown."""
        counts = Counter(it.currency for it in self.assets if it.currency)
        return min(counts, key=lambda it: (-counts[it], it), default=None)

    def rates(self, currency: str | None, until: int) -> Rates:
        """Return what the currencies are worth in one, which is `Market.currency` if it is None."""
        own = currency or self.currency
        known: dict[str, tuple[list[date], list[float | None]]] = {}
        if own is not None and FX_RATES.name in self._datasets:
            query = sqltext.render("backtest/rates", bundle=self.bundle, quote=own)
            for name, day, rate in self.warehouse.sql(query, {"until": self.day(until)}).rows():
                days, rates = known.setdefault(name, ([], []))
                days.append(day)
                rates.append(rate)
        return Rates(own, known, strict=currency is not None)

    @cached_property
    def rolls(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """The turns of continuous futures by root symbol and style: session number, sid from it on."""
        query = sqltext.render("backtest/rolls", bundle=self.bundle)
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for root_symbol, roll, session, sid in self.warehouse.sql(query).rows():
            found.setdefault((root_symbol, roll), []).append((self.number(session), sid))
        return found

    @property
    def funded(self) -> bool:
        """Whether the bundle has any rates of funding."""
        return FUNDING_1H.name in self._datasets

    def funding(self, first: datetime, until: datetime) -> Iterator[tuple[datetime, Asset, float]]:
        """Yield instant, asset and rate of the funding after an instant and up to another, in order."""
        query = sqltext.render("backtest/funding", bundle=self.bundle)
        span = {"first": first.replace(tzinfo=None), "until": until.replace(tzinfo=None)}
        for at, sid, rate in self.warehouse.sql(query, span).rows():
            yield at.replace(tzinfo=UTC), self.finder.retrieve_asset(sid), rate

    def actions(self, until: int) -> dict[int, list[Action]]:
        """Return the actions by the number of the session from which on they are in force."""
        query = sqltext.render("backtest/actions", bundle=self.bundle)
        days = {"first": self.labels[0], "until": self.day(until)}
        rows = (Action(*row) for row in self.warehouse.sql(query, days).rows())
        numbered = groupby(rows, key=lambda it: self.number(it.session))
        return {number: list(actions) for number, actions in numbered if number < until}
