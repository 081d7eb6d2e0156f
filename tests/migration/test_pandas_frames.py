"""Frames that pandas stored in HDF5: what is taken of a real file, and of files made here."""

import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import h5py
import numpy as np
import pyarrow.feather
import pytest

import warehouse
from rustybt.data.migration import Options, migrate
from rustybt.errors import DuplicateRowsError, LegacyFileError

sys.path.append(str(Path(__file__).parents[1] / "readers"))
from test_hdf5_pandas import write_fixed, write_table

ROUND = Options(calendar="24/7")
NAMES = ("open", "high", "low", "close", "volume")


def rows(root, dataset):
    time = "session" if dataset == "bars_1d" else "ts"
    with warehouse.open(root) as wh:
        query = f"SELECT symbol, {time}, {', '.join(NAMES)} FROM p.{dataset} ORDER BY 1, 2"
        return wh.sql(query).rows()


def bars(*closes):
    """Return columns around some closes."""
    close = np.array(closes, float)
    return {
        "open": close,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": close * 10,
    }


@pytest.fixture
def file(tmp_path):
    """Write frames as {name: (times, columns)}; the second is of table format."""

    def file(frames):
        path = tmp_path / "frames.h5"
        with h5py.File(path, "w") as made:
            for number, (name, (times, columns)) in enumerate(frames.items()):
                write = write_table if number == 1 else write_fixed
                write(made, name, columns, times)
        return path

    return file


@pytest.mark.reference
def test_a_real_file_is_taken_whole(reference, tmp_path):
    folder = reference / "data/legacy_formats"
    report = migrate("hdf5", folder / "crypto_5m_pandas.h5", "p", ROUND, root=tmp_path)
    plain = pyarrow.feather.read_table(folder / "crypto_5m_pandas.feather")
    assert (report.bars, report.values) == (plain.num_rows, 5 * plain.num_rows)
    stored = rows(tmp_path, "bars_5m")
    assert {it[0] for it in stored} == {"UNITTEST/BTC/ohlcv/tf_5m"}
    for place, name in enumerate(NAMES, 2):
        # A double such as 0.09946999000000001 is the noise of 0.09946999.
        expected = pytest.approx(plain[name].to_pylist(), rel=1e-12)
        assert [float(it[place]) for it in stored] == expected


def test_days_of_both_formats(file, tmp_path):
    days = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
    path = file({"A": (days, bars(0.1 + 0.2, 2, 3)), "deep/B": (days[1:], bars(5, np.nan))})
    report = migrate("hdf5", path, "p", root=tmp_path)
    assert (report.assets, report.bars, report.calendar) == (2, 5, "XNYS")
    assert report.notes[-1] == "Rows were taken for bars of 1d."
    closes = [(it[0], it[1], it[5]) for it in rows(tmp_path, "bars_1d")]
    assert closes == [
        ("A", days[0], Decimal("0.3")),
        ("A", days[1], Decimal(2)),
        ("A", days[2], Decimal(3)),
        ("deep/B", days[1], Decimal(5)),
        ("deep/B", days[2], None),
    ]
    assert not migrate("hdf5", path, "p", root=tmp_path).new


@pytest.mark.parametrize(("minutes", "length"), [(1, "1m"), (240, "4h")])
def test_the_least_time_between_rows_is_the_length_of_bars(file, tmp_path, minutes, length):
    first = datetime(2024, 1, 2)  # noqa: DTZ001
    times = [first + timedelta(minutes=it * minutes) for it in (0, 3, 4)]
    path = file({"B": (times, bars(1, 2, 3)), "A": (times[:1], bars(9))})
    assert migrate("hdf5", path, "p", ROUND, root=tmp_path).bars == 4
    told = [(it[0], it[1]) for it in rows(tmp_path, f"bars_{length}")]
    assert told == [("A", times[0]), *(("B", it) for it in times)]


def test_a_part_and_a_dry_run(file, tmp_path):
    days = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
    path = file({"A": (days, bars(1, 2, 3))})
    options = Options(start_date=days[1], end_date=days[1], dry_run=True)
    report = migrate("hdf5", path, "p", options, root=tmp_path)
    assert (report.bars, report.new, report.snapshot) == (1, False, None)
    assert warehouse.open(tmp_path).bundles() == []


@pytest.mark.parametrize(
    ("minutes", "words"), [((0, 7, 14), "rows 0:07:00 apart"), ((5,), "one row a frame")]
)
def test_a_length_that_nobody_has_is_refused(file, tmp_path, minutes, words):
    times = [datetime(2024, 1, 2) + timedelta(minutes=it) for it in minutes]  # noqa: DTZ001
    path = file({"A": (times, bars(*minutes))})
    with pytest.raises(LegacyFileError, match=words):
        migrate("hdf5", path, "p", ROUND, root=tmp_path)


def test_rows_that_cannot_be_stored_are_no_migration(file, tmp_path):
    days = (date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 3))
    path = file({"A": (days, bars(1, 2, 3))})
    with pytest.raises(DuplicateRowsError, match="2024-01-02"):
        migrate("hdf5", path, "p", root=tmp_path)
    assert warehouse.open(tmp_path).bundles() == []


def test_a_file_of_neither_kind_tells_both(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as made:
        made["numbers"] = np.arange(5)
    with pytest.raises(LegacyFileError, match=r"neither of zipline .* nor of pandas .*found none"):
        migrate("hdf5", path, "p", root=tmp_path)
