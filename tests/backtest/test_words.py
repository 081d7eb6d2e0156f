"""Words of a strategy beside its orders: benchmark, capital, fetched files, environment."""

import http.server
import threading
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from rustybt import api
from rustybt.errors import FetchFileError, FieldError, HookError, OptionError, OrderParametersError
from rustybt.runner import run_algorithm


def lived(
    root, initialize=None, handle_data=None, *, start="2020-01-06", end="2020-01-10", **options
):
    options.setdefault("capital_base", 1000.0)
    return run_algorithm(
        start,
        end,
        initialize=initialize,
        handle_data=handle_data or (lambda _context, _data: None),
        root=root,
        slippage=api.slippage.NoSlippage(),
        commission=api.commission.NoCommission(),
        store=False,
        **options,
    )


@pytest.fixture
def root(make_bundle):
    return make_bundle({"A": [10.0, 11.0, 12.0, 13.0, 14.0], "B": [5.0] * 5, "C": [None, 1.0, 1.0]})


# -- the benchmark ------------------------------------------------------------------------------


def benchmark(symbol):
    return lambda context: context.set_benchmark(context.symbol(symbol))


def test_a_benchmark_is_followed_from_close_to_close(root):
    perf = lived(root, benchmark("A"), start="2020-01-07")
    assert perf["benchmark_period_return"].iloc[-1] == pytest.approx(14 / 10 - 1)


def test_the_first_return_of_a_new_listing_is_from_open_to_close(make_bundle):
    root = make_bundle({"A": [(8.0, 11.0, 8.0, 10.0, 100), (9.0, 9.0, 9.0, 11.0, 100)]})
    perf = lived(root, benchmark("A"), end="2020-01-07")
    assert perf["benchmark_period_return"].tolist() == pytest.approx([10 / 8 - 1, 11 / 8 - 1])


def test_a_benchmark_is_adjusted_for_its_actions(make_bundle):
    actions = [("A", 2, "split", 0.5, None, None), ("A", 3, "dividend", 0.9, 0.5, None)]
    root = make_bundle({"A": [10.0, 10.0, 5.5, 5.0]}, actions=actions)
    perf = lived(root, benchmark("A"), start="2020-01-07", end="2020-01-09")
    found = perf["benchmark_period_return"].tolist()
    assert found == pytest.approx([0.0, 0.1, 1.1 * (5.0 / (5.5 * 0.9)) - 1])


def test_a_benchmark_keeps_its_price_without_a_bar(make_bundle):
    root = make_bundle({"A": [10.0, None, 12.0], "B": [1.0] * 3})
    perf = lived(root, benchmark("A"), end="2020-01-08")
    assert perf["benchmark_period_return"].tolist() == pytest.approx([0.0, 0.0, 0.2])


def test_a_benchmark_counts_as_its_returns_do(make_bundle):
    closes = (100 + np.cumsum(np.random.default_rng(1).normal(0, 1, 30))).round(2)
    root = make_bundle({"A": closes.tolist(), "B": (closes[::-1] / 3).round(2).tolist()})
    returns = dict(zip(weekdays(30)[1:], closes[1:] / closes[:-1] - 1, strict=True))

    def handle_data(context, data):
        context.order(context.symbol("B"), 1)

    span = {"start": "2020-01-07", "end": "2020-02-14"}
    found = lived(root, benchmark("A"), handle_data, **span)
    wanted = lived(root, None, handle_data, benchmark_returns=returns, **span)
    columns = ["alpha", "beta", "benchmark_volatility", "benchmark_period_return"]
    np.testing.assert_allclose(found[columns].iloc[2:], wanted[columns].iloc[2:], rtol=1e-12)
    assert found["beta"].iloc[-1] != 0


def weekdays(count):
    days = [date(2020, 1, 6) + timedelta(days=it) for it in range(2 * count)]
    return [it for it in days if it.weekday() < 5][:count]


def test_a_benchmark_that_is_not_listed_throughout_is_refused(root):
    with pytest.raises(OptionError, match="listed from 2020-01-06 to 2020-01-10"):
        lived(root, benchmark("C"))


def test_a_benchmark_is_set_in_initialize_only(root):
    with pytest.raises(HookError, match="set_benchmark"):
        lived(root, handle_data=lambda context, _: context.set_benchmark(context.symbol("A")))


# -- changes of the capital ---------------------------------------------------------------------


def test_cash_that_is_paid_in_is_no_gain(root):
    changes = {"2020-01-08": {"type": "delta", "value": 500}}
    perf = lived(root, capital_changes=changes)
    assert perf["portfolio_value"].tolist() == [1000, 1000, 1500, 1500, 1500]
    assert perf[["returns", "pnl", "capital_used"]].to_numpy().tolist() == [[0.0] * 3] * 5


def test_a_target_is_reached_at_the_last_known_prices(root):
    def handle_data(context, data):
        if not context.portfolio.positions:
            context.order(context.symbol("A"), 10)

    changes = {date(2020, 1, 9): {"type": "target", "value": 2000.0}}
    perf = lived(root, handle_data=handle_data, capital_changes=changes)
    # 1010 before the change, at a close of 12; the bar of the day then gains 10.
    assert perf["starting_cash"].iloc[3] == pytest.approx(890 + 990)
    assert perf["returns"].iloc[3] == pytest.approx(10 / 2000)


def test_the_portfolio_compounds_over_a_change(root):
    seen = []

    def handle_data(context, data):
        if context.get_datetime().day == 6:
            context.order(context.symbol("A"), 10)
        seen.append((context.portfolio.pnl, context.portfolio.returns))

    changes = {"2020-01-09": {"type": "delta", "value": 1000}}
    perf = lived(root, handle_data=handle_data, capital_changes=changes)
    assert seen[-1][0] == pytest.approx(30.0)
    assert seen[-1][1] == pytest.approx(perf["algorithm_period_return"].iloc[-1])


@pytest.mark.parametrize(
    "changes",
    [
        {"2020-01-11": {"type": "delta", "value": 1}},
        {"2020-01-08": {"type": "gift", "value": 1}},
        {"2020-01-08": {"type": "delta", "value": float("nan")}},
        {"2020-01-08": {"type": "delta"}},
        {"2020-01-08": 500},
        {"never": {"type": "delta", "value": 1}},
        [500],
    ],
)
def test_a_change_that_cannot_be_is_refused(root, changes):
    with pytest.raises(OptionError, match="capital_changes"):
        lived(root, capital_changes=changes)


# -- fetched files ------------------------------------------------------------------------------


@pytest.fixture
def fetch(root, tmp_path):
    """Return a function that lives a file of text and gives what `data` said in each bar."""

    def live(text, ask, **options):
        file = tmp_path / "fetched.csv"
        file.write_text(text)
        seen = []
        lived(
            root,
            lambda context: context.fetch_csv(file, **options),
            lambda context, data: seen.append(ask(context, data)),
        )
        return seen

    return live


SHORTS = "symbol,date,days\nA,2020-01-05,1\nA,2020-01-08,2\nB,2020-01-07,7\nZ,2020-01-07,9\n"


def days(context, data):
    return data.current(context.symbol("A"), "days")


def test_a_row_is_known_from_the_bar_of_its_date_on(fetch):
    assert fetch(SHORTS, days) == [1, 1, 2, 2, 2]


def test_a_row_of_an_instant_after_the_bar_is_known_by_the_next(fetch):
    text = "symbol,date,days\nA,2020-01-05,1\nA,2020-01-08 21:30,2\n"
    assert fetch(text, days) == [1, 1, 1, 2, 2]


def test_before_the_bar_its_row_is_not_known(root, tmp_path):
    file, seen = tmp_path / "fetched.csv", []
    file.write_text(SHORTS)
    lived(
        root,
        lambda context: context.fetch_csv(str(file)),
        before_trading_start=lambda context, data: seen.append(days(context, data)),
        start="2020-01-07",
    )
    assert seen == [1, 1, 2, 2]


def test_a_zone_says_when_a_date_begins(fetch):
    text = "symbol,date,days\nA,2020-01-05,1\nA,2020-01-08 16:30,2\n"
    assert fetch(text, days, timezone="America/New_York") == [1, 1, 1, 2, 2]


def test_several_assets_and_fields_are_a_frame(fetch):
    def ask(context, data):
        return data.current(context.symbols("A", "B"), ["close", "days"]).to_numpy().tolist()

    assert fetch(SHORTS, ask)[2] == [[12.0, 2.0], [5.0, 7.0]]


def test_a_series_of_assets_has_nan_where_nothing_is_known(fetch):
    def ask(context, data):
        return data.current(context.symbols("A", "B"), "days").isna().tolist()

    assert fetch(SHORTS, ask)[0] == [False, True]


def test_a_series_of_fields_mixes_bars_and_what_was_fetched(fetch):
    def ask(context, data):
        return data.current(context.symbol("A"), ["close", "days"]).tolist()

    assert fetch(SHORTS, ask)[0] == [10.0, 1.0]


def test_the_assets_fetched_are_those_known(fetch):
    found = fetch(SHORTS, lambda _context, data: [it.symbol for it in data.fetcher_assets])
    assert found == [["A"], ["A", "B"], ["A", "B"], ["A", "B"], ["A", "B"]]


def test_rows_of_unknown_symbols_are_told(fetch, caplog):
    fetch(SHORTS, days)
    assert "left out 1 rows of symbols that bundle 'small' does not know: Z" in caplog.text


def test_rows_of_unknown_symbols_can_be_kept(fetch):
    assert fetch(SHORTS, lambda _, data: data.current("Z", "days"), mask=False)[1] == 9


def test_a_file_may_be_about_something_that_is_no_asset(fetch):
    found = fetch(
        "date,close\n2020-01-07,14.5\n",
        lambda _, data: data.current("VIX", "close"),
        symbol="VIX",
    )
    assert np.isnan(found[0])
    assert found[1:] == [14.5] * 4


def test_a_column_of_a_bar_s_name_leaves_the_bars_alone(fetch):
    text = "symbol,date,close\nA,2020-01-05,1\n"
    assert fetch(text, lambda context, data: data.current(context.symbol("A"), "close"))[0] == 10.0


def test_functions_change_the_frame_before_and_after(fetch):
    found = fetch(
        "ticker,when,days\nA,05/01/2020,1\n",
        lambda context, data: data.current(context.symbol("A"), "twice"),
        pre_func=lambda frame: frame.rename(columns={"when": "day"}),
        post_func=lambda frame: frame.assign(twice=frame["days"] * 2),
        date_column="day",
        date_format="%d/%m/%Y",
        symbol_column="ticker",
    )
    assert found == [2] * 5


def test_options_go_to_the_reader(fetch):
    assert fetch(SHORTS.replace(",", ";"), days, sep=";")[0] == 1


def test_a_url_is_read(root, tmp_path):
    (tmp_path / "served.csv").write_text(SHORTS)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/served.csv"
        seen = []
        lived(
            root,
            lambda context: context.fetch_csv(url),
            lambda context, data: seen.append(days(context, data)),
        )
        server.shutdown()
        thread.join()
    assert seen == [1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("symbol,day\nA,2020-01-05\n", {}, "no column 'date' among symbol, day"),
        ("ticker,date\nA,2020-01-05\n", {}, "no column 'symbol' among ticker, date"),
        ("symbol,date\nA,soon\n", {}, "a date of 'date' is none"),
        ("symbol,date\nA,\n", {}, "1 rows have no 'date'"),
        ("", {}, "it cannot be read"),
        (SHORTS, {"timezone": "Nowhere/None"}, "a date of 'date' is none"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(fetch, text, options, problem):
    with pytest.raises(FetchFileError, match=problem):
        fetch(text, days, **options)


def test_a_file_that_is_not_there_is_refused(root):
    with pytest.raises(FetchFileError, match=r"none\.csv: it cannot be read"):
        lived(root, lambda context: context.fetch_csv("none.csv"))


@pytest.mark.parametrize("options", [{"pre_func": "lower"}, {"colour": "red"}])
def test_an_option_of_the_reader_that_is_none_is_refused(fetch, options):
    with pytest.raises(OptionError):
        fetch(SHORTS, days, **options)


def test_a_column_that_was_not_fetched_is_refused(fetch):
    with pytest.raises(FieldError, match="'weeks'"):
        fetch(SHORTS, lambda context, data: data.current(context.symbol("A"), ["days", "weeks"]))


def test_files_are_fetched_in_initialize_only(root):
    with pytest.raises(HookError, match="fetch_csv"):
        lived(root, handle_data=lambda context, _: context.fetch_csv("none.csv"))


# -- the rest -----------------------------------------------------------------------------------


def test_the_environment_of_a_run(root):
    seen = []
    lived(root, handle_data=lambda context, _: seen.append(context.get_environment("*")))
    assert seen[0] == {
        "arena": "backtest",
        "data_frequency": "daily",
        "start": datetime(2020, 1, 6, 14, 31, tzinfo=UTC),
        "end": datetime(2020, 1, 10, 21, tzinfo=UTC),
        "capital_base": 1000.0,
        "platform": "zipline",
    }


def test_the_environment_says_its_platform_unasked(root):
    lived(root, lambda context: context.record(platform=api.get_environment()))


def test_another_field_of_the_environment_is_refused(root):
    with pytest.raises(OptionError, match="'platform'"):
        lived(root, lambda context: context.get_environment("colour"))


def test_a_day_for_the_lookup_of_symbols_must_be_one(root):
    with pytest.raises(OptionError, match="Option dt"):
        lived(root, lambda context: context.set_symbol_lookup_date("soon"))


def test_several_market_orders_at_once(root):
    import pandas as pd

    seen = []

    def handle_data(context, data):
        if context.get_datetime().day == 6:
            wanted = pd.Series({context.symbol("A"): 3, context.symbol("B"): 0})
            seen.append(context.batch_market_order(wanted).tolist())
            seen.append(context.batch_market_order({context.symbol("B"): -2}).tolist())

    perf = lived(root, handle_data=handle_data)
    assert seen == [[1], [2]]
    assert [it["amount"] for it in perf["transactions"].iloc[1]] == [3, -2]


def test_several_orders_are_a_mapping(root):
    with pytest.raises(OrderParametersError, match="a Series of units by asset"):
        lived(root, handle_data=lambda context, _: context.batch_market_order([1, 2]))


def test_models_of_futures_and_of_all_else_are_set_apart(root):
    def initialize(context):
        context.set_slippage(us_futures=api.slippage.FixedSlippage(0.5))
        context.set_commission(us_futures=api.commission.PerContract(1.0))
        models = context._run.blotter.models
        assert repr(models.future_slippage) == "FixedSlippage(spread=0.5)"
        assert models.future_commission.cost == 1.0
        assert repr(models.slippage) == "NoSlippage()"

    lived(root, initialize)


@pytest.mark.parametrize("word", ["set_slippage", "set_commission"])
def test_no_model_at_all_is_refused(root, word):
    with pytest.raises(OptionError, match="a model for us_equities"):
        lived(root, lambda context: getattr(context, word)())


@pytest.mark.parametrize(
    ("word", "model"),
    [
        ("set_slippage", "none"),
        ("set_commission", 5),
        ("set_latency", "soon"),
        ("set_cancel_policy", "never"),
    ],
)
def test_a_model_that_is_none_is_refused(root, word, model):
    with pytest.raises(OptionError):
        lived(root, lambda context: getattr(context, word)(model))


def test_every_word_is_a_function_of_the_module():
    from rustybt.algorithm import HOOKS, TradingAlgorithm

    words = {
        name
        for kind in TradingAlgorithm.__mro__[:-1]
        for name, it in vars(kind).items()
        if callable(it) and not name.startswith("_")
    }
    loop = {"run", "before_session", "on_bar", "hook_functions", "in_session"}
    assert words - loop - set(HOOKS) <= set(api.__all__)
