"""`run_algorithm`: from a strategy and a bundle to a result frame."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import warehouse as warehouses
from rustybt.algorithm import TradingAlgorithm
from rustybt.days import Day, day_of
from rustybt.errors import OptionError, RunNotStoredError
from rustybt.finance.capital import changes_of
from rustybt.finance.commission import CommissionModel
from rustybt.finance.ledger import exact
from rustybt.finance.slippage import SlippageModel
from rustybt.metrics.daily import METRICS_SETS, MetricsSet
from rustybt.records import Labels, Record, can_store, stored
from rustybt.simulation.loop import Compat, Progress, Settings, Simulation
from rustybt.simulation.market import Market
from rustybt.simulation.timeline import Resolution

if TYPE_CHECKING:
    import pandas as pd

Dividends = Literal["ex_date", "pay_date"]
DIVIDENDS: Final = ("ex_date", "pay_date")
RESOLUTIONS: Final[Mapping[str, Resolution]] = {"daily": "1d", "minute": "1m"}
COMPATS: Final = ("sane", "zipline")
CAPITAL: Final = 10_000_000.0  # trade currency; zipline's default
_MOST_DECIMALS: Final = 8


def run_algorithm(  # noqa: PLR0913 - zipline's parameters, in its order
    start: Day,
    end: Day,
    initialize: Callable[..., Any] | None = None,
    capital_base: float | Decimal = CAPITAL,
    handle_data: Callable[..., Any] | None = None,
    before_trading_start: Callable[..., Any] | None = None,
    analyze: Callable[..., Any] | None = None,
    *,
    algorithm: TradingAlgorithm | type[TradingAlgorithm] | None = None,
    algorithm_class: type[TradingAlgorithm] | None = None,
    bundle: str | None = None,
    root: str | os.PathLike[str] | None = None,
    warehouse: warehouses.Warehouse | None = None,
    data_frequency: str = "daily",
    slippage: SlippageModel | None = None,
    commission: CommissionModel | None = None,
    dividends: Dividends = "ex_date",
    price_decimals: int | None = None,
    benchmark_returns: "pd.Series[float] | Mapping[Any, float] | None" = None,
    trading_calendar: object = None,
    progress: Callable[[Progress], None] | None = None,
    compat: Compat = "sane",
    metrics_set: MetricsSet = "default",
    params: Mapping[str, Any] | None = None,
    store: bool | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    sweep: str | None = None,
    capital_changes: Mapping[Any, Mapping[str, Any]] | None = None,
    currency: str | None = None,
) -> "pd.DataFrame":
    """Run a strategy over the bars of a bundle.

    Parameters
    ----------
    start, end
        First and last day, both inclusive; an `end` at midnight includes that whole day. Text as
        ISO, a date, or a Timestamp.
    initialize, handle_data, before_trading_start, analyze
        Hooks as functions, called with the context first.
    capital_base
        Cash at the start, trade currency, above 0.
    algorithm
        A subclass of `TradingAlgorithm`, or an instance, instead of the four functions.
    algorithm_class
        Another name for `algorithm`.
    bundle
        Name of the bundle; may be left out where the warehouse holds one.
    root
        Folder of the warehouse, as for `warehouse.open`.
    warehouse
        An open warehouse instead of `root`; it stays open.
    data_frequency
        ``'daily'``, or ``'minute'`` for a bundle that has minutes.
    slippage, commission
        Models in force unless ``initialize`` sets others; zipline's defaults if None.
    dividends
        ``'ex_date'`` pays cash dividends on their ex-date; ``'pay_date'`` on their pay date, and
        never those of unknown pay date.
    price_decimals
        Round prices to so many decimals, half to even, and read them back as n x 10^-decimals;
        3 is how zipline stores them. As stored if None.
    benchmark_returns
        Daily returns of a benchmark by session; 0 if None or where one is missing.
    trading_calendar
        Only the bundle's own calendar, by name or as an object with a `name`.
    progress
        Called after each session with how far the run has come.
    compat
        ``'zipline'`` keeps what zipline gets wrong, for comparisons with it; `rustybt.simulation`
        lists what that is.
    metrics_set
        ``'none'`` leaves the result with its hours and what was recorded; ``'classic'`` adds
        zipline's report of risk by month as ``perf.attrs["risk_report"]``.
    params
        Parameters of the strategy: each is set as its attribute before ``initialize``. A class says
        which there are by attributes of its own.
    store
        Whether the run is stored in the warehouse, as rows of the schema ``backtests``, also when it
        fails. If None where that folder can be written to, and a failure to do so is logged.
    name, tags, sweep
        What a stored run is called; its name is that of the strategy if None.
    capital_changes
        Cash that is paid in or out before the bar of a session, by session:
        ``{"2024-03-01": {"type": "delta", "value": -5000}}``, or a ``'target'`` for the portfolio
        value. It is no gain: `returns`, `pnl` and `capital_used` leave it out, as in zipline.
    currency
        Of the account and of the result, such as ``EUR``: what trades in another one is paid for by
        the newest of ``fx_rates`` of a day before the session. That of most assets if None.

    Returns
    -------
    DataFrame
        One row a session, as `rustybt.metrics.daily.DailyRows.frame` says. ``attrs["run"]`` is the
        id of a stored run.

    Raises
    ------
    UnknownBundleError
        The warehouse holds no such bundle; the nearest is named.
    SpanError
        `start` is after `end`, or the bundle has no sessions or bars there.
    OptionError
        An option is none of those named.
    StrategyError
        The strategy raised; the message names hook, session and line.
    RunNotStoredError
        With `store=True`: the folder cannot be written to.
    """
    functions = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
    }
    strategy = _strategy(algorithm or algorithm_class, functions)
    _set_parameters(strategy, params or {})
    labels = Labels(name, tags, sweep)
    if metrics_set not in METRICS_SETS:
        raise OptionError("metrics_set", metrics_set, f"one of {', '.join(METRICS_SETS)}")
    _check(data_frequency, dividends, price_decimals)
    _check_compat(compat)
    _check_models(slippage, commission)
    settings = Settings(
        day_of("start", start),
        day_of("end", end),
        _capital(capital_base),
        dividends,
        _benchmark(benchmark_returns),
        progress,
        compat,
        metrics_set,
        changes_of(capital_changes),
        resolution=RESOLUTIONS[data_frequency],
        currency=currency,
    )
    options = {
        "capital_base": settings.capital,
        "data_frequency": data_frequency,
        "slippage": slippage,
        "commission": commission,
        "dividends": dividends,
        "price_decimals": price_decimals,
        "benchmark_returns": settings.benchmark,
        "compat": compat,
        "capital_changes": settings.capital_changes,
        "metrics_set": metrics_set,
        "currency": currency,
    }
    opened = warehouse or warehouses.open(root)
    try:
        market = Market(opened, _bundle(opened, bundle), price_decimals)
        calendar = getattr(trading_calendar, "name", trading_calendar)
        if calendar is not None and calendar != market.calendar:
            raise OptionError("trading_calendar", calendar, repr(market.calendar))
        simulation = Simulation(market, settings)
        simulation.blotter.slippage = slippage or simulation.blotter.slippage
        simulation.blotter.commission = commission or simulation.blotter.commission
        record = None
        if _is_stored(opened, store):
            record = Record(opened, strategy, params or {}, options, labels)
        return stored(record, simulation, lambda: strategy.run(simulation), must=bool(store))
    finally:
        if warehouse is None:
            opened.close()


def _strategy(
    algorithm: TradingAlgorithm | type[TradingAlgorithm] | None,
    functions: Mapping[str, Callable[..., Any] | None],
) -> TradingAlgorithm:
    given = {name: it for name, it in functions.items() if it is not None}
    for name, function in given.items():
        if not callable(function):
            raise OptionError(name, function, "a function")
    if algorithm is None:
        if "initialize" not in given and "handle_data" not in given:
            raise OptionError(
                "algorithm", None, "a TradingAlgorithm, or initialize, or handle_data"
            )
        return TradingAlgorithm(**given)
    if given:
        raise OptionError("algorithm", algorithm, f"none beside {', '.join(given)}")
    made = algorithm() if isinstance(algorithm, type) else algorithm
    if not isinstance(made, TradingAlgorithm):
        raise OptionError("algorithm", algorithm, "a TradingAlgorithm, its class or an instance")
    return made


def _set_parameters(strategy: TradingAlgorithm, params: Mapping[str, Any]) -> None:
    if not isinstance(params, Mapping):
        raise OptionError("params", params, "a mapping of values by name")
    declared = None if strategy.hook_functions() else type(strategy)
    for name, value in params.items():
        if not isinstance(name, str) or not name.isidentifier() or hasattr(TradingAlgorithm, name):
            raise OptionError("params", name, "a name that is no word of a strategy")
        if declared is not None and not hasattr(declared, name):
            own = ", ".join(
                sorted(it for it in vars(declared) if not hasattr(TradingAlgorithm, it))
            )
            raise OptionError(
                "params", name, f"an attribute of {declared.__name__}: {own or 'it has none'}"
            )
        setattr(strategy, name, value)


def _is_stored(opened: warehouses.Warehouse, store: bool | None) -> bool:  # noqa: FBT001 - as given
    if store is False:
        return False
    possible = can_store(opened)
    if store and not possible:
        raise RunNotStoredError(None, f"the folder {opened.root} cannot be written to")
    return possible


def _check(data_frequency: str, dividends: str, price_decimals: int | None) -> None:
    if data_frequency not in RESOLUTIONS:
        raise OptionError("data_frequency", data_frequency, "'daily' or 'minute'")
    if dividends not in DIVIDENDS:
        raise OptionError("dividends", dividends, "'ex_date' or 'pay_date'")
    if price_decimals is not None and price_decimals not in range(_MOST_DECIMALS + 1):
        raise OptionError("price_decimals", price_decimals, "a whole number from 0 to 8, or None")


def _check_compat(compat: str) -> None:
    if compat not in COMPATS:
        raise OptionError("compat", compat, "'sane' or 'zipline'")


def _check_models(slippage: SlippageModel | None, commission: CommissionModel | None) -> None:
    if slippage is not None and not isinstance(slippage, SlippageModel):
        raise OptionError("slippage", slippage, "a SlippageModel such as NoSlippage()")
    if commission is not None and not isinstance(commission, CommissionModel):
        raise OptionError("commission", commission, "a CommissionModel such as NoCommission()")


def _capital(capital_base: float | Decimal) -> Decimal:
    try:
        finite = math.isfinite(capital_base)
    except TypeError:
        finite = False
    if not finite or capital_base <= 0:
        raise OptionError("capital_base", capital_base, "a finite amount above 0")
    return exact(capital_base)


def _bundle(opened: warehouses.Warehouse, bundle: str | None) -> str:
    if bundle is not None:
        return bundle
    known = opened.bundles()
    if len(known) != 1:
        raise OptionError("bundle", None, f"one of {', '.join(known) or 'none: it is empty'}")
    return known[0]


def _benchmark(returns: "pd.Series[float] | Mapping[Any, float] | None") -> Mapping[date, float]:
    if returns is None:
        return {}
    if not hasattr(returns, "items"):
        raise OptionError("benchmark_returns", returns, "a Series or a mapping, by session")
    pairs = cast("Mapping[Any, float]", returns).items()
    found = {day_of("benchmark_returns", day): float(it) for day, it in pairs if it == it}  # noqa: PLR0124 - NaN
    if not all(map(math.isfinite, found.values())):
        raise OptionError("benchmark_returns", returns, "finite returns")
    return found
