"""The strategy of `test_zipline_minutes`, which zipline and rustybt both live."""

SEEN = ("price", "close", "volume")
SIDS = {"A": 0, "B": 1}


class Strategy:
    """Orders by plan, and writes down what it is told in each minute."""

    def __init__(self, api, world, assets=()):
        self.api, self.world, self.assets = api, world, list(assets)
        self.bar, self.told = -1, []

    def initialize(self, _context):
        if self.world["cancel"]:
            self.api.set_cancel_policy(self.api.EODCancel())
        if self.world["spread"] is not None:
            self.api.set_slippage(us_equities=self.api.slippage.FixedSlippage(self.world["spread"]))
        every = self.api.date_rules.every_day()
        self.api.schedule_function(self.opened, every, self.api.time_rules.market_open(minutes=37))
        self.api.schedule_function(
            self.closing, every, self.api.time_rules.market_close(minutes=11)
        )

    def tell(self, hook, now, windows=()):
        """Write down a hook and its instant, numbers of now, and those of windows of history."""
        instant = str(self.api.get_datetime())
        self.told.append([f"{hook} {instant}", [float(it) for it in now], [*windows]])

    def opened(self, context, _data):
        self.tell("opened", [context.portfolio.cash])
        self.api.order_target(self.assets[0], 30)

    def closing(self, _context, data):
        self.tell("closing", [data.current(self.assets[1], "price")])
        self.api.order_target_percent(self.assets[1], 0.1)

    def handle_data(self, context, data):
        self.bar += 1
        for name, amount, limit, stop in self.world["plan"].get(str(self.bar), ()):
            self.api.order(self.assets[SIDS[name]], amount, limit_price=limit, stop_price=stop)
        now = [data.current(it, field) for it in self.assets for field in SEEN]
        now += [data.is_stale(it) for it in self.assets]
        windows = []
        if self.bar % self.world["every"] == 0:
            for field, count, frequency in self.world["windows"]:
                found = data.history(self.assets, field, count, frequency)
                windows += found.to_numpy().ravel().tolist()
        self.tell("bar", [*now, context.portfolio.portfolio_value], windows)
