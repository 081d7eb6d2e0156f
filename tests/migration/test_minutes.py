"""Minute bars of zipline: small folders made here, those that are broken, and what readers give of them."""

import json
import shutil
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import warehouse
from rustybt.data.migration import Options, migrate
from rustybt.data.readers.held import BcolzMinuteBarReader
from rustybt.data.readers.legacy.client import (
    LegacyBars,
    following_bars,
    read_bars,
    read_tables,
    wanted_bars,
)
from rustybt.errors import LegacyFileError, UnknownCalendarError

sys.path.insert(0, str(Path(__file__).parent))
from zipline_files import FIELDS, adjustments, assets, write_column, write_daily, write_tables

SESSIONS = ("2024-07-02", "2024-07-03", "2024-07-05")  # the second closes at 13:00 in New York
A_DAY = 390


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC)


def place(session: int, minute: int) -> int:
    return session * A_DAY + minute


BARS = {  # by sid and place: open, high, low, close, volume
    3: {
        place(0, 0): (1001, 1002, 1000, 1001, 5),
        place(0, 389): (1100, 1200, 1050, 0, 7),
        place(1, 209): (2001, 2002, 2000, 2001, 9),
    },
    123456: {place(2, 1): (123456, 123456, 123456, 123456, 2**32 - 1)},
}


def write_minutes(folder: Path, **changed) -> Path:
    told = {
        "version": 3,
        "ohlc_ratio": 1000,
        "ohlc_ratios_per_sid": {"123456": 100_000},
        "minutes_per_day": A_DAY,
        "calendar_name": "XNYS",
        "start_session": SESSIONS[0],
        "end_session": SESSIONS[-1],
        **changed,
    }
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps(told))
    for sid, bars in BARS.items():
        rows = (max(bars) // A_DAY + 1) * A_DAY
        named = f"{sid:06}"
        for number, name in enumerate(FIELDS):
            values = np.zeros(rows, np.uint32)
            for row, bar in bars.items():
                values[row] = bar[number]
            target = folder / named[:2] / named[2:4] / f"{named}.bcolz" / name
            write_column(target, values, "uint32", chunk=256)
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_minutes(tmp_path / "minute_equities.bcolz")


EXPECTED = [
    (3, at(SESSIONS[0], "13:30"), "1.001", "1.002", "1", "1.001", 5),
    (3, at(SESSIONS[0], "19:59"), "1.1", "1.2", "1.05", None, 7),
    (3, at(SESSIONS[1], "16:59"), "2.001", "2.002", "2", "2.001", 9),
    (123456, at(SESSIONS[2], "13:31"), *["1.23456"] * 4, 2**32 - 1),
]


def exact(rows):
    return [
        (sid, ts, *(None if it is None else Decimal(it) for it in prices))
        for sid, ts, *prices in rows
    ]


def test_minutes_have_their_start_and_the_ratio_of_their_sid(folder):
    found = read_bars("bcolz_minute", folder)
    rows = [
        (it["sid"], it["ts"].replace(tzinfo=UTC), *(it[name] for name in FIELDS))
        for it in found.bars.to_pylist()
    ]
    assert rows == exact(EXPECTED)
    assert (found.calendar, found.rows) == ("XNYS", {3: 2 * A_DAY, 123456: 3 * A_DAY})


def test_minutes_are_migrated(folder, tmp_path):
    report = migrate("bcolz", folder, "z", root=tmp_path / "root")
    assert (report.bars, report.values, report.assets) == (4, 20, 2)
    query = "SELECT symbol::INTEGER, ts, open, high, low, close, volume FROM z.bars_1m ORDER BY ts"
    with warehouse.open(tmp_path / "root") as wh:
        rows = [(sid, ts.replace(tzinfo=UTC), *more) for sid, ts, *more in wh.sql(query).rows()]
        days = wh.sql("SELECT DISTINCT session FROM z.bars_1m ORDER BY 1").rows()
    assert rows == exact(EXPECTED)
    assert days == [(date.fromisoformat(it),) for it in SESSIONS]


def test_a_span_of_minutes_is_taken(folder, tmp_path):
    day = date.fromisoformat(SESSIONS[1])
    options = Options(start_date=day, end_date=day)
    assert migrate("bcolz", folder, "z", options, root=tmp_path / "root").bars == 1


def test_a_bundle_has_its_minutes_in_a_snapshot_of_their_own(tmp_path):
    home = tmp_path / "bundle"
    write_minutes(home / "minute_equities.bcolz")
    write_daily(home / "daily_equities.bcolz", {3: dict.fromkeys(SESSIONS, (9, 9, 9, 9, 9))})
    ends = (SESSIONS[0], SESSIONS[-1])
    told = assets([(3, "Three", *ends, "NY")], [(3, "THREE", *ends)])
    write_tables(home / "assets-9.sqlite", told)
    write_tables(home / "adjustments.sqlite", adjustments(splits=[(3, SESSIONS[1], 0.5)]))
    report = migrate("zipline-bundle", home, "z", root=tmp_path / "root")
    assert (report.snapshot, report.bars, report.splits) == (2, 7, 1)
    assert any("no file of assets" in it and "123456" in it for it in report.notes)
    with warehouse.open(tmp_path / "root") as wh:
        counts = wh.sql("SELECT symbol, count(*) FROM z.bars_1m GROUP BY 1 ORDER BY 1").rows()
        assert counts == [("123456", 1), ("THREE", 3)]
        assert wh.sql("SELECT symbol, kind FROM z.adjustments").rows() == [("THREE", "split")]


def test_the_reader_has_a_row_a_minute_of_the_calendar(folder):
    reader = BcolzMinuteBarReader(folder)
    first, last = at(SESSIONS[1], "16:58"), at(SESSIONS[2], "13:31")
    closes, volumes = reader.load_raw_arrays(["close", "volume"], first, last, [3, 123456])
    nan = np.nan
    np.testing.assert_array_equal(closes, [[nan, nan], [2.001, nan], [nan, nan], [nan, 1.23456]])
    np.testing.assert_array_equal(volumes, [[0, 0], [9, 0], [0, 0], [0, 2**32 - 1]])
    assert reader.first_trading_day == date.fromisoformat(SESSIONS[0])
    assert reader.last_available_dt == last
    assert reader.get_last_traded_dt(3, last) == at(SESSIONS[1], "16:59")


def test_sids_are_read_block_by_block(folder):
    (found,) = read_tables([wanted_bars("bcolz_minute", folder, None, 1)])
    first = LegacyBars.of(found)
    assert first.unread == (123456,)
    blocks = [it.bars["sid"].to_pylist() for it in following_bars("bcolz_minute", folder, first)]
    assert blocks == [[3, 3, 3], [123456]]


def test_openings_of_older_files_are_those_of_the_calendar(tmp_path):
    labels = [int(at(day, "13:31").timestamp()) // 60 for day in SESSIONS]
    folder = write_minutes(tmp_path / "old", market_opens=labels)
    assert read_bars("bcolz_minute", folder).bars.num_rows == 4
    other = write_minutes(tmp_path / "other", market_opens=[labels[0] - 60, *labels[1:]])
    with pytest.raises(LegacyFileError, match="openings of XNYS"):
        read_bars("bcolz_minute", other)


def test_a_calendar_that_is_none_is_told(tmp_path):
    folder = write_minutes(tmp_path / "x", calendar_name="NOWHERE")
    with pytest.raises(UnknownCalendarError):
        read_bars("bcolz_minute", folder)


def table(folder: Path) -> Path:
    return folder / "00" / "00" / "000003.bcolz"


def edit(folder: Path, **values) -> None:
    path = folder / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


BROKEN = {
    "no metadata": (lambda it: (it / "metadata.json").unlink(), "cannot be read"),
    "no days": (lambda it: edit(it, start_session=None), "start_session"),
    "no ratio": (lambda it: edit(it, ohlc_ratio="1000"), "ohlc_ratio"),
    "ratios of nothing": (lambda it: edit(it, ohlc_ratios_per_sid=[1]), "ohlc_ratios_per_sid"),
    "no minutes": (lambda it: edit(it, minutes_per_day=0), "minutes_per_day"),
    "more sessions than days": (
        lambda it: edit(it, end_session=SESSIONS[0]),
        "rows of 1 sessions, found 2",
    ),
    "no column": (lambda it: shutil.rmtree(table(it) / "low"), "cannot be read"),
    "half a chunk": (
        lambda it: (table(it) / "low" / "data" / "__0.blp").write_bytes(b"blpk\x01" + bytes(40)),
        "chunk of",
    ),
    "a column is shorter": (
        lambda it: (table(it) / "low" / "meta" / "sizes").write_text('{"shape": [390]}'),
        "columns of one length",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_is_told(folder, case):
    damage, problem = BROKEN[case]
    damage(folder)
    with pytest.raises(LegacyFileError, match=problem):
        read_bars("bcolz_minute", folder)
