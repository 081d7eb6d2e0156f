"""The contract of a reader of bars, over every format of the same bars."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import h5py
import numpy as np
import pytest

import warehouse
from rustybt.data.bundles.ingest import ingest
from rustybt.data.migration import migrate
from rustybt.data.readers.held import BcolzDailyBarReader, FileBarReader, HDF5DailyBarReader
from rustybt.data.readers.reader import FIELDS
from rustybt.data.readers.stored import WarehouseBarReader
from rustybt.data.sources import FileSource
from rustybt.errors import NoBarsError

KINDS = ("bcolz", "hdf5", "csv", "parquet", "warehouse")


@pytest.fixture(scope="module")
def arrays(reference):
    """Days, and arrays of the HDF5 file, read here."""
    with h5py.File(reference / "data/legacy_formats/equities_daily_zipline_layout.h5") as file:
        group = file["US"]
        days = group["index"]["day"][:].astype("datetime64[ns]").astype("datetime64[D]")
        found = {}
        for name in FIELDS:
            raw = group["data"][name][:].astype(float).T
            found[name] = raw if name == "volume" else np.where(raw == 0, np.nan, raw / 1000)
        return days, found


@pytest.fixture(scope="module")
def readers(reference, tmp_path_factory):
    """A reader of each kind, and how it numbers the sid 0 of zipline."""
    legacy = reference / "data" / "legacy_formats"
    folder = tmp_path_factory.mktemp("readers")
    migrate("bcolz", legacy / "equities_daily.bcolz", "z", root=folder / "root")
    with warehouse.open(folder / "root") as wh:
        told = "symbol.lpad(2, '0') AS symbol, session AS date, open, high, low, close, volume"
        rows = wh.sql(f"SELECT {told} FROM z.bars_1d ORDER BY 1, 2").pl()
        rows.write_csv(folder / "bars.csv")
        rows.write_parquet(folder / "bars.parquet")
        files = {it: FileSource(folder / f"bars.{it}") for it in ("csv", "parquet")}
        stored = wh.sql("SELECT symbol::INTEGER, sid FROM z.assets").rows()
        yield {
            "bcolz": (BcolzDailyBarReader(legacy / "equities_daily.bcolz"), 0),
            "hdf5": (HDF5DailyBarReader(legacy / "equities_daily_zipline_layout.h5"), 0),
            **{it: (FileBarReader(files[it], calendar="XNYS"), 1) for it in files},
            "warehouse": (WarehouseBarReader(wh, "z"), dict(stored)),
        }


@pytest.fixture(params=KINDS)
def reader(request, readers):
    found, _ = readers[request.param]
    return found


@pytest.fixture
def sid_of(reader, readers):
    """Return the sid that a reader gives to one of zipline."""
    numbers = next(of for found, of in readers.values() if found is reader)
    if isinstance(numbers, dict):
        return lambda sid: numbers.get(sid, 1000 + sid)
    return lambda sid: sid + numbers


def test_arrays_are_those_of_the_file(reader, arrays, sid_of):
    days, stored = arrays
    np.testing.assert_array_equal(reader.sessions, days)
    assert (reader.first_trading_day, reader.last_available_dt) == (days[0].item(), days[-1].item())
    for first, last, sids in ((0, len(days) - 1, list(range(12))), (100, 140, [11, 3, 99, 0, 3])):
        start, end = days[first].item(), days[last].item()
        read = reader.load_raw_arrays(FIELDS, start, end, [sid_of(it) for it in sids])
        for name, values in zip(FIELDS, read, strict=True):
            assert values.shape == (last - first + 1, len(sids))
            for column, sid in enumerate(sids):
                missing = np.full(last - first + 1, 0.0 if name == "volume" else np.nan)
                expected = stored[name][first : last + 1, sid] if sid < 12 else missing
                np.testing.assert_array_equal(values[:, column], expected)


def test_a_value_is_that_of_the_array(reader, arrays, sid_of):
    days, stored = arrays
    day = days[500].item()
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert reader.get_value(sid_of(3), instant, "close") == stored["close"][500, 3]
    first = days[0].item()
    assert np.isnan(reader.get_value(sid_of(11), first, "close"))  # listed 122 sessions later
    assert reader.get_value(sid_of(11), first, "volume") == 0


def test_the_last_session_with_a_trade_is_found(reader, arrays, sid_of):
    days, stored = arrays
    traded = days[np.flatnonzero(stored["volume"][:, 11])]
    assert reader.get_last_traded_dt(sid_of(11), date(2030, 1, 1)) == traded[-1].item()
    assert reader.get_last_traded_dt(sid_of(11), traded[0].item()) == traded[0].item()
    assert reader.get_last_traded_dt(sid_of(11), days[0].item()) is None


def test_what_is_not_held_is_named(reader, sid_of):
    with pytest.raises(NoBarsError, match="2015-07-04"):
        reader.get_value(sid_of(0), date(2015, 7, 4), "close")
    with pytest.raises(NoBarsError, match="sid 1099"):
        reader.get_value(1099, date(2015, 7, 6), "close")
    with pytest.raises(NoBarsError, match="'price'"):
        reader.load_raw_arrays(["price"], date(2015, 7, 6), date(2015, 7, 7), [0])


def test_calendars_are_those_that_are_named(readers):
    told = {kind: found.trading_calendar for kind, (found, _) in readers.items()}
    assert told == {**dict.fromkeys(KINDS, "XNYS"), "hdf5": None}
    assert {found.data_frequency for found, _ in readers.values()} == {"session"}


# ---------------------------------------------------------------- minutes

MINUTES = """ts,symbol,open,high,low,close,volume
2024-07-03 13:30:00,B,1,1,1,1,10
2024-07-03 16:59:00,B,2,2,2,2,20
2024-07-05 13:31:00,B,3,3,3,3,30
2024-07-05 13:31:00,A,9,9,9,9,90
2024-07-05 13:33:00,A,8,8,8,8,0
"""


@pytest.fixture(params=["files", "warehouse"])
def minutes(request, tmp_path):
    (tmp_path / "m.csv").write_text(MINUTES)
    source = FileSource(tmp_path / "m.csv")
    if request.param == "files":
        yield FileBarReader(source, "1m", "XNYS")
        return
    ingest(source, "m", resolution="1m", root=tmp_path / "root")
    with warehouse.open(tmp_path / "root") as wh:
        yield WarehouseBarReader(wh, "m", "1m")


def test_minutes_are_those_of_the_calendar(minutes):
    """The session before the fourth of July closes at 13:00 in New York, 17:00 UTC."""
    first = datetime(2024, 7, 3, 16, 58, tzinfo=UTC)
    last = datetime(2024, 7, 5, 13, 33, tzinfo=UTC)
    closes, volumes = minutes.load_raw_arrays(["close", "volume"], first, last, [2, 1])
    nan = np.nan
    np.testing.assert_array_equal(
        closes, [[nan, nan], [2, nan], [nan, nan], [3, 9], *[[nan] * 2], [nan, 8]]
    )
    np.testing.assert_array_equal(volumes[:, 0], [0, 20, 0, 30, 0, 0])
    assert minutes.data_frequency == "minute"
    assert [str(it) for it in minutes.sessions] == ["2024-07-03", "2024-07-05"]
    assert minutes.first_trading_day == date(2024, 7, 3)
    assert minutes.last_available_dt == last
    assert len(minutes.labels) == 210 + 4


def test_a_minute_may_be_named_in_any_zone(minutes):
    from zoneinfo import ZoneInfo

    noon = datetime(2024, 7, 3, 12, 59, tzinfo=ZoneInfo("America/New_York"))
    assert minutes.get_value(2, noon, "close") == 2
    assert minutes.get_last_traded_dt(2, noon + timedelta(hours=1)) == noon
    assert minutes.get_last_traded_dt(1, datetime(2024, 7, 6, tzinfo=UTC)).minute == 31
    with pytest.raises(NoBarsError, match="17:00"):
        minutes.get_value(2, datetime(2024, 7, 3, 17, tzinfo=UTC), "close")


def test_symbols_of_files_have_numbers(tmp_path: Path):
    (tmp_path / "m.csv").write_text(MINUTES)
    assert FileBarReader(FileSource(tmp_path / "m.csv"), "1m").symbols == {1: "A", 2: "B"}


def test_a_resolution_that_is_not_stored_is_named(tmp_path):
    (tmp_path / "m.csv").write_text(MINUTES)
    ingest(FileSource(tmp_path / "m.csv"), "m", resolution="1m", root=tmp_path / "root")
    with warehouse.open(tmp_path / "root") as wh:
        reader = WarehouseBarReader(wh, "m", "5m")
        with pytest.raises(NoBarsError, match="expected bars_1m"):
            reader.load_raw_arrays(["close"], date(2024, 7, 3), date(2024, 7, 5), [1])
