"""The contract of a reader of bars, against the arrays of the HDF5 file of the same bars."""

from datetime import UTC, date, datetime

import h5py
import numpy as np
import pytest

from rustybt.data.readers.bcolz_daily import FIELDS, BcolzDailyBarReader
from rustybt.errors import NoBarsError

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def reader(reference):
    return BcolzDailyBarReader(reference / "data/legacy_formats/equities_daily.bcolz")


@pytest.fixture(scope="module")
def arrays(reference):
    with h5py.File(reference / "data/legacy_formats/equities_daily_zipline_layout.h5") as file:
        group = file["US"]
        days = group["index"]["day"][:].astype("datetime64[ns]").astype("datetime64[D]")
        found = {}
        for name in FIELDS:
            raw = group["data"][name][:].astype(float).T
            found[name] = raw if name == "volume" else np.where(raw == 0, np.nan, raw / 1000)
        return days, found


def test_arrays_are_those_of_the_file(reader, arrays):
    days, stored = arrays
    np.testing.assert_array_equal(reader.sessions, days)
    assert (reader.first_trading_day, reader.last_available_dt) == (days[0].item(), days[-1].item())
    assert reader.trading_calendar == "XNYS"
    for first, last, sids in ((0, len(days) - 1, list(range(12))), (100, 140, [11, 3, 99, 0])):
        start, end = days[first].item(), days[last].item()
        read = reader.load_raw_arrays(FIELDS, start, end, sids)
        for name, values in zip(FIELDS, read, strict=True):
            for column, sid in enumerate(sids):
                missing = np.full(last - first + 1, 0.0 if name == "volume" else np.nan)
                expected = stored[name][first : last + 1, sid] if sid < 12 else missing
                np.testing.assert_array_equal(values[:, column], expected)


def test_a_value_is_that_of_the_array(reader, arrays):
    days, stored = arrays
    day = days[500].item()
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert reader.get_value(3, instant, "close") == stored["close"][500, 3]
    assert np.isnan(reader.get_value(11, days[0].item(), "close"))  # listed 122 sessions later
    assert reader.get_value(11, days[0].item(), "volume") == 0


def test_the_last_session_with_a_trade_is_found(reader, arrays):
    days, stored = arrays
    traded = days[np.flatnonzero(stored["volume"][:, 11])]
    assert reader.get_last_traded_dt(11, date(2030, 1, 1)) == traded[-1].item()
    assert reader.get_last_traded_dt(11, traded[0].item()) == traded[0].item()
    assert reader.get_last_traded_dt(11, days[0].item()) is None


def test_what_is_not_held_is_named(reader):
    with pytest.raises(NoBarsError, match="2015-07-04"):
        reader.get_value(0, date(2015, 7, 4), "close")
    with pytest.raises(NoBarsError, match="sid 99"):
        reader.get_value(99, date(2015, 7, 6), "close")
    with pytest.raises(NoBarsError, match="'price'"):
        reader.load_raw_arrays(["price"], date(2015, 7, 6), date(2015, 7, 7), [0])
