"""The hooks of a strategy, its context, and what it may say when."""

import math
from datetime import date

import pytest

import warehouse
from rustybt import api
from rustybt.algorithm import TradingAlgorithm
from rustybt.errors import (
    CannotOrderError,
    HookError,
    NotAnAssetError,
    OptionError,
    OrderParametersError,
    StrategyError,
    UnknownSymbolError,
)
from rustybt.finance.ledger import Ledger
from rustybt.runner import run_algorithm

DAYS = (date(2020, 1, 6), date(2020, 1, 10))


@pytest.fixture
def root(make_bundle):
    return make_bundle({"A": [10.0, 11.0, 12.0, 13.0, 14.0], "B": [None, None, 5.0, 5.0, 5.0]})


def run(root, algorithm=None, **hooks):
    return run_algorithm(*DAYS, capital_base=1000.0, algorithm=algorithm, root=root, **hooks)


class WithContext(TradingAlgorithm):
    def initialize(self, _context):
        self.asset = self.symbol("A")

    def handle_data(self, context, _data):
        if context.asset not in context.portfolio.positions:
            self.order(context.asset, 10)


class WithoutContext(TradingAlgorithm):
    def initialize(self):
        self.asset = self.symbol("A")

    def handle_data(self, _data):
        if self.asset not in self.portfolio.positions:
            self.order(self.asset, 10)


def initialize(context):
    context.asset = api.symbol("A")


def handle_data(context, data):
    if context.asset not in context.portfolio.positions:
        api.order(context.asset, 10)


@pytest.mark.parametrize("algorithm", [WithContext, WithContext(), WithoutContext])
def test_a_class_trades_as_functions_do(root, algorithm):
    wanted = run(root, initialize=initialize, handle_data=handle_data)
    found = run(root, algorithm)
    assert found["portfolio_value"].tolist() == wanted["portfolio_value"].tolist()
    assert found["portfolio_value"].iloc[-1] > 1000


def test_an_instance_can_run_again(root):
    algorithm = WithContext()
    first, second = run(root, algorithm), run(root, algorithm)
    assert first["portfolio_value"].tolist() == second["portfolio_value"].tolist()


def test_hooks_come_in_the_order_of_a_session(root):
    seen = []
    run(
        root,
        initialize=lambda _context: seen.append("initialize"),
        before_trading_start=lambda _context, _data: seen.append("before"),
        handle_data=lambda _context, _data: seen.append("bar"),
        analyze=lambda _context, perf: seen.append(len(perf)),
    )
    assert seen == ["initialize", *["before", "bar"] * 5, 5]


def test_an_attribute_of_self_is_one_of_the_context_and_back(root):
    class Strategy(TradingAlgorithm):
        def initialize(self, context):
            self.mine, context.yours = 1, 2
            context.mine += 1
            assert (self.mine, self.yours) == (2, 2)

    run(root, Strategy)


def test_a_name_of_a_word_can_be_kept_on_the_context(root):
    def initialize(context):
        context.order = "kept"
        assert context.order == "kept"
        assert callable(context._algorithm.order)

    run(root, initialize=initialize)


def test_a_name_that_the_algorithm_keeps_for_itself_can_be_kept_on_the_context(root):
    seen = []

    def initialize(context):
        context.before, context._calls = 1, "mine"
        context.schedule_function(lambda context, _: seen.append(context._calls))
        assert (context.before, context._calls) == (1, "mine")
        context.after = 2
        assert (context._algorithm.after, context.after) == (2, 2)

    run(root, initialize=initialize)
    assert set(seen) == {"mine"}


def test_what_is_kept_on_the_context_can_be_deleted(root):
    def handle_data(context, _data):
        context.mine = context.order = 1
        del context.mine, context.order
        assert not hasattr(context, "mine")
        assert callable(context.order)

    run(root, handle_data=handle_data)


def test_only_a_function_can_be_scheduled(root):
    with pytest.raises(OptionError, match="func: expected a function"):
        run(root, initialize=lambda context: context.schedule_function("weekly"))


def test_a_hook_of_too_few_arguments_is_told_by_its_own_line(root):
    with pytest.raises(StrategyError, match=r"test_lifecycle\.py, line \d+: .*2 were given"):
        run(root, handle_data=lambda _context: None)


def test_scheduled_functions_run_after_the_bar_on_their_days(root):
    seen = []

    def initialize(context):
        context.schedule_function(
            lambda context, _: seen.append(context.get_datetime().day), api.date_rules.week_end()
        )

    run(root, initialize=initialize)
    assert seen == [10]


def test_a_recorded_value_is_a_column(root):
    def handle_data(context, data):
        api.record(price=data.current(context.asset, "close"))

    perf = run(root, initialize=initialize, handle_data=handle_data)
    assert perf["price"].tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_a_column_of_the_frame_cannot_be_recorded(root):
    with pytest.raises(OptionError, match="'returns'"):
        run(root, handle_data=lambda _context, _data: api.record(returns=1))


def test_an_order_in_initialize_is_refused(root):
    with pytest.raises(HookError, match=r"order cannot be used in initialize"):
        run(root, initialize=lambda context: context.order(context.symbol("A"), 1))


def test_an_order_before_trading_is_refused(root):
    def before(context, data):
        context.order(context.asset, 1)

    with pytest.raises(HookError, match="before_trading_start; use it in handle_data"):
        run(root, initialize=initialize, before_trading_start=before)


def test_models_are_set_in_initialize_only(root):
    with pytest.raises(HookError, match="set_slippage"):
        run(root, handle_data=lambda _context, _data: api.set_slippage(api.slippage.NoSlippage()))


def test_a_word_outside_a_run_says_so():
    with pytest.raises(HookError, match="code that is not a hook"):
        api.order(None, 1)


def test_an_unknown_symbol_names_the_nearest(root):
    with pytest.raises(UnknownSymbolError, match="Nearest symbol: 'A'"):
        run(root, initialize=lambda context: context.symbol("AA"))


def test_a_symbol_is_found_in_upper_case(root):
    run(root, initialize=lambda context: context.symbol("a"))


def ordering(*arguments, **named):
    return {
        "initialize": initialize,
        "handle_data": lambda context, _: context.order(context.asset, *arguments, **named),
    }


@pytest.mark.parametrize("amount", [math.nan, math.inf, 1e12, "ten", None])
def test_an_amount_that_cannot_be_is_refused(root, amount):
    with pytest.raises(OrderParametersError, match="amount"):
        run(root, **ordering(amount))


def test_an_amount_of_less_than_a_share_is_no_order(root):
    assert not any(map(len, run(root, **ordering(0.4))["orders"]))


def test_a_symbol_is_not_an_asset(root):
    with pytest.raises(NotAnAssetError, match="found 'A'"):
        run(root, handle_data=lambda context, _: context.order("A", 1))


def test_an_order_by_value_before_the_listing_is_refused(root):
    with pytest.raises(CannotOrderError, match="listed from 2020-01-08"):
        run(root, handle_data=lambda context, _: context.order_value(context.symbol("B"), 100))


def order_early(context, data):
    if context.get_datetime().day == 6:
        context.order(context.symbol("B"), 10)


def test_a_plain_order_before_the_listing_is_refused(root):
    with pytest.raises(CannotOrderError, match="listed from 2020-01-08"):
        run(root, handle_data=order_early)


def test_a_plain_order_waits_for_the_listing_in_zipline(root):
    perf = run(root, handle_data=order_early, compat="zipline")
    assert list(map(len, perf["transactions"])) == [0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("word", "amount", "held"),
    [
        ("order_value", 100.0, 10),
        ("order_percent", 0.5, 50),
        ("order_target", 7, 7),
        ("order_target_value", 100.0, 10),
        ("order_target_percent", 0.5, 50),
    ],
)
def test_words_that_work_out_the_amount(root, word, amount, held):
    def handle_data(context, data):
        if context.get_datetime().day == 6:
            getattr(context, word)(context.asset, amount)

    perf = run(root, initialize=initialize, handle_data=handle_data)
    assert perf["positions"].iloc[1][0]["amount"] == held


def test_an_open_order_can_be_listed_and_cancelled(root):
    def handle_data(context, data):
        for asset, orders in context.get_open_orders().items():
            assert context.get_open_orders(asset) == orders
            for order in orders:
                assert context.get_order(order.id) is order
                context.cancel_order(order)
        if context.get_datetime().day == 6:
            context.order(context.asset, 10, limit_price=1.0)

    perf = run(root, initialize=initialize, handle_data=handle_data)
    assert [[it["status"] for it in day] for day in perf["orders"]] == [[0], [2], [], [], []]


def test_a_strategy_that_raises_is_told_by_session_hook_and_line(root):
    def handle_data(context, data):
        if context.get_datetime().day == 8:
            _ = 1 / 0

    with pytest.raises(StrategyError) as raised:
        run(root, handle_data=handle_data)
    line = handle_data.__code__.co_firstlineno + 2
    assert (
        f"handle_data raised ZeroDivisionError in session 2020-01-08, at {__file__}, line {line}"
        in str(raised.value)
    )
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_an_error_of_rustybt_keeps_its_class_and_is_told_by_session_hook_and_line(root):
    def handle_data(context, data):
        if context.get_datetime().day == 8:
            context.order(context.asset, float("nan"))

    def too_early(context):
        context.order(context.symbol("A"), 1)

    line = handle_data.__code__.co_firstlineno + 2
    with pytest.raises(OrderParametersError) as raised:
        run(root, initialize=initialize, handle_data=handle_data)
    place = f"Raised in handle_data in session 2020-01-08, at {__file__}, line {line}."
    assert raised.value.__notes__[0] == place
    with warehouse.open(root) as wh:
        stored = wh.sql("SELECT error FROM backtests.runs").rows()
    assert stored == [(f"{raised.value} {place}",)]
    with pytest.raises(HookError) as early:
        run(root, initialize=too_early)
    assert early.value.__notes__[0].startswith("Raised in initialize before the first session, at ")


def test_an_error_in_initialize_is_before_the_first_session(root):
    with pytest.raises(StrategyError, match="initialize raised KeyError before the first session"):
        run(root, initialize=lambda _: {}["x"])


def test_the_portfolio_is_valued_at_the_current_bar(root):
    seen = []

    def handle_data(context, data):
        if context.get_datetime().day == 6:
            context.order(context.asset, 10)
        position = context.portfolio.positions[context.asset]
        seen.append((context.portfolio.positions_value, position.last_sale_price))

    run(
        root,
        initialize=initialize,
        handle_data=handle_data,
        slippage=api.slippage.NoSlippage(),
    )
    assert seen == [(0, 0), (110, 11), (120, 12), (130, 13), (140, 14)]


@pytest.mark.parametrize("dividend", [0.4, 0.123456])
def test_the_books_of_a_run_replay_and_balance(make_bundle, dividend):
    actions = [
        ("A", 2, "dividend", 0.9, dividend, None),
        ("A", 3, "split", 0.3, None, None),
    ]
    root = make_bundle({"A": [10.123, 11.0, 12.25, 4.0, 4.1]}, actions=actions)
    algorithm = WithContext()
    perf = run(root, algorithm)
    ledger = algorithm.ledger
    again = Ledger.replay(ledger.journal)
    assert (again.cash, again.quantities) == (ledger.cash, ledger.quantities)
    assert float(ledger.cash) == perf["ending_cash"].iloc[-1]
    assert {it.kind for it in ledger.journal} == {
        "capital",
        "fill",
        "commission",
        "dividend",
        "split",
    }


def test_coins_are_bought_in_fractions(make_bundle):
    root = make_bundle({"BTC/USDT": [7000.0] * 5}, crypto=True)

    def handle_data(context, data):
        context.order(context.symbol("BTC/USDT"), 0.1)

    perf = run_algorithm(*DAYS, handle_data=handle_data, root=root)
    assert [it[0]["amount"] for it in perf["positions"][1:]] == [0.1, 0.2, 0.3, 0.4]
