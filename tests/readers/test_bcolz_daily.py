"""Daily bcolz folders of zipline: every number of real ones, and folders that are broken."""

import hashlib
import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import h5py
import numpy as np
import pytest

from rustybt.data.readers.legacy.client import read_bars
from rustybt.errors import LegacyFileError
from warehouse.safe.limits import MIB, Limits

NAMES = ("open", "high", "low", "close", "volume")
EPOCH = date(1970, 1, 1)


@pytest.fixture
def folder(reference, tmp_path) -> Path:
    """A copy of a real folder that may be broken."""
    target = tmp_path / "daily.bcolz"
    shutil.copytree(reference / "data/legacy_formats/equities_daily.bcolz", target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def change(path: Path, **values) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def state(folder: Path) -> dict:
    files = [it for it in folder.rglob("*") if it.is_file()]
    return {
        it: (hashlib.sha256(it.read_bytes()).hexdigest(), it.stat().st_mtime_ns) for it in files
    }


@pytest.mark.reference
def test_every_number_is_that_of_the_hdf5_file_of_the_same_bars(reference):
    legacy = reference / "data" / "legacy_formats"
    before = state(legacy)
    found = read_bars("bcolz_daily", legacy / "equities_daily.bcolz")
    assert state(legacy) == before
    with h5py.File(legacy / "equities_daily_zipline_layout.h5") as file:
        group = file["US"]
        stored = {name: group["data"][name][:].astype(int).tolist() for name in NAMES}
        sids, days = group["index"]["sid"][:], group["index"]["day"][:] // (86_400 * 10**9)
    expected = {}
    for row, sid in enumerate(sids.tolist()):
        for at, day in enumerate(days.tolist()):
            values = [stored[name][row][at] for name in NAMES]
            if any(values):
                prices = [Decimal(it) / 1000 if it else None for it in values[:4]]
                expected[sid, day] = (*prices, Decimal(values[4]))
    bars = {
        (it["sid"], (it["session"] - EPOCH).days): tuple(it[name] for name in NAMES)
        for it in found.bars.to_pylist()
    }
    assert bars == expected
    assert found.calendar == "XNYS"


@pytest.mark.reference
def test_a_bundle_written_long_ago_is_read(reference):
    (folder,) = (reference / "data" / "zipline_bundle").glob("*/daily_equities.bcolz")
    found = read_bars("bcolz_daily", folder)
    assert found.calendar == "NYSE"
    assert sum(found.rows.values()) == 24_646
    assert sorted(set(found.bars["sid"].to_pylist())) == list(range(9))
    assert found.bars["close"].null_count == 0


@pytest.mark.reference
def test_some_sids_have_the_rows_that_they_have_among_all(folder):
    everything = read_bars("bcolz_daily", folder).bars.to_pylist()
    some = read_bars("bcolz_daily", folder, [11, 3, 4, 99]).bars.to_pylist()
    assert some == [it for it in everything if it["sid"] in (3, 4, 11)]
    assert read_bars("bcolz_daily", folder, [99]).bars.num_rows == 0


def cut_chunk(folder: Path) -> None:
    chunk = folder / "close" / "data" / "__0.blp"
    chunk.write_bytes(chunk.read_bytes()[:-100])


def other_content(folder: Path) -> None:
    (folder / "close" / "data" / "__0.blp").write_bytes(b"x" * 5000)


def remove(*parts: str):
    return lambda folder: folder.joinpath(*parts).unlink()


BROKEN = {
    "no attributes": (remove("__attrs__"), "cannot be read"),
    "no JSON": (lambda it: (it / "__attrs__").write_text("{"), "expected JSON"),
    "no rows of sids": (lambda it: (it / "__attrs__").write_text("{}"), "written whole"),
    "rows of two sids": (
        lambda it: change(it / "__attrs__", last_row={str(n): 5 for n in range(12)}),
        "to be of one sid",
    ),
    "no chunk": (remove("close", "data", "__0.blp"), "chunk cannot be read"),
    "half a chunk": (cut_chunk, "expected a chunk of"),
    "no chunk at all": (other_content, "compressed chunk"),
    "a column is shorter": (
        lambda it: change(it / "high" / "meta" / "sizes", shape=[33_000]),
        "columns of one length",
    ),
    "objects": (
        lambda it: change(it / "high" / "meta" / "storage", dtype="object"),
        "expected whole numbers, found 'object'",
    ),
    "no column": (lambda it: shutil.rmtree(it / "volume"), "cannot be read"),
    "no folder": (shutil.rmtree, "cannot be read"),
}


@pytest.mark.reference
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_is_told(folder, case):
    damage, problem = BROKEN[case]
    damage(folder)
    with pytest.raises(LegacyFileError, match=problem):
        read_bars("bcolz_daily", folder)


@pytest.mark.reference
def test_a_flipped_chunk_never_takes_the_parent_along(folder):
    chunk = folder / "close" / "data" / "__0.blp"
    sound = chunk.read_bytes()
    random = np.random.default_rng(7)
    refused = 0
    for at in [*range(16, 32, 4), *random.integers(32, len(sound), 4).tolist()]:
        chunk.write_bytes(sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :])
        try:
            read_bars("bcolz_daily", folder)
        except LegacyFileError:
            refused += 1
    assert refused >= 2


@pytest.mark.reference
def test_the_process_has_its_limits(folder):
    with pytest.raises(LegacyFileError, match="bytes of result"):
        read_bars("bcolz_daily", folder, limits=Limits(memory=1024 * MIB, max_bytes=1000))
