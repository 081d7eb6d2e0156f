"""What `data` answers: shapes, missing bars, ends, and never the future."""

from datetime import date

import numpy as np
import pytest

from rustybt.errors import FieldError, HistoryError, NotAnAssetError, OptionError, ResolutionError
from rustybt.runner import run_algorithm

DAYS = (date(2020, 1, 6), date(2020, 1, 15))
CLOSES = {
    "A": [10.0, 11.0, None, 13.0, 14.0, 15.0, 16.0, 17.0],
    "B": [None, None, 5.0, 6.0, 7.0, None, None, None],
}
SPLIT = ("A", 3, "split", 0.5, None, None)


@pytest.fixture
def at(make_bundle):
    """Return a function that asks `data` a question in the session of a number."""
    root = make_bundle(CLOSES, actions=[SPLIT])

    def ask(number, question, hook="handle_data"):
        answers, state = [], {"bar": -1}

        def called(context, data):
            state["bar"] += 1
            if state["bar"] == number:
                answers.append(question(data, *context.symbols("A", "B")))

        hooks = {"initialize": lambda _context: None, hook: called}
        run_algorithm(*DAYS, root=root, **hooks)
        return answers[0]

    return ask


def test_one_field_of_one_asset_is_a_float(at):
    assert at(1, lambda data, a, _: data.current(a, "close")) == 11.0


def test_fields_of_one_asset_are_a_series(at):
    found = at(1, lambda data, a, _: data.current(a, ["close", "volume"]))
    assert found.to_dict() == {"close": 11.0, "volume": 1e6}


def test_one_field_of_assets_is_a_series_by_asset(at):
    found = at(3, lambda data, a, b: data.current([b, a], "close"))
    assert [(it.symbol, value) for it, value in found.items()] == [("B", 6.0), ("A", 13.0)]


def test_fields_of_assets_are_a_frame(at):
    found = at(3, lambda data, a, b: data.current([a, b], ["open", "close"]))
    assert (found.shape, list(found.columns)) == ((2, 2), ["open", "close"])


def test_a_missing_bar_has_no_close_and_no_volume_but_a_price(at):
    found = at(2, lambda data, a, _: data.current(a, ["close", "volume", "price"])).tolist()
    np.testing.assert_array_equal(found, [np.nan, 0.0, 11.0])


def test_the_price_ends_with_the_listing(at):
    assert np.isnan(at(5, lambda data, _, b: data.current(b, "price")))


@pytest.mark.parametrize(("number", "tradable"), [(1, False), (2, True), (4, True), (5, False)])
def test_an_asset_can_be_traded_while_it_is_listed(at, number, tradable):
    assert at(number, lambda data, _, b: data.can_trade(b)) is tradable


def test_an_asset_can_be_traded_on_a_day_without_a_bar(at):
    assert at(2, lambda data, a, b: (data.can_trade(a), data.is_stale(a), data.is_stale(b))) == (
        True,
        True,
        False,
    )


def test_several_assets_are_answered_as_a_series(at):
    found = at(1, lambda data, a, b: data.can_trade([a, b]))
    assert found.tolist() == [True, False]


def history(*arguments, **named):
    def question(data, a, b):
        return data.history({"a": a, "ab": [a, b]}[arguments[0]], *arguments[1:], **named)

    return question


def test_history_of_one_asset_is_a_series_of_naive_sessions(at):
    found = at(1, history("a", "close", 2, "1d"))
    assert (found.tolist(), found.name.symbol) == ([10.0, 11.0], "A")
    assert str(found.index[-1]) == "2020-01-07 00:00:00"
    assert found.index.tz is None


def test_history_is_adjusted_up_to_the_current_session_but_not_the_session_itself(at):
    found = at(3, history("a", "close", 4, "1d")).tolist()
    np.testing.assert_array_equal(found, [5.0, 5.5, np.nan, 13.0])


def test_history_of_the_day_before_a_split_does_not_know_it(at):
    np.testing.assert_array_equal(at(2, history("a", "close", 3, "1d")), [10.0, 11.0, np.nan])


def test_volume_is_adjusted_the_other_way(at):
    assert at(3, history("a", "volume", 2, "1d")).tolist() == [0.0, 1e6]


def test_price_is_filled_forward(at):
    assert at(3, history("a", "price", 4, "1d")).tolist() == [5.0, 5.5, 5.5, 13.0]


def test_history_of_assets_is_a_frame_of_sessions_and_assets(at):
    found = at(3, history("ab", "close", 2, "1d"))
    assert [it.symbol for it in found.columns] == ["A", "B"]
    np.testing.assert_array_equal(found.to_numpy(), [[np.nan, 5.0], [13.0, 6.0]])


def test_price_in_history_ends_with_the_listing(at):
    found = at(6, history("ab", "price", 4, "1d")).to_numpy()[:, 1]
    np.testing.assert_array_equal(found, [6.0, 7.0, np.nan, np.nan])


def test_fields_of_one_asset_in_history_are_columns(at):
    found = at(1, history("a", ["open", "close"], 2, "1d"))
    assert (list(found.columns), len(found)) == (["open", "close"], 2)


def test_fields_of_assets_in_history_have_an_index_of_both(at):
    found = at(3, history("ab", ["open", "close"], 2, "1d"))
    assert list(found.index.names) == ["date", "asset"]
    assert found.shape == (4, 2)


def test_history_as_an_array(at):
    assert at(3, history("ab", ["open", "close"], 2, "1d", as_="numpy")).shape == (2, 2, 2)


def test_history_as_a_long_polars_frame(at):
    found = at(3, history("ab", "close", 2, "1d", as_="polars"))
    assert found.columns == ["session", "sid", "symbol", "close"]
    assert found["symbol"].to_list() == ["A", "B"] * 2


def test_history_can_be_changed_without_harm(at):
    def question(data, a, _):
        changed = data.history(a, "close", 2, "1d")
        changed.iloc[:] = 0
        return data.history(a, "close", 2, "1d").tolist()

    assert at(1, question) == [10.0, 11.0]


def test_history_before_the_first_bar_is_refused(at):
    with pytest.raises(HistoryError, match="before the first bar of bundle 'small', 2020-01-06"):
        at(1, history("a", "close", 3, "1d"))


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_a_count_of_bars_that_is_none_is_refused(at, count):
    with pytest.raises(HistoryError, match="whole number"):
        at(1, history("a", "close", count, "1d"))


@pytest.mark.parametrize("frequency", ["1m", "5m", "1h"])
def test_minutes_of_a_bundle_without_are_refused(at, frequency):
    with pytest.raises(ResolutionError, match="has no bars_1m; it holds bars_1d"):
        at(1, history("a", "close", 2, frequency))


@pytest.mark.parametrize("frequency", ["2d", "1M", None, 5])
def test_another_frequency_is_refused(at, frequency):
    with pytest.raises(OptionError, match="frequency: expected one of '1m', '5m'"):
        at(1, history("a", "close", 2, frequency))


def test_an_unknown_field_is_refused(at):
    with pytest.raises(FieldError, match="'vwap'"):
        at(1, lambda data, a, _: data.current(a, "vwap"))


def test_a_symbol_is_not_an_asset(at):
    with pytest.raises(NotAnAssetError, match="found 'A'"):
        at(1, lambda data, _a, _b: data.current("A", "close"))


@pytest.mark.parametrize("fields", [None, 5, [], ["close", "cloze"]])
@pytest.mark.parametrize("word", ["current", "history"])
def test_fields_that_are_none_are_refused(at, word, fields):
    rest = (2,) if word == "history" else ()
    with pytest.raises(FieldError, match="expected one of open, high"):
        at(1, lambda data, a, _: getattr(data, word)(a, fields, *rest))


@pytest.mark.parametrize("word", ["can_trade", "is_stale"])
def test_a_list_of_sids_is_no_list_of_assets(at, word):
    with pytest.raises(NotAnAssetError, match="found 1 of type int"):
        at(1, lambda data, *_: getattr(data, word)([1]))


def test_before_trading_the_last_bar_is_yesterdays_adjusted_to_today(at):
    def question(data, a, _):
        return data.current(a, "price"), data.history(a, "close", 2, "1d").tolist()

    price, closes = at(3, question, hook="before_trading_start")
    assert price == 5.5
    np.testing.assert_array_equal(closes, [5.5, np.nan])


def test_before_trading_of_the_first_session_nothing_is_known(at):
    assert np.isnan(at(0, lambda data, a, _: data.current(a, "close"), "before_trading_start"))


def test_the_current_session_is_a_label_and_an_instant(at):
    session, instant = at(1, lambda data, _a, _b: (data.current_session, data.current_dt))
    assert (str(session), str(instant)) == ("2020-01-07 00:00:00", "2020-01-07 21:00:00+00:00")


def long_closes(tail):
    walk = np.random.default_rng(7).normal(0, 1, 700).cumsum() + 100
    return {"A": [*np.round(walk, 4).tolist()[:650], *tail], "B": [50.0] * 700}


def trade(context, data):
    asset = context.symbol("A")
    mean = data.history(asset, "close", 100, "1d").mean()
    context.record(mean=mean, before=data.current(asset, "price"))
    context.order(asset, 10 if data.current(asset, "close") > mean else -10)


def test_rows_of_the_future_change_nothing_before_them(make_bundle, tmp_path):
    found = []
    for number, tail in enumerate(([100.0] * 50, [900.0 + it for it in range(50)])):
        root = make_bundle(
            long_closes(tail),
            actions=[("A", 660, "split", 0.5 + number, None, None)],
            root=tmp_path / str(number),
        )
        perf = run_algorithm("2021-01-04", "2022-07-01", handle_data=trade, root=root)
        found.append(perf.drop(columns=["orders", "transactions", "positions"]))
    assert found[0].equals(found[1])


def test_a_window_longer_than_what_is_kept_is_read_from_the_bundle(make_bundle):
    closes = long_closes([100.0] * 50)
    root = make_bundle(closes, actions=[("A", 100, "split", 0.5, None, None)])
    seen = []

    def handle_data(context, data):
        seen.append(data.history(context.symbol("A"), "close", 600, "1d").to_numpy())

    run_algorithm("2022-06-01", "2022-06-02", handle_data=handle_data, root=root)
    last = np.busday_count("2020-01-06", "2022-06-01")
    for row, found in zip((last, last + 1), seen, strict=True):
        wanted = np.array(closes["A"][: row + 1])
        wanted[:100] *= 0.5
        np.testing.assert_array_equal(found, wanted[-600:])
