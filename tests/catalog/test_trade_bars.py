"""Bars out of trades, beside a plain computation of the same."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

import warehouse
from rustybt.data.calendars import sessions
from warehouse.errors import QueryError

NARROW, WIDE = pa.decimal128(18, 8), pa.decimal128(38, 18)
DAYS = [date(2024, 3, 8), date(2024, 3, 11), date(2024, 7, 3), date(2024, 7, 5)]  # DST, a half day
SIZES = ["0.1", "0.2", "0.3", "1", "2.5", "7", "40"]
KEYS = ("symbol", "session", "ts", "until", "open", "high", "low", "close", "volume", "trades")


def hours_of(calendar):
    """Return opening and close of the days."""
    table = sessions(calendar, DAYS[0], DAYS[-1]).to_pylist()
    return {it["session"]: (it["open_at"], it["close_at"]) for it in table if it["session"] in DAYS}


def made(hours, seed, count=300, *, outside=True):
    """Return trades as (symbol, session, ts, seq, price, size), in any order; many of one instant."""
    rng = random.Random(seed)
    rows = []
    for day, (opened, closed) in hours.items():
        first = opened - timedelta(minutes=90) * outside
        last = closed + timedelta(minutes=90) * outside
        span = (last - first) // timedelta(microseconds=1)
        stamps = [first + timedelta(microseconds=rng.randrange(span)) for _ in range(count // 2)]
        stamps += [opened, closed - timedelta(microseconds=1), *([closed] * outside)]
        for symbol in ("A", "B"):
            chosen = [rng.choice(stamps) for _ in range(count)]
            for seq, at in enumerate(chosen):
                price = Decimal(rng.randrange(1, 9999)) / 100
                rows.append((symbol, day, at, seq, price, Decimal(rng.choice(SIZES))))
    return rng.sample(rows, len(rows))


def stored(root, rows, calendar, exact=NARROW):
    """Write trades into the bundle ``m``; return the warehouse."""
    columns = list(zip(*rows, strict=True))
    table = pa.table(
        {
            "ts": pa.array(columns[2], pa.timestamp("us")),
            "session": pa.array(columns[1], pa.date32()),
            "sid": pa.array(["AB".index(it) + 1 for it in columns[0]], pa.int32()),
            "symbol": pa.array(columns[0], pa.string()),
            "price": pa.array(columns[4], exact),
            "size": pa.array(columns[5], exact),
            "side": pa.array([None] * len(rows), pa.string()),
            "id": pa.array([None] * len(rows), pa.string()),
            "seq": pa.array(columns[3], pa.int64()),
        }
    )
    with warehouse.open(root) as wh, wh.begin("m", calendar=calendar) as txn:
        txn.replace("sessions", sessions(calendar, DAYS[0], DAYS[-1]))
        txn.upsert("trades", table)
        txn.commit()
    return warehouse.open(root)


def by_session(rows, hours):
    """Yield the trades of each symbol and session within its hours, in their order."""
    found = defaultdict(list)
    for symbol, day, at, _, price, size in sorted(rows, key=lambda it: it[:4]):
        opened, closed = hours[day]
        if opened <= at < closed:
            found[symbol, day].append((at, price, size))
    yield from sorted(found.items())


def bar(trades):
    prices = [price for _, price, _ in trades]
    volume = sum(size for _, _, size in trades)
    return (prices[0], max(prices), min(prices), prices[-1], volume, len(trades))


def full(rows, hours, most, amount):
    """Return bars that are full with so much of `amount` of their trades."""
    found = []
    for (symbol, day), trades in by_session(rows, hours):
        parts, filled = defaultdict(list), Decimal(0)
        for it in trades:
            parts[filled // most].append(it)
            filled += amount(it)
        found += [(symbol, day, it[0][0], it[-1][0], *bar(it)) for it in parts.values()]
    return sorted(found)


def timed(rows, hours, length):
    """Return bars of a length of time."""
    found = []
    for (symbol, day), trades in by_session(rows, hours):
        opened, closed = hours[day]
        parts = defaultdict(list)
        for it in trades:
            parts[(it[0] - opened) // length].append(it)
        for number, it in sorted(parts.items()):
            begin = opened + number * length
            found.append((symbol, day, begin, min(begin + length, closed), *bar(it)))
    return sorted(found)


def told(wh, macro):
    query = f"SELECT {', '.join(KEYS)} FROM m.{macro}"
    return sorted(wh.sql(query).rows())


@pytest.mark.parametrize(
    ("calendar", "exact"), [("XNYS", NARROW), ("24/7", NARROW), ("XNYS", WIDE)]
)
def test_every_kind_of_bar(tmp_path, calendar, exact):
    hours = hours_of(calendar)
    rows = made(hours, 1, outside=calendar != "24/7")
    with stored(tmp_path, rows, calendar, exact) as wh:
        for n in (1, 7, 1000):
            assert told(wh, f"tick_bars({n})") == full(rows, hours, n, lambda _: 1), n
        for units in ("0.3", "5", "41.7"):
            expected = full(rows, hours, Decimal(units), lambda it: it[2])
            assert told(wh, f"volume_bars({units})") == expected, units
        for value in ("250", "1234.5"):
            expected = full(rows, hours, Decimal(value), lambda it: it[1] * it[2])
            assert told(wh, f"dollar_bars({value})") == expected, value
        for seconds in (30, 600, 7200, 86400):
            expected = timed(rows, hours, timedelta(seconds=seconds))
            assert told(wh, f"time_bars({seconds})") == expected, seconds


def test_a_last_bar_that_may_change_is_marked(tmp_path):
    hours = hours_of("XNYS")
    opened, _ = hours[DAYS[-1]]
    rows = [it for it in made(hours, 2) if it[2] < opened + timedelta(minutes=97)]
    known = max(it[2] for it in rows)
    with stored(tmp_path, rows, "XNYS") as wh:
        for macro in ("tick_bars(7)", "volume_bars(50)", "dollar_bars(5000)", "time_bars(600)"):
            query = f"SELECT symbol, session, until, trades, volume, complete FROM m.{macro} ORDER BY symbol, ts, until"
            found = wh.sql(query).rows()
            assert all(it[5] for it in found if it[1] != DAYS[-1])
            for symbol in ("A", "B"):
                last = [it for it in found if it[:2] == (symbol, DAYS[-1])]
                assert all(it[5] for it in last[:-1])
                _, _, until, trades, volume, complete = last[-1]
                expected = {
                    "tick_bars(7)": trades == 7,
                    "volume_bars(50)": volume >= 50,
                    "time_bars(600)": until <= known,
                }.get(macro, complete)
                assert complete == expected, macro


def test_minutes_and_what_is_made_of_them_come_from_trades_alone(tmp_path):
    hours = hours_of("XNYS")
    rows = made(hours, 3)
    with stored(tmp_path, rows, "XNYS") as wh:
        for length, minutes in {"1m": 1, "15m": 15, "4h": 240}.items():
            query = f"SELECT symbol, session, ts, open, high, low, close, volume FROM m.bars_{length} ORDER BY symbol, ts"
            expected = timed(rows, hours, timedelta(minutes=minutes))
            assert wh.sql(query).rows() == [(*it[:3], *it[4:9]) for it in expected]
        days = "SELECT symbol, session, open, high, low, close, volume FROM m.bars_1d ORDER BY 1, 2"
        expected = timed(rows, hours, timedelta(days=1))
        assert wh.sql(days).rows() == [(*it[:2], *it[4:9]) for it in expected]
        assert [it for (it,) in wh.sql("SELECT DISTINCT complete FROM m.bars_1m").rows()] == [True]


def test_one_trade_may_fill_many_bars_and_an_exact_sum_fills_its_own(tmp_path):
    opened, _ = hours_of("24/7")[DAYS[0]]
    sizes = ["0.1"] * 6 + ["2", "0.02"]
    rows = [("A", DAYS[0], opened, seq, Decimal(1), Decimal(it)) for seq, it in enumerate(sizes)]
    with stored(tmp_path, rows, "24/7") as wh:
        found = wh.sql(
            "SELECT trades, volume, complete FROM m.volume_bars(0.3) ORDER BY volume, trades"
        ).rows()
    # Three tenths, three tenths, the two at once, and what comes after it in the ninth bar.
    assert found == [
        (1, Decimal("0.02"), False),
        (3, Decimal("0.3"), True),
        (3, Decimal("0.3"), True),
        (1, Decimal(2), True),
    ]


@pytest.mark.parametrize(
    "call",
    ["tick_bars(0)", "volume_bars(-1)", "dollar_bars(NULL)", "dollar_bars(1e12)", "time_bars(0)", "time_bars(100000)"],
)  # fmt: skip
def test_what_no_bar_can_be_is_refused_by_name(tmp_path, call):
    with (
        stored(tmp_path, made(hours_of("24/7"), 4, 10, outside=False), "24/7") as wh,
        pytest.raises(QueryError, match=f"{call.partition('(')[0]} expects"),
    ):
        wh.sql(f"FROM m.{call}")


def test_a_bundle_without_trades_has_none(tmp_path):
    with warehouse.open(tmp_path) as wh, wh.begin("m", calendar="24/7") as txn:
        txn.replace("sessions", sessions("24/7", DAYS[0], DAYS[-1]))
        txn.commit()
    with warehouse.open(tmp_path) as wh, pytest.raises(QueryError, match="tick_bars"):
        wh.sql("FROM m.tick_bars(5)")


def test_times_are_those_of_utc(tmp_path):
    hours = hours_of("XNYS")
    at = hours[date(2024, 7, 3)][0] + timedelta(minutes=3, seconds=30)
    with stored(tmp_path, [("A", date(2024, 7, 3), at, 0, Decimal(5), Decimal(1))], "XNYS") as wh:
        ((ts, until, complete),) = wh.sql("SELECT ts, until, complete FROM m.time_bars(120)").rows()
    assert (ts, until) == (datetime(2024, 7, 3, 13, 32), datetime(2024, 7, 3, 13, 34))  # noqa: DTZ001
    assert not complete
