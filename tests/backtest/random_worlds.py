"""Random markets, models and orders: what a run and the plain backtest are both given."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from rustybt.finance import commission, execution, slippage
from rustybt.finance.cancel_policy import EODCancel
from rustybt.finance.makertaker import MakerTaker
from rustybt.runner import run_algorithm

FIRST = date(2020, 1, 6)  # a Monday
SYMBOLS = "ABCD"


class Bar(NamedTuple):
    """A bar, as floats."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass
class World:
    """A market and what is done in it.

    `bars` are by symbol, one or None a session; `actions` (session, symbol, kind, ratio, amount, pay
    session); `days` go on behind the sessions; `orders` by session (symbol, amount, style) or ("cancel", number of the order).
    """

    crypto: bool
    sessions: int
    capital: float
    zipline: bool
    dividends: str
    latency: int
    eod: bool
    slippage: tuple
    commission: tuple
    days: list
    bars: dict = field(default_factory=dict)
    last: dict = field(default_factory=dict)
    actions: list = field(default_factory=list)
    orders: dict = field(default_factory=dict)


def made(seed):
    """Return the world of a seed."""
    random = np.random.default_rng(seed)
    crypto = random.random() < 0.25
    zipline = not crypto and random.random() < 0.3
    sessions = int(random.integers(30, 80))
    days = [FIRST + timedelta(days=it) for it in range(2 * sessions + 30)]
    world = World(
        crypto=crypto,
        sessions=sessions,
        capital=float(random.integers(10_000, 2_000_000)),
        zipline=zipline,
        dividends=str(random.choice(["ex_date", "pay_date"])),
        latency=int(random.choice([0, 0, 0, 1, 3])),
        eod=not zipline and random.random() < 0.2,
        slippage=_slippage(random),
        commission=_commission(random),
        days=[it for it in days if crypto or it.weekday() < 5],
    )
    for number, symbol in enumerate(SYMBOLS):
        _list(world, random, symbol, whole=number == 0)
    if not crypto:
        _act(world, random)
    _order(world, random)
    return world


def _slippage(random):
    return [
        ("none",),
        ("spread", 0.02),
        ("points", 0.1, 5.0),
        ("points", 0.02, 12.0),
        ("share", 0.025, 0.1),
        ("share", 0.2, 0.4),
        ("volatility", 0.05),
    ][random.integers(7)]


def _commission(random):
    return [
        ("none",),
        ("share", 0.001, 0.0),
        ("share", 0.005, 1.0),
        ("trade", 2.5),
        ("dollar", 0.0015),
        ("maker", 0.001, 0.002, 50_000.0, 0.5),
    ][random.integers(6)]


def _list(world, random, symbol, *, whole):
    """Give a symbol its bars, with gaps; the first symbol is listed throughout."""
    first = 0 if whole else int(random.integers(0, 5))
    last = world.sessions - 1
    if not whole and random.random() < 0.4:
        last = int(random.integers(world.sessions // 2, world.sessions))
    closes = np.round(
        random.uniform(5, 90) * np.exp(np.cumsum(random.normal(0, 0.02, world.sessions))), 2
    )
    bars = [None] * world.sessions
    for number in range(first, last + 1):
        if number not in {first, last} and random.random() < 0.06:
            continue
        close = float(closes[number])
        opened = round(close * (1 + random.normal(0, 0.01)), 2)
        high, low = max(close, opened) + 0.11, min(close, opened) - 0.13
        volume = float(random.integers(0, 9000)) * (random.random() > 0.04)
        if world.crypto:
            volume = round(random.exponential(20.0), 8)
        bars[number] = Bar(opened, round(high, 2), round(low, 2), close, volume)
    world.bars[symbol], world.last[symbol] = bars, last


def _act(world, random):
    """Give the market splits, reverse splits and dividends, some on one day."""
    for symbol in SYMBOLS:
        listed = [it for it, bar in enumerate(world.bars[symbol]) if bar]
        for number in sorted(set(random.choice(listed[2:], size=3).tolist())):
            kinds = [["split"], ["dividend"], ["dividend", "split"]][random.integers(3)]
            for kind in kinds:
                if kind == "split":
                    ratio = float(random.choice([0.5, 0.25, 1 / 3, 2 / 3, 3.0, 10.0]))
                    world.actions.append((number, symbol, kind, ratio, None, None))
                else:
                    pay = [None, number, number + 4][random.integers(3)]
                    amount = Decimal(int(random.integers(1, 80))) / 100
                    world.actions.append((number, symbol, kind, 0.985, amount, pay))


def _order(world, random):
    count = 0
    for number in range(world.sessions):
        placed = []
        for symbol in SYMBOLS:
            bars = world.bars[symbol]
            seen = [it for it in bars[: number + 1] if it]
            if not seen or number > world.last[symbol] or random.random() < 0.65:
                continue
            amount = int(random.normal(0, 600)) or 1
            if world.crypto:
                amount = round(float(random.normal(0, 9)), int(random.choice([1, 4, 8]))) or 0.5
            placed.append((symbol, amount, _style(random, seen[-1].close, amount > 0)))
            count += 2 if placed[-1][2][0] == "oco" else 1
        if count and random.random() < 0.1:
            placed.append(("cancel", int(random.integers(count))))
        world.orders[number] = placed


def _style(random, close, buys):
    side = 1 if buys else -1
    near, far = (round(close * (1 + side * it), 4) for it in random.uniform(0.001, 0.03, 2))
    better = round(close * (1 - side * random.uniform(0.001, 0.03)), 4)
    single = [
        ("market",),
        ("limit", better),
        ("limit", near),
        ("stop", far),
        ("stoplimit", far, near),
        ("stoplimit", near * (1 + 0.02 * side), near),
        ("trail", round(close * 0.02, 2), None),
        ("trail", None, 0.03),
        ("open",),
        ("close",),
    ]
    name = random.choice(["single", "single", "single", "oco", "bracket"])
    if name == "oco":
        other = [("stop", far), ("trail", None, 0.02)][random.integers(2)]
        return ("oco", ("limit", better), other)
    if name == "bracket":
        entry = [("market",), ("limit", better), ("open",), ("trail", None, 0.02)][
            random.integers(4)
        ]
        return (
            "bracket",
            entry,
            round(close * (1 - side * 0.05), 3),
            round(close * (1 + side * 0.04), 3),
        )
    return single[random.integers(len(single))]


def style(told):
    """Return the execution style of a tuple."""
    name, *numbers = told
    if name in {"oco", "bracket"}:
        made = [style(it) if isinstance(it, tuple) else it for it in numbers]
        return execution.OCOOrder(*made) if name == "oco" else execution.BracketOrder(*made)
    return {
        "market": execution.MarketOrder,
        "open": execution.MarketOnOpenOrder,
        "close": execution.MarketOnCloseOrder,
        "limit": execution.LimitOrder,
        "stop": execution.StopOrder,
        "stoplimit": execution.StopLimitOrder,
        "trail": execution.TrailingStopOrder,
    }[name](*numbers)


def _models(world):
    name, *numbers = world.slippage
    slips = {
        "none": slippage.NoSlippage,
        "spread": slippage.FixedSlippage,
        "points": lambda limit, points: slippage.FixedBasisPointsSlippage(points, limit),
        "share": slippage.VolumeShareSlippage,
        "volatility": slippage.VolatilityVolumeShare,
    }
    kind, *costs = world.commission
    charges = {
        "none": commission.NoCommission,
        "share": commission.PerShare,
        "trade": commission.PerTrade,
        "dollar": commission.PerDollar,
        "maker": lambda maker, taker, traded, less: MakerTaker(
            maker, taker, [(traded, maker * less, taker * less)]
        ),
    }
    return slips[name](*numbers), charges[kind](*costs)


def bundle(world):
    """Return closes and actions as `conftest.write_bundle` takes them."""
    bars = {symbol: [bar and tuple(bar) for bar in listed] for symbol, listed in world.bars.items()}
    actions = [
        (symbol, number, kind, ratio, amount, None if pay is None else world.days[pay])
        for number, symbol, kind, ratio, amount, pay in world.actions
    ]
    return bars, actions


def compared(world, plain, root):
    """Return what differs between a run in the warehouse at `root` and the plain backtest."""
    rows, fills, cash = run(world, root)
    days = [(float(cash), float(value)) for cash, value in plain.live()]
    plain_fills = [(day, symbol, float(units), price) for day, symbol, units, price in plain.fills]
    pairs = {"fills": (fills, plain_fills), "days": ([*map(tuple, rows.tolist())], days)}
    differ = [name for name, (found, wanted) in pairs.items() if found != wanted]
    return differ if cash == plain.cash else [*differ, "the exact cash"]


def run(world, root):
    """Return what a run of rustybt gives: cash and value by session, fills, and the exact cash."""
    kept = {"bar": -1, "ids": []}

    def initialize(context):
        context.set_latency(world.latency)
        if world.eod:
            context.set_cancel_policy(EODCancel(warn_on_cancel=False))

    def handle_data(context, data):
        kept["bar"] += 1
        for what in world.orders[kept["bar"]]:
            if what[0] == "cancel":
                context.cancel_order(kept["ids"][what[1]])
                continue
            symbol, amount, told = what
            placed = context.order(context.symbol(symbol), amount, style=style(told))
            kept["ids"] += [placed, placed + 1] if told[0] == "oco" else [placed]

    def analyze(context, perf):
        kept["cash"] = context.ledger.cash

    slips, charges = _models(world)
    perf = run_algorithm(
        world.days[0],
        world.days[world.sessions - 1],
        initialize=initialize,
        handle_data=handle_data,
        analyze=analyze,
        capital_base=world.capital,
        root=root,
        slippage=slips,
        commission=charges,
        dividends=world.dividends,
        compat="zipline" if world.zipline else "sane",
        store=False,
    )
    fills = [
        (number, it["sid"].symbol, it["amount"], it["price"])
        for number, day in enumerate(perf["transactions"])
        for it in day
        if it["order_id"] is not None
    ]
    return perf[["ending_cash", "portfolio_value"]].to_numpy(), fills, kept["cash"]
