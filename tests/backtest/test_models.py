"""Orders, ticks, slippage and commission, each alone."""

from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.assets import Asset
from rustybt.errors import OptionError, OrderParametersError
from rustybt.finance import lots
from rustybt.finance.blotter import Blotter
from rustybt.finance.commission import (
    NoCommission,
    PerContract,
    PerDollar,
    PerFutureTrade,
    PerShare,
    PerTrade,
)
from rustybt.finance.execution import (
    LimitOrder,
    MarketOnOpenOrder,
    MarketOrder,
    StopLimitOrder,
    StopOrder,
    style_of,
    tick_prices,
)
from rustybt.finance.makertaker import MakerTaker
from rustybt.finance.models import Models
from rustybt.finance.order import Order, OrderStatus, Placing
from rustybt.finance.position import Position
from rustybt.finance.slippage import (
    FixedBasisPointsSlippage,
    FixedSlippage,
    NoSlippage,
    SlippageModel,
    VolatilityVolumeShare,
    VolumeShareSlippage,
)
from rustybt.finance.transaction import Transaction
from rustybt.runner import run_algorithm

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


def order(amount=100, *, asset=SHARE, limit=None, stop=None, as_zipline=False):
    return Order(1, asset, amount, limit=limit, stop=stop, created=NOW, as_zipline=as_zipline)


def fills(model, bar, *orders):
    return [(price, amount) for _, price, amount in model.simulate(bar, SHARE, orders, NOW)]


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
    assert order(amount, limit=limit, stop=stop).triggered(close, NOW) is fills_now


def test_a_limit_is_looked_at_in_every_bar():
    it = order(limit=10.0)
    assert it.triggered(9.9, NOW)
    assert not it.triggered(12.0, NOW)


def test_a_limit_once_reached_stays_reached_in_zipline():
    it = order(limit=10.0, as_zipline=True)
    assert it.triggered(9.9, NOW)
    assert it.triggered(12.0, NOW)


def test_a_stop_that_was_hit_leaves_a_limit_order():
    it = order(limit=11.0, stop=10.0)
    assert not it.triggered(11.5, NOW)
    assert it.stop is None
    assert it.triggered(11.0, NOW)


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


def test_a_contract_pays_the_exchange_once():
    found = costs(PerContract(0.85, exchange_fee=1.5), 10, 4)
    assert found == pytest.approx([10.0, 3.4])


def test_a_root_that_is_not_known_pays_no_exchange():
    assert costs(PerContract(), 10) == pytest.approx([8.5])


def test_a_trade_of_futures_pays_once():
    assert costs(PerFutureTrade(2.5), 10, 4) == [2.5, 0.0]


def test_a_future_has_models_of_its_own():
    models = Models()
    future = Asset(2, "ESH20", "XCME", "future", DAY, DAY)
    kinds = [tuple(type(it).__name__ for it in models.of(asset)) for asset in (SHARE, COIN, future)]
    assert kinds == [
        ("FixedBasisPointsSlippage", "PerShare"),
        ("FixedBasisPointsSlippage", "PerShare"),
        ("VolatilityVolumeShare", "PerContract"),
    ]


class Past(NamedTuple):
    """A bar, and what was before it."""

    close: float
    volume: float
    high: float
    low: float
    closes: list
    volumes: list
    current_session: date = DAY

    def current(self, _asset, fields):
        return getattr(self, fields)

    def history(self, _asset, fields, count, _unit, *, as_):
        assert as_ == "numpy"
        return np.array(self.closes if fields == "close" else self.volumes, dtype=float)[-count:]


def test_impact_grows_with_volatility_and_the_share_of_the_usual_volume():
    closes = [100.0, 101.0] * 10 + [1.0]  # the bar itself does not count
    bar = Past(101.0, 4000, 102.0, 100.0, closes, [2000.0] * 21)
    ((price, amount),) = fills(VolatilityVolumeShare(0.05, eta=500.0), bar, order(500))
    returns = np.diff(closes[:-1]) / np.array(closes[:-2])
    impact = 500.0 * returns.std(ddof=1) * np.sqrt(252) * np.sqrt(200 / 2000) / 10_000
    assert (price, amount) == (pytest.approx(101.0 * (1 + impact), rel=1e-14), 200)


def test_impact_without_a_history_is_some_basis_points():
    bar = Past(101.0, 4000, 102.0, 100.0, [np.nan] * 20 + [1.0], [0.0] * 21)
    ((price, _),) = fills(VolatilityVolumeShare(0.05), bar, order(-500))
    assert price == pytest.approx(101.0 * (1 - 7.5e-4))


def test_a_model_forgets_the_volumes_of_another_run():
    model = VolatilityVolumeShare(0.05)
    models = Models()
    fills(model, Past(101.0, 4000, 102.0, 100.0, [100.0] * 21, [2000.0] * 21), order(5))
    models.slippage = model
    assert model._usual == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda: VolatilityVolumeShare(0.0),
        lambda: VolatilityVolumeShare(0.1, eta=-1.0),
        lambda: VolatilityVolumeShare(0.1, eta={"ES": float("nan")}),
        lambda: PerContract({"ES": -1.0}),
        lambda: PerShare("free"),
        lambda: MakerTaker(taker=-0.1),
        lambda: MakerTaker(maker=-0.002, taker=0.001),
        lambda: MakerTaker(tiers=[(100.0, 0.1, 0.1), (50.0, 0.1, 0.1)]),
        lambda: MakerTaker(tiers=[(0.0, 0.1, 0.1)]),
        lambda: MakerTaker(tiers=[(50.0, 0.1)]),
    ],
)
def test_a_model_that_cannot_be_is_refused(make):
    with pytest.raises(OptionError):
        make()


def fee(model, resting, amount=10, day=6):
    it = order(amount, asset=COIN)
    it.resting = resting
    return model.calculate(it, Transaction(COIN, amount, 100.0, NOW.replace(day=day), 1))


def test_a_resting_order_makes_and_another_takes():
    model = MakerTaker(0.001, 0.002)
    assert [fee(model, resting=True), fee(model, resting=False)] == pytest.approx([1.0, 2.0])


def test_a_maker_may_be_paid():
    assert fee(MakerTaker(-0.0001, 0.001), resting=True) == pytest.approx(-0.1)


def test_what_was_traded_in_thirty_days_chooses_the_tier():
    model = MakerTaker(0.001, 0.002, tiers=[(1500.0, 0.0005, 0.001)])
    found = [fee(model, resting=False, day=day) for day in (1, 2, 3, 31)]
    # 0, 1000 and 2000 were traded before; on the 31st the fill of the 1st is 30 days old.
    assert found == pytest.approx([2.0, 2.0, 1.0, 1.0])
    assert fee(model, resting=False, day=31) == pytest.approx(1.0)


def test_a_new_run_begins_at_the_first_tier():
    model, models = MakerTaker(0.001, 0.002, tiers=[(500.0, 0.0, 0.0)]), Models()
    fee(model, resting=False)
    models.commission = model
    assert fee(model, resting=False) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("limit", "stop", "closes", "resting"),
    [
        (9.0, None, [8.9], True),
        (11.0, None, [10.0], False),
        (10.5, 11.0, [11.0, 10.4], True),
        (11.5, 11.0, [11.0], False),
        (None, 11.0, [11.0], False),
        (None, None, [10.0], False),
    ],
)
def test_an_order_rests_where_its_limit_waits_for_the_market(limit, stop, closes, resting):
    blotter = Blotter()
    prices = (limit, stop, None) if limit or stop else (None, None, MarketOrder())
    number = blotter.place(SHARE, 5, style_of(*prices), Placing(NOW, DAY, 10.0))
    it = blotter.get(number)
    for close in closes:
        reached = it.triggered(close, NOW)
    assert (reached, it.resting) == (True, resting)


def test_a_limit_without_a_known_price_rests():
    blotter = Blotter()
    number = blotter.place(SHARE, 5, LimitOrder(9.0), Placing(NOW, DAY))
    assert blotter.get(number).resting


def test_parts_of_coins_share_the_volume_to_the_lot():
    found = [
        amount
        for _, _, amount in FixedBasisPointsSlippage(0.0, 0.1).simulate(
            Bar(10.0, 0.3), COIN, [order(0.01, asset=COIN), order(9.0, asset=COIN)], NOW
        )
    ]
    assert found == [0.01, 0.02]


@pytest.mark.parametrize(
    "model",
    [
        FixedBasisPointsSlippage(3.0, 0.2),
        VolatilityVolumeShare(0.05, eta={"ES": 0.1}),
        PerContract({"ES": 0.5}, 1.0),
        PerFutureTrade(2.0),
        MakerTaker(0.001, 0.002, [(1500.0, 0.0005, 0.001)]),
    ],
)
def test_a_model_that_was_used_can_be_made_again_from_its_public_attributes(model):
    if isinstance(model, SlippageModel):
        list(model.simulate(Past(1.0, 9, 1.0, 1.0, [1.0] * 21, [9.0] * 21), SHARE, [order(1)], NOW))
    else:
        fee(model, resting=True)
    parameters = {key: value for key, value in vars(model).items() if key[0] != "_"}
    assert repr(type(model)(**parameters)) == repr(model)


class Curious(SlippageModel):
    """A model of a user's own that asks the bar whatever a strategy may ask."""

    def __init__(self):
        self._told = []

    def process_order(self, data, order):
        _, other = self._all
        self._told.append(
            {
                "own": [
                    data.current(order.asset, it) for it in ("close", "price", "volume", "open")
                ],
                "other": data.current(other, "close"),
                "table": data.current(self._all, ["close", "volume"]).to_numpy().tolist(),
                "row": data.current(order.asset, ["close", "high"]).tolist(),
                "past": data.history(order.asset, "close", 2, "1d").tolist(),
                "tradable": data.can_trade(other),
                "day": str(data.current_session.date()),
            }
        )
        return data.current(order.asset, "close"), order.open_amount


@pytest.mark.parametrize(
    ("style", "own"),
    [
        (MarketOrder(), [11.0, 11.0, 500.0, 10.5]),
        (MarketOnOpenOrder(), [10.5, 10.5, 500.0, 10.5]),
    ],
)
def test_a_model_of_ones_own_may_ask_the_bar_what_a_strategy_may(make_bundle, style, own):
    root = make_bundle(
        {"A": [(9.0, 12.0, 8.0, 10.0, 400), (10.5, 13.0, 9.0, 11.0, 500)], "B": [20.0, 21.0]}
    )
    model = Curious()

    def initialize(context):
        model._all = [context.symbol("A"), context.symbol("B")]

    def handle_data(context, data):
        if not context.portfolio.positions and not context.get_open_orders():
            context.order(context.symbol("A"), 3, style=style)

    perf = run_algorithm(
        "2020-01-06",
        "2020-01-07",
        initialize=initialize,
        handle_data=handle_data,
        root=root,
        slippage=model,
        store=False,
    )
    (told,) = model._told
    assert told == {
        "own": own,
        "other": 21.0,
        "table": [[11.0, 500.0], [21.0, 1_000_000.0]],
        "row": [11.0, 13.0],
        "past": [10.0, 11.0],
        "tradable": True,
        "day": "2020-01-07",
    }
    assert [it["price"] for day in perf["transactions"] for it in day] == [own[0]]
