"""A bundle that zipline itself ingested, read by zipline and by ours after the migration."""

import os
import subprocess
import sys
from datetime import UTC, date
from pathlib import Path

import numpy as np
import pytest

import warehouse
from rustybt.assets import AssetFinder
from rustybt.data.bundles import load
from rustybt.data.migration import migrate
from rustybt.data.readers.held import BcolzDailyBarReader, BcolzMinuteBarReader
from rustybt.data.readers.reader import FIELDS
from rustybt.data.readers.stored import WarehouseBarReader

sys.path.append(str(Path(__file__).parents[1] / "bench"))
from peers import FOLDER, ZIPLINE, complete, place

pytestmark = pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}")
NOISE = 1e-12  # zipline multiplies with 0.001, which is no double
SYMBOLS = {0: "AAA", 7: "BBB"}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("zipline")
    script = Path(__file__).with_name("written_by_zipline.py")
    command = [place(ZIPLINE) / "python", "-W", "ignore", script, folder / "theirs.npz"]
    told = os.environ | {"ZIPLINE_ROOT": str(folder)}
    subprocess.run(command, check=True, env=told, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def theirs(home) -> dict[str, np.ndarray]:
    with np.load(home / "theirs.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def root(home, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    report = migrate("zipline-bundle", home / "data" / "small", "z", root=folder)
    told = (report.splits, report.dividends, report.mergers, report.stock_dividends)
    assert (report.snapshot, *told) == (2, 2, 1, 1, 1)
    return folder


def same(ours: list[np.ndarray], wanted: np.ndarray) -> None:
    for values, expected in zip(ours, wanted, strict=True):
        np.testing.assert_allclose(values, expected, rtol=NOISE, atol=0)


@pytest.mark.parametrize("frequency", ["daily", "minute"])
def test_every_value_is_that_of_zipline(home, root, theirs, frequency):
    is_daily = frequency == "daily"
    stamps = theirs[f"{frequency}-labels"].astype("datetime64[m]")
    labels = stamps if is_daily else stamps - np.timedelta64(1, "m")  # zipline names the end
    ends = [
        it.item().date() if is_daily else it.item().replace(tzinfo=UTC) for it in labels[[0, -1]]
    ]
    (folder,) = (home / "data" / "small").glob("*/")
    kind = BcolzDailyBarReader if is_daily else BcolzMinuteBarReader
    legacy = kind(folder / f"{frequency}_equities.bcolz")
    with warehouse.open(root) as wh:
        stored = WarehouseBarReader(wh, "z", "1d" if is_daily else "1m")
        rows = wh.sql("SELECT symbol, sid FROM z.assets").rows()
        sids = [dict(rows)[it] for it in SYMBOLS.values()]
        for reader, numbers in ((legacy, list(SYMBOLS)), (stored, sids)):
            first, last = reader.extent
            held = (labels >= first) & (labels <= last)
            spans = [max(ends[0], reader._told(first)), min(ends[1], reader.last_available_dt)]
            same(reader.load_raw_arrays(FIELDS, *spans, numbers), theirs[frequency][:, held])
            assert np.nansum(theirs[frequency][:, ~held]) == 0


def test_every_ratio_is_that_of_zipline(root, theirs):
    with warehouse.open(root) as wh:
        query = (
            "SELECT symbol, session, kind, ratio, pay_date FROM z.adjustments WHERE shares IS NULL"
        )
        rows = wh.sql(query).rows()
        names = wh.sql("SELECT symbol, name FROM z.assets ORDER BY 1").rows()
    ours = {(symbol, day, kind): ratio for symbol, day, kind, ratio, _ in rows}
    wanted = {
        (SYMBOLS[int(sid)], date.fromordinal(int(day) + 719_163), table[:-1]): ratio
        for table in ("splits", "mergers", "dividends")
        for sid, day, ratio in theirs[table].T
    }
    assert ours == pytest.approx(wanted, rel=NOISE)
    assert [paid for *_, kind, _, paid in rows if kind == "dividend"] == [date(2023, 7, 7)]
    told = [("AAA", "First"), ("BBB", "Second"), ("CCC", "Fourth"), ("CCC@3", "Third")]
    assert names == told


def test_every_dividend_in_shares_is_that_of_zipline(root, theirs):
    with warehouse.open(root) as wh:
        query = (
            "SELECT symbol, session, pay_date, shares, ratio, payment_sid = sid FROM z.adjustments "
            "WHERE shares IS NOT NULL"
        )
        found = wh.sql(query).rows()
    wanted = [
        (SYMBOLS[int(sid)], *(date.fromordinal(int(it) + 719_163) for it in days), shares, 1 / (1 + shares), payment == sid)
        for sid, *days, shares, payment in theirs["shares"].T
    ]  # fmt: skip
    assert found == wanted
    assert len(found) == 1


def test_the_reader_of_adjustments_has_the_tables_of_zipline(root, theirs):
    sids = {"AAA": 0, "BBB": 7}
    with load("z", root=root) as bundle:
        tables = bundle.adjustment_reader.unpack_db_to_component_dfs(convert_dates=True)
        theirs_of = {it.sid: sids.get(it.symbol) for it in bundle.asset_finder}
    for name in ("mergers", "dividends"):
        frame = tables[name]
        days = frame["effective_date"].to_numpy().astype("datetime64[D]").astype("int64")
        found = np.array([frame["sid"].map(theirs_of), days, frame["ratio"]], float)
        np.testing.assert_allclose(found, theirs[name], rtol=NOISE)
        assert found.size


def test_a_symbol_of_two_assets_names_the_one_that_zipline_finds(root, theirs):
    sids = {"CCC@3": 3, "CCC": 5}
    with warehouse.open(root) as wh:
        finder = AssetFinder(wh, "z")
        for number, sid in theirs["named"].T.tolist():
            day = date.fromordinal(number + 719_163)
            assert sids[finder.lookup_symbol("CCC", day).symbol] == sid, day
