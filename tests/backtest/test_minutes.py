"""Runs that step by minutes: which minutes there are, what is known in each, when orders fill."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from rustybt import api
from rustybt.errors import HistoryError, OptionError, ResolutionError, SpanError
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm

MINUTE = timedelta(minutes=1)


def at(day, clock):
    """Return an instant of January 2020, UTC."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2020, 1, day, hour, minute)  # noqa: DTZ001 - DuckDB's TIMESTAMP is UTC


def hours(day, opened="14:30", closed="14:40"):
    return at(day, opened), at(day, closed)


WEEK = [hours(6), hours(7), hours(8, closed="14:34"), hours(9), hours(10)]  # Wednesday is short


def minutes(day, values, first="14:31"):
    return {at(day, first) + it * MINUTE: v for it, v in enumerate(values) if v is not None}


def every(days=(6, 7, 8, 9, 10)):
    """Return a close for each minute: 610 to 619 on the 6th, and so on."""
    return {k: v for day in days for k, v in minutes(day, range(day * 100, day * 100 + 10)).items()}


def run(root, handle_data=None, start="2020-01-06", end="2020-01-10", **options):
    return run_algorithm(
        start,
        end,
        handle_data=handle_data or (lambda _context, _data: None),
        root=root,
        data_frequency="minute",
        capital_base=100_000,
        slippage=NoSlippage(),
        commission=NoCommission(),
        **options,
    )


def asked(root, question, when, **options):
    """Return the answer to a question in the minute of an instant."""
    found = []

    def handle_data(context, data):
        if data.current_dt == np.datetime64(when).astype(datetime).replace(
            tzinfo=data.current_dt.tz
        ):
            found.append(question(data, *list(context.asset_finder)))

    run(root, handle_data, **options)
    (answer,) = found
    return answer


@pytest.fixture
def root(make_minutes):
    return make_minutes(WEEK, {"A": every()})


def stamps(root, **options):
    seen = []
    run(root, lambda _context, data: seen.append(data.current_dt.strftime("%d %H:%M")), **options)
    return seen


def test_each_minute_up_to_the_close_is_lived_once(root):
    seen = stamps(root)
    assert len(seen) == 10 * 4 + 4
    assert (seen[0], seen[9], seen[10]) == ("06 14:31", "06 14:40", "07 14:31")
    assert [it for it in seen if it.startswith("08")] == [f"08 14:{it}" for it in range(31, 35)]


def test_minutes_stamped_with_their_start_begin_at_the_opening(make_minutes):
    bars = minutes(6, range(10, 20), first="14:30")
    seen = stamps(make_minutes(WEEK, {"A": bars}), end="2020-01-06")
    assert (seen[0], seen[-1], len(seen)) == ("06 14:30", "06 14:39", 10)


def test_a_session_that_never_closes_has_a_day_of_minutes(make_minutes):
    days = [(at(it, "00:00"), at(it + 1, "00:00")) for it in (6, 7, 8)]
    bars = {at(6, "00:00"): 5.0, at(7, "23:59"): 6.0}
    root = make_minutes(days, {"A": bars}, calendar="24/7")
    seen = stamps(root, end="2020-01-07")
    assert (seen[0], seen[1439], seen[1440], len(seen)) == (
        "06 00:00",
        "06 23:59",
        "07 00:00",
        2880,
    )


def test_an_order_fills_at_the_close_of_the_next_minute(root):
    def handle_data(context, data):
        if data.current_dt.strftime("%d %H:%M") == "06 14:33":
            context.order(api.symbol("A"), 10)

    (fill,) = run(root, handle_data, end="2020-01-07")["transactions"].iloc[0]
    assert (fill["price"], fill["dt"].strftime("%H:%M")) == (603.0, "14:34")


def test_an_order_of_the_last_minute_fills_in_the_next_session(root):
    def handle_data(context, data):
        if data.current_dt.strftime("%d %H:%M") == "06 14:40":
            context.order(api.symbol("A"), 10)

    perf = run(root, handle_data, end="2020-01-07")
    assert [len(it) for it in perf["transactions"]] == [0, 1]
    assert perf["transactions"].iloc[1][0]["price"] == 700.0


def test_an_order_waits_for_a_minute_with_a_trade(make_minutes):
    bars = minutes(6, [10, 11, None, None, 14])

    def handle_data(context, data):
        if data.current_dt.strftime("%H:%M") == "14:32":
            context.order(api.symbol("A"), 10)

    perf = run(make_minutes(WEEK, {"A": bars}), handle_data, end="2020-01-06")
    assert [it["price"] for it in perf["transactions"].iloc[0]] == [14.0]


def test_there_is_one_row_a_session(root):
    perf = run(root)
    assert [it.strftime("%d %H:%M") for it in perf.index] == [
        "06 14:40", "07 14:40", "08 14:34", "09 14:40", "10 14:40",
    ]  # fmt: skip


def test_a_missing_minute_has_no_close_but_a_price(make_minutes):
    root = make_minutes(WEEK, {"A": minutes(6, [10, 11, None, 13])})

    def question(data, a):
        return data.current(a, ["close", "volume", "price"]).tolist()

    found = asked(root, question, at(6, "14:33"), end="2020-01-06")
    np.testing.assert_array_equal(found, [np.nan, 0.0, 11.0])


def test_a_missing_minute_can_be_traded_and_is_stale(make_minutes):
    root = make_minutes(WEEK, {"A": minutes(6, [10, 11, None, 13])})

    def question(data, a):
        return data.can_trade(a), data.is_stale(a), data.can_trade([a]).tolist()

    assert asked(root, question, at(6, "14:33"), end="2020-01-06") == (True, True, [True])


def test_before_trading_is_a_quarter_to_nine_in_new_york(root):
    seen = []

    def before(context, data):
        asset = api.symbol("A")
        seen.append((data.current_dt.strftime("%d %H:%M"), data.current(asset, "close")))

    run(root, before_trading_start=before, end="2020-01-07")
    assert [it[0] for it in seen] == ["06 13:45", "07 13:45"]
    np.testing.assert_array_equal([it[1] for it in seen], [np.nan, 609.0])


def test_before_trading_of_a_session_that_never_closes_is_its_start(make_minutes):
    days = [(at(it, "00:00"), at(it + 1, "00:00")) for it in (6, 7, 8)]
    root = make_minutes(days, {"A": {at(6, "00:00"): 5.0, at(7, "23:59"): 6.0}}, calendar="24/7")
    seen = []
    run(
        root,
        before_trading_start=lambda _context, data: seen.append(str(data.current_dt)),
        end="2020-01-07",
    )
    assert seen == ["2020-01-06 00:00:00+00:00", "2020-01-07 00:00:00+00:00"]


def history(fields, count, frequency, **named):
    return lambda data, a: data.history(a, fields, count, frequency, **named)


def test_history_of_minutes_runs_through_the_session_before(root):
    found = asked(root, history("close", 3, "1m"), at(7, "14:32"))
    assert found.tolist() == [609.0, 700.0, 701.0]
    assert [it.strftime("%d %H:%M") for it in found.index] == ["06 14:40", "07 14:31", "07 14:32"]
    assert str(found.index.tz) == "UTC"


def test_five_minutes_are_counted_from_the_opening_and_the_last_is_partial(root):
    found = asked(
        root, history(["open", "high", "low", "close", "volume"], 4, "5m"), at(9, "14:36")
    )
    assert [it.strftime("%d %H:%M") for it in found.index] == [
        "07 14:40", "08 14:34", "09 14:35", "09 14:36",
    ]  # fmt: skip
    assert found["open"].tolist() == [704.0, 799.0, 899.0, 904.0]
    assert found["high"].tolist() == [711.0, 805.0, 906.0, 907.0]
    assert found["low"].tolist() == [702.0, 797.0, 897.0, 902.0]
    assert found["close"].tolist() == [709.0, 803.0, 904.0, 905.0]
    assert found["volume"].tolist() == [5000.0, 4000.0, 5000.0, 1000.0]


def test_a_longer_bar_takes_what_is_known_of_it(make_minutes):
    root = make_minutes(WEEK, {"A": minutes(6, [None, 11, 12, None, None, None, None])})
    found = asked(
        root, history(["open", "close", "price"], 2, "5m"), at(6, "14:37"), end="2020-01-06"
    )
    np.testing.assert_array_equal(found, [[10.0, 12.0, 12.0], [np.nan, np.nan, 12.0]])


def test_days_in_a_run_of_minutes_end_with_the_session_so_far(root):
    found = asked(root, history(["open", "high", "close", "volume"], 3, "1d"), at(8, "14:32"))
    assert [str(it.date()) for it in found.index] == ["2020-01-06", "2020-01-07", "2020-01-08"]
    assert found["open"].tolist() == [599.0, 699.0, 799.0]
    assert found["high"].tolist() == [611.0, 711.0, 803.0]
    assert found["close"].tolist() == [609.0, 709.0, 801.0]
    assert found["volume"].tolist() == [10_000.0, 10_000.0, 2_000.0]


def test_whole_days_are_the_stored_ones_where_there_are(make_minutes):
    days = {"A": {at(it, "00:00").date(): it * 1.0 for it in (6, 7, 8, 9, 10)}}
    root = make_minutes(WEEK, {"A": every()}, daily=days)
    found = asked(root, history("close", 3, "1d"), at(8, "14:32"))
    assert found.tolist() == [6.0, 7.0, 801.0]


def test_before_trading_days_end_with_the_session_before(root):
    seen = []

    def before(context, data):
        seen.append(data.history(api.symbol("A"), "close", 1, "1d").tolist())

    run(root, before_trading_start=before, start="2020-01-07", end="2020-01-08")
    assert seen == [[609.0], [709.0]]


def test_a_week_is_put_together_from_days(root):
    found = asked(root, history("volume", 1, "1w"), at(8, "14:32"))
    assert found.tolist() == [22_000.0]


def test_a_split_is_in_force_from_the_first_minute_of_its_session(make_minutes):
    actions = [("A", at(7, "00:00").date(), "split", 0.5, None, None)]
    root = make_minutes(WEEK, {"A": every()}, actions=actions)
    assert asked(root, history("close", 2, "1m"), at(7, "14:31")).tolist() == [304.5, 700.0]
    assert asked(root, history("close", 2, "1m"), at(6, "14:40")).tolist() == [608.0, 609.0]
    assert asked(root, history("close", 2, "1d"), at(7, "14:32")).tolist() == [304.5, 701.0]


def test_a_daily_run_sees_the_minutes_of_its_session(make_minutes):
    days = {"A": {at(it, "00:00").date(): it * 1.0 for it in (6, 7, 8, 9, 10)}}
    root = make_minutes(WEEK, {"A": every()}, daily=days)
    seen = []

    def ask(context, data):
        seen.append(data.history(api.symbol("A"), "close", 2, "1m").tolist())

    run_algorithm("2020-01-07", "2020-01-08", handle_data=ask, before_trading_start=ask, root=root)
    assert seen == [[608.0, 609.0], [708.0, 709.0], [708.0, 709.0], [802.0, 803.0]]


def test_minutes_as_a_polars_frame(root):
    found = asked(
        root, lambda data, a: data.history([a], "close", 2, "1m", as_="polars"), at(7, "14:31")
    )
    assert found.columns == ["ts", "sid", "symbol", "close"]
    assert found["ts"].to_list() == [at(6, "14:40"), at(7, "14:31")]


def test_a_window_before_the_first_minute_is_refused(root):
    with pytest.raises(HistoryError, match="begin before the first bar"):
        asked(root, history("close", 12, "1m"), at(7, "14:31"))


@pytest.mark.parametrize("frequency", ["5m", "1d", "1mo"])
def test_a_longer_window_before_the_first_minute_is_refused(root, frequency):
    with pytest.raises(HistoryError, match="begin before the first bar"):
        asked(root, history("close", 5, frequency), at(7, "14:31"))


def scheduled(root, *rules, options=None, **named):
    seen = []

    def initialize(context):
        context.schedule_function(
            lambda _context, data: seen.append(data.current_dt.strftime("%d %H:%M")),
            *rules,
            **named,
        )

    run(root, initialize=initialize, **(options or {}))
    return seen


DAILY = api.date_rules.every_day()


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        (api.time_rules.market_open(), ["06 14:31", "07 14:31", "08 14:31"]),
        (api.time_rules.market_open(minutes=5), ["06 14:35", "07 14:35"]),
        (api.time_rules.market_close(), ["06 14:39", "07 14:39", "08 14:33"]),
        (api.time_rules.market_close(minutes=3), ["06 14:37", "07 14:37", "08 14:31"]),
        (api.time_rules.market_open(timedelta(minutes=2)), ["06 14:32", "07 14:32", "08 14:32"]),
        (None, ["06 14:31", "07 14:31", "08 14:31"]),
    ],
)
def test_a_function_runs_in_the_minute_of_its_rule(root, rule, seen):
    assert scheduled(root, DAILY, rule, options={"end": "2020-01-08"}) == seen


def test_half_days_can_be_left_out(root):
    seen = scheduled(root, DAILY, api.time_rules.market_close(), half_days=False)
    assert seen == ["06 14:39", "07 14:39", "09 14:39", "10 14:39"]


def test_every_minute_is_every_minute_but_once_a_day_in_zipline(root):
    rules = (DAILY, api.time_rules.every_minute())
    assert len(scheduled(root, *rules)) == 44
    assert len(scheduled(root, *rules, options={"compat": "zipline"})) == 5


@pytest.mark.parametrize(
    "named",
    [
        {"minutes": 0},
        {"minutes": -1},
        {"offset": timedelta(seconds=30)},
        {"offset": 5},
        {"offset": timedelta(minutes=1), "minutes": 1},
    ],
)
@pytest.mark.parametrize("rule", [api.time_rules.market_open, api.time_rules.market_close])
def test_an_offset_that_cannot_be_is_refused(rule, named):
    with pytest.raises(OptionError, match="offset: expected a timedelta"):
        rule(**named)


def test_rules_in_the_wrong_place_are_refused(root):
    with pytest.raises(OptionError, match="date_rule"):
        scheduled(root, api.time_rules.market_open())
    with pytest.raises(OptionError, match="time_rule"):
        scheduled(root, None, DAILY)


def test_another_calendar_is_refused(root):
    with pytest.raises(OptionError, match="calendar: expected 'XNYS'"):
        scheduled(root, calendar="XLON")


def test_a_run_of_minutes_needs_minutes(make_bundle):
    with pytest.raises(ResolutionError, match="has no bars_1m; it holds bars_1d"):
        run(make_bundle({"A": [1.0] * 5}))


def test_a_daily_run_needs_days(root):
    with pytest.raises(ResolutionError, match="has no bars_1d; it holds bars_1m"):
        run_algorithm("2020-01-06", "2020-01-10", handle_data=print, root=root)


def test_a_span_beyond_the_minutes_is_refused_though_there_are_days(make_minutes):
    days = {"A": {at(it, "00:00").date(): 1.0 for it in (6, 7, 8, 9, 10)}}
    root = make_minutes(WEEK, {"A": every((7, 8))}, daily=days)
    with pytest.raises(SpanError, match="bars of 2020-01-07 to 2020-01-08"):
        run(root)


def test_minutes_off_the_hours_have_no_place(make_minutes):
    odd = {at(6, "14:29"): 1.0, at(6, "14:32") + timedelta(seconds=30): 2.0, at(6, "21:00"): 3.0}
    root = make_minutes(WEEK, {"A": {**minutes(6, [10, 11, 12]), **odd}})
    found = asked(root, history("close", 3, "1m"), at(6, "14:33"), end="2020-01-06")
    assert found.tolist() == [10.0, 11.0, 12.0]


def test_a_delisted_position_is_sold_at_the_end_of_the_session_after(make_minutes):
    bars = {"A": every((6, 7)), "B": every()}

    def handle_data(context, data):
        if data.current_dt.strftime("%d %H:%M") == "06 14:31":
            context.order(api.sid(0), 10)

    perf = run(make_minutes(WEEK, bars), handle_data)
    (sold,) = perf["transactions"].iloc[2]
    assert (sold["price"], sold["dt"].strftime("%d %H:%M")) == (709.0, "08 14:34")
