"""Frames that pandas stored in HDF5: a real file, files of pandas itself, files made here, and forged ones."""

import os
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import h5py
import numpy as np
import pyarrow.feather
import pytest

from rustybt.data.readers.held import PandasHDF5BarReader
from rustybt.data.readers.reader import FIELDS
from rustybt.errors import LegacyFileError

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from peers import FOLDER, ZIPLINE, complete, place

DAYS = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
BARS = {
    "open": [1.5, 2, 3],
    "high": [2.5, 3, 4],
    "low": [1, 1.25, 2],
    "close": [1.75, 2, np.nan],
    "volume": [10, 20, 30],
}
PANDAS = """
import sys
import pandas as pd
from numpy import nan
index = pd.to_datetime({days})
frame = pd.DataFrame({bars}, index=index)
with pd.HDFStore(sys.argv[1], "w", complevel=5, complib="blosc") as store:
    store.put("fixed", frame)
    store.put("deep/table", frame, format="table")
    store.put("each", frame.rename(columns=str.title), format="table", data_columns=True)
    store.put("dated", frame.rename_axis("Date").reset_index())
    store.put("named", frame.assign(who=["x", "y", "z"]))
    store.put("zoned", frame.tz_localize("UTC"))
"""


def pickled(names: list[str]) -> bytes:
    return pickle.dumps(names, 0)


def write_fixed(file: h5py.File, name: str, values: dict, days=DAYS) -> None:
    group = file.create_group(name)
    group.attrs["pandas_type"], group.attrs["nblocks"] = np.bytes_(b"frame"), 1
    group["axis1"] = np.array(days, "datetime64[ns]").astype(np.int64)
    group["axis1"].attrs["kind"] = np.bytes_(b"datetime64[ns]")
    group["block0_items"] = np.array(list(values), "S9")
    group["block0_values"] = np.array(list(values.values()), float).T


def write_table(file: h5py.File, name: str, values: dict, days=DAYS) -> None:
    group = file.create_group(name)
    group.attrs["pandas_type"] = np.bytes_(b"frame_table")
    rows = np.zeros(len(days), [("index", "<i8"), ("values_block_0", "<f8", (len(values),))])
    rows["index"] = np.array(days, "datetime64[s]").astype(np.int64)
    rows["values_block_0"] = np.array(list(values.values()), float).T
    table = group.create_dataset("table", data=rows)
    table.attrs["index_kind"] = np.bytes_(b"datetime64[s]")
    table.attrs["values_block_0_kind"] = np.bytes_(pickled(list(values)))


@pytest.fixture
def path(tmp_path) -> Path:
    with h5py.File(tmp_path / "frames.h5", "w") as file:
        write_fixed(file, "b/fixed", BARS)
        write_table(file, "a", BARS)
    return tmp_path / "frames.h5"


def assert_bars(reader: PandasHDF5BarReader, sid: int) -> None:
    read = reader.load_raw_arrays(FIELDS, DAYS[0], DAYS[-1], [sid])
    for name, values in zip(FIELDS, read, strict=True):
        np.testing.assert_array_equal(values[:, 0], BARS[name])


def test_both_formats_are_read(path):
    reader = PandasHDF5BarReader(path)
    assert reader.symbols == {1: "a", 2: "b/fixed"}
    assert_bars(reader, 1)
    assert_bars(reader, 2)
    assert reader.get_last_traded_dt(2, date(2024, 1, 3)) == DAYS[1]


@pytest.mark.reference
def test_a_real_file_has_the_values_of_the_feather_file(reference):
    legacy = reference / "data" / "legacy_formats"
    reader = PandasHDF5BarReader(legacy / "crypto_5m_pandas.h5", "5m", "24/7")
    told = pyarrow.feather.read_table(legacy / "crypto_5m_pandas.feather")
    times = [it.value // 1000 for it in told["date"].to_pylist()]
    ends = [datetime.fromtimestamp(times[at] // 10**6, UTC) for at in (0, -1)]
    read = reader.load_raw_arrays(FIELDS, *ends, [1])
    places = np.searchsorted(reader.labels.astype(np.int64), times)
    for name, values in zip(FIELDS, read, strict=True):
        np.testing.assert_array_equal(values[places, 0], told[name].to_numpy())
    assert reader.symbols == {1: "UNITTEST/BTC/ohlcv/tf_5m"}


@pytest.mark.skipif(not complete(ZIPLINE, FOLDER), reason="the environment of zipline is not made")
def test_files_of_pandas_itself_are_read(tmp_path):
    script = PANDAS.format(days=[str(it) for it in DAYS], bars=BARS)
    python = place(ZIPLINE, FOLDER) / "python"
    command = [python, "-W", "ignore", "-c", script, tmp_path / "x.h5"]
    subprocess.run(command, check=True, capture_output=True)
    reader = PandasHDF5BarReader(tmp_path / "x.h5")
    names = ["dated", "deep/table", "each", "fixed", "named", "zoned"]
    assert list(reader.symbols.values()) == names
    for sid in reader.symbols:
        assert_bars(reader, sid)


class Runs:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def forged(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        content = pickle.dumps(Runs(path.parent / "ran"), 0)
        file["a/table"].attrs["values_block_0_kind"] = np.bytes_(content)


def object_prices(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["b/fixed/block0_values"]
        kind = h5py.special_dtype(vlen=np.dtype("uint8"))
        file["b/fixed"].create_dataset("block0_values", (1,), dtype=kind)


def edited(change):
    def damage(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return damage


BROKEN = {
    "a forged list of names": (forged, "a list of plain names"),
    "prices that are objects": (object_prices, "numbers in open, high, low, close, volume"),
    "no HDF5": (lambda it: it.write_bytes(b"x" * 9000), "an HDF5 file"),
    "half a file": (lambda it: it.write_bytes(it.read_bytes()[:2000]), "an HDF5 file"),
    "no frames": (edited(lambda it: (it.pop("a"), it.pop("b"))), "frames of pandas, found none"),
    "no times": (
        edited(lambda it: it["a/table"].attrs.modify("index_kind", np.bytes_(b"integer"))),
        "times in the index",
    ),
    "no rows": (edited(lambda it: it.pop("a/table")), "a frame of pandas"),
    "other columns": (
        edited(
            lambda it: it["a/table"].attrs.modify("values_block_0_kind", np.bytes_(pickled(["x"])))
        ),
        "found 5 columns",
    ),
    "other rows": (
        edited(lambda it: (it.pop("b/fixed/axis1"), it.update({"b/fixed/axis1": [1]}))),
        "expected 1 rows",
    ),
    "times between microseconds": (
        edited(lambda it: it["b/fixed/axis1"].write_direct(np.array([1, 2, 3]))),
        "times in microseconds",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_told_and_nothing_runs(path, case):
    damage, problem = BROKEN[case]
    damage(path)
    with pytest.raises(LegacyFileError, match=problem):
        PandasHDF5BarReader(path).sids()
    assert not (path.parent / "ran").exists()
