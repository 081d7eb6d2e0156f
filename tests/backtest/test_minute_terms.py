"""Funding and margin in runs that step by minutes, by numbers worked out by hand."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from rustybt.data.bundles import add_table
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm

MINUTE = timedelta(minutes=1)
OPENED = datetime.fromisoformat("2020-01-06T10:00:00")
NEXT = datetime.fromisoformat("2020-01-07T10:00:00")
HOURS = [(OPENED, OPENED + 5 * MINUTE), (NEXT, NEXT + 3 * MINUTE)]


def perpetual(make_minutes, closes, rates=(), **terms):
    """Return a bundle whose minutes are stamped with their ends, with rates by instant."""
    stamps = [
        opened + it * MINUTE
        for opened, until in HOURS
        for it in range(1, (until - opened) // MINUTE + 1)
    ]
    root = make_minutes(HOURS, {"BTC": dict(zip(stamps, closes, strict=True))}, calendar="24/7")
    columns = {"symbol": ["BTC"], "asset_type": ["perpetual"]}
    columns |= {name: [value] for name, value in terms.items()}
    add_table("minutes", "assets", pa.table(columns), root=root)
    if rates:
        at, values = zip(*rates, strict=True)
        told = {"ts": list(at), "symbol": ["BTC"] * len(at), "rate": list(values)}
        add_table("minutes", "funding_1h", pa.table(told), root=root)
    return root


def lived(root, plan):
    """Return the result, and cash and position as the strategy saw them in each minute."""
    seen, state = [], {"bar": -1}

    def handle_data(context, data):
        state["bar"] += 1
        asset = context.symbol("BTC")
        seen.append((round(context.portfolio.cash, 9), context.portfolio.positions[asset].amount))
        if state["bar"] in plan:
            context.order(asset, plan[state["bar"]])

    perf = run_algorithm(
        "2020-01-06",
        "2020-01-07",
        handle_data=handle_data,
        capital_base=1000.0,
        root=root,
        data_frequency="minute",
        slippage=NoSlippage(),
        commission=NoCommission(),
    )
    return perf, seen


def test_funding_is_exchanged_in_the_minute_that_holds_its_instant(make_minutes):
    rates = [
        (OPENED + 2 * MINUTE, 0.5),  # the instant of the fill: nothing was held before it
        (OPENED + 3 * MINUTE, 0.01),
        (OPENED + timedelta(minutes=3, seconds=1), 0.02),
        (OPENED + timedelta(hours=4), 0.001),  # between the sessions
    ]
    root = perpetual(make_minutes, [100.0, 100.0, 110.0, 120.0, 120.0, 130.0, 130.0, 130.0], rates)
    perf, seen = lived(root, {0: 2})
    # Two from 100: 20 gained and 2 x 110 x 0.01 paid, then 20 and 2 x 120 x 0.02; overnight 20 and
    # 2 x 130 x 0.001.
    cash = [1000, 1000, 1017.8, 1033.0, 1033.0, 1052.74, 1052.74, 1052.74]
    assert [it for it, _ in seen] == pytest.approx(cash)
    assert perf["ending_cash"].tolist() == pytest.approx([1033.0, 1052.74])


def test_a_call_for_margin_comes_within_the_session(make_minutes):
    closes = [100.0, 100.0, 99.0, 94.0, 96.0, 90.0, 80.0, 70.0]
    root = perpetual(make_minutes, closes, initial_margin=0.1, maintenance_margin=0.05)
    perf, seen = lived(root, {0: 100})
    # 100 from 100: 400 are left at 94, where 470 are needed; sold at 96, one minute later.
    assert seen == [
        (1000, 0),
        (1000, 100),
        (900, 100),
        (400, 100),
        *[(600, 0)] * 4,
    ]
    (first, last), after = perf["transactions"]
    assert "reason" not in first
    assert (last["amount"], last["price"], last["reason"]) == (-100, 96.0, "liquidation")
    assert after == []


def test_orders_of_a_session_are_settled_at_its_end(make_minutes):
    root = perpetual(make_minutes, [100.0] * 4 + [110.0] + [130.0] * 3)
    perf, _ = lived(root, {0: 1})
    assert perf["capital_used"].tolist() == [10, 20]
    assert perf["ending_exposure"].tolist() == [110, 130]
