"""The event loop of a run: one session after the other, in zipline's order of events."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from rustybt.assets import Asset
from rustybt.finance.actions import Action
from rustybt.finance.blotter import Blotter
from rustybt.finance.holdings import Holdings
from rustybt.finance.portfolio import Account, Portfolio
from rustybt.finance.transaction import Transaction
from rustybt.metrics.daily import DailyRows
from rustybt.simulation.bardata import BarData
from rustybt.simulation.clock import Clock, Phase
from rustybt.simulation.market import Market
from rustybt.simulation.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

WARM_UP = 260  # sessions read before the start, so that a year of history costs no query


class Strategy(Protocol):
    """What the loop calls."""

    def before_session(self, data: BarData) -> None:
        """Run before the session's bar is known."""

    def on_bar(self, data: BarData) -> None:
        """Run after the session's bar."""


class Progress(NamedTuple):
    """How far a run has come: sessions and bars done, and the portfolio value now."""

    session: date
    value: float
    done: int
    total: int
    bars: int


@dataclass(frozen=True)
class Settings:
    """How a run goes.

    Parameters
    ----------
    start, end
        First and last day, both inclusive.
    capital
        Cash at the start, trade currency.
    dividends
        Whether cash dividends are paid on their ex-date or on their pay date; with the latter
        those of unknown pay date are never paid.
    benchmark
        Return of the benchmark by session; 0 where a session has none.
    progress
        Called after each session.
    """

    start: date
    end: date
    capital: Decimal
    dividends: Literal["ex_date", "pay_date"] = "ex_date"
    benchmark: Mapping[date, float] = field(default_factory=dict)
    progress: Callable[[Progress], None] | None = None


class Simulation:
    """One run of a strategy over a span of sessions.

    Parameters
    ----------
    market
        Where the bars come from.
    settings
        How the run goes.

    Raises
    ------
    SpanError
        The bundle has no bars for the span.
    """

    def __init__(self, market: Market, settings: Settings) -> None:
        self.market = market
        self.settings = settings
        self._first, self._until = market.span(settings.start, settings.end)
        self.clock = Clock(market.sessions[self._first], self._first)
        self._actions = market.actions(self._until)
        self._panel = Panel(market.assets, self._actions, market.blocks, WARM_UP)
        self.data = BarData(market, self._panel, self.clock)
        self.blotter = Blotter()
        self.holdings = Holdings(settings.capital, self.clock.session.label, self._panel)
        self.portfolio = Portfolio(self.holdings, float(settings.capital), self.clock.session.label)
        self.account = Account(self.holdings)
        self.recorded: dict[str, Any] = {}
        self._rows = DailyRows(self.holdings)
        self._bars = 0
        self._closing: dict[int, list[Asset]] = {}
        for asset in market.assets:
            closed = market.number(asset.last_session + timedelta(days=1))
            self._closing.setdefault(closed, []).append(asset)

    @property
    def labels(self) -> Sequence[date]:
        """The sessions of the run, in order."""
        return self.market.labels[self._first : self._until]

    @property
    def now(self) -> datetime:
        """Close of the current session, UTC."""
        return self.clock.session.closed

    def run(self, strategy: Strategy) -> "pd.DataFrame":
        """Live all sessions and return the result frame."""
        with _rare_collection():
            return self._run(strategy)

    def _run(self, strategy: Strategy) -> "pd.DataFrame":
        warm = max(self._first - WARM_UP, self.market.first)
        with closing(self.market.blocks(warm, self._until)) as blocks:
            for block in blocks:
                self._panel.load(block)
                for number in range(block.first, block.until):
                    self._panel.begin(number)
                    if number >= self._first:
                        self._session(strategy, number)
                    else:
                        self._panel.reveal()
        self.clock.phase = Phase.ANALYZE
        return self._rows.frame()

    def _session(self, strategy: Strategy, number: int) -> None:
        session = self.market.sessions[number]
        self.clock.session, self.clock.number = session, number
        self._take_actions(self._actions.get(number, ()), session.label)
        self.clock.phase = Phase.BEFORE
        strategy.before_session(self.data)
        self._panel.reveal()
        self.clock.phase = Phase.BAR
        self.blotter.fill(self.data, self.holdings, session.label, session.closed)
        strategy.on_bar(self.data)
        self._close_delisted(number, session.label)
        self._end_session()

    def _take_actions(self, actions: Sequence[Action], label: date) -> None:
        """Earn and pay dividends on what was held overnight, then split it."""
        for action in actions:
            if action.kind == "dividend":
                self._earn(action, label)
        self.holdings.pay(label)
        self._rows.open_session()
        for action in actions:
            if action.kind == "split" and action.ratio:
                asset = self.market.finder.retrieve(action.sid)
                self.blotter.split(asset, action.ratio)
                self.holdings.split(asset, action.ratio, label)

    def _earn(self, action: Action, label: date) -> None:
        pay_date = label if self.settings.dividends == "ex_date" else action.pay_date
        if pay_date is not None:
            self.holdings.earn(self.market.finder.retrieve(action.sid), action, pay_date)

    def _close_delisted(self, number: int, label: date) -> None:
        """Sell what is held past its last session, at the last known price and for nothing."""
        for asset in self._closing.get(number, ()):
            self.blotter.cancel_all(asset, self.now)
            amount = self.holdings.positions[asset].amount
            if amount:
                price = self._panel.last_price(asset)
                transaction = Transaction(asset, -amount, price, self.now, None)
                self.holdings.fill(transaction, label)
                self.blotter.close(transaction)

    def _end_session(self) -> None:
        session = self.clock.session
        orders, transactions = self.blotter.end_session()
        self._rows.close_session(
            session,
            orders=orders,
            transactions=transactions,
            recorded=self.recorded,
            benchmark=self.settings.benchmark.get(session.label, 0.0),
        )
        if self.settings.progress is not None:
            self.settings.progress(self._progress())

    def _progress(self) -> Progress:
        self._bars += self._panel.traded()
        first, until = self._first, self._until
        return Progress(
            session=self.clock.session.label,
            value=self.portfolio.portfolio_value,
            done=self.clock.number - first + 1,
            total=until - first,
            bars=self._bars,
        )


@contextmanager
def _rare_collection() -> Iterator[None]:
    # The rows of a run last; walking them over and over would cost more than the loop itself.
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
