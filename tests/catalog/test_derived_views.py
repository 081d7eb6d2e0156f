"""Longer bars and adjusted ones as views, beside a plain computation of the same."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

import warehouse
from rustybt.data.bundles import ingest_files

DAYS = [date(2024, 3, 8), date(2024, 3, 11), date(2024, 7, 3), date(2024, 7, 5)]  # DST, a half day
LENGTHS = {"5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240}


def hours_of(calendar):
    """Return opening and close of the days, UTC without a zone: clocks changed on 10 March."""
    clocks = [("14:30", "21:00"), ("13:30", "20:00"), ("13:30", "17:00"), ("13:30", "20:00")]
    if calendar == "24/7":
        return {it: (instant(it), instant(it + timedelta(days=1))) for it in DAYS}
    return {
        day: tuple(instant(day, clock) for clock in clocks_of)
        for day, clocks_of in zip(DAYS, clocks, strict=True)
    }


def instant(day, clock="00:00"):
    return datetime.fromisoformat(f"{day}T{clock}")


def made(hours, seed, *, ends=False, step=1, outside=30):
    """Return rows of symbol, instant and prices, with gaps, missing prices and minutes outside."""
    rng = random.Random(seed)
    rows = []
    for opened, closed in hours.values():
        first, last = opened - timedelta(minutes=outside), closed + timedelta(minutes=outside)
        for symbol in ("A", "B"):
            at = first
            while at < last:
                stamp = at + timedelta(minutes=step) if ends else at
                if rng.random() < 0.7:
                    low, high = sorted((rng.randrange(100, 200), rng.randrange(100, 200)))
                    opening, closing = rng.randint(low, high), rng.randint(low, high)
                    prices = [opening, high, low, closing, rng.randrange(1, 999)]
                    if rng.random() < 0.05:
                        prices[rng.randrange(4)] = None
                    rows.append((symbol, stamp, *prices))
                at += timedelta(minutes=step)
    return rows


def longer(rows, hours, minutes, *, ends=False, step=1):
    """Return the bars of so many minutes, or of sessions, by symbol and start."""
    found = defaultdict(list)
    for symbol, stamp, *prices in sorted(rows, key=lambda it: it[:2]):
        at = stamp - timedelta(minutes=step) if ends else stamp
        for day, (opened, closed) in hours.items():
            if at < closed and at + timedelta(minutes=step) > opened:
                passed = max(at - opened, timedelta(0))
                start = (
                    opened + passed // timedelta(minutes=minutes) * timedelta(minutes=minutes)
                    if minutes
                    else day
                )
                found[symbol, start].append(prices)
    return {key: bar(parts) for key, parts in found.items()}


def bar(parts):
    opens, highs, lows, closes, volumes = (
        [it for it in column if it is not None] for column in zip(*parts, strict=True)
    )
    return (
        opens[0] if opens else None,
        max(highs, default=None),
        min(lows, default=None),
        closes[-1] if closes else None,
        sum(volumes),
    )


def stored(folder, rows, calendar, resolution="1m"):
    lines = ["symbol,time,open,high,low,close,volume"]
    for symbol, stamp, *prices in rows:
        texts = ["" if it is None else str(it) for it in prices]
        lines.append(",".join([symbol, stamp.isoformat(), *texts]))
    (folder / "bars.csv").write_text("\n".join(lines) + "\n")
    ingest_files(
        folder / "bars.csv", "m", calendar=calendar, resolution=resolution, root=folder / "root"
    )
    return warehouse.open(folder / "root")


def told(wh, length):
    time = "session" if length in ("1d", "1w", "1mo") else "ts"
    query = f"SELECT symbol, {time}, open, high, low, close, volume FROM m.bars_{length}"
    return {(symbol, at): tuple(prices) for symbol, at, *prices in wh.sql(query).rows()}


@pytest.mark.parametrize(("calendar", "ends"), [("XNYS", False), ("XNYS", True), ("24/7", False)])
def test_minutes_add_up_to_every_longer_bar(tmp_path, calendar, ends):
    hours = hours_of(calendar)
    # Outside the hours, or round the clock, stamps cannot be told for starts or ends.
    rows = made(hours, 1, ends=ends, outside=0 if ends or calendar == "24/7" else 30)
    with stored(tmp_path, rows, calendar) as wh:
        for length, minutes in {**LENGTHS, "1d": None}.items():
            assert told(wh, length) == longer(rows, hours, minutes, ends=ends), length


def test_half_hours_add_up_to_what_they_divide(tmp_path):
    hours = hours_of("XNYS")
    rows = made(hours, 2, step=30)
    with stored(tmp_path, rows, "XNYS", "30m") as wh:
        for length in ("1h", "2h", "4h", "1d"):
            expected = longer(rows, hours, LENGTHS.get(length), step=30)
            assert told(wh, length) == expected, length
        with pytest.raises(warehouse.errors.QueryError, match="bars_5m"):
            wh.sql("FROM m.bars_5m")


def test_weeks_and_months_are_of_the_days_stored_or_computed(tmp_path):
    hours = hours_of("XNYS")
    rows = made(hours, 3)
    days = longer(rows, hours, None)
    with stored(tmp_path, rows, "XNYS") as wh:
        for length, last in {
            "1w": [date(2024, 3, 8), date(2024, 3, 15), date(2024, 7, 5), date(2024, 7, 5)],
            "1mo": [date(2024, 3, 28), date(2024, 3, 28), date(2024, 7, 31), date(2024, 7, 31)],
        }.items():
            label = dict(zip(DAYS, last, strict=True))
            parts = defaultdict(list)
            for (symbol, day), prices in sorted(days.items()):
                parts[symbol, label[day]].append(prices)
            assert told(wh, length) == {key: bar(it) for key, it in parts.items()}, length


def test_a_last_bar_that_may_change_is_marked(tmp_path):
    hours = hours_of("XNYS")
    opened, _ = hours[DAYS[-1]]
    rows = [it for it in made(hours, 4) if it[1] < opened + timedelta(minutes=97)]
    with stored(tmp_path, rows, "XNYS") as wh:
        known = max(it[1] for it in rows) + timedelta(minutes=1)
        for length, minutes in LENGTHS.items():
            query = f"SELECT ts, complete FROM m.bars_{length} GROUP BY ALL ORDER BY ts"
            for ts, complete in wh.sql(query).rows():
                close = next(it for _, it in hours.values() if it > ts)
                assert complete == (min(ts + timedelta(minutes=minutes), close) <= known)
        ends = wh.sql("SELECT session, complete FROM m.bars_1d GROUP BY ALL ORDER BY ALL").rows()
        assert ends == [(it, it != DAYS[-1]) for it in DAYS]
        weeks = wh.sql("SELECT session, complete FROM m.bars_1w GROUP BY ALL ORDER BY ALL").rows()
        assert weeks[-1] == (DAYS[-1], True)
        months = wh.sql("SELECT session, complete FROM m.bars_1mo GROUP BY ALL ORDER BY ALL").rows()
        assert months == [(date(2024, 3, 28), True), (date(2024, 7, 31), False)]


def test_stored_bars_are_not_computed(tmp_path):
    hours = hours_of("XNYS")
    with stored(tmp_path, made(hours, 5), "XNYS") as wh:
        other = "symbol,time,open,high,low,close,volume\nA,2024-03-08,1,1,1,1,1\n"
        (tmp_path / "days.csv").write_text(other)
        ingest_files(tmp_path / "days.csv", "m", root=tmp_path / "root")
        wh.refresh()
        assert told(wh, "1d") == {("A", DAYS[0]): tuple(map(Decimal, [1, 1, 1, 1, 1]))}
        assert wh.sql("SELECT count(*) FROM m.bars_1h").rows() != [(0,)]


def test_prices_adjusted_for_splits_alone_and_for_all(tmp_path):
    (tmp_path / "a.csv").write_text(
        "date,symbol,open,high,low,close,volume,dividend,split\n"
        "2024-03-05,A,10,12,8,10,100,,\n"
        "2024-03-06,A,9,9,9,9,100,1,\n"
        "2024-03-07,A,4,4,4,4,100,,2\n"
        "2024-03-08,A,2,2,2,2,100,,2\n"
    )
    ingest_files(tmp_path / "a.csv", "m", calendar="XNYS", root=tmp_path / "root")
    with warehouse.open(tmp_path / "root") as wh:
        split = wh.sql("SELECT close, high, volume FROM m.bars_1d_split_adjusted ORDER BY session")
        assert split.rows() == [
            (2.5, 3.0, 400.0),
            (2.25, 2.25, 400.0),
            (2.0, 2.0, 200.0),
            (2.0, 2.0, 100.0),
        ]
        total = wh.sql("SELECT close FROM m.bars_1d_adjusted ORDER BY session").rows()
        assert total == [(2.5 * 0.9,), (2.25,), (2.0,), (2.0,)]


def test_safe_mode_and_the_catalog_show_them(tmp_path):
    import duckdb

    hours = hours_of("XNYS")
    with stored(tmp_path, made(hours, 6), "XNYS") as wh:
        expected = wh.sql("SELECT count(*), sum(volume) FROM m.bars_4h").rows()
        weeks = wh.sql("SELECT count(*), sum(close) FROM m.bars_1w").rows()
        built = wh.build_catalog(tmp_path / "catalog.duckdb")
        units = wh.sql("SELECT comment FROM duckdb_columns() WHERE table_name = 'bars_4h'").rows()
    assert len(units) == 10
    assert all(it for (it,) in units)
    with warehouse.open(tmp_path / "root", safe=True) as safe:
        assert safe.sql("SELECT count(*), sum(volume) FROM m.bars_4h").rows() == expected
        assert safe.sql("SELECT count(*), sum(close) FROM m.bars_1w").rows() == weeks
    with duckdb.connect(str(built.path), read_only=True) as shell:
        assert shell.execute("SELECT count(*), sum(close) FROM m.bars_1w").fetchall() == weeks
