"""Orders, ticks, slippage and commission, each alone."""

from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.assets import Asset
from rustybt.errors import OptionError, OrderParametersError
from rustybt.finance import lots
from rustybt.finance.commission import NoCommission, PerDollar, PerShare, PerTrade
from rustybt.finance.execution import (
    LimitOrder,
    MarketOrder,
    StopLimitOrder,
    StopOrder,
    style_of,
    tick_prices,
)
from rustybt.finance.order import Order, OrderStatus
from rustybt.finance.position import Position
from rustybt.finance.slippage import (
    FixedBasisPointsSlippage,
    FixedSlippage,
    NoSlippage,
    SlippageModel,
    VolumeShareSlippage,
)
from rustybt.finance.transaction import Transaction

NOW = datetime(2020, 1, 6, 21, tzinfo=UTC)
DAY = date(2020, 1, 6)
SHARE = Asset(0, "A", "XNYS", "equity", DAY, DAY)
COIN = Asset(1, "BTC/USD", "24/7", "crypto", DAY, DAY)


class Bar(NamedTuple):
    """A bar of one asset."""

    close: float
    volume: float

    def current(self, _asset, fields):
        return getattr(self, fields)


def order(amount=100, *, asset=SHARE, limit=None, stop=None):
    return Order(1, asset, amount, limit=limit, stop=stop, created=NOW)


def fills(model, bar, *orders):
    return [(price, amount) for _, price, amount in model.simulate(bar, SHARE, orders)]


@pytest.mark.parametrize(
    ("amount", "units"), [(3.99995, 4), (-5.9, -5), (0.4, 0), (7, 7), (2.9998, 2)]
)
def test_shares_are_truncated_unless_nearly_whole(amount, units):
    assert lots.ordered(amount, SHARE) == units


def test_coins_are_not_truncated():
    assert lots.ordered(0.123, COIN) == 0.123


@given(st.integers(0, 10**15))
def test_what_can_be_filled_of_coins_is_never_more_and_less_than_a_lot_below(units):
    amount = units / 10**8
    found = lots.fillable(amount, COIN)
    assert 0 <= amount - found < 1e-8


@pytest.mark.parametrize(
    ("price", "buys", "tick"),
    [(40.5501, True, 40.55), (40.559, True, 40.55), (40.5501, False, 40.55)],
)
def test_a_limit_is_rounded_to_ticks_for_its_trader(price, buys, tick):
    limit, _ = tick_prices(LimitOrder(price), SHARE, buys=buys)
    assert limit == pytest.approx(tick, abs=1e-12)


def test_a_price_nearly_on_the_next_tick_goes_there():
    limit, _ = tick_prices(LimitOrder(40.5596), SHARE, buys=True)
    assert limit == pytest.approx(40.56, abs=1e-12)


def test_a_sell_limit_is_rounded_up():
    limit, _ = tick_prices(LimitOrder(40.552), SHARE, buys=False)
    assert limit == pytest.approx(40.56, abs=1e-12)


def test_prices_of_coins_have_no_tick():
    assert tick_prices(StopLimitOrder(0.00123, 0.00125), COIN, buys=True) == (0.00123, 0.00125)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1, "x"])
def test_a_limit_that_is_no_price_is_refused(price):
    with pytest.raises(OrderParametersError, match="limit_price"):
        style_of(price, None, None)


def test_a_style_beside_a_price_is_refused():
    with pytest.raises(OrderParametersError, match="not both"):
        style_of(1.0, None, MarketOrder())


def test_a_stop_alone_is_a_stop_order():
    assert style_of(None, 9.0, None) == StopOrder(9.0)


@pytest.mark.parametrize(
    ("amount", "limit", "stop", "close", "fills_now"),
    [
        (1, 10.0, None, 10.0, True),
        (1, 10.0, None, 10.01, False),
        (-1, 10.0, None, 9.99, False),
        (-1, 10.0, None, 10.0, True),
        (1, None, 10.0, 9.99, False),
        (1, None, 10.0, 10.0, True),
        (-1, None, 10.0, 10.0, True),
        (1, 11.0, 10.0, 10.5, True),
        (1, 11.0, 10.0, 11.5, False),
    ],
)
def test_triggers_look_at_the_close(amount, limit, stop, close, fills_now):
    assert order(amount, limit=limit, stop=stop).triggered(close) is fills_now


def test_a_limit_once_reached_stays_reached():
    it = order(limit=10.0)
    assert it.triggered(9.9)
    assert it.triggered(12.0)


def test_a_stop_that_was_hit_leaves_a_limit_order():
    it = order(limit=11.0, stop=10.0)
    assert not it.triggered(11.5)
    assert it.stop is None
    assert it.triggered(11.0)


def test_an_order_of_coins_filled_in_parts_ends_at_zero():
    it = order(0.3, asset=COIN)
    it.fill(0.1, 0.0, NOW)
    it.fill(0.2, 0.0, NOW)
    assert it.status is OrderStatus.FILLED


def test_an_open_order_is_restated_for_a_split():
    it = order(101, limit=40.55)
    it.split(0.5)
    assert (it.amount, it.limit) == (202, 20.27)


def test_no_slippage_fills_all_at_the_close():
    assert fills(NoSlippage(), Bar(10.0, 1), order(500)) == [(10.0, 500)]


@pytest.mark.parametrize("bar", [Bar(10.0, 0), Bar(float("nan"), 100)])
def test_nothing_fills_without_volume_or_close(bar):
    assert fills(NoSlippage(), bar, order()) == []


def test_half_the_spread_goes_against_each_side():
    assert fills(FixedSlippage(0.02), Bar(10.0, 1), order(5), order(-5)) == [(10.01, 5), (9.99, -5)]


def test_basis_points_and_a_tenth_of_the_volume_by_default():
    found = fills(FixedBasisPointsSlippage(), Bar(10.0, 1005), order(500))
    assert found == [(10.0 + 10.0 * 0.0005, 100)]


def test_orders_of_an_asset_share_the_volume():
    found = fills(FixedBasisPointsSlippage(), Bar(10.0, 1000), order(70), order(-70), order(9))
    assert [amount for _, amount in found] == [70, -30]


def test_impact_grows_with_the_square_of_the_share():
    ((price, amount),) = fills(VolumeShareSlippage(0.1, 0.5), Bar(100.0, 1000), order(500))
    assert (price, amount) == (pytest.approx(100 + 0.1**2 * 0.5 * 100), 100)


def test_impact_beyond_the_limit_price_fills_nothing():
    assert fills(VolumeShareSlippage(0.1, 0.5), Bar(100.0, 1000), order(500, limit=100.0)) == []


class Answers(SlippageModel):
    """A model of a user's own that gives the same answer to every order."""

    def __init__(self, answer):
        self.answer = answer

    def process_order(self, data, order):  # noqa: ARG002 - the protocol's
        return self.answer


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ((9.0, 40), [(9.0, 40)]),
        ((9.0, 40.5), [(9.0, 40)]),
        ((9.0, 140), [(9.0, 100)]),
        ((None, None), []),
        (None, []),
        ((9.0, 0), []),
    ],
)
def test_a_model_of_ones_own(answer, found):
    assert fills(Answers(answer), Bar(10.0, 1000), order(100)) == found


def test_a_model_that_gives_no_finite_price_is_refused():
    with pytest.raises(OptionError, match="Answers"):
        fills(Answers((float("nan"), 1)), Bar(10.0, 1000), order(100))


@pytest.mark.parametrize(
    "make", [lambda: FixedSlippage(-1), lambda: PerShare(float("nan")), lambda: PerTrade(-1)]
)
def test_a_model_with_an_impossible_cost_is_refused(make):
    with pytest.raises(OptionError):
        make()


def costs(model, *amounts, price=10.0):
    it, found = order(sum(amounts)), []
    for amount in amounts:
        cost = model.calculate(it, Transaction(SHARE, amount, price, NOW, 1))
        it.fill(amount, cost, NOW)
        found.append(cost)
    return found


def test_a_minimum_is_paid_first_and_counted_later():
    found = costs(PerShare(0.005, min_trade_cost=1.0), 100, 50, 100)
    assert found == pytest.approx([1.0, 0.0, 0.25])


def test_a_trade_pays_once():
    assert costs(PerTrade(5.0), 30, 70) == [5.0, 0.0]


def test_dollars_are_charged_with_slippage():
    assert costs(PerDollar(0.001), 100, price=10.5) == pytest.approx([1.05])


def test_no_commission_is_zero():
    assert costs(NoCommission(), 100) == [0.0]


def position(*trades):
    it, held = Position(SHARE, lambda _: 0.0), 0
    for amount, price in trades:
        held += amount
        it.fill(amount, price, held, DAY)
    return it


@pytest.mark.parametrize(
    ("trades", "basis"),
    [
        ([(100, 10.0), (100, 12.0)], 11.0),
        ([(100, 10.0), (-50, 12.0)], 10.0),
        ([(100, 10.0), (-150, 12.0)], 12.0),
        ([(100, 10.0), (-100, 12.0)], 0.0),
    ],
)
def test_the_cost_basis(trades, basis):
    assert position(*trades).cost_basis == basis


def test_a_commission_lowers_the_basis_of_a_short():
    it = position((-40, 101.40))
    it.spread(1.0)
    assert it.cost_basis == pytest.approx(101.375)


def test_a_split_pays_a_fraction_at_the_new_basis():
    it = position((101, 10.0))
    assert it.split(2.0) == 10.0  # half a share at 20.00
    assert (it.amount, it.cost_basis) == (50, 20.0)


def test_a_ratio_that_is_no_float_makes_no_fraction():
    it = position((100, 9.0))
    assert it.split(1 / 7) == 0.0
    assert it.amount == 700
