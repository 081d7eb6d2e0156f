"""Continuous futures in strategies: contract, chain, bars of one contract after the other, by hand."""

import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253
import pyarrow as pa
import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, told

from rustybt import api
from rustybt.assets import ContinuousFuture
from rustybt.data.bundles import add_table
from rustybt.data.data_portal import DataPortal
from rustybt.data.polars.data_portal import PolarsDataPortal
from rustybt.errors import FieldError, NotAnAssetError, OptionError, SpanError, UnknownRootError
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm

FRONT = [(100.0, 90), (101.0, 80), (102.0, 50), (103.0, 30), (104.0, 20)]
MIDDLE = [(110.0, 10), (111.0, 40), (112.2, 60), (113.0, 60), (114.4, 60), (115.0, 90)]
MIDDLE += [(116.0, 70), (117.0, 50), (118.0, 20), (119.0, 10)]
BACK = [None, None, (120.0, 1), (121.0, 1), (122.0, 1), (123.0, 80), (124.0, 30), (128.7, 60)]
BACK += [(126.0, 30), (127.0, 90), None, (129.0, 50)]
CHAIN = {"XXF20": FRONT, "XXG20": MIDDLE, "XXH20": BACK}
# By volume: 60 over 50 in session 2, and 60 over 50 in session 7. By calendar: 4 and 9.
VOLUME = ["XXF20"] * 3 + ["XXG20"] * 5 + ["XXH20"] * 4
CALENDAR = ["XXF20"] * 4 + ["XXG20"] * 5 + ["XXH20"] * 3


def futures(make_bundle, last=40, **columns):
    """Return a bundle of three contracts, which expire in sessions 4, 9 and `last`, and a share."""
    root = make_bundle({**CHAIN, "SPY": [float(it) for it in range(10, 22)]})
    return told(
        root,
        symbol=list(CHAIN),
        asset_type=["future"] * 3,
        root_symbol=["XX"] * 3,
        expiry=[day(4), day(9), day(last)],
        **{name: [it] * 3 for name, it in columns.items()},
    )


def each(root, look, sessions=12, first=0):
    """Return what `look` returns in each session, and the result of the run."""
    seen = []

    def initialize(context):
        context.set_slippage(us_futures=NoSlippage())
        context.set_commission(us_futures=NoCommission())

    def handle_data(context, data):
        seen.append(look(context, data))

    span = (day(first), day(sessions - 1))
    perf = run_algorithm(*span, initialize, 1000.0, handle_data, root=root, store=False)
    return seen, perf


def current(field, **asked):
    return lambda _, data: data.current(api.continuous_future("XX", **asked), field)


def names(seen):
    return [it and it.symbol for it in seen]


# -- the contract of a session ---------------------------------------------------------------------


@pytest.mark.parametrize(("roll", "wanted"), [("volume", VOLUME), ("calendar", CALENDAR)])
def test_the_contract_of_each_session(make_bundle, roll, wanted):
    seen, _ = each(futures(make_bundle), current("contract", roll=roll))
    assert names(seen) == wanted


def test_before_trading_the_contract_is_that_of_the_session_to_come(make_bundle):
    seen = []

    def before_trading_start(context, data):
        future = context.continuous_future("XX")
        found = (data.current(future, "contract").symbol, data.current(future, "close"))
        seen.append((*found, data.history(future, "close", 2, "1d").tolist()))

    run_algorithm(
        day(2),
        day(8),
        lambda _: None,
        1000.0,
        before_trading_start=before_trading_start,
        root=futures(make_bundle),
        store=False,
    )
    # The last bar is that of the session before, the prices those of the contract of this one.
    assert seen[0] == ("XXF20", 101.0, [100.0, 101.0])
    assert seen[1] == ("XXG20", 112.2, pytest.approx([101 * 1.1, 112.2]))
    assert seen[6] == ("XXH20", 128.7, pytest.approx([116 * 1.1, 128.7]))


def test_an_offset_is_so_many_contracts_later(make_bundle):
    seen, _ = each(futures(make_bundle), current("contract", offset=1, roll="calendar"))
    # The third contract is listed from session 2 on, and becomes the next one in session 4.
    assert names(seen) == ["XXG20"] * 4 + ["XXH20"] * 5 + [None] * 3
    seen, _ = each(futures(make_bundle), current("contract", offset=2, roll="calendar"))
    assert names(seen) == [None] * 2 + ["XXH20"] * 2 + [None] * 8


def test_prices_are_those_of_the_contract(make_bundle):
    root = futures(make_bundle)
    seen, _ = each(root, current("close"))
    assert seen[:10] == [100, 101, 102, 113, 114.4, 115, 116, 117, 126, 127]
    assert math.isnan(seen[10])
    assert each(root, current("price"))[0][9:] == [127.0, 127.0, 129.0]
    assert each(root, current("volume"))[0] == [90, 80, 50, 60, 60, 90, 70, 50, 30, 90, 0, 50]


def test_a_chain_without_a_successor_ends(make_bundle):
    def look(context, data):
        future = api.continuous_future("XX", offset=1, roll="calendar")
        return [
            data.current(future, "contract"),
            data.current(future, "price"),
            data.current(future, "volume"),
            data.current_chain(future),
            data.can_trade(future),
            data.is_stale(future),
        ]

    seen, _ = each(futures(make_bundle), look)
    for none, price, volume, chain, tradable, stale in seen[9:]:
        assert none is None
        assert math.isnan(price)
        assert (volume, chain, tradable, stale) == (0.0, [], False, False)
    assert seen[8][0].symbol == "XXH20"
    assert [it[4] for it in seen] == [True] * 9 + [False] * 3


def test_the_chain_is_what_is_listed_by_then(make_bundle):
    def look(context, data):
        return [it.symbol for it in data.current_chain(api.continuous_future("XX"))]

    seen, _ = each(futures(make_bundle), look)
    assert seen[0] == ["XXF20", "XXG20"]
    assert seen[2] == ["XXF20", "XXG20", "XXH20"]
    assert seen[3] == ["XXG20", "XXH20"]
    assert seen[8] == ["XXH20"]


def test_several_assets_and_fields_at_once(make_bundle):
    found = {}

    def look(context, data):
        future, spy = api.continuous_future("XX"), api.symbol("SPY")
        found["fields"] = data.current(future, ["close", "contract"])
        found["assets"] = data.current([future, spy], "close")
        found["both"] = data.current([future, spy], ["close", "volume"])
        found["tradable"] = data.can_trade(pd.Index([future, spy], dtype=object))
        found["keys"] = future, spy

    each(futures(make_bundle), look, sessions=4)
    future, spy = found["keys"]
    assert found["fields"].index.tolist() == ["close", "contract"]
    assert found["fields"]["close"] == 113.0
    assert found["fields"]["contract"].symbol == "XXG20"
    assert found["assets"].to_dict() == {future: 113.0, spy: 13.0}
    assert found["both"].loc[future].tolist() == [113.0, 60.0]
    assert found["tradable"].to_dict() == {future: True, spy: True}


# -- history ---------------------------------------------------------------------------------------


def closes(count=None, field="close", frequency="1d", **asked):
    def look(context, data):
        look.at += 1
        bars = min(look.at, count or look.at)
        found = data.history(api.continuous_future("XX", **asked), field, bars, frequency)
        return found.tolist()

    look.at = 0
    return look


def test_history_is_not_adjusted_where_none_is_asked(make_bundle):
    seen, _ = each(futures(make_bundle), closes(adjustment=None))
    assert seen[9] == [100, 101, 102, 113, 114.4, 115, 116, 117, 126, 127]


def test_history_multiplies_what_is_before_a_roll(make_bundle):
    seen, _ = each(futures(make_bundle), closes())
    # 112.2 over 102 and 128.7 over 117 are 1.1 each; nothing is adjusted before its roll.
    assert seen[2] == [100, 101, 102]
    assert seen[3] == pytest.approx([110, 111.1, 112.2, 113])
    assert seen[7] == pytest.approx([110, 111.1, 112.2, 113, 114.4, 115, 116, 117])
    late = [113, 114.4, 115, 116, 117]
    assert seen[8] == pytest.approx(
        [121, 122.21, 123.42, *(it * 1.1 for it in late), 126.0], rel=1e-12
    )


def test_history_adds_the_difference(make_bundle):
    seen, _ = each(futures(make_bundle), closes(adjustment="add"))
    late = [113, 114.4, 115, 116, 117]
    assert seen[8] == pytest.approx([121.9, 122.9, 123.9, *(it + 11.7 for it in late), 126.0])


def test_a_roll_before_the_window_adjusts_nothing(make_bundle):
    seen, _ = each(futures(make_bundle), closes(count=3))
    assert seen[5] == [113, 114.4, 115]
    assert seen[4] == pytest.approx([102 * 1.1, 113, 114.4])


def test_history_of_an_offset_has_the_ratios_of_its_own_contracts(make_bundle):
    seen, _ = each(futures(make_bundle), closes(offset=1, roll="calendar"))
    # In session 4 from the second to the third contract: 121 over 113.
    assert seen[3] == [110, 111, 112.2, 113]
    assert seen[4] == pytest.approx([it * 121 / 113 for it in (110, 111, 112.2, 113)] + [122])
    assert math.isnan(seen[9][-1])
    assert seen[9][:5] == seen[4]


def test_volumes_are_never_adjusted_and_prices_carried(make_bundle):
    root = futures(make_bundle)
    seen, _ = each(root, closes(field="volume"))
    assert seen[11] == [90, 80, 50, 60, 60, 90, 70, 50, 30, 90, 0, 50]
    seen, _ = each(root, closes(field="price", count=3))
    assert seen[11] == [127.0, 127.0, 129.0]
    seen, _ = each(root, closes(field="close", count=3))
    assert np.isnan(seen[11]).tolist() == [False, True, False]


def test_weeks_are_put_together_over_a_roll(make_bundle):
    found = {}

    def look(context, data):
        future = api.continuous_future("XX", adjustment="add")
        fields = ["open", "high", "low", "close", "volume"]
        found["weeks"] = data.history(future, fields, 2, "1w")

    each(futures(make_bundle), look, sessions=10, first=9)
    # The first week ends in the second contract, and the second in the third: 10.2 and 11.7 added.
    first, second = found["weeks"].to_numpy().tolist()
    assert first == pytest.approx([121.9, 126.1, 121.9, 126.1, 90 + 80 + 50 + 60 + 60])
    assert second == pytest.approx([126.7, 128.7, 126.0, 127.0, 90 + 70 + 50 + 30 + 90])


def test_history_of_several_in_every_form(make_bundle):
    found = {}

    def look(context, data):
        mul, add = (api.continuous_future("XX", adjustment=it) for it in ("mul", "add"))
        spy = api.symbol("SPY")
        found["wide"] = data.history([mul, spy, add], "close", 4, "1d")
        found["long"] = data.history([mul, spy], ["close", "volume"], 2, "1d")
        found["numpy"] = data.history([mul, add], "close", 4, "1d", as_="numpy")
        found["polars"] = data.history([add, spy], "close", 1, "1d", as_="polars")
        found["keys"] = [mul, spy, add]

    each(futures(make_bundle), look, sessions=4, first=3)
    mul, spy, add = found["keys"]
    assert found["wide"].columns.tolist() == [mul, spy, add]
    assert found["wide"][spy].tolist() == [10, 11, 12, 13]
    assert found["wide"][add].tolist() == pytest.approx([110.2, 111.2, 112.2, 113])
    assert found["long"].xs(mul, level=1)["volume"].tolist() == [50, 60]
    assert found["numpy"].tolist() == found["wide"][[mul, add]].to_numpy().tolist()
    rows = found["polars"].select("sid", "symbol", "close").rows()
    assert rows == [(None, "XX", 113.0), (0, "SPY", 13.0)]


def test_minutes_roll_with_their_session(make_minutes):
    opened = [datetime(2020, 1, it, 14, 30) for it in (6, 7, 8)]  # noqa: DTZ001
    hours = [(it, it + timedelta(minutes=3)) for it in opened]
    minutes = [it + timedelta(minutes=number) for it in opened for number in range(3)]
    front = {it: (100.0 + number, 10) for number, it in enumerate(minutes[:6])}
    back = {it: (200.0 + number, 5 if number < 3 else 50) for number, it in enumerate(minutes)}
    root = make_minutes(hours, {"XXF20": front, "XXG20": back})
    terms = {"symbol": ["XXF20", "XXG20"], "root_symbol": ["XX"] * 2, "expiry": [day(1), day(30)]}
    add_table("minutes", "assets", pa.table({**terms, "asset_type": ["future"] * 2}), root=root)
    seen = []

    def handle_data(context, data):
        future = api.continuous_future("XX")
        seen.append(
            (
                data.current(future, "contract").symbol,
                data.history(future, "close", min(len(seen) + 1, 4), "1m").tolist(),
                data.history(future, "close", len(seen) // 3 + 1, "1d").tolist(),
            )
        )

    run_algorithm(
        day(0),
        day(2),
        lambda _: None,
        1000.0,
        handle_data,
        root=root,
        bundle="minutes",
        data_frequency="minute",
        store=False,
    )
    # 150 in session 1 against 30: the roll is in session 2, at 205 over 105.
    assert [it[0] for it in seen] == ["XXF20"] * 6 + ["XXG20"] * 3
    assert seen[5][1:] == ([102, 103, 104, 105], [102, 105])
    ratio = 205 / 105
    assert seen[7][1] == pytest.approx([104 * ratio, 205, 206, 207])
    assert seen[7][2] == pytest.approx([102 * ratio, 205, 207])


# -- orders ----------------------------------------------------------------------------------------


def test_a_strategy_that_rolls_its_position(make_bundle):
    def look(context, data):
        contract = data.current(api.continuous_future("XX"), "contract")
        for held in list(context.portfolio.positions):
            if held is not contract:
                context.order_target(held, 0)
        context.order_target(contract, 1)
        return [it.symbol for it in context.portfolio.positions]

    seen, perf = each(futures(make_bundle, multiplier=2.0), look)
    assert seen[1:5] == [["XXF20"], ["XXF20"], ["XXF20"], ["XXG20"]]
    # A contract is sold and the next one bought in the session after a roll.
    fills = [
        (it["sid"].symbol, it["amount"], it["price"])
        for rows in perf["transactions"]
        for it in rows
    ]
    assert fills == [
        ("XXF20", 1, 101.0),
        ("XXF20", -1, 104.0),
        ("XXG20", 1, 114.4),
        ("XXG20", -1, 119.0),
        ("XXH20", 1, 127.0),
    ]
    gained = 2 * ((104 - 101) + (119 - 114.4) + (129 - 127))
    assert perf["portfolio_value"].iloc[-1] == pytest.approx(1000 + gained)


def test_a_continuous_future_itself_cannot_be_ordered(make_bundle):
    def look(context, data):
        with pytest.raises(NotAnAssetError, match="found ContinuousFuture"):
            context.order(api.continuous_future("XX"), 1)

    each(futures(make_bundle), look, sessions=1)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error", "match"),
    [
        ({"root_symbol_str": "YY"}, UnknownRootError, "'YY' and an expiry .* root symbols: XX"),
        ({"offset": -1}, OptionError, "offset: expected a whole number"),
        ({"offset": 0.5}, OptionError, "offset: expected a whole number"),
        ({"roll": "weekly"}, OptionError, "roll: expected 'calendar' or 'volume'"),
        ({"adjustment": "div"}, OptionError, "adjustment: expected 'mul', 'add' or None"),
    ],
)
def test_what_cannot_be_is_refused(make_bundle, asked, error, match):
    def look(context, data):
        with pytest.raises(error, match=match):
            context.continuous_future(**{"root_symbol_str": "XX", **asked})

    each(futures(make_bundle), look, sessions=1)


def test_unknown_fields_and_things_are_refused(make_bundle):
    def look(context, data):
        future = api.continuous_future("XX")
        with pytest.raises(FieldError, match="volume, price, contract"):
            data.current(future, "bid")
        with pytest.raises(FieldError, match="'contract'"):
            data.history(future, "contract", 1, "1d")
        with pytest.raises(FieldError, match="'contract'"):
            data.current(api.symbol("SPY"), "contract")
        with pytest.raises(NotAnAssetError, match="'XX'"):
            data.current_chain("XX")
        with pytest.raises(UnknownRootError, match="'ZZ'"):
            data.current(ContinuousFuture("ZZ"), "close")

    each(futures(make_bundle), look, sessions=1)


def test_a_bundle_without_futures_has_no_chain(make_bundle):
    def look(context, data):
        with pytest.raises(UnknownRootError, match="root symbols: none"):
            context.continuous_future("XX")
        with pytest.raises(NotAnAssetError, match="ContinuousFuture"):
            data.current_chain(ContinuousFuture("XX"))
        with pytest.raises(NotAnAssetError, match="ContinuousFuture"):
            data.history(ContinuousFuture("XX"), "close", 1, "1d")

    each(make_bundle({"A": [1.0] * 3}), look, sessions=1)


# -- the portal ------------------------------------------------------------------------------------


def test_the_portal_answers_the_same(make_bundle):
    root = futures(make_bundle)
    portal = DataPortal("small", root=root)
    finder = portal.asset_finder
    future = finder.create_continuous_future("XX")
    seen, _ = each(root, closes())
    window = portal.get_history_window([future], day(8), 9, "1d", "close")
    assert window[future].tolist() == seen[8]
    assert portal.get_spot_value(future, "contract", day(3)).symbol == "XXG20"
    assert portal.get_spot_value([future], "close", day(3)) == [113.0]
    assert portal.get_spot_value(future, "sid", day(3)) == finder.lookup_symbol("XXG20").sid
    assert portal.get_spot_value(future, "last_traded", day(10)).date() == day(9)
    chain = portal.get_current_future_chain(future, day(2))
    assert [it.symbol for it in chain] == ["XXF20", "XXG20", "XXH20"]
    assert portal.get_current_future_chain(future, datetime(2020, 1, 8, 15, tzinfo=UTC)) == chain
    assert finder.lookup_generic([future, "SPY"])[0][0] is future
    polars = PolarsDataPortal("small", root=root)
    assert polars.get_history_window(future, day(8), 9, "1d", "close")["close"].to_list() == seen[8]
    assert polars.get_spot_value(future, "close", day(3)).to_list() == [113.0]


def test_the_portal_says_where_a_chain_has_ended(make_bundle):
    portal = DataPortal("small", root=futures(make_bundle))
    future = portal.asset_finder.create_continuous_future("XX", 1, "calendar")
    assert portal.get_spot_value(future, "contract", day(10)) is None
    assert portal.get_spot_value(future, "volume", day(10)) == 0
    assert math.isnan(portal.get_spot_value(future, "close", day(10)))
    assert str(portal.get_spot_value(future, "last_traded", day(10))) == "NaT"
    with pytest.raises(FieldError, match="'bid'"):
        portal.get_spot_value(future, "bid", day(10))
    with pytest.raises(SpanError, match="no session has the label 2020-01-11"):
        portal.get_current_future_chain(future, "2020-01-11")
    with pytest.raises(NotAnAssetError, match="'XX'"):
        portal.get_current_future_chain("XX", day(1))
