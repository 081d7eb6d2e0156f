"""A strategy: its hooks, and the words it may say in them.

A strategy is a subclass with hooks as methods, or functions handed to `TradingAlgorithm`. Hooks are
called with a `Context`, so that a strategy may keep any attribute it likes, ``self`` or not.
"""

import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rustybt.algorithm.assets import AssetWords
from rustybt.algorithm.fetch import FetchWords
from rustybt.algorithm.models import ModelWords
from rustybt.algorithm.orders import OrderWords
from rustybt.errors import HookError, OptionError
from rustybt.finance.ledger import Ledger
from rustybt.finance.portfolio import Account, Portfolio
from rustybt.metrics.daily import COLUMNS
from rustybt.pipeline.attached import AttachedPipelines
from rustybt.pipeline.pipeline import Pipeline
from rustybt.simulation.bardata import BarData
from rustybt.simulation.clock import Phase
from rustybt.simulation.hooks import arguments_of, told
from rustybt.simulation.loop import Simulation
from rustybt.simulation.schedule import DateRule, EveryDay, Schedule, TimeRule

if TYPE_CHECKING:
    import pandas as pd

Function = Callable[..., Any]

HOOKS: Final = ("initialize", "before_trading_start", "handle_data", "analyze")

log = logging.getLogger(__name__)
active: ContextVar["TradingAlgorithm"] = ContextVar("active algorithm")


class Context:
    """The first argument of every hook: what the strategy keeps, and the algorithm behind it.

    An attribute set here is one of the algorithm, too, unless the algorithm has a word of that
    name: then it is kept here alone, and the word goes on working.
    """

    # Its dictionary is the algorithm's own, so that reading what a strategy keeps is no call.
    __slots__ = ("__dict__", "_algorithm", "_own")

    _algorithm: "TradingAlgorithm"
    _own: dict[str, Any]

    def __init__(self, algorithm: "TradingAlgorithm") -> None:
        object.__setattr__(self, "_algorithm", algorithm)
        object.__setattr__(self, "_own", {})
        object.__setattr__(self, "__dict__", vars(algorithm))

    def __getattr__(self, name: str) -> Any:
        own = self._own
        return own[name] if name in own else getattr(self._algorithm, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _WORDS:
            setattr(self._algorithm, name, value)
            return
        self._own[name] = value
        if name in self.__dict__:  # where it would be found before what is kept here
            object.__setattr__(self, "__dict__", {})

    def __delattr__(self, name: str) -> None:
        if name in self._own:
            del self._own[name]
        else:
            delattr(self._algorithm, name)


class TradingAlgorithm(AssetWords, OrderWords, ModelWords, FetchWords):
    """A strategy; subclass it and write its hooks, or give them as functions.

    Parameters
    ----------
    initialize
        Called once with the context, before the first session.
    handle_data
        Called with context and data after each bar.
    before_trading_start
        Called with context and data before each session's bar.
    analyze
        Called with context and the result frame at the end.

    Notes
    -----
    A subclass may write each hook with or without `context`: ``initialize(self, context)`` or
    ``initialize(self)``, ``handle_data(self, context, data)`` or ``handle_data(self, data)``.
    """

    _functions: dict[str, Function | None] = {}  # noqa: RUF012 - replaced, never changed
    _schedule: Schedule
    _context: Context | None = None
    _pipelines: AttachedPipelines
    _calls: dict[str, Function] = {}  # noqa: RUF012 - replaced, never changed

    def __init__(
        self,
        *,
        initialize: Function | None = None,
        handle_data: Function | None = None,
        before_trading_start: Function | None = None,
        analyze: Function | None = None,
    ) -> None:
        self._functions = {
            "initialize": initialize,
            "handle_data": handle_data,
            "before_trading_start": before_trading_start,
            "analyze": analyze,
        }

    # -- hooks ---------------------------------------------------------------------------------

    def initialize(self, context: Context) -> None:
        """Prepare the run; orders are not allowed yet."""
        self._function("initialize", context)

    def before_trading_start(self, context: Context, data: BarData) -> None:
        """Prepare a session; its bar is not known yet and orders are not allowed."""
        self._function("before_trading_start", context, data)

    def handle_data(self, context: Context, data: BarData) -> None:
        """Act on a bar; orders fill at the next one."""
        self._function("handle_data", context, data)

    def analyze(self, context: Context, perf: "pd.DataFrame") -> None:
        """Look at the result."""
        self._function("analyze", context, perf)

    def hook_functions(self) -> dict[str, Function]:
        """Return the hooks that were given as functions, by name."""
        return {name: it for name, it in self._functions.items() if it is not None}

    def _function(self, hook: str, *arguments: Any) -> None:
        function = self._functions.get(hook)
        if function is not None:
            function(*arguments)

    # -- words: pipelines ----------------------------------------------------------------------

    def attach_pipeline(
        self,
        pipeline: Pipeline,
        name: str,
        chunks: int | Iterable[int] | None = None,
        eager: bool = True,  # noqa: FBT001, FBT002 - zipline's parameters
    ) -> Pipeline:
        """Have a pipeline computed over the sessions of the run; in ``initialize`` only.

        Parameters
        ----------
        pipeline
            Computed on the bundle of the run.
        name
            For `pipeline_output`.
        chunks
            Sessions that are computed at a time, one number or several in turn; None chooses by
            the number of assets. The answers do not depend on it.
        eager
            Whether it is computed before ``before_trading_start`` and not when it is first read.

        Returns
        -------
        Pipeline
            The pipeline.

        Raises
        ------
        HookError
            Outside ``initialize``.
        PipelineNameError
            The name is taken.
        OptionError
            An argument is none of those named.
        """
        self._only_in("attach_pipeline", Phase.INITIALIZE)
        self._pipelines.attach(pipeline, name, chunks, eager=eager)
        return pipeline

    def pipeline_output(self, name: str) -> "pd.DataFrame":
        """Return what an attached pipeline says of the current session.

        Its values were known before the session's open: bars up to the session before.

        Returns
        -------
        pandas.DataFrame
            One row per asset that passes the screen, indexed by `rustybt.assets.Asset`.

        Raises
        ------
        HookError
            In ``initialize``.
        PipelineNameError
            No pipeline was attached under the name.
        """
        if self._run.clock.phase is Phase.INITIALIZE:
            raise HookError("pipeline_output", "initialize", "before_trading_start or handle_data")
        return self._pipelines.output(name, self._run.clock.session.label)

    # -- words: the run ------------------------------------------------------------------------

    def record(self, *pairs: Any, **values: Any) -> None:
        """Add columns to the result frame; the last value of a session stands.

        Names and values may also stand in turn, as ``record("spread", 2.5)``.

        Raises
        ------
        OptionError
            A name is that of a column the frame has anyway, or is no text, or has no value.
        """
        if len(pairs) % 2 or not all(isinstance(it, str) for it in pairs[::2]):
            raise OptionError("record", pairs, "names, each a text with its value behind it")
        values |= dict(zip(pairs[::2], pairs[1::2], strict=True))
        for name in values:
            if name in COLUMNS:
                raise OptionError("record", name, "a name other than the result frame's columns")
        self._run.recorded.update(values)

    def get_datetime(self, tz: str | None = None) -> "pd.Timestamp":
        """Return the current instant: the session's close, its opening before trading.

        Parameters
        ----------
        tz
            Zone of the result; UTC if None.

        Raises
        ------
        OptionError
            There is no such zone.
        """
        now: pd.Timestamp = self._run.data.current_dt
        try:
            return now if tz is None else now.tz_convert(tz)
        except (LookupError, ValueError, TypeError):
            raise OptionError("tz", tz, "a time zone such as 'America/New_York'") from None

    def schedule_function(
        self,
        func: Function,
        date_rule: DateRule | None = None,
        time_rule: TimeRule | None = None,
        half_days: bool = True,  # noqa: FBT001, FBT002 - zipline's parameters
        calendar: object = None,
    ) -> None:
        """Call ``func(context, data)`` after `handle_data` on the sessions and minutes of two rules.

        Functions of one bar run in the order in which they were scheduled.

        Parameters
        ----------
        date_rule
            One of `date_rules`; every session if None.
        time_rule
            One of `time_rules`; the first minute of the session if None. Without effect on daily
            bars.
        half_days
            Whether it also runs in sessions that are shorter than most of their year.
        calendar
            Only the bundle's own, by name or as an object with a `name`.

        Raises
        ------
        HookError
            Outside ``initialize``.
        OptionError
            A rule is none, `func` is no function, or the calendar another.
        """
        self._only_in("schedule_function", Phase.INITIALIZE)
        if not callable(func):
            raise OptionError("func", func, "a function of context and data")
        if time_rule is not None and not isinstance(time_rule, TimeRule):
            raise OptionError("time_rule", time_rule, "one of time_rules")
        rule = EveryDay() if date_rule is None else date_rule
        if not isinstance(rule, DateRule):
            raise OptionError("date_rule", date_rule, "one of date_rules")
        own = self._run.market.calendar
        if calendar is not None and getattr(calendar, "name", calendar) != own:
            raise OptionError("calendar", calendar, f"{own!r}, that of the bundle")
        name = getattr(func, "__name__", "a scheduled function")
        call = told(name, partial(func, self._context), func, self._run.clock)
        self._schedule.add(call, rule, time_rule, half_days=half_days)

    def get_environment(self, field: str = "platform") -> Any:
        """Return how the run goes.

        Parameters
        ----------
        field
            ``'arena'`` (backtest), ``'data_frequency'``, ``'start'`` and ``'end'`` (first and last
            minute of the run, UTC Timestamps), ``'capital_base'`` (trade currency),
            ``'platform'`` (zipline, whose words these are), or ``'*'`` for a dictionary of them.

        Raises
        ------
        OptionError
            Another field.
        """
        import pandas as pd

        run = self._run
        first, last = (run.market.sessions[run.market.number(run.labels[it])] for it in (0, -1))
        environment = {
            "arena": "backtest",
            "data_frequency": self.data_frequency,
            "start": pd.Timestamp(first.opened + timedelta(minutes=1)),
            "end": pd.Timestamp(last.closed),
            "capital_base": run.portfolio.starting_cash,
            "platform": "zipline",
        }
        if field == "*":
            return environment
        if field not in environment:
            raise OptionError("field", field, ", ".join(map(repr, (*environment, "*"))))
        return environment[field]

    @property
    def data_frequency(self) -> str:
        """``'daily'`` or ``'minute'``."""
        return "daily" if self._run.blotter.daily else "minute"

    @property
    def portfolio(self) -> Portfolio:
        """What is owned, valued at the last known prices."""
        return self._run.portfolio

    @property
    def account(self) -> Account:
        """Leverage and other ratios."""
        return self._run.account

    @property
    def ledger(self) -> Ledger:
        """The exact books of the run; its journal replays to them."""
        return self._run.holdings.ledger

    @property
    def recorded_vars(self) -> dict[str, Any]:
        """The values recorded last."""
        return dict(self._run.recorded)

    # -- the loop's side -----------------------------------------------------------------------

    def run(self, simulation: Simulation) -> "pd.DataFrame":
        """Live a simulation and return the result frame.

        Raises
        ------
        StrategyError
            A hook raised an error that is not one of rustybt's own.
        """
        self._simulation, self._context = simulation, Context(self)
        self._controls, self._lookup_day = (), None
        self._pipelines = AttachedPipelines(
            simulation.market.warehouse,
            simulation.market.bundle,
            simulation.market.finder,
            simulation.labels,
        )
        self._schedule = simulation.schedule()
        self._calls = {hook: self._hook(hook) for hook in HOOKS}
        token = active.set(self)
        try:
            self._calls["initialize"]()
            perf = simulation.run(self)
            self._calls["analyze"](perf)
        finally:
            active.reset(token)
        return perf

    def before_session(self, data: BarData) -> None:
        """Call ``before_trading_start``; the loop's side of the hook."""
        self._pipelines.prepare(self._run.clock.session.label)
        self._calls["before_trading_start"](data)

    def in_session(self) -> Callable[[BarData], None]:
        """Return ``handle_data`` and what is scheduled in a session; the loop's side of the hooks."""
        handle_data, clock = self._calls["handle_data"], self._run.clock
        due = self._schedule.due(clock.number, (clock.bar, clock.until))
        if not due:
            return handle_data

        def on_bar(data: BarData) -> None:
            handle_data(data)
            for call in due.get(clock.bar, ()):
                call(data)

        return on_bar

    def _hook(self, hook: str) -> Function:
        """Return a hook as the loop calls it, without the context."""
        method = getattr(self, hook)
        text = self._functions.get(hook)
        if getattr(type(self), hook) is getattr(TradingAlgorithm, hook):
            if text is None:
                return _nothing
            return told(hook, partial(text, self._context), text, self._run.clock)
        takes_context = arguments_of(method) > (hook != "initialize")
        call = partial(method, self._context) if takes_context else method
        return told(hook, call, method, self._run.clock)


class _Word:
    """A word as the context has it: to be found costs a third of being looked for in vain."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, context: Context, _kind: type) -> Any:
        return context.__getattr__(self._name)


_WORDS: Final = frozenset(dir(TradingAlgorithm))
for _name in _WORDS:
    if not _name.startswith("_"):
        setattr(Context, _name, _Word(_name))


def _nothing(*_: object) -> None:
    """Do what a strategy does in a hook that it has not."""
