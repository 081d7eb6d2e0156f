"""zipline's HDF5 files of daily bars: a real one, small ones made here, and broken ones."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import h5py
import numpy as np
import pytest

from rustybt.data.migration import migrate
from rustybt.data.readers.legacy.client import read_bars
from rustybt.errors import LegacyFileError

NAMES = ("open", "high", "low", "close", "volume")
DAY = 86_400 * 10**9


def write(path: Path, countries: dict, *, scales: dict | None = None) -> Path:
    """Write a file: by country its sids, days since 1970, and one array of all fields."""
    with h5py.File(path, "w") as file:
        for country, (sids, days, values) in countries.items():
            group = file.create_group(country)
            group["index/sid"] = np.array(sids, np.int64)
            group["index/day"] = np.array(days, np.int64) * DAY
            for name in NAMES:
                data = group.create_dataset(f"data/{name}", data=np.array(values, np.uint32))
                data.attrs["scaling_factor"] = (scales or {}).get(name, 1000)
    return path


@pytest.fixture
def file(tmp_path) -> Path:
    american = ([3, 1], [19_724, 19_725, 19_726], [[10, 0, 30], [5, 6, 7]])
    canadian = ([2], [19_724, 19_727], [[2**32 - 1, 8]])
    return write(tmp_path / "bars.h5", {"US": american, "CA": canadian})


@pytest.mark.reference
def test_a_real_file_has_the_bars_of_the_bcolz_folder(reference):
    legacy = reference / "data" / "legacy_formats"
    found = read_bars("hdf5_daily", legacy / "equities_daily_zipline_layout.h5")
    assert found.bars.equals(read_bars("bcolz_daily", legacy / "equities_daily.bcolz").bars)
    assert found.bars.num_rows == 33_106


def test_countries_are_read_one_after_another(file):
    found = read_bars("hdf5_daily", file)
    assert found.rows == {1: 3, 2: 2, 3: 3}
    closes = [(it["sid"], it["session"].day, it["close"]) for it in found.bars.to_pylist()]
    assert sorted(closes, key=lambda it: -it[0]) == [
        *((3, 2, Decimal("0.01")), (3, 4, Decimal("0.03"))),
        *((2, 2, Decimal("4294967.295")), (2, 5, Decimal("0.008"))),
        *((1, 2, Decimal("0.005")), (1, 3, Decimal("0.006")), (1, 4, Decimal("0.007"))),
    ]
    assert read_bars("hdf5_daily", file, [2, 9]).bars.num_rows == 2


def test_scales_are_those_of_each_field(tmp_path):
    values = ([1], [19_724], [[12_345]])
    scales = {"open": 10, "high": 1, "low": 100_000, "close": 64, "volume": 1}
    path = write(tmp_path / "x.h5", {"US": values}, scales=scales)
    (bar,) = read_bars("hdf5_daily", path).bars.to_pylist()
    told = ["1234.5", "12345", "0.12345", "192.890625", "12345"]
    assert [bar[it] for it in NAMES] == [Decimal(it) for it in told]


def test_a_file_is_migrated(file, tmp_path):
    report = migrate("hdf5", file, "z", root=tmp_path / "root")
    assert (report.bars, report.assets, report.calendar) == (7, 3, "XNYS")


def edited(change):
    def damage(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return damage


def objects(file: h5py.File) -> None:
    del file["US/data/close"]
    kind = h5py.special_dtype(vlen=np.dtype("uint8"))
    file["US/data"].create_dataset("close", (2, 3), dtype=kind)


def elsewhere(file: h5py.File) -> None:
    del file["US/data/close"]
    place = [("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    file["US/data"].create_dataset("close", (2, 3), dtype="uint32", external=place)


def linked(file: h5py.File) -> None:
    del file["US/data/close"]
    file["US/data/close"] = h5py.ExternalLink("/etc/other.h5", "x")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


BROKEN = {
    "half a file": (half, "HDF5 file"),
    "no HDF5": (lambda it: it.write_bytes(b"x" * 5000), "HDF5 file"),
    "no file": (Path.unlink, "HDF5 file"),
    "no countries": (edited(lambda it: (it.pop("US"), it.pop("CA"))), "groups of countries"),
    "no field": (edited(lambda it: it.pop("US/data/low")), "expected data/low"),
    "objects": (edited(objects), "whole numbers in data/close, found object"),
    "rows elsewhere": (edited(elsewhere), "in the file itself"),
    "a link out": (edited(linked), "expected data/close"),
    "no scale": (
        edited(lambda it: it["US/data/low"].attrs.pop("scaling_factor")),
        "scaling_factor of data/low, found None",
    ),
    "no exact scale": (
        edited(lambda it: it["US/data/low"].attrs.modify("scaling_factor", 7)),
        "at most 8 decimals",
    ),
    "a scale below zero": (
        edited(lambda it: it["US/data/low"].attrs.modify("scaling_factor", -1)),
        "positive ratio",
    ),
    "another shape": (
        edited(lambda it: (it.pop("US/index/sid"), it.update({"US/index/sid": [1]}))),
        r"expected \(1, 3\) values",
    ),
    "a sid twice": (
        edited(lambda it: it["US/index/sid"].write_direct(np.array([2, 1]))),
        "each sid once",
    ),
    "days that fall": (
        edited(lambda it: it["US/index/day"].write_direct(np.array([3, 2, 1]) * DAY)),
        "that ascend",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_told(file, case):
    damage, problem = BROKEN[case]
    damage(file)
    with pytest.raises(LegacyFileError, match=problem):
        read_bars("hdf5_daily", file)


@pytest.mark.reference
@pytest.mark.slow
def test_flipped_bytes_never_take_the_parent_along(reference, tmp_path):
    sound = reference / "data/legacy_formats/equities_daily_zipline_layout.h5"
    path = tmp_path / "x.h5"
    random, refused = np.random.default_rng(5), 0
    for _ in range(12):
        shutil.copyfile(sound, path)
        content = bytearray(path.read_bytes())
        for at in random.integers(0, len(content), 20):
            content[at] ^= 0xFF
        path.write_bytes(content)
        try:
            read_bars("hdf5_daily", path)
        except LegacyFileError:
            refused += 1
    assert refused >= 6


def test_days_are_those_of_the_index(file):
    days = {it["session"] for it in read_bars("hdf5_daily", file, [1]).bars.to_pylist()}
    assert days == {date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)}
