"""Futures: what is settled, what is at stake, what a margin asks for, by numbers worked out by hand."""

import math
import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, orders, told

from rustybt import api
from rustybt.errors import TradingControlError, UnknownSymbolError
from rustybt.finance.commission import NoCommission, PerContract, PerDollar
from rustybt.finance.ledger import Ledger
from rustybt.finance.slippage import NoSlippage

CLOSES = {
    "ES": [100.0, 101.0, 103.0, 102.0, 105.0, 99.0],
    "SPY": [10.0, 11.0, 12.0, 13.0, 14.0, 15.0],
}


def future(make_bundle, **terms):
    """Return a bundle of a future of multiplier 50, and a share."""
    terms = {"multiplier": 50.0, "root_symbol": "ES", **terms}
    columns = {name: [value] for name, value in terms.items()}
    return told(make_bundle(CLOSES), symbol=["ES"], asset_type=["future"], **columns)


def without_cost(context):
    context.set_slippage(us_futures=NoSlippage())
    context.set_commission(us_futures=NoCommission())


def bought(root, plan, **options):
    options = {"prepare": without_cost, "sessions": 6, **options}
    return orders(root, plan, **options)


def test_a_position_costs_nothing_and_its_gains_are_cash(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", 2)]})
    # Bought two at 101: each point is 2 x 50.
    assert seen.perf["ending_cash"].tolist() == [1000, 1000, 1200, 1100, 1400, 800]
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 1200, 1100, 1400, 800]
    assert seen.perf["ending_value"].tolist() == [0.0] * 6
    assert seen.perf["ending_exposure"].tolist() == [0, 10100, 10300, 10200, 10500, 9900]
    assert seen.perf["gross_leverage"].tolist()[2] == pytest.approx(10300 / 1200)
    assert seen.perf["capital_used"].tolist() == [0, 0, 200, -100, 300, -600]
    assert seen.perf["pnl"].tolist() == [0, 0, 200, -100, 300, -600]


def test_the_cash_a_strategy_sees_has_the_gains_of_the_bar(make_bundle):
    assert bought(future(make_bundle), {0: [("ES", 2)]}).cash == [1000, 1000, 1200, 1100, 1400, 800]


def test_a_short_gains_as_the_price_falls(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", -1)]})
    assert seen.perf["ending_cash"].tolist() == [1000, 1000, 900, 950, 800, 1100]
    assert seen.perf["short_exposure"].tolist() == [0, -5050, -5150, -5100, -5250, -4950]
    assert seen.perf["shorts_count"].tolist() == [0, 1, 1, 1, 1, 1]


def test_a_sale_settles_what_is_left(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", 3)], 2: [("ES", -1)], 3: [("ES", -2)]})
    # 3 x 50 from 101 to 102, then 2 x 50 to 105.
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 1300, 1150, 1450, 1450]
    assert seen.ledger.balance("notional") == 0
    assert seen.ledger.balance("holding") == -450, "what was gained"
    assert not seen.ledger.quantities


def test_a_position_that_changes_sides(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", 1)], 2: [("ES", -3)]})
    # Long 1 from 101 to 102, short 2 from 102 on.
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 1100, 1050, 750, 1350]
    position = seen.context.portfolio.positions[seen.context.symbol("ES")]
    assert (position.amount, position.cost_basis) == (-2, 102.0)


def test_shares_beside_it_are_paid_for(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", 1), ("SPY", 10)]})
    assert seen.perf["ending_cash"].tolist() == [1000, 890, 990, 940, 1090, 790]
    assert seen.perf["ending_value"].tolist() == [0, 110, 120, 130, 140, 150]
    assert seen.perf["ending_exposure"].tolist() == [0, 5160, 5270, 5230, 5390, 5100]


def test_the_commission_is_a_contract_and_an_order(make_bundle):
    def prepare(context):
        context.set_slippage(us_futures=NoSlippage())
        context.set_commission(us_futures=PerContract(0.85, {"ES": 1.18}))

    seen = orders(future(make_bundle), {0: [("ES", 2)]}, sessions=2, prepare=prepare)
    assert seen.perf["ending_cash"].iloc[-1] == pytest.approx(1000 - 2 * 0.85 - 1.18)
    basis = seen.context.portfolio.positions[seen.context.symbol("ES")].cost_basis
    assert basis == pytest.approx(101 + (2 * 0.85 + 1.18) / (2 * 50))


def test_a_value_is_worth_as_many_contracts_as_the_multiplier_makes_of_it(make_bundle):
    def handle_data(context, data):
        if context.get_datetime().day == 6:
            context.order_target_value(context.symbol("ES"), 16_000)

    perf = api_run(future(make_bundle), handle_data)
    assert [it["amount"] for day_ in perf["transactions"] for it in day_] == [3]  # 16000 / 5000


def api_run(root, handle_data, **options):
    from rustybt.runner import run_algorithm

    return run_algorithm(day(0), day(5), without_cost, 1000.0, handle_data, root=root, **options)


def test_the_weights_of_a_portfolio_count_the_multiplier(make_bundle):
    seen = bought(future(make_bundle), {0: [("ES", 1)]}, sessions=2)
    weights = seen.context.portfolio.current_portfolio_weights
    assert weights[seen.context.symbol("ES")] == pytest.approx(101 * 50 / 1000)


def test_it_ends_with_its_expiry(make_bundle):
    seen = bought(
        future(make_bundle, expiry=day(3)), {0: [("ES", 1)], 1: [("ES", 5)], 4: [("ES", 1)]}
    )
    # Bought at 101 and 103 and closed at 102, where the last order warns and is none.
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 1100, 800, 800, 800]
    closed = seen.perf["transactions"].iloc[3]
    assert [(it["amount"], it["price"], it["order_id"], it["reason"]) for it in closed] == [
        (-6, 102.0, None, "expiry")
    ]
    assert seen.perf["positions"].tolist()[3:] == [[], [], []]
    assert "expiry" in seen.kinds()


def test_what_is_open_at_the_expiry_is_cancelled(make_bundle):
    root = future(make_bundle, expiry=day(1))
    seen = []

    def handle_data(context, data):
        if not seen:
            context.order(context.symbol("ES"), 1, limit_price=1.0)
        seen.append(len(context.get_open_orders()))

    api_run(root, handle_data)
    assert seen == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("expiry", [day(4), date(2020, 1, 11)])
def test_what_has_expired_cannot_be_traded_even_if_bars_go_on(make_bundle, expiry):
    seen = []

    def handle_data(context, data):
        one, both = context.symbol("ES"), [context.symbol("ES"), context.symbol("SPY")]
        price = data.current(one, "price")
        seen.append((data.can_trade(one), data.can_trade(both).tolist(), math.isnan(price)))

    api_run(future(make_bundle, expiry=expiry), handle_data)
    assert seen == [(True, [True, True], False)] * 5 + [(False, [False, True], True)]


def test_prices_of_orders_are_of_its_ticks(make_bundle):
    placed = []

    def handle_data(context, data):
        if not placed:
            number = context.order(context.symbol("ES"), 1, limit_price=99.9)
            placed.append(context.get_order(number).limit)

    api_run(future(make_bundle, tick_size=0.25), handle_data)
    assert placed == [99.75]


def test_limits_and_costs_of_money_count_the_multiplier(make_bundle):
    def prepare(context):
        context.set_slippage(us_futures=NoSlippage())
        context.set_commission(us_futures=PerDollar(0.001))
        context.set_max_position_size(max_notional=11_000, on_error="log")

    seen = orders(future(make_bundle), {0: [("ES", 2)]}, sessions=2, prepare=prepare)
    assert seen.perf["ending_cash"].iloc[-1] == pytest.approx(1000 - 0.001 * 2 * 50 * 101)

    def strict(context):
        context.set_max_order_size(max_notional=9_999)

    with pytest.raises(TradingControlError):
        orders(future(make_bundle), {0: [("ES", 2)]}, sessions=2, prepare=strict)


def test_a_position_that_a_split_takes_away_is_paid_out(make_bundle):
    root = make_bundle({"ES": [100.0, 101.0, 303.0]}, actions=[("ES", 2, "split", 3.0, None, None)])
    told(root, symbol=["ES"], asset_type=["future"], multiplier=[50.0])
    seen = bought(root, {0: [("ES", 1)]}, sessions=3)
    # A third of a contract at a basis of 303 is paid for: as much as one has cost at 101.
    assert seen.perf["positions"].iloc[-1] == []
    assert seen.perf["ending_cash"].tolist() == [1000, 1000, 1000]
    assert not seen.ledger.quantities


# -- margin ------------------------------------------------------------------------------------


def test_an_order_beyond_the_initial_margin_is_refused(make_bundle, caplog):
    root = future(make_bundle, initial_margin=400.0)
    seen = bought(root, {0: [("ES", 3)], 1: [("ES", 2)], 2: [("ES", 1)]})
    # 1000 are margin for two; at 102 there are 900 left, enough for these two but for no third.
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == [2]
    refused = [it for day_ in seen.perf["orders"] for it in day_ if it["status"] == 2]
    assert [it["reason"] for it in refused] == [
        "initial margin: 1200 needed, 1000 there",
        "initial margin: 1200 needed, 900 there",
    ]
    assert "is refused: initial margin" in caplog.text


def test_a_position_may_always_shrink(make_bundle):
    root = future(make_bundle, initial_margin=500.0)
    seen = bought(root, {0: [("ES", -2)], 2: [("ES", 1)]})
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == [-2, 1]


def test_shares_paid_in_full_are_no_margin(make_bundle):
    root = future(make_bundle, initial_margin=400.0)
    seen = bought(root, {0: [("SPY", 60)], 1: [("ES", 1)]})
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == [60]


def test_a_position_without_its_maintenance_margin_is_liquidated_at_the_next_bar(make_bundle):
    root = future(make_bundle, initial_margin=400.0, maintenance_margin=350.0)
    seen = bought(root, {0: [("ES", -2)]})
    # Short from 101: 800 are left at 103 where 700 are needed, and 600 at 105. It is bought back one
    # bar later, at 99.
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 800, 900, 600, 1200]
    by_reason = [
        (it["amount"], it.get("reason")) for day_ in seen.perf["transactions"] for it in day_
    ]
    assert by_reason == [(-2, None), (2, "liquidation")]
    assert not seen.ledger.quantities


def test_the_fill_of_a_liquidation_says_so(make_bundle):
    root = future(make_bundle, initial_margin=400.0, maintenance_margin=390.0)
    short = bought(root, {0: [("ES", -2)]}, capital=810.0)
    # 610 at 103 with 780 needed: bought at 102, the next bar.
    assert short.perf["portfolio_value"].tolist() == [810, 810, 610, 710, 710, 710]
    (fill,) = short.perf["transactions"].iloc[3]
    assert (fill["amount"], fill["price"], fill["reason"]) == (2, 102.0, "liquidation")
    assert "liquidation" in short.kinds()


def test_orders_beside_a_liquidation_are_refused(make_bundle):
    root = future(make_bundle, initial_margin=400.0, maintenance_margin=390.0)
    seen = bought(root, {0: [("ES", -2)], 2: [("ES", 2)], 3: [("ES", 1)]}, capital=810.0)
    # The strategy's own order to close is refused, and so is not filled beside the liquidation.
    fills = [it["amount"] for day_ in seen.perf["transactions"] for it in day_]
    assert fills == [-2, 2, 1]
    reasons = [it.get("reason") for it in seen.perf["orders"].iloc[3]]
    assert "the position is being liquidated" in reasons


def test_the_account_says_what_margins_need(make_bundle):
    root = future(make_bundle, initial_margin=400.0, maintenance_margin=350.0)
    account = bought(root, {0: [("ES", 2)]}, sessions=2).context.account
    assert account.initial_margin_requirement == 800
    assert account.maintenance_margin_requirement == 700


def test_a_contract_is_found_by_its_symbol(make_bundle):
    found = []

    def handle_data(context, data):
        found.append(api.future_symbol("es"))
        assert context.asset_finder.lookup_future_symbol("ES") is found[-1]
        with pytest.raises(UnknownSymbolError, match="No symbol 'SPY' among the 1"):
            context.future_symbol("SPY")

    api_run(future(make_bundle), handle_data)
    assert [str(it) for it in found] == ["ES"] * 6


# -- books -------------------------------------------------------------------------------------


def test_the_books_replay_and_are_stored(make_bundle):
    seen = bought(future(make_bundle, expiry=day(4)), {0: [("ES", 3), ("SPY", 7)], 1: [("ES", -5)]})
    again = Ledger.replay(seen.ledger.journal)
    for account in ("cash", "capital", "holding", "notional"):
        assert again.balance(account) == seen.ledger.balance(account)
    assert sum(again.balance(it) for it in ("cash", "capital", "holding", "notional")) == 0
    assert again.quantities == seen.ledger.quantities


def test_the_words_of_the_module_know_the_price_multiplier(make_bundle):
    found = []

    def handle_data(context, data):
        asset = api.symbol("ES")
        found.append(
            (asset.price_multiplier, asset.root_symbol, math.isnan(data.current(asset, "close")))
        )

    api_run(future(make_bundle), handle_data)
    assert found[0] == (50.0, "ES", False)
