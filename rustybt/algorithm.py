"""A strategy: its hooks, and the words it may say in them.

A strategy is a subclass with hooks as methods, or functions handed to `TradingAlgorithm`. Hooks are
called with a `Context`, so that a strategy may keep any attribute it likes, ``self`` or not.
"""

import logging
import math
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rustybt.assets import Asset, AssetFinder
from rustybt.errors import (
    CannotOrderError,
    HookError,
    NotAnAssetError,
    OptionError,
    OrderParametersError,
)
from rustybt.finance import lots
from rustybt.finance.commission import CommissionModel
from rustybt.finance.execution import ExecutionStyle, style_of
from rustybt.finance.ledger import Ledger
from rustybt.finance.order import Order
from rustybt.finance.portfolio import Account, Portfolio
from rustybt.finance.slippage import SlippageModel
from rustybt.metrics.daily import COLUMNS
from rustybt.simulation.bardata import BarData
from rustybt.simulation.clock import Phase
from rustybt.simulation.hooks import arguments_of, told
from rustybt.simulation.loop import Simulation
from rustybt.simulation.schedule import DateRule, EveryDay, TimeRule

if TYPE_CHECKING:
    import pandas as pd

Function = Callable[..., Any]
_Model = TypeVar("_Model")

HOOKS: Final = ("initialize", "before_trading_start", "handle_data", "analyze")

log = logging.getLogger(__name__)
active: ContextVar["TradingAlgorithm"] = ContextVar("active algorithm")


class Context:
    """The first argument of every hook: what the strategy keeps, and the algorithm behind it.

    An attribute set here is one of the algorithm, too, unless the algorithm has a word of that
    name: then it is kept here alone, and the word goes on working.
    """

    def __init__(self, algorithm: "TradingAlgorithm") -> None:
        object.__setattr__(self, "_algorithm", algorithm)
        object.__setattr__(self, "_own", {})

    def __getattr__(self, name: str) -> Any:
        own = object.__getattribute__(self, "_own")
        if name in own:
            return own[name]
        return getattr(object.__getattribute__(self, "_algorithm"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        algorithm = object.__getattribute__(self, "_algorithm")
        if hasattr(TradingAlgorithm, name):
            object.__getattribute__(self, "_own")[name] = value
        else:
            setattr(algorithm, name, value)

    def __delattr__(self, name: str) -> None:
        own = object.__getattribute__(self, "_own")
        if name in own:
            del own[name]
        else:
            delattr(object.__getattribute__(self, "_algorithm"), name)


class TradingAlgorithm:
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
    _simulation: Simulation | None = None
    _scheduled: tuple[tuple[set[int], Function], ...] = ()
    _context: Context | None = None
    _takes: dict[str, int] = {}  # noqa: RUF012 - replaced, never changed

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

    def _function(self, hook: str, *arguments: Any) -> None:
        function = self._functions.get(hook)
        if function is not None:
            function(*arguments)

    # -- words: assets -------------------------------------------------------------------------

    def symbol(self, symbol_str: str) -> Asset:
        """Return the asset of a symbol, in the listing spell begun by the end of the run.

        Raises
        ------
        UnknownSymbolError
            The bundle has no such symbol; the nearest is named.
        """
        if not isinstance(symbol_str, str):
            raise OptionError("symbol_str", symbol_str, "a symbol as text")
        return self.asset_finder.lookup(symbol_str, self._run.settings.end)

    def symbols(self, *args: str) -> list[Asset]:
        """Return the assets of several symbols, in their order."""
        return [self.symbol(it) for it in args]

    def sid(self, sid: int) -> Asset:
        """Return the asset of a sid.

        Raises
        ------
        UnknownSidError
            The bundle has no such sid.
        """
        return self.asset_finder.retrieve(sid)

    @property
    def asset_finder(self) -> AssetFinder:
        """The assets of the bundle."""
        return self._run.market.finder

    # -- words: orders -------------------------------------------------------------------------

    def order(
        self,
        asset: Asset,
        amount: float,
        limit_price: float | None = None,
        stop_price: float | None = None,
        style: ExecutionStyle | None = None,
    ) -> int | None:
        """Order units of an asset; the order fills at the next bar's close at the earliest.

        Parameters
        ----------
        amount
            Units, negative to sell. Shares are truncated toward zero unless within 1e-4 of a whole
            number; fractional assets trade in lots of 1e-8.
        limit_price, stop_price
            Trade currency; rounded to ticks of 0.01 in the trader's favour for shares.
        style
            Instead of the two prices.

        Returns
        -------
        int or None
            Id of the order; None if the amount comes to 0 or the asset's last session is over,
            which is logged as a warning.

        Raises
        ------
        HookError
            In ``initialize`` or ``before_trading_start``.
        OrderParametersError
            The amount is not finite or above 1e11, or a price is not finite or negative.
        """
        self._only_in("order", Phase.BAR)
        self._listed(asset)
        style = style_of(limit_price, stop_price, style)
        units = lots.ordered(_amount(amount), asset)
        if not self._can_order(asset) or not units:
            return None
        return self._run.blotter.place(asset, units, style, self._run.now)

    def order_value(self, asset: Asset, value: float, *prices: Any, **style: Any) -> int | None:
        """Order as many units as `value` buys at the last known price.

        The further arguments, the result and the errors are those of `order`.

        Raises
        ------
        CannotOrderError
            The asset is not listed yet or has no price.
        """
        self._only_in("order_value", Phase.BAR)
        if not self._can_order(asset):
            return None
        return self.order(asset, self._units(asset, value), *prices, **style)

    def order_percent(self, asset: Asset, percent: float, *prices: Any, **style: Any) -> int | None:
        """Order for a share of the portfolio value (0.5 is half); else as `order_value`."""
        self._only_in("order_percent", Phase.BAR)
        return self.order_value(asset, self._share(percent), *prices, **style)

    def order_target(self, asset: Asset, target: float, *prices: Any, **style: Any) -> int | None:
        """Order what brings the position to `target` units; open orders are not counted."""
        self._only_in("order_target", Phase.BAR)
        held = self._run.holdings.positions[self._listed(asset)].amount
        return self.order(asset, _amount(target) - held, *prices, **style)

    def order_target_value(
        self, asset: Asset, target: float, *prices: Any, **style: Any
    ) -> int | None:
        """Order what brings the position to a value, as `order_target` and `order_value` do."""
        self._only_in("order_target_value", Phase.BAR)
        if not self._can_order(asset):
            return None
        return self.order_target(asset, self._units(asset, target), *prices, **style)

    def order_target_percent(
        self, asset: Asset, target: float, *prices: Any, **style: Any
    ) -> int | None:
        """Order what brings the position to a share of the portfolio value (0.5 is half)."""
        self._only_in("order_target_percent", Phase.BAR)
        return self.order_target_value(asset, self._share(target), *prices, **style)

    def get_open_orders(self, asset: Asset | None = None) -> dict[Asset, list[Order]] | list[Order]:
        """Return the open orders by asset, or those of one asset, oldest first."""
        return self._run.blotter.open_orders(asset)

    def get_order(self, order_id: int) -> Order | None:
        """Return the order of an id; None if there is none."""
        return self._run.blotter.get(order_id)

    def cancel_order(self, order_param: Order | int) -> None:
        """Cancel an order, given itself or its id; one that has ended is left alone."""
        order_id = order_param.id if isinstance(order_param, Order) else order_param
        self._run.blotter.cancel(order_id, self._run.now)

    # -- words: the run ------------------------------------------------------------------------

    def record(self, **values: Any) -> None:
        """Add columns to the result frame; the last value of a session stands.

        Raises
        ------
        OptionError
            A name is that of a column the frame has anyway.
        """
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
        """
        now: pd.Timestamp = self._run.data.current_dt
        return now if tz is None else now.tz_convert(tz)

    def schedule_function(
        self,
        func: Function,
        date_rule: DateRule | None = None,
        time_rule: TimeRule | None = None,
    ) -> None:
        """Call ``func(context, data)`` after `handle_data` on the sessions of a rule.

        Functions run in the order in which they were scheduled. The time rule changes nothing on
        daily bars.

        Raises
        ------
        HookError
            Outside ``initialize``.
        OptionError
            A rule is none, or `func` is no function.
        """
        self._only_in("schedule_function", Phase.INITIALIZE)
        if not callable(func):
            raise OptionError("func", func, "a function of context and data")
        if time_rule is not None and not isinstance(time_rule, TimeRule):
            raise OptionError("time_rule", time_rule, "one of time_rules")
        rule = EveryDay() if date_rule is None else date_rule
        if not hasattr(rule, "choose"):
            raise OptionError("date_rule", date_rule, "one of date_rules")
        self._scheduled = (*self._scheduled, (rule.choose(self._run.market.labels), func))

    def set_slippage(self, us_equities: SlippageModel) -> None:
        """Set how orders fill; in ``initialize`` only."""
        self._only_in("set_slippage", Phase.INITIALIZE)
        self._run.blotter.slippage = _model("slippage", us_equities, SlippageModel)

    def set_commission(self, us_equities: CommissionModel) -> None:
        """Set what fills cost; in ``initialize`` only."""
        self._only_in("set_commission", Phase.INITIALIZE)
        self._run.blotter.commission = _model("commission", us_equities, CommissionModel)

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
        self._simulation, self._scheduled, self._context = simulation, (), Context(self)
        self._takes = {hook: arguments_of(getattr(self, hook)) for hook in HOOKS}
        token = active.set(self)
        try:
            self._call("initialize")
            perf = simulation.run(self)
            self._call("analyze", perf)
        finally:
            active.reset(token)
        return perf

    def before_session(self, data: BarData) -> None:
        """Call ``before_trading_start``; the loop's side of the hook."""
        self._call("before_trading_start", data)

    def on_bar(self, data: BarData) -> None:
        """Call ``handle_data``, then what is scheduled; the loop's side of the hooks."""
        self._call("handle_data", data)
        for numbers, function in self._scheduled:
            if self._run.clock.number in numbers:
                name = getattr(function, "__name__", "a scheduled function")
                with told(name, function, self._run.clock):
                    function(self._context, data)

    def _call(self, hook: str, *arguments: Any) -> None:
        method = getattr(self, hook)
        function = self._functions.get(hook) or method
        if self._takes[hook] > len(arguments):
            arguments = (self._context, *arguments)
        with told(hook, function, self._run.clock):
            method(*arguments)

    @property
    def _run(self) -> Simulation:
        if self._simulation is None:
            raise HookError("This word", "an algorithm that is not running", "a hook of a run")
        return self._simulation

    def _only_in(self, word: str, phase: Phase) -> None:
        now = self._run.clock.phase
        if now is not phase:
            raise HookError(word, now.value, phase.value)

    def _listed(self, asset: Asset) -> Asset:
        if not isinstance(asset, Asset):
            raise NotAnAssetError(asset)
        return asset

    def _can_order(self, asset: Asset) -> bool:
        session = self._run.clock.session.label
        if self._listed(asset).last_session >= session:
            return True
        log.warning(
            "No order for %s in session %s: its last session was %s.",
            asset.symbol,
            session,
            asset.last_session,
        )
        return False

    def _units(self, asset: Asset, value: float) -> float:
        session = self._run.clock.session.label
        price = self._run.data.current(asset, "price")
        if session < asset.first_session:
            raise CannotOrderError(
                asset.symbol, session, f"it is listed from {asset.first_session}"
            )
        if math.isnan(price):
            raise CannotOrderError(asset.symbol, session, "it has no price yet")
        return _amount(value) / price if price else 0.0

    def _share(self, percent: float) -> float:
        return self._run.portfolio.portfolio_value * _amount(percent)


def _amount(amount: Any) -> float:
    try:
        found = math.nan if isinstance(amount, str) else float(amount)
    except (TypeError, ValueError):
        raise OrderParametersError("amount", amount, "a number") from None
    if not math.isfinite(found) or abs(found) > lots.LARGEST:
        raise OrderParametersError("amount", amount, f"a finite number of at most {lots.LARGEST:g}")
    return found


def _model(option: str, found: _Model, kind: type) -> _Model:
    if not isinstance(found, kind):
        raise OptionError(option, found, f"a {kind.__name__}")
    return found
