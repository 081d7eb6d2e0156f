"""`run_algorithm`: from a strategy and a bundle to a result frame."""

import math
import os
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import warehouse as warehouses
from rustybt.algorithm import TradingAlgorithm
from rustybt.days import Day, day_of
from rustybt.errors import OptionError
from rustybt.finance.commission import CommissionModel
from rustybt.finance.ledger import exact
from rustybt.finance.slippage import SlippageModel
from rustybt.simulation.loop import Progress, Settings, Simulation
from rustybt.simulation.market import Market

if TYPE_CHECKING:
    import pandas as pd

Dividends = Literal["ex_date", "pay_date"]
DIVIDENDS: Final = ("ex_date", "pay_date")
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
) -> "pd.DataFrame":
    """Run a strategy over the daily bars of a bundle.

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
        ``'daily'``.
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

    Returns
    -------
    DataFrame
        One row a session, as `rustybt.metrics.daily.DailyRows.frame` says.

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
    """
    functions = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
    }
    strategy = _strategy(algorithm or algorithm_class, functions)
    _check(data_frequency, dividends, price_decimals)
    _check_models(slippage, commission)
    settings = Settings(
        day_of("start", start),
        day_of("end", end),
        _capital(capital_base),
        dividends,
        _benchmark(benchmark_returns),
        progress,
    )
    opened = warehouse or warehouses.open(root)
    try:
        market = Market(opened, _bundle(opened, bundle), price_decimals)
        calendar = getattr(trading_calendar, "name", trading_calendar)
        if calendar is not None and calendar != market.calendar:
            raise OptionError("trading_calendar", calendar, repr(market.calendar))
        simulation = Simulation(market, settings)
        simulation.blotter.slippage = slippage or simulation.blotter.slippage
        simulation.blotter.commission = commission or simulation.blotter.commission
        return strategy.run(simulation)
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


def _check(data_frequency: str, dividends: str, price_decimals: int | None) -> None:
    if data_frequency != "daily":
        raise OptionError(
            "data_frequency", data_frequency, "'daily'; minute bars are not simulated"
        )
    if dividends not in DIVIDENDS:
        raise OptionError("dividends", dividends, "'ex_date' or 'pay_date'")
    if price_decimals is not None and price_decimals not in range(_MOST_DECIMALS + 1):
        raise OptionError("price_decimals", price_decimals, "a whole number from 0 to 8, or None")


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
