"""Dividends, splits, delistings and shorts, by numbers worked out by hand."""

from datetime import date

import pytest

from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm

FIRST = date(2020, 1, 6)
ENDS = {4: date(2020, 1, 9), 5: date(2020, 1, 10), 6: date(2020, 1, 13), 8: date(2020, 1, 15)}


def run(root, amounts, *, count=5, **options):
    """Run orders of A given by the number of the session they are placed in."""
    state = {"bar": -1}

    def initialize(context):
        context.asset = context.symbol("A")

    def handle_data(context, data):
        state["bar"] += 1
        if state["bar"] in amounts:
            order = amounts[state["bar"]]
            if isinstance(order, tuple):
                context.order(context.asset, order[0], limit_price=order[1])
            else:
                context.order(context.asset, order)

    return run_algorithm(
        FIRST,
        ENDS[count],
        initialize,
        1000.0,
        handle_data,
        root=root,
        slippage=NoSlippage(),
        commission=NoCommission(),
        **options,
    )


FLAT = {"A": [10.0] * 8}
DIVIDEND = ("A", 2, "dividend", 0.96, 0.40, date(2020, 1, 9))


def test_a_dividend_is_paid_on_its_ex_date(make_bundle):
    perf = run(make_bundle(FLAT, actions=[DIVIDEND]), {0: 50})
    assert perf["ending_cash"].tolist() == [1000, 500, 520, 520, 520]


def run4(root, amounts, **options):
    return run(root, amounts, count=4, **options)


def test_a_dividend_is_paid_on_its_pay_date_when_asked(make_bundle):
    perf = run4(make_bundle(FLAT, actions=[DIVIDEND]), {0: 50}, dividends="pay_date")
    assert perf["ending_cash"].tolist() == [1000, 500, 500, 520]


def test_a_dividend_of_unknown_pay_date_is_never_paid(make_bundle):
    actions = [(*DIVIDEND[:5], None)]
    perf = run(make_bundle(FLAT, actions=actions), {0: 50}, dividends="pay_date", count=6)
    assert perf["ending_cash"].iloc[-1] == 500


def test_a_pay_date_that_is_no_session_is_paid_on_the_next(make_bundle):
    saturday = [(*DIVIDEND[:5], date(2020, 1, 11))]
    perf = run(make_bundle(FLAT, actions=saturday), {0: 50}, dividends="pay_date", count=6)
    assert perf["ending_cash"].tolist() == [1000, 500, 500, 500, 500, 520]


def test_a_dividend_is_in_returns_and_capital_used_but_not_in_pnl(make_bundle):
    perf = run(make_bundle(FLAT, actions=[DIVIDEND]), {0: 50})
    day = perf.iloc[2]
    assert (day["returns"], day["capital_used"], day["pnl"]) == (0.02, 20.0, 0.0)
    assert day["starting_cash"] == 520.0


def test_a_short_owes_the_dividend(make_bundle):
    perf = run(make_bundle(FLAT, actions=[DIVIDEND]), {0: -50})
    assert perf["ending_cash"].tolist() == [1000, 1500, 1480, 1480, 1480]


def test_who_buys_on_the_ex_date_earns_nothing(make_bundle):
    perf = run(make_bundle(FLAT, actions=[DIVIDEND]), {1: 50})
    assert perf["ending_cash"].iloc[-1] == 500


def test_who_sold_after_the_ex_date_is_paid(make_bundle):
    perf = run4(make_bundle(FLAT, actions=[DIVIDEND]), {0: 50, 2: -50}, dividends="pay_date")
    assert perf["ending_cash"].iloc[-1] == 1020


SPLIT = ("A", 3, "split", 0.4, None, None)  # five new shares for two
SPLIT_CLOSES = {"A": [10.0, 10.0, 10.0, 4.0, 4.0, 4.0]}


def test_a_split_keeps_the_value(make_bundle):
    perf = run(make_bundle(SPLIT_CLOSES, actions=[SPLIT]), {0: 51})
    assert perf["portfolio_value"].tolist() == [1000.0] * 5


def test_a_fraction_of_a_share_is_paid_in_cash(make_bundle):
    perf = run(make_bundle(SPLIT_CLOSES, actions=[SPLIT]), {0: 51})
    # 51 / 0.4 = 127.5 shares; half a share at a basis of 4.00.
    assert perf["positions"].iloc[3][0]["amount"] == 127
    assert perf["capital_used"].tolist() == [0, -510, 0, 2.0, 0]


def test_the_dividend_of_a_split_day_counts_the_shares_before(make_bundle):
    dividend = ("A", 3, "dividend", 0.96, 0.40, None)
    perf = run(make_bundle(SPLIT_CLOSES, actions=[dividend, SPLIT]), {0: 50})
    assert perf["capital_used"].iloc[3] == 20.0


def test_an_open_order_is_split(make_bundle):
    seen = []

    def handle_data(context, data):
        asset = context.symbol("A")
        if context.get_datetime().day == 6:
            context.order(asset, 11, limit_price=9.0)
        seen.extend((it.amount, it.limit) for it in context.get_open_orders(asset))

    root = make_bundle(SPLIT_CLOSES, actions=[SPLIT])
    run_algorithm(FIRST, ENDS[4], capital_base=1000, handle_data=handle_data, root=root)
    assert seen == [(11, 9.0), (11, 9.0), (11, 9.0), (27, 3.6)]


def test_a_reverse_split_that_leaves_no_share_pays_all(make_bundle):
    reverse = ("A", 3, "split", 20.0, None, None)
    closes = {"A": [10.0, 10.0, 10.0, 200.0, 200.0]}
    perf = run(make_bundle(closes, actions=[reverse]), {0: 10})
    assert perf["positions"].iloc[3] == []
    assert perf["ending_cash"].iloc[3] == 1000.0


DELISTED = {"A": [10.0, 10.0, 12.0, 11.0], "B": [5.0] * 10}


def test_a_delisted_position_is_sold_at_its_last_price_after_its_end(make_bundle):
    perf = run(make_bundle(DELISTED), {0: 10}, count=6)
    (sold,) = perf["transactions"].iloc[4]
    assert (sold["amount"], sold["price"], sold["order_id"]) == (-10, 11.0, None)
    assert perf["portfolio_value"].tolist() == [1000, 1000, 1020, 1010, 1010, 1010]


def test_an_order_open_at_a_delisting_is_cancelled(make_bundle):
    perf = run(make_bundle(DELISTED), {1: (10, 1.0)}, count=6)
    (cancelled,) = perf["orders"].iloc[4]
    assert cancelled["status"] == 2


def test_an_order_for_a_delisted_asset_only_warns(make_bundle, caplog):
    perf = run(make_bundle(DELISTED), {4: 10}, count=6)
    assert not any(map(len, perf["orders"]))
    assert "its last session was 2020-01-09" in caplog.text


def test_a_short_gains_when_the_price_falls(make_bundle):
    perf = run(make_bundle({"A": [10.0, 10.0, 8.0, 8.0, 8.0]}), {0: -10})
    day = perf.iloc[2]
    assert (day["portfolio_value"], day["ending_value"], day["ending_cash"]) == (1020, -80, 1100)
    assert (day["shorts_count"], day["short_exposure"], day["net_leverage"]) == (1, -80, -80 / 1020)


def test_a_session_without_a_bar_keeps_the_last_price(make_bundle):
    perf = run(make_bundle({"A": [10.0, 10.0, 12.0, None, 11.0], "B": [1.0] * 5}), {0: 10})
    assert perf["portfolio_value"].tolist() == [1000, 1000, 1020, 1020, 1010]


def test_an_order_waits_for_a_bar(make_bundle):
    perf = run(make_bundle({"A": [10.0, None, None, 11.0, 11.0], "B": [1.0] * 5}), {0: 10})
    assert list(map(len, perf["transactions"])) == [0, 0, 0, 1, 0]


@pytest.mark.parametrize("dividends", ["ex_date", "pay_date"])
def test_the_value_is_cash_and_positions_every_day(make_bundle, dividends):
    root = make_bundle(SPLIT_CLOSES, actions=[DIVIDEND, SPLIT])
    perf = run(root, {0: 51, 2: -7}, dividends=dividends)
    total = perf["ending_cash"] + perf["ending_value"]
    assert (perf["portfolio_value"] - total).abs().max() < 1e-9
