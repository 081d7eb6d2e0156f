"""The event loop of a run: one session after the other, in zipline's order of events."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

from rustybt.finance.actions import Action
from rustybt.finance.blotter import Blotter
from rustybt.finance.capital import CapitalChange, check_sessions
from rustybt.finance.controls import AccountControl
from rustybt.finance.holdings import Holdings
from rustybt.finance.mixed import MixedHoldings
from rustybt.finance.portfolio import Account, Portfolio
from rustybt.finance.spinoffs import SPINOFF, SpinOffs
from rustybt.metrics.daily import DailyRows, MetricsSet
from rustybt.simulation.bardata import BarData
from rustybt.simulation.carrying import Carry
from rustybt.simulation.clock import Clock, Phase
from rustybt.simulation.endings import Endings
from rustybt.simulation.market import Bars, Market
from rustybt.simulation.panel import Panel
from rustybt.simulation.schedule import Schedule
from rustybt.simulation.timeline import Resolution
from rustybt.simulation.windows import Windows

if TYPE_CHECKING:
    import pandas as pd

Compat = Literal["sane", "zipline"]
# Sessions read before the start and kept, so that a year of days or a day of minutes costs no query.
WARM_UP: Final[Mapping[Resolution, int]] = {"1d": 260, "1m": 2}


class Strategy(Protocol):
    """What the loop calls."""

    def before_session(self, data: BarData) -> None:
        """Run before the session's bars are known."""

    def in_session(self) -> Callable[[BarData], None]:
        """Return what runs after each bar of the session that begins."""


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
    compat
        ``'zipline'`` keeps what zipline gets wrong, as `rustybt.simulation` lists it; ``'sane'``
        mends it.
    capital_changes
        Cash paid in or out before a session and its actions, by session.
    metrics_set
        Columns of the result frame; see `rustybt.metrics.daily.DailyRows.frame`.
    resolution
        The bars that the run steps by.
    currency
        Of the account; that of most assets of the bundle if None.
    """

    start: date
    end: date
    capital: Decimal
    dividends: Literal["ex_date", "pay_date"] = "ex_date"
    benchmark: Mapping[date, float] = field(default_factory=dict)
    progress: Callable[[Progress], None] | None = None
    compat: Compat = "sane"
    metrics_set: MetricsSet = "default"
    capital_changes: Mapping[date, CapitalChange] = field(default_factory=dict)
    resolution: Resolution = "1d"
    currency: str | None = None


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
    ResolutionError
        The bundle has no bars of the resolution; the error names what it has.
    SpanError
        The bundle has no bars for the span.
    """

    def __init__(self, market: Market, settings: Settings) -> None:
        self.market = market
        self.settings = settings
        bars = market.bars(settings.resolution)
        self._first, self._until = market.span(settings.start, settings.end, bars.held)
        check_sessions(settings.capital_changes, self.labels)
        self.clock = Clock(market.sessions[self._first], self._first, bars.timeline)
        self._actions = market.actions(self._until)
        self._panel = self._started(bars)
        windows = Windows(
            market,
            self._panel,
            self.clock,
            self._actions,
            self._until,
            rounded=settings.compat == "zipline",
        )
        self.data = BarData(market, self._panel, self.clock, windows)
        self.data.shut_before = settings.compat == "zipline" and settings.resolution != "1d"
        self.blotter = Blotter(settings.compat)
        self.blotter.daily = settings.resolution == "1d"
        self.holdings = self._opened()
        asset_of = market.finder.retrieve_asset
        self._spinoffs = SpinOffs(self.holdings, asset_of, self._panel.last_price)
        self.portfolio = Portfolio(self.holdings, float(settings.capital), self.clock.session.label)
        self.account = Account(self.holdings)
        self.recorded: dict[str, Any] = {}
        self.benchmark: Mapping[date, float] = settings.benchmark
        self.controls: list[AccountControl] = []
        self._rows = DailyRows(self.holdings)
        self._bars = 0
        self.carry = Carry(market, self._panel, self.clock, self.holdings, self.blotter)
        self._endings = Endings(market, self._panel, self.holdings, self.blotter)

    @property
    def labels(self) -> Sequence[date]:
        """The sessions of the run, in order."""
        return self.market.labels[self._first : self._until]

    @property
    def now(self) -> datetime:
        """When the current bar is known, UTC."""
        return self.clock.now

    def schedule(self) -> Schedule:
        """Return a schedule of functions over the sessions of the bundle."""
        return Schedule(
            self.market.sessions,
            first=self._first,
            daily=self.settings.resolution == "1d",
            once=self.settings.compat == "zipline",
        )

    def run(self, strategy: Strategy) -> "pd.DataFrame":
        """Live all sessions and return the result frame."""
        with _rare_collection():
            return self._run(strategy)

    def _opened(self) -> Holdings:
        """Return the books; they are the simpler ones where no asset has terms that matter."""
        rates = self.market.rates(self.settings.currency, self._until)
        capital, label = self.settings.capital, self.clock.session.label
        if any(
            it.margined or it.multiplier != 1 or it.expiry is not None or rates.foreign(it)
            for it in self.market.assets
        ):
            return MixedHoldings(capital, label, self._panel, rates)
        return Holdings(capital, label, self._panel)

    def _started(self, bars: Bars) -> Panel:
        """Return a panel that has come to the first bar of the run, with some bars before it."""
        timeline, clock = bars.timeline, self.clock
        warm_up = WARM_UP[self.settings.resolution]
        warm = max(timeline.bars(max(self._first - warm_up, 0))[0], bars.first)
        keep = warm_up * (clock.until - clock.bar)
        panel = Panel(self.market.assets, timeline, self._actions, bars.blocks, keep)
        panel.start(warm, timeline.bars(self._until - 1)[1])
        return panel

    def _run(self, strategy: Strategy) -> "pd.DataFrame":
        for number in range(self._first, self._until):
            self._session(strategy, number)
        self.clock.phase = Phase.ANALYZE
        return self.result()

    def result(self) -> "pd.DataFrame":
        """Return the frame of the sessions that have ended."""
        return self._rows.frame(self.settings.metrics_set)

    def _session(self, strategy: Strategy, number: int) -> None:
        clock, panel = self.clock, self._panel
        session = self.market.sessions[number]
        clock.session, clock.number = session, number
        clock.bar, clock.until = panel.timeline.bars(number)
        self._change_capital(session.label)
        panel.reach(clock.until)
        panel.begin(clock.bar)
        self.carry.begin(session.label)
        self._take_actions(self._actions.get(number, ()), session.label)
        clock.phase = Phase.BEFORE
        if self.settings.compat == "zipline" and self.settings.resolution == "1d":
            panel.seen = clock.until
        strategy.before_session(self.data)
        clock.phase = Phase.BAR
        self._live(strategy.in_session(), session.label)
        self._endings.close(number, session.label, self.now)
        self.carry.end(session.label, (self.market.day(number + 1) - session.label).days)
        self._end_session()

    def _live(self, on_bar: Callable[[BarData], None], label: date) -> None:
        """Live the bars of a session."""
        clock, panel, blotter, data = self.clock, self._panel, self.blotter, self.data
        carry = self.carry if self.carry.each_bar else None
        waiting, due = blotter.waiting, self._spinoffs.due
        last = clock.until - 1
        for bar in range(clock.bar, clock.until):
            clock.bar = bar
            panel.seen = bar + 1
            if due:
                self._spinoffs.receive(label, clock.now)
            if carry is not None:
                carry.fund(label)
            if waiting:
                blotter.fill(data, self.holdings, label, clock.now, closing=bar == last)
            if carry is not None:
                carry.call(label)
            on_bar(data)

    def _take_actions(self, actions: Sequence[Action], label: date) -> None:
        """Earn and pay dividends on what was held overnight, split it, and take what is spun off."""
        for action in actions:
            if action.kind == "dividend":
                self._earn(action, label)
            elif action.kind == SPINOFF:
                self._spinoffs.note(action)
        self.holdings.pay(label)
        self._rows.open_session()
        for action in actions:
            if action.kind == "split" and action.ratio:
                asset = self.market.finder.retrieve_asset(action.sid)
                self.blotter.split(asset, action.ratio)
                self.holdings.split(asset, action.ratio, label)
        self._spinoffs.receive(label, self.now)

    def _earn(self, action: Action, label: date) -> None:
        pay_date = label if self.settings.dividends == "ex_date" else action.pay_date
        if pay_date is not None:
            self.holdings.earn(self.market.finder.retrieve_asset(action.sid), action, pay_date)

    def _change_capital(self, label: date) -> None:
        """Pay cash in or out, as it was agreed for a session, at what the one before has ended with."""
        change = self.settings.capital_changes.get(label)
        if change is not None:
            amount = change.amount(self.holdings.value().equity)
            self.holdings.change_capital(amount, label)
            self.portfolio.change_capital(amount)
            self._rows.change_capital(amount)

    def _end_session(self) -> None:
        session = self.clock.session
        self.blotter.expire(self.now)
        for control in self.controls:
            control.validate(self.portfolio, self.account, self.now)
        orders, transactions = self.blotter.end_session()
        self._rows.close_session(
            session,
            orders=orders,
            transactions=transactions,
            recorded=self.recorded,
            benchmark=self.benchmark.get(session.label, 0.0),
        )
        if self.settings.progress is not None:
            self.settings.progress(self._progress())

    def _progress(self) -> Progress:
        opened, closed = self._panel.timeline.bars(self.clock.number)
        self._bars += self._panel.traded(closed - opened)
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
