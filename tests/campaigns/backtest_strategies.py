"""Random strategies, by seed, as Python that zipline's words and rustybt's alike understand.

A strategy speaks through the modules ``api``, ``np`` and ``pd`` and says what it sees by ``tell(...)``.
"""

import random

PRELUDE = """
ids = []

def place(how, *arguments, **named):
    try:
        found = getattr(api, how)(*arguments, **named)
    except Exception:
        return tell("refused", how)
    if how == "batch_market_order":
        found = list(found)
        ids.extend(found)
        return tell("placed", how, len(found))
    if found is not None:
        ids.append(found)
    tell("placed", how, found is not None)

def look(*arguments):
    try:
        tell("history", arguments[1:], data_of[0].history(*arguments))
    except Exception:
        tell("history", arguments[1:], "refused")

def stated(number):
    if len(ids) > number:
        order = api.get_order(ids[number])
        tell("order", order.amount, order.filled, order.commission, int(order.status), order.limit, order.stop, order.dt)

data_of = [None]
"""
SLIPPAGES = (
    "api.slippage.FixedSlippage(spread=0.04)",
    "api.slippage.NoSlippage()",
    "api.slippage.VolumeShareSlippage(volume_limit=0.05, price_impact=0.2)",
    "api.slippage.VolumeShareSlippage()",
    "api.slippage.FixedBasisPointsSlippage(basis_points=12.0, volume_limit=0.02)",
)
COMMISSIONS = (
    "api.commission.PerShare(cost=0.01, min_trade_cost=1.5)",
    "api.commission.PerTrade(cost=3.0)",
    "api.commission.PerDollar(cost=0.002)",
    "api.commission.NoCommission()",
)
CONTRACT_SLIPPAGES = (
    "api.slippage.FixedSlippage(spread=0.5)",
    "api.slippage.VolatilityVolumeShare(volume_limit=0.1)",
)
CONTRACT_COMMISSIONS = (
    "api.commission.PerContract(cost=0.7, exchange_fee={'ES': 1.5, 'CL': 2.0}, min_trade_cost=3.0)",
    "api.commission.PerTrade(cost=4.0)",
)
DATES = (
    "every_day()",
    "month_start()",
    "month_end({few})",
    "week_start({few})",
    "week_end()",
    "month_start({few})",
)
TIMES = (
    "",
    "",
    "market_open()",
    "market_close()",
    "market_open(minutes={minute})",
    "market_close(hours=1, minutes={minute})",
    "every_minute()",
)
LOOKS = ("open", "high", "low", "close", "price", "volume")
MONEY = (
    "cash",
    "portfolio_value",
    "positions_value",
    "positions_exposure",
    "pnl",
    "returns",
    "starting_cash",
    "capital_used",
)
STANDING = (
    "leverage",
    "net_leverage",
    "settled_cash",
    "net_liquidation",
    "total_positions_value",
    "equity_with_loan",
)


class Author:
    """Writes the strategy of a market."""

    def __init__(self, market):
        self.draw = random.Random(f"strategy {market['kind']} {market['seed']}")
        self.market = market
        self.shares = [self.name(it) for it in market["assets"] if it["type"] == "equity"]
        self.contracts = [it["symbol"] for it in market["assets"] if it["type"] == "future"]
        self.minutes = market["kind"] == "minutes"

    def name(self, asset):
        """Return what an asset is called at the end of the run, or now and then what it was called."""
        former = asset["former"]
        if former and (former[1] > self.market["last"] or self.draw.random() < 0.3):
            return former[0]
        return asset["symbol"]

    def one(self, *options):
        return self.draw.choice(options)

    def asset(self):
        return f"A[{self.draw.randrange(len(self.shares + self.contracts))}]"

    def source(self):
        """Return the strategy."""
        lines = [PRELUDE, "def initialize(context):"]
        own = [f"api.symbol({it!r})" for it in self.shares]
        own += [f"api.future_symbol({it!r})" for it in self.contracts]
        body = [f"context.assets = [{', '.join(own)}]", "context.bar = -1", *self.settings()]
        lines += [f"    {it}" for it in body]
        scheduled = []
        for number in range(self.draw.randint(0, 3)):
            lines.append(f"    {self.schedule(number)}")
            scheduled += [
                f"def scheduled_{number}(context, data):",
                *self.block(self.draw.randint(1, 2), "scheduled"),
            ]
        lines += ["", *scheduled, "", "def handle_data(context, data):", "    context.bar += 1"]
        lines += self.block(self.draw.randint(2, 5), "bar")
        if self.draw.random() < 0.5:
            lines += ["", "def before_trading_start(context, data):", *self.block(2, "before")]
        return "\n".join(lines) + "\n"

    def settings(self):
        draw, told = self.draw, []
        if draw.random() < 0.7:
            told.append(f"api.set_slippage(us_equities={self.one(*SLIPPAGES)})")
        if draw.random() < 0.7:
            told.append(f"api.set_commission(us_equities={self.one(*COMMISSIONS)})")
        if self.contracts and draw.random() < 0.6:
            told.append(f"api.set_slippage(us_futures={self.one(*CONTRACT_SLIPPAGES)})")
            told.append(f"api.set_commission(us_futures={self.one(*CONTRACT_COMMISSIONS)})")
        if draw.random() < 0.3:
            told.append(
                f"api.set_cancel_policy(api.{self.one('EODCancel()', 'EODCancel()', 'NeverCancel()')})"
            )
        if self.market["benchmark"] == "asset":
            told.append(
                f"api.set_benchmark(context.assets[{self.draw.choice(range(len(self.shares))) if draw.random() < 0.1 else 0}])"
            )
        count = draw.randint(0, 2) if draw.random() < 0.5 else 0
        return [*told, *(self.control() for _ in range(count))]

    def control(self):
        asset = self.one("None", f"context.{self.asset().replace('A', 'assets', 1)}")
        error = self.one("'fail'", "'log'", "'fail'")
        return self.one(
            f"api.set_max_order_size(asset={asset}, max_shares={self.one(50, 200)}, on_error={error})",
            f"api.set_max_order_size(asset={asset}, max_notional={self.one(500.0, 4000.0)}, on_error={error})",
            f"api.set_max_position_size(asset={asset}, max_shares={self.one(100, 300)}, max_notional=90_000.0, on_error={error})",
            f"api.set_max_order_count({self.one(1, 3)}, on_error={error})",
            f"api.set_long_only(on_error={error})",
            f"api.set_do_not_order_list([context.assets[0]], on_error={error})",
            f"api.set_asset_restrictions(api.StaticRestrictions([context.assets[1]]), on_error={error})",
            f"api.set_max_leverage({self.one(0.5, 1.5, 3.0)})",
            f"api.set_min_leverage(0.001, pd.Timedelta(days={self.one(3, 60)}))",
            self.restriction(error),
        )

    def restriction(self, error):
        days = [it[0] for it in self.market["hours"]]
        when = self.draw.choice(days[days.index(self.market["first"]) :])
        state = self.one("FROZEN", "ALLOWED")
        zone = "tz='UTC'" if self.draw.random() < 2 else ""
        listed = f"[api.Restriction(context.assets[0], pd.Timestamp('{when}', {zone}), api.RESTRICTION_STATES.{state})]"
        return f"api.set_asset_restrictions(api.HistoricalRestrictions({listed}), on_error={error})"

    def schedule(self, number):
        few, minute = str(self.draw.randint(0, 3)), str(self.draw.randint(1, 59))
        date = f"api.date_rules.{self.one(*DATES).format(few=few)}"
        time = self.one(*TIMES).format(minute=minute)
        time = f", api.time_rules.{time}" if time else ""
        half = self.one("", ", half_days=False")
        return f"api.schedule_function(scheduled_{number}, {date}{time}{half})"

    def block(self, count, hook):
        """Return statements of a hook; an order is now and then only."""
        lines = ["    A = context.assets", "    data_of[0] = data"]
        for _ in range(count):
            if hook == "bar":
                every = self.draw.choice([37, 61, 97] if self.minutes else [1, 2, 3, 5, 7])
                lines.append(f"    if context.bar % {every} == {self.draw.randrange(every)}:")
            else:
                lines.append("    if True:")
            lines += [f"        {it}" for it in self.statements(hook)]
        return lines

    def statements(self, hook):
        if hook == "before":
            return [self.seen(hook) for _ in range(2)]
        kind = self.draw.random()
        if kind < 0.5:
            return [self.order() for _ in range(self.draw.randint(1, 3))]
        if kind < 0.6:
            return [self.ending()]
        if kind < 0.68:
            name = self.one("one", "two")
            return [
                f"api.record({name}={self.value()}, three={self.one('context.bar', repr('word'), 'None')})"
            ]
        return [self.seen(hook) for _ in range(2)]

    def value(self):
        return self.one(
            f"data.current({self.asset()}, 'price')",
            "context.portfolio.cash",
            "len(context.portfolio.positions)",
        )

    def order(self):
        draw, asset = self.draw, self.asset()
        size = self.one(1, -1) * self.one(7, 40, 150, 900, 60_000 if draw.random() < 0.1 else 3)
        share = round(draw.uniform(-0.6, 0.9), 3)
        how, amount = self.one(
            ("order", self.one(size, size + 0.5, float(size))),
            ("order_target", self.one(0, size)),
            ("order_value", size * 9.5),
            ("order_target_value", self.one(0, size * 20.25)),
            ("order_percent", share),
            ("order_target_percent", self.one(0.0, share)),
        )
        if draw.random() < 0.08:
            chosen = {
                f"A[{it}]": draw.choice([-30, 20, 0, 55])
                for it in range(len(self.shares + self.contracts))
            }
            listed = ", ".join(f"{key}: {units}" for key, units in chosen.items())
            return f"place('batch_market_order', pd.Series({{{listed}}}))"
        return f"place({how!r}, {asset}, {amount}{self.style(asset)})"

    def style(self, asset):
        draw = self.draw
        near = f"data.current({asset}, 'price') * {draw.uniform(0.97, 1.03):.4f}"
        other = f"data.current({asset}, 'price') * {draw.uniform(0.97, 1.03):.4f}"
        if draw.random() < 0.45:
            return ""
        return self.one(
            f", limit_price={near}",
            f", stop_price={near}",
            f", limit_price={near}, stop_price={other}",
            f", style=api.execution.LimitOrder({near})",
            f", style=api.execution.StopOrder({near})",
            f", style=api.execution.StopLimitOrder({near}, {other})",
            ", style=api.execution.MarketOrder()",
        )

    def ending(self):
        asset = self.asset()
        return self.one(
            f"[api.cancel_order(it) for it in list(api.get_open_orders({asset}))]",
            f"[api.cancel_order(it.id) for it in list(api.get_open_orders({asset}))[:1]]",
            "[api.cancel_order(it) for orders in list(api.get_open_orders().values()) for it in list(orders)]",
            "ids and api.cancel_order(ids[-1])",
        )

    def seen(self, hook):
        """Return a statement that tells what is seen."""
        asset, field = self.asset(), self.one(*LOOKS)
        other = f"A[{self.draw.randrange(1, len(self.shares + self.contracts))}]"
        few = f"[{other}, A[0]]" if self.draw.random() < 0.5 else "A"
        fields = self.draw.sample(LOOKS, self.draw.randint(2, 4))
        count, frequency = self.draw.randint(1, 20), "1d"
        if self.minutes and self.draw.random() < 0.5:
            count, frequency = self.draw.randint(1, 200), "1m"
        # Before a session of minutes zipline adjusts several fields of all assets by the ratios of the first.
        several = f"{few}[:1]" if self.minutes and hook == "before" else few
        money, standing = self.one(*MONEY), self.one(*STANDING)
        held = self.one("amount", "cost_basis", "last_sale_price")
        return self.one(
            f"tell('current', data.current({asset}, {field!r}))",
            f"tell('currents', data.current({few}, {field!r}))",
            f"tell('fields', data.current({few}, {fields}))",
            f"tell('fields of one', data.current({asset}, {fields}))",
            f"tell('can trade', data.can_trade({asset}), data.can_trade(A))",
            f"tell('stale', data.is_stale({asset}), data.is_stale(A))",
            f"look({asset}, {field!r}, {count}, {frequency!r})",
            f"look({few}, {field!r}, {count}, {frequency!r})",
            f"look({several}, {fields}, {count}, {frequency!r})",
            f"tell({money!r}, context.portfolio.{money})",
            f"tell({standing!r}, context.account.{standing})",
            f"tell({held!r}, context.portfolio.positions[{asset}].{held})",
            "tell('positions', [(str(it.symbol), at.amount) for it, at in context.portfolio.positions.items()])",
            "tell('open', [len(it) for it in api.get_open_orders().values()])",
            f"tell('open', [it.amount - it.filled for it in api.get_open_orders({asset})])",
            "tell('now', api.get_datetime(), data.current_session if hasattr(data, 'current_session') else None)",
            "tell('weights', sorted(context.portfolio.current_portfolio_weights.to_list()))",
            f"stated({self.draw.randint(0, 12)})",
            "tell('environment', [api.get_environment(it) for it in ('arena', 'data_frequency', 'capital_base')])",
        )


def written(market):
    """Return the source of a strategy for a market."""
    return Author(market).source()
