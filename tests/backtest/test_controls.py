"""Limits that a strategy sets itself, and what breaking them does."""

import logging
import math
from datetime import UTC, date, datetime, timedelta

import pytest

from rustybt import api
from rustybt.algorithm import TradingAlgorithm
from rustybt.errors import (
    AccountControlError,
    AccountControlViolation,
    HookError,
    NotAnAssetError,
    OptionError,
    TradingControlError,
    TradingControlViolation,
)
from rustybt.finance.controls import AccountControl, TradingControl
from rustybt.finance.restrictions import NoRestrictions
from rustybt.runner import run_algorithm


@pytest.fixture
def live(make_bundle):
    """Return a function that lives orders by day of January under a control."""
    root = make_bundle({"A": [10.0, 11.0, 12.0, 13.0, 14.0], "B": [5.0] * 5})

    def lived(initialize, orders=(), handle_data=None, **options):
        def place(context, data):
            for day, amount in orders:
                if context.get_datetime().day == day:
                    context.order(context.symbol("A"), amount)

        return run_algorithm(
            "2020-01-06",
            "2020-01-10",
            initialize=initialize,
            handle_data=handle_data or place,
            capital_base=1000.0,
            slippage=api.slippage.NoSlippage(),
            commission=api.commission.NoCommission(),
            root=root,
            store=False,
            **options,
        )

    return lived


BROKEN = [
    (lambda _: api.set_max_order_size(max_shares=5), [(6, 6)], "6 units"),
    (lambda _: api.set_max_order_size(max_shares=5), [(6, -6)], "6 units"),
    (lambda _: api.set_max_order_size(max_notional=59.0), [(6, 6)], "60.00 at 10"),
    (lambda _: api.set_max_order_size(api.symbol("A"), max_shares=5), [(6, 6)], "6 units"),
    (lambda _: api.set_max_position_size(max_shares=5), [(6, 3), (7, 3)], "6 units"),
    (lambda _: api.set_max_position_size(max_notional=65.0), [(6, 3), (7, 3)], "66.00 at 11"),
    (lambda _: api.set_max_order_count(1), [(6, 1), (6, 1)], "1 were placed in this session"),
    (lambda _: api.set_long_only(), [(6, 3), (7, -4)], "3 are held"),
    (lambda _: api.set_do_not_order_list([api.symbol("A")]), [(6, 1)], "A is restricted"),
]
KEPT = [
    (lambda _: api.set_max_order_size(max_shares=5), [(6, 5)]),
    (lambda _: api.set_max_order_size(api.symbol("B"), max_shares=5), [(6, 50)]),
    (lambda _: api.set_max_position_size(max_shares=5), [(6, 3), (7, 2)]),
    (lambda _: api.set_max_order_count(1), [(6, 1), (7, 1)]),
    (lambda _: api.set_long_only(), [(6, 3), (7, -3)]),
    (lambda _: api.set_do_not_order_list([api.symbol("B")]), [(6, 1)]),
]


@pytest.mark.parametrize(("initialize", "orders", "why"), BROKEN)
def test_an_order_that_breaks_a_limit_ends_the_run(live, initialize, orders, why):
    with pytest.raises(TradingControlError, match=why):
        live(initialize, orders)


@pytest.mark.parametrize(("initialize", "orders"), KEPT)
def test_an_order_within_a_limit_is_placed(live, initialize, orders):
    perf = live(initialize, orders)
    assert sum(map(len, perf["transactions"])) == len(orders)


def test_an_order_that_breaks_a_limit_can_be_logged_and_placed(live, caplog):
    with caplog.at_level(logging.ERROR, "rustybt"):
        perf = live(lambda _: api.set_long_only(on_error="log"), [(6, -3)])
    assert "breaks LongOnly(on_error='log'): 0 are held" in caplog.text
    assert perf["positions"].iloc[-1][0]["amount"] == -3


def test_the_error_says_asset_amount_and_limit(live):
    with pytest.raises(TradingControlError) as raised:
        live(lambda _: api.set_max_order_size(max_shares=5), [(6, 6)])
    assert (raised.value.symbol, raised.value.amount) == ("A", 6)
    assert "The order of +6 'A' at 2020-01-06 21:00 breaks MaxOrderSize(" in str(raised.value)


def test_the_errors_have_names_of_zipline():
    assert TradingControlViolation is TradingControlError
    assert AccountControlViolation is AccountControlError


def test_an_account_of_too_much_leverage_ends_the_run(live):
    with pytest.raises(AccountControlError, match=r"at 2020-01-07 21:00 breaks MaxLeverage.*1\.1"):
        live(lambda _: api.set_max_leverage(1.0), [(6, 100)])


def test_an_account_within_its_leverage_goes_on(live):
    assert len(live(lambda _: api.set_max_leverage(1.5), [(6, 100)])) == 5


def test_an_account_of_too_little_leverage_ends_the_run_after_its_grace(live):
    with pytest.raises(AccountControlError, match="at 2020-01-08 21:00 breaks MinLeverage"):
        live(lambda _: api.set_min_leverage(0.5, timedelta(days=2)))


def test_restricted_assets_cannot_be_traded(live):
    seen = []

    def initialize(context):
        context.set_asset_restrictions(api.StaticRestrictions([context.symbol("A")]))

    def handle_data(context, data):
        seen.append(data.can_trade([context.symbol("A"), context.symbol("B")]).tolist())

    live(initialize, handle_data=handle_data)
    assert seen == [[False, True]] * 5


def test_restrictions_may_begin_and_end(live):
    seen = []

    def initialize(context):
        frozen, allowed = api.RESTRICTION_STATES.FROZEN, api.RESTRICTION_STATES.ALLOWED
        asset = context.symbol("A")
        listed = [
            api.Restriction(asset, datetime(2020, 1, 9, tzinfo=UTC), allowed),
            api.Restriction(asset, date(2020, 1, 7), frozen),
        ]
        history = NoRestrictions() | api.HistoricalRestrictions(listed)
        context.set_asset_restrictions(history, on_error="log")

    live(
        initialize,
        handle_data=lambda context, data: seen.append(data.can_trade(context.symbol("A"))),
    )
    assert seen == [True, False, False, True, True]


@pytest.mark.parametrize(
    "initialize",
    [
        lambda _: api.set_max_order_size(),
        lambda _: api.set_max_order_size(max_shares=-1),
        lambda _: api.set_max_position_size(max_notional=math.nan),
        lambda _: api.set_max_order_count(-1),
        lambda _: api.set_max_order_count(1.5),
        lambda _: api.set_max_leverage(None),
        lambda _: api.set_max_leverage(-1),
        lambda _: api.set_min_leverage(1.0, 5),
        lambda _: api.set_long_only(on_error="ignore"),
        lambda _: api.set_asset_restrictions(["A"]),
        lambda _: api.set_do_not_order_list(api.symbol("A")),
        lambda _: api.register_trading_control("none"),
        lambda _: api.register_account_control("none"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(live, initialize):
    with pytest.raises(OptionError):
        live(initialize)


@pytest.mark.parametrize(
    "initialize",
    [
        lambda _: api.set_max_order_size("A", max_shares=1),
        lambda _: api.set_do_not_order_list(["A"]),
    ],
)
def test_a_limit_of_what_is_no_asset_is_refused(live, initialize):
    with pytest.raises(NotAnAssetError):
        live(initialize)


def test_limits_are_set_in_initialize_only(live):
    with pytest.raises(HookError, match="register_trading_control"):
        live(None, handle_data=lambda _context, _data: api.set_long_only())


def test_an_instance_that_runs_again_has_no_limits_of_before(make_bundle):
    class Once(TradingAlgorithm):
        limited = True

        def initialize(self):
            if self.limited:
                self.set_max_order_count(0)

        def handle_data(self, _data):
            self.order(self.symbol("A"), 1)

    algorithm, root = Once(), make_bundle({"A": [10.0, 11.0]})
    span = ("2020-01-06", "2020-01-07")
    with pytest.raises(TradingControlError):
        run_algorithm(*span, algorithm=algorithm, root=root, store=False)
    algorithm.limited = False
    assert len(run_algorithm(*span, algorithm=algorithm, root=root, store=False)) == 2


def test_controls_of_ones_own_are_asked(live):
    asked = []

    class Odd(TradingControl):
        def validate(self, asset, amount, portfolio, now, data):  # noqa: ARG002 - the protocol's
            asked.append((asset.symbol, amount))

    class Calm(AccountControl):
        def validate(self, portfolio, account, now):  # noqa: ARG002 - the protocol's
            asked.append(now.day)

    def initialize(context):
        context.register_trading_control(Odd())
        context.register_account_control(Calm())

    live(initialize, [(7, 2)])
    assert asked == [6, ("A", 2), 7, 8, 9, 10]
