"""zipline's side of `zipline_models`: asks its own classes, and prints what they say as JSON."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - zipline's own process
from zipline.assets import Equity, ExchangeInfo, Future
from zipline.errors import HistoryWindowStartsBeforeData
from zipline.finance import commission, slippage
from zipline.finance.order import Order
from zipline.finance.transaction import Transaction

NOW = pd.Timestamp("2020-01-06 21:00", tz="UTC")
NYSE = ExchangeInfo("NYSE", "NYSE", "US")
SHARE = Equity(0, NYSE, symbol="A")
CONTRACT = Future(1, NYSE, symbol="ADF20", root_symbol="AD")  # its eta is that of unknown roots
OF_FUTURES = ("PerContract", "VolatilityVolumeShare")


class Bars:
    """A bar and the sessions before it, as zipline's models ask for them."""

    def __init__(self, case):
        self._bar, self._past = case["bar"], case["past"]
        self.current_session = pd.Timestamp("2000-01-01", tz="UTC") + pd.Timedelta(
            days=case["number"]
        )

    def current(self, _asset, fields):
        bar = {**self._bar, "price": self._bar["close"]}
        if isinstance(fields, str):
            return bar[fields]
        return pd.Series({it: bar[it] for it in fields})

    def history(self, _asset, fields, count, _unit):
        if self._past is None:
            raise HistoryWindowStartsBeforeData(
                first_trading_day="", bar_count=count, suggested_start_day=""
            )
        return pd.Series(np.array(self._past[fields], dtype=float)[-count:])


def order(told, asset):
    made = Order(NOW, asset, told["amount"], limit=told["limit"], filled=told["filled"])
    made.commission = told["paid"]
    return made


def fills(model, options, cases):
    slip = getattr(slippage, model)(**options)
    asset = CONTRACT if model in OF_FUTURES else SHARE
    found = []
    for case in cases:
        fresh = {"filled": 0} if model in ("FixedSlippage", "NoSlippage") else {}
        bars, orders = Bars(case), [order({**it, **fresh}, asset) for it in case["orders"]]
        bars.current_dt = NOW
        made = slip.simulate(bars, asset, orders)
        found.append(
            [[orders.index(it), float(fill.price), float(fill.amount)] for it, fill in made]
        )
    return found


def costs(model, options, cases):
    charge = getattr(commission, model)(**options)
    asset = CONTRACT if model in OF_FUTURES else SHARE
    return [
        [
            [
                number,
                float(
                    charge.calculate(
                        order(it, asset),
                        Transaction(asset, it["amount"], NOW, case["bar"]["close"], "1"),
                    )
                ),
            ]
            for number, it in enumerate(case["orders"])
        ]
        for case in cases
    ]


job = json.loads(Path(sys.argv[1]).read_text())
answers = []
for model, options in job["jobs"]:
    ask = fills if model in job["slippages"] else costs
    answers.append(ask(model, options, job["cases"]))
print(json.dumps(answers))
