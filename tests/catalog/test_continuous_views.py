"""The rolls of futures and the bars of continuous futures as views: by hand, and beside a plain loop."""

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import prod

import pyarrow as pa
import pytest

import warehouse

EXACT = pa.decimal128(18, 8)
DAYS = [date(2020, 1, 6) + timedelta(days=it + 2 * (it // 5)) for it in range(60)]


def price(value):
    return None if value is None else Decimal(str(value))


def stored(folder, contracts, *, root_symbol="XX"):
    """Store contracts by symbol: the number of the session of their expiry, and a close and volume,
    or None, a session."""
    bars, assets = [], []
    for sid, (symbol, (expiry, rows)) in enumerate(contracts.items()):
        traded = [(day, it) for day, it in zip(DAYS, rows, strict=False) if it]
        for day, (close, volume) in traded:
            prices = dict.fromkeys(("open", "high", "low", "close"), price(close))
            bars.append({"session": day, "sid": sid, "symbol": symbol, "volume": price(volume)})
            bars[-1] |= prices
        assets.append({"sid": sid, "symbol": symbol, "exchange": "XNYS", "asset_type": "future"})
        assets[-1] |= {"first_session": traded[0][0], "last_session": traded[-1][0]}
        assets[-1] |= {
            "root_symbol": root_symbol,
            "expiry": None if expiry is None else DAYS[expiry],
        }
    exact = dict.fromkeys(("open", "high", "low", "close", "volume"), EXACT)
    days = {it: pa.date32() for it in ("session", "first_session", "last_session", "expiry")}

    def table(rows):
        types = {"sid": pa.int32(), **exact, **days}
        fields = [(name, types.get(name, pa.string())) for name in rows[0]]
        return pa.Table.from_pylist(rows, schema=pa.schema(fields))

    hours = [
        {"session": it, "open_at": datetime.combine(it, time(14, 30)), "close_at": None}
        for it in DAYS
    ]
    opened = warehouse.open(folder)
    with opened.begin("fut", calendar="XNYS") as txn:
        txn.upsert("bars_1d", table(bars))
        txn.replace("assets", table(assets))
        sessions = pa.schema(
            [
                ("session", pa.date32()),
                ("open_at", pa.timestamp("us")),
                ("close_at", pa.timestamp("us")),
            ]
        )
        txn.replace("sessions", pa.Table.from_pylist(hours, schema=sessions))
        txn.commit({"source": "made by a test"})
    opened.refresh()
    return opened


FRONT = [(100, 90), (101, 80), (102, 50), (103, 30), (104, 20)]
MIDDLE = [
    (110, 10),
    (111, 40),
    (112.2, 60),
    (113, 60),
    (114.4, 60),
    (115, 90),
    (116, 70),
    (117, 50),
]
MIDDLE += [(118, 20), (119, 10)]
BACK = [None, None, (120, 1), (121, 1), (122, 1), (123, 80), (124, 30), (128.7, 60), (126, 30)]
BACK += [(127, 90), (128, 90), (129, 50)]
CHAIN = {"XXF20": (4, FRONT), "XXG20": (9, MIDDLE), "XXH20": (40, BACK)}

ROLLS = "SELECT session, from_symbol, to_symbol, ratio, difference FROM fut.rolls WHERE roll = ?"
BARS = """
    SELECT session, symbol, close::DOUBLE, volume::DOUBLE, close_mul, close_add
    FROM fut.continuous_1d WHERE roll = ? ORDER BY root_symbol, session"""


def rolls(wh, roll):
    found = wh.sql(ROLLS + " ORDER BY root_symbol, session", [roll]).rows()
    return [(DAYS.index(session), *rest) for session, *rest in found]


def bars(wh, roll):
    return [(DAYS.index(session), *rest) for session, *rest in wh.sql(BARS, [roll]).rows()]


def test_a_calendar_roll_is_in_the_session_of_the_expiry(tmp_path):
    with stored(tmp_path, CHAIN) as wh:
        # Closes of sessions 3 and 8: 113 over 103, and 126 over 118.
        assert rolls(wh, "calendar") == [
            (4, "XXF20", "XXG20", 113 / 103, 10.0),
            (9, "XXG20", "XXH20", 126 / 118, 8.0),
        ]
        symbols = [it[1] for it in bars(wh, "calendar")]
        assert symbols == ["XXF20"] * 4 + ["XXG20"] * 5 + ["XXH20"] * 3


def test_a_volume_roll_is_in_the_session_after_the_next_contract_traded_more(tmp_path):
    with stored(tmp_path, CHAIN) as wh:
        # 60 over 50 in session 2; 60 over 50 in session 7, after the expiry of the first in 4.
        assert rolls(wh, "volume") == [
            (3, "XXF20", "XXG20", 112.2 / 102, pytest.approx(10.2)),
            (8, "XXG20", "XXH20", 128.7 / 117, pytest.approx(11.7)),
        ]


def test_closes_are_adjusted_by_all_later_rolls(tmp_path):
    with stored(tmp_path, CHAIN) as wh:
        found = bars(wh, "volume")
    # Both ratios are 1.1; the differences are 10.2 and 11.7.
    assert found[0] == (0, "XXF20", 100.0, 90.0, pytest.approx(121.0), pytest.approx(121.9))
    assert found[2] == (2, "XXF20", 102.0, 50.0, pytest.approx(123.42), pytest.approx(123.9))
    assert found[3] == (3, "XXG20", 113.0, 60.0, pytest.approx(124.3), pytest.approx(124.7))
    assert found[8:] == [
        (8, "XXH20", 126.0, 30.0, 126.0, 126.0),
        (9, "XXH20", 127.0, 90.0, 127.0, 127.0),
        (10, "XXH20", 128.0, 90.0, 128.0, 128.0),
        (11, "XXH20", 129.0, 50.0, 129.0, 129.0),
    ]


def test_a_contract_that_is_never_overtaken_is_held_to_its_expiry(tmp_path):
    quiet = [(110, 1)] * 12
    with stored(tmp_path, {"XXF20": (4, FRONT), "XXG20": (40, quiet)}) as wh:
        assert [it[:3] for it in rolls(wh, "volume")] == [(5, "XXF20", "XXG20")]
        assert [it[:3] for it in rolls(wh, "calendar")] == [(4, "XXF20", "XXG20")]


def test_a_volume_roll_is_not_taken_back(tmp_path):
    falling = [(110, 10), (111, 90), (112, 10), (113, 10), (114, 10), (115, 10)]
    with stored(tmp_path, {"XXF20": (4, FRONT), "XXG20": (40, falling)}) as wh:
        assert [it[:3] for it in rolls(wh, "volume")] == [(2, "XXF20", "XXG20")]


def test_an_expiry_that_is_no_session_counts_in_the_next_one(tmp_path):
    with stored(tmp_path, CHAIN) as wh:
        assets = wh.sql("SELECT * REPLACE (expiry + 1 AS expiry) FROM fut.assets").arrow()
        with wh.begin("fut") as txn:  # from Fridays to Saturdays
            txn.replace("assets", assets)
            txn.commit({"source": "made by a test"})
        wh.refresh()
        assert [it[0] for it in rolls(wh, "calendar")] == [5, 10]


def test_a_contract_without_a_successor_ends(tmp_path):
    with stored(tmp_path, {"XXF20": (4, FRONT), "XXG20": (9, MIDDLE)}) as wh:
        assert [it[0] for it in bars(wh, "calendar")] == list(range(10))
        assert len(rolls(wh, "calendar")) == 1
    with stored(tmp_path / "one", {"XXF20": (4, FRONT)}) as wh:
        assert rolls(wh, "volume") == []
        assert [it[4] for it in bars(wh, "volume")] == [100, 101, 102, 103, 104]


def test_a_roll_beyond_the_last_bar_is_not_told_yet(tmp_path):
    with stored(tmp_path, {"XXF20": (20, FRONT), "XXG20": (40, [(110, 1)] * 5)}) as wh:
        assert rolls(wh, "calendar") == rolls(wh, "volume") == []


def test_contracts_that_have_no_bar_before_a_roll_leave_no_ratio(tmp_path):
    late = [None] * 6 + [(120, 50)] * 3
    with stored(tmp_path, {"XXF20": (4, FRONT), "XXG20": (40, late)}) as wh:
        assert rolls(wh, "calendar") == [(4, "XXF20", "XXG20", None, None)]
        assert [it[4] for it in bars(wh, "calendar")] == [100, 101, 102, 103, 120, 120, 120]


def test_prices_below_zero_have_a_difference_and_no_ratio(tmp_path):
    falling = [(10, 9), (-37.5, 9), (-5, 9)]
    with stored(tmp_path, {"XXF20": (2, falling), "XXG20": (40, [(20, 1)] * 4)}) as wh:
        assert rolls(wh, "calendar") == [(2, "XXF20", "XXG20", None, 57.5)]
        assert bars(wh, "calendar")[0][4:] == (10.0, 67.5)


def test_contracts_without_an_expiry_and_other_assets_are_in_no_chain(tmp_path):
    chain = {"XXF20": (4, FRONT), "XX": (None, MIDDLE), "XXH20": (40, BACK)}
    with stored(tmp_path, chain) as wh:
        assert {it[1] for it in bars(wh, "calendar")} == {"XXF20", "XXH20"}
    with stored(tmp_path / "shares", CHAIN, root_symbol=None) as wh:
        assert bars(wh, "calendar") == rolls(wh, "calendar") == []


def test_every_column_has_its_unit_and_type(tmp_path):
    with stored(tmp_path, CHAIN) as wh:
        wh.sql("FROM fut.continuous_1d")
        query = (
            "SELECT comment FROM duckdb_columns() WHERE table_name IN ('rolls', 'continuous_1d')"
        )
        units = wh.sql(query).rows()
        described = wh.sql("SELECT column_name, column_type FROM (DESCRIBE fut.continuous_1d)")
        types = dict(described.rows())
    assert len(units) == 21
    assert all(it for (it,) in units)
    assert types["close"] == "DECIMAL(18,8)"
    assert types["close_mul"] == types["close_add"] == "DOUBLE"


# -- a plain loop ------------------------------------------------------------------------------


def world(seed):
    """Return five contracts of random terms, prices and volumes, with sessions that lack a bar."""
    draw = random.Random(seed)
    contracts, expiry = {}, -1
    for number in range(5):
        expiry += draw.randint(0, 9) if number else draw.randint(1, 9)
        first = draw.randint(0, max(expiry - 1, 0))
        rows = [
            (round(draw.uniform(50, 150), 2), draw.randint(0, 20) * 10)
            if first <= it <= expiry and (it == first or draw.random() < 0.8)
            else None
            for it in range(40)
        ]
        contracts[f"C{number}"] = (expiry, rows)
    return contracts


def active(contracts, roll, session):
    """Return the place of the contract of a session by its definition, from the sessions before."""
    expiries = [expiry for expiry, _ in contracts.values()]
    rows = [it for _, it in contracts.values()]
    if roll == "calendar":
        return sum(it <= session for it in expiries[:-1])
    front = sum(it < session for it in expiries[:-1])
    if front + 1 == len(rows):
        return front
    since = expiries[front - 1] if front else -1
    for day in range(max(since, 0), session):
        pair = rows[front][day], rows[front + 1][day]
        if all(pair) and pair[1][1] > pair[0][1]:
            return front + 1
    return front


def last_close(rows, session):
    return next((it[0] for it in reversed(rows[:session]) if it), None)


@pytest.mark.parametrize("seed", range(8))
def test_rolls_and_bars_are_those_of_a_plain_loop(tmp_path, seed):
    contracts = world(seed)
    symbols, rows = list(contracts), [it for _, it in contracts.values()]
    last = max(day for it in rows for day, bar in enumerate(it) if bar)
    with stored(tmp_path, contracts) as wh:
        found = {roll: (rolls(wh, roll), bars(wh, roll)) for roll in ("calendar", "volume")}
    for roll, (turns, days) in found.items():
        places = [active(contracts, roll, session) for session in range(last + 1)]
        wanted = []
        for session in range(last + 1):
            old = places[session - 1] if session else 0
            if places[session] != old:
                new = places[session]
                closes = [last_close(rows[it], session) for it in (old, new)]
                told = (
                    (None, None)
                    if None in closes
                    else (closes[1] / closes[0], closes[1] - closes[0])
                )
                wanted.append((session, symbols[old], symbols[new], *told))
        assert [it[:3] for it in turns] == [it[:3] for it in wanted]
        for turn, expected in zip(turns, wanted, strict=True):
            assert turn[3:] == pytest.approx(expected[3:])
        assert [it[:2] for it in days] == [
            (session, symbols[place])
            for session, place in enumerate(places)
            if rows[place][session]
        ]
        for session, _, close, _, mul, add in days:
            later = [it for it in wanted if it[0] > session]
            assert mul == pytest.approx(close * prod(it[3] or 1 for it in later))
            assert add == pytest.approx(close + sum(it[4] or 0 for it in later))


def test_the_plain_worlds_have_rolls_of_each_kind():
    kinds = set()
    for seed in range(8):
        contracts = world(seed)
        expiries = [expiry for expiry, _ in contracts.values()]
        for session in range(1, max(expiries)):
            old, new = (active(contracts, "volume", it) for it in (session - 1, session))
            if new > old:
                kinds.add("early" if session <= expiries[old] else "late")
            if new > old + 1:
                kinds.add("two at once")
    assert kinds == {"early", "late", "two at once"}


@pytest.mark.parametrize("seed", range(2))
def test_no_roll_knows_what_comes_later(tmp_path, seed):
    contracts, draw = world(seed), random.Random(-seed)
    cut = 15
    shaken = {
        symbol: (
            expiry,
            rows[:cut]
            + [it and (round(it[0] + draw.random(), 2), draw.randint(0, 200)) for it in rows[cut:]],
        )
        for symbol, (expiry, rows) in contracts.items()
    }
    with stored(tmp_path / "a", contracts) as one, stored(tmp_path / "b", shaken) as other:
        for roll in ("calendar", "volume"):
            found = [[it for it in rolls(wh, roll) if it[0] <= cut] for wh in (one, other)]
            assert found[0] == found[1]
            assert found[0]
