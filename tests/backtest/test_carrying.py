"""What holding costs or ends in: funding, options, borrowing, currencies; by numbers worked out by hand."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, orders, told

from rustybt import api
from rustybt.errors import ExpiryError, HookError, MissingRateError, OptionError
from rustybt.finance.borrow import BorrowCost
from rustybt.finance.commission import PerTrade
from rustybt.finance.slippage import (
    FixedBasisPointsSlippage,
    VolatilityVolumeShare,
    VolumeShareSlippage,
)

# -- perpetuals --------------------------------------------------------------------------------

COINS = {"BTC": [100.0, 100.0, 110.0, 120.0, 90.0]}


def perpetual(make_bundle, rates, **terms):
    """Return a bundle of a perpetual, with rates of funding by days and hours from the first."""
    columns = {name: [value] for name, value in terms.items()}
    root = told(
        make_bundle(COINS, crypto=True), symbol=["BTC"], asset_type=["perpetual"], **columns
    )
    start = datetime.combine(day(0), datetime.min.time())
    return told(
        root,
        "funding_1h",
        ts=[start + timedelta(days=days, hours=hours) for days, hours, _ in rates],
        symbol=["BTC"] * len(rates),
        rate=[rate for *_, rate in rates],
    )


def perp_run(root, plan, **options):
    return orders(root, plan, sessions=5, crypto=True, **options)


# Sessions of these bundles are from 14:30 to 21:00, and a bar is known at the close.
FUNDING = [(0, 8, 0.5), (1, 8, 0.25), (2, 8, 0.01), (2, 16, -0.005), (3, 21, 0.001), (3, 22, 0.1)]


def test_longs_pay_funding_on_what_they_held_before_the_bar(make_bundle):
    seen = perp_run(perpetual(make_bundle, FUNDING), {0: [("BTC", 2.5)]})
    # Bought 2.5 at 100 in bar 1, after its funding. Bar 2: 2.5 x 110 x (0.01 - 0.005) = 1.375; bar 3:
    # 2.5 x 120 x 0.001 = 0.3; bar 4: 2.5 x 90 x 0.1 = 22.5.
    paid = [0, 0, 1.375, 0.3, 22.5]
    gained = [0, 0, 25, 25, -75]
    value = 1000.0
    for number, cost in enumerate(paid):
        value += gained[number] - cost
        assert seen.perf["portfolio_value"].iloc[number] == pytest.approx(value, abs=1e-9)
    assert float(seen.ledger.balance("funding")) == pytest.approx(sum(paid))
    assert seen.kinds().count("funding") == 4


def test_shorts_get_it(make_bundle):
    seen = perp_run(perpetual(make_bundle, [(2, 8, 0.01)]), {0: [("BTC", -1)]})
    assert seen.perf["ending_cash"].tolist() == pytest.approx([1000, 1000, 991.1, 981.1, 1011.1])


def test_a_position_may_be_larger_than_the_cash_as_its_margin_allows(make_bundle):
    root = perpetual(make_bundle, [], initial_margin=0.1, maintenance_margin=0.05)
    seen = perp_run(root, {0: [("BTC", 90)], 2: [("BTC", 100)]})
    # 90 at 100 need 900 of 1000. At 120 there are 2800: 190 at 120 need 2280, and are lost at 90.
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == [90, 100]
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 1900, 2800, -2900]


def test_a_leverage_beyond_the_margin_is_refused(make_bundle):
    root = perpetual(make_bundle, [], initial_margin=0.1)
    seen = perp_run(root, {0: [("BTC", 101)]})
    (order,) = [it for day_ in seen.perf["orders"] for it in day_ if it["status"] == 2]
    assert order["reason"] == "initial margin: 1010 needed, 1000 there"


def test_funding_may_liquidate(make_bundle):
    root = perpetual(make_bundle, [(2, 8, 0.2)], initial_margin=0.1, maintenance_margin=0.1)
    seen = perp_run(root, {0: [("BTC", 50)]})
    # 500 gained at 110 and 1100 paid: 400 of 550 needed. Sold at 120 for 500 more.
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 400, 900, 900]


# -- options -----------------------------------------------------------------------------------

CHAIN = {"SPY": [100.0, 104.0, 108.0, 111.0, 90.0], "OPT": [3.0, 4.0, 5.0, None, None]}


def option(make_bundle, right, **terms):
    terms = {
        "asset_type": "option",
        "underlying": "SPY",
        "expiry": day(3),
        "strike": 105.0,
        "option_right": right,
        "multiplier": 100.0,
        **terms,
    }
    columns = {name: [value] for name, value in terms.items()}
    return told(make_bundle(CHAIN), symbol=["OPT"], **columns)


def option_run(root, plan, capital=1000.0, **options):
    return orders(root, plan, sessions=5, capital=capital, **options)


@pytest.mark.parametrize(
    ("right", "units", "cash"),
    [
        ("call", 2, [1000, 200, 200, 1400, 1400]),  # 2 x 100 x (111 - 105)
        ("call", -2, [1000, 1800, 1800, 600, 600]),
        ("put", 2, [1000, 200, 200, 200, 200]),
        ("put", -2, [1000, 1800, 1800, 1800, 1800]),
    ],
)
def test_an_option_is_settled_at_the_close_of_its_underlying(make_bundle, right, units, cash):
    seen = option_run(option(make_bundle, right), {0: [("OPT", units)]})
    assert seen.perf["ending_cash"].tolist() == cash
    assert seen.perf["ending_value"].tolist() == [0, 400 * units, 500 * units, 0, 0]
    price = 6.0 if right == "call" else 0.0
    (fill,) = seen.perf["transactions"].iloc[3]
    assert (fill["amount"], fill["price"], fill["reason"]) == (-units, price, "expiry")


def test_an_option_that_expires_on_no_session_is_settled_in_the_one_before(make_bundle):
    saturday = date(2020, 1, 11)
    seen = option_run(option(make_bundle, "put", expiry=saturday), {0: [("OPT", 1)]})
    assert seen.perf["ending_cash"].tolist() == [1000, 600, 600, 600, 2100]  # 100 x (105 - 90)


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"underlying": "SPX"}, "'SPX': the bundle does not have it"),
        ({"underlying": "LATE"}, "'LATE': it has no price yet"),
    ],
)
def test_an_option_on_what_has_no_price_ends_the_run(make_bundle, terms, problem):
    closes = {**CHAIN, "LATE": [None] * 4 + [1.0]}
    root = make_bundle(closes)
    told(
        root,
        symbol=["OPT"],
        asset_type=["option"],
        expiry=[day(3)],
        strike=[1.0],
        option_right=["call"],
        **{name: [value] for name, value in terms.items()},
    )
    with pytest.raises(ExpiryError, match=f"'OPT' expires in session 2020-01-09.*{problem}"):
        option_run(root, {0: [("OPT", 1)]})
    assert option_run(root, {}).perf["ending_cash"].iloc[-1] == 1000, "nobody held it"


# -- borrowing ---------------------------------------------------------------------------------

SHARES = {"A": [10.0, 10.0, 20.0, 20.0, 20.0, 20.0], "B": [10.0] * 6}


def shorted(root, plan, prepare=lambda _: None, **options):
    return orders(root, plan, sessions=6, prepare=prepare, **options)


def test_a_short_pays_for_each_night(make_bundle):
    root = told(make_bundle(SHARES), symbol=["A"], borrow_rate=[0.365])
    seen = shorted(root, {0: [("A", -10), ("B", -10)], 3: [("A", 10)]})
    # Sold on Tuesday: 100 x 0.001 to Wednesday, 200 x 0.001 to Thursday, the same to Friday, when it
    # is bought back. B has no rate.
    assert seen.perf["ending_cash"].tolist() == pytest.approx(
        [1000, 1199.9, 1199.7, 1199.5, 999.5, 999.5]
    )
    assert float(seen.ledger.balance("borrow")) == pytest.approx(0.5)
    assert seen.perf["pnl"].iloc[1] == pytest.approx(-0.1)


def test_a_weekend_has_three_nights(make_bundle):
    root = told(make_bundle(SHARES), symbol=["A"], borrow_rate=[0.365])
    seen = shorted(root, {3: [("A", -10)]})
    assert seen.perf["ending_cash"].tolist()[4] == pytest.approx(1200 - 3 * 0.2)


@pytest.mark.parametrize("cost", [0.73, BorrowCost(0.73)])
def test_a_strategy_says_what_other_shorts_cost(make_bundle, cost):
    root = told(make_bundle(SHARES), symbol=["A"], borrow_rate=[0.0])
    seen = shorted(
        root, {0: [("A", -10), ("B", -10)]}, lambda context: context.set_borrow_cost(cost)
    )
    assert seen.perf["ending_cash"].iloc[1] == pytest.approx(1200 - 0.2)


def test_longs_pay_nothing(make_bundle):
    root = told(make_bundle(SHARES), symbol=["A"], borrow_rate=[0.365])
    assert shorted(root, {0: [("A", 10)]}).perf["ending_cash"].iloc[-1] == 900


@pytest.mark.parametrize("cost", [-0.1, float("nan"), "much"])
def test_a_cost_of_borrowing_that_cannot_be_is_refused(cost):
    with pytest.raises(OptionError, match="borrow_cost"):
        BorrowCost(cost)


def test_it_is_said_in_initialize_only(make_bundle):
    def handle_data(context, data):
        api.set_borrow_cost(0.1)

    from rustybt.runner import run_algorithm

    with pytest.raises(HookError, match="set_borrow_cost"):
        run_algorithm(day(0), day(1), handle_data=handle_data, root=make_bundle(SHARES))


# -- currencies --------------------------------------------------------------------------------

PRICES = {"A": [10.0, 10.0, 12.0, 12.0], "E": [5.0, 5.0, 5.0, 5.0]}
RATES = {
    "date": [day(0), day(1), day(2)],
    "base": ["USD"] * 3,
    "quote": ["EUR"] * 3,
    "rate": [0.5, 0.8, 0.75],
}


def european(make_bundle, rates=RATES):
    """Return a bundle of a share that trades in USD and one that trades in EUR."""
    root = told(make_bundle(PRICES), symbol=["A", "E"], currency=["USD", "EUR"])
    return told(root, "fx_rates", **rates)


def in_euro(root, plan, **options):
    return orders(root, plan, **{"sessions": 4, "currency": "EUR", **options})


def test_a_fill_is_paid_at_the_newest_rate_of_a_day_before(make_bundle):
    seen = in_euro(european(make_bundle), {0: [("A", 10), ("E", 10)]})
    # Tuesday knows Monday's rate: 100 USD are 50 EUR. They are worth 120 x 0.8, then 120 x 0.75.
    assert seen.perf["ending_cash"].tolist() == [1000, 900, 900, 900]
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 900 + 96 + 50, 900 + 90 + 50]
    assert seen.perf["long_value"].tolist() == [0, 100, 146, 140]


def test_each_currency_balances(make_bundle):
    seen = in_euro(european(make_bundle), {0: [("A", 10)], 2: [("A", -10)]})
    assert seen.ledger.balance("holding USD") == -20
    assert seen.ledger.balance("exchange USD") == 20
    # 50 EUR went out and 120 x 0.75 came in.
    assert (seen.ledger.balance("exchange"), seen.ledger.cash) == (-40, 1040)


def test_commissions_and_dividends_are_in_the_currency_of_the_asset(make_bundle):
    dividend = ("A", 2, "dividend", 0.9, 1.0, None)
    root = make_bundle(PRICES, actions=[dividend])
    told(root, symbol=["A"], currency=["USD"])
    told(root, "fx_rates", **RATES)
    seen = in_euro(
        told(root, symbol=["E"], currency=["EUR"]), {0: [("A", 10)]}, commission=PerTrade(2.0)
    )
    assert seen.perf["ending_cash"].tolist() == [1000, 949, 949 + 8, 957]
    assert seen.ledger.balance("commission USD") == 2


def test_a_rate_may_be_stored_the_other_way_round(make_bundle):
    other = {**RATES, "base": ["EUR"] * 3, "quote": ["USD"] * 3, "rate": [2.0, 1.25, 1.6]}
    seen = in_euro(european(make_bundle, other), {0: [("A", 10)]})
    assert seen.perf["portfolio_value"].tolist() == [1000, 1000, 950 + 96, 950 + 75]


def test_a_value_to_order_is_in_the_currency_of_the_account(make_bundle):
    def handle_data(context, data):
        if context.get_datetime().day == 7:
            context.order_target_percent(context.symbol("A"), 0.1)

    from rustybt.runner import run_algorithm

    perf = run_algorithm(
        day(0), day(3), None, 1000.0, handle_data, root=european(make_bundle), currency="EUR"
    )
    assert [it["amount"] for day_ in perf["transactions"] for it in day_] == [
        20
    ]  # 100 / (10 x 0.5)


def test_a_rate_that_nobody_knows_ends_the_run(make_bundle):
    late = {name: it[2:] for name, it in RATES.items()}
    message = "none of USD in EUR of a day before session 2020-01-07, which A needs"
    with pytest.raises(MissingRateError, match=message):
        in_euro(european(make_bundle, late), {0: [("A", 10)]})
    assert (
        in_euro(european(make_bundle, late), {0: [("E", 10)]}).perf["ending_cash"].iloc[-1] == 950
    )


def test_an_asset_of_unknown_currency_is_refused_where_one_is_asked_for(make_bundle):
    root = make_bundle({"COIN": [1.0] * 4}, crypto=True)
    with pytest.raises(MissingRateError, match="COIN has no currency"):
        orders(root, {0: [("COIN", 1)]}, sessions=4, crypto=True, currency="EUR")
    assert (
        orders(root, {0: [("COIN", 1)]}, sessions=4, crypto=True).perf["ending_cash"].iloc[-1]
        == 999
    )


def test_the_account_is_in_the_currency_of_most_assets(make_bundle):
    closes = {"A": [10.0] * 3, "B": [10.0] * 3, "E": [5.0] * 3}
    root = told(make_bundle(closes), symbol=["E"], currency=["EUR"])
    told(root, "fx_rates", date=[day(0)], base=["EUR"], quote=["USD"], rate=[2.0])
    seen = orders(root, {0: [("A", 1), ("E", 1)]}, sessions=3)
    assert seen.perf["ending_cash"].tolist() == [1000, 980, 980]


def test_a_future_in_another_currency_settles_at_the_rate_of_its_session(make_bundle):
    root = make_bundle({"ES": [100.0, 100.0, 104.0, 104.0], "E": [5.0] * 4})
    told(
        root,
        symbol=["ES", "E"],
        asset_type=["future", "equity"],
        multiplier=[10.0, None],
        currency=["USD", "EUR"],
    )
    told(root, "fx_rates", **RATES)

    def prepare(context):
        context.set_slippage(us_futures=api.slippage.NoSlippage())
        context.set_commission(us_futures=api.commission.NoCommission())

    seen = in_euro(root, {0: [("ES", 1)]}, prepare=prepare)
    assert seen.perf["ending_cash"].tolist() == [1000, 1000, 1032, 1032]  # 40 USD x 0.8
    assert seen.perf["ending_exposure"].tolist() == [0, 500, 832, 780]


# -- lots --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lot", "asked", "placed"),
    [
        (100.0, 250, [200]),
        (100.0, 99, []),
        (0.5, 1.7, [1.5]),
        (0.5, -1.7, [-1.5]),
        (0.1, 0.3, [0.3]),
    ],
)
def test_an_order_is_for_whole_lots(make_bundle, lot, asked, placed):
    root = told(make_bundle({"A": [1.0] * 3}), symbol=["A"], lot_size=[lot])
    seen = orders(root, {0: [("A", asked)]}, sessions=3)
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == placed


@pytest.mark.parametrize(
    ("lot", "bought", "held", "target", "placed"),
    [
        (100.0, 200, 66, 0, [200, -66]),  # the third of a share was paid out
        (100.0, 200, 66, 10, [200]),
        (0.5, 2.0, 0.66666667, 0, [2.0, -0.66666667]),
        (0.5, 2.0, 0.66666667, 0.1, [2.0, -0.5]),
    ],
)
def test_a_target_of_nothing_closes_what_is_no_whole_lot(
    make_bundle, lot, bought, held, target, placed
):
    reverse = ("A", 2, "split", 3.0, None, None)
    root = make_bundle({"A": [1.0, 1.0, 3.0, 3.0, 3.0]}, actions=[reverse])
    told(root, symbol=["A"], lot_size=[lot])
    seen = orders(root, {0: [("A", bought)]}, targets={2: [("A", target)]}, sessions=5)
    assert seen.perf["positions"].iloc[2][0]["amount"] == held
    assert [it["amount"] for day_ in seen.perf["transactions"] for it in day_] == placed


@pytest.mark.parametrize(
    "model",
    [
        FixedBasisPointsSlippage(0.0, volume_limit=0.5),
        VolumeShareSlippage(volume_limit=0.5, price_impact=0.0),
        VolatilityVolumeShare(volume_limit=0.5),
    ],
    ids=lambda it: type(it).__name__,
)
@pytest.mark.parametrize(
    ("volume", "closed"), [(100.0, [-0.66666667]), (1.2, [-0.5, -0.16666667]), (0.2, [-0.66666667])]
)
def test_a_model_that_looks_at_volume_closes_what_is_no_whole_lot(
    make_bundle, model, volume, closed
):
    reverse = ("A", 2, "split", 3.0, None, None)
    bars = [1.0, 1.0, 3.0, (3.0, volume), 3.0, 3.0]
    root = told(make_bundle({"A": bars}, actions=[reverse]), symbol=["A"], lot_size=[0.5])
    plan, targets = {0: [("A", 2.0)]}, {2: [("A", 0)]}
    seen = orders(
        root, plan, targets=targets, sessions=6, prepare=lambda it: it.set_slippage(model)
    )
    fills = [it["amount"] for day_ in seen.perf["transactions"] for it in day_]
    assert (fills, len(seen.perf["positions"].iloc[-1])) == ([2.0, *closed], 0)
