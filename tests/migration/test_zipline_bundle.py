"""Bundles of zipline: what is taken over of small ones made here, and of a real one."""

import hashlib
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import blosc2
import numpy as np
import pytest

import warehouse
from rustybt.data.migration import Options, migrate
from rustybt.errors import LegacyFileError, MigrationError, UnknownCalendarError

sys.path.insert(0, str(Path(__file__).parent))
from zipline_files import (
    adjustments,
    assets,
    day_of,
    write_daily,
    write_tables,
)

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09")
NAMES = ("open", "high", "low", "close", "volume")


def bar(close: int, volume: int = 100) -> tuple:
    """A bar in thousandths, of which the low is two lower and the high three higher."""
    return (close - 1, close + 3, close - 2, close, volume)


BARS = {
    0: {day: bar(10_000 + 7 * n) for n, day in enumerate(DAYS)},
    1: {**{day: bar(20_001) for day in DAYS[:3]}, DAYS[1]: (0, 0, 0, 0, 0)},
    2: {day: bar(30_002, 2**32 - 1) for day in DAYS[3:]},
    7: {day: bar(4_294_967_000) for day in DAYS},
}
ASSETS = assets(
    equities=[
        (0, "Alpha Inc", DAYS[0], DAYS[-1], "NY"),
        (1, None, DAYS[0], DAYS[2], "NY"),
        (2, "Second owner", DAYS[3], DAYS[-1], "NY"),
        (3, "No bars", DAYS[0], DAYS[-1], "NY"),
    ],
    symbols=[
        (0, "OLD", DAYS[0], DAYS[1]),
        (0, "A", DAYS[2], DAYS[-1]),
        (1, "B", DAYS[0], DAYS[2]),
        (2, "B", DAYS[3], DAYS[-1]),
        (3, "NONE", DAYS[0], DAYS[-1]),
    ],
    futures=[
        (
            7,
            "CLF24",
            "CL",
            "Crude",
            DAYS[0],
            DAYS[-1],
            "NY",
            "2024-01-22",
            "2024-01-20",
            1000.0,
            0.01,
        )
    ],
)
ACTIONS = adjustments(
    splits=[(0, DAYS[2], 1 / 7.00000700001), (0, DAYS[4], 0.5)],
    mergers=[(1, DAYS[2], 0.75)],
    dividends=[(0, DAYS[3], 1 - 0.3 / 10.014), (0, DAYS[1], 0.5)],
    payouts=[
        (0, DAYS[1], None, 0.1),
        (0, DAYS[3], "2024-01-20", 0.1),
        (0, DAYS[3], "2024-01-25", 0.2),
        (0, DAYS[5], None, 1e6),
        (3, DAYS[3], None, 0.1),
    ],
    shares=[(0, DAYS[3], 0.1)],
)


@pytest.fixture
def folder(tmp_path) -> Path:
    return made(tmp_path / "zipline")


def made(folder: Path, **changed) -> Path:
    folder.mkdir(parents=True)
    write_daily(folder / "daily_equities.bcolz", changed.get("bars", BARS))
    write_tables(folder / "assets-9.sqlite", changed.get("assets", ASSETS))
    write_tables(folder / "adjustments.sqlite", changed.get("adjustments", ACTIONS))
    return folder


def state(folder: Path) -> dict:
    files = [it for it in folder.rglob("*") if it.is_file()]
    return {
        it: (hashlib.sha256(it.read_bytes()).hexdigest(), it.stat().st_mtime_ns) for it in files
    }


def rows(root: Path, query: str) -> list[tuple]:
    with warehouse.open(root) as wh:
        return wh.sql(query).rows()


def stored_bars(root: Path) -> list[tuple]:
    query = "SELECT symbol, session, open, high, low, close, volume FROM z.bars_1d ORDER BY 1, 2"
    return rows(root, query)


def expected(symbols: dict[int, str], days=DAYS) -> list[tuple]:
    found = []
    for sid, symbol in symbols.items():
        for day, (*prices, volume) in BARS[sid].items():
            if any(prices) and day in days:
                exact = [Decimal(it) / 1000 for it in prices]
                found.append((symbol, day_of(day), *exact, Decimal(volume)))
    return sorted(found)


SYMBOLS = {0: "A", 1: "B@1", 2: "B", 7: "CLF24"}


def test_bars_are_taken_exactly_and_the_files_stay(folder, tmp_path):
    before = state(folder)
    report = migrate("zipline-bundle", folder, "z", root=tmp_path / "root")
    assert state(folder) == before
    assert stored_bars(tmp_path / "root") == expected(SYMBOLS)
    told = (report.snapshot, report.new, report.calendar, report.assets, report.bars, report.values)
    assert told == (1, True, "XNYS", 4, 17, 85)
    assert (report.splits, report.dividends, report.mergers) == (2, 5, 1)


def test_actions_are_those_of_the_file(folder, tmp_path):
    report = migrate("zipline-bundle", folder, "z", root=tmp_path / "root")
    query = (
        "SELECT symbol, session, kind, ratio, amount, pay_date FROM z.adjustments ORDER BY 1, 2, 3"
    )
    first, second, third, last = (day_of(DAYS[it]) for it in (1, 2, 3, 4))
    assert rows(tmp_path / "root", query) == [
        ("A", first, "dividend", 1 - 0.1 / 10.0, Decimal("0.1"), None),
        ("A", second, "split", 1 / 7.00000700001, None, None),
        ("A", third, "dividend", 1 - 0.3 / 10.014, Decimal("0.3"), date(2024, 1, 20)),
        ("A", last, "split", 0.5, None, None),
        ("B@1", second, "merger", 0.75, None, None),
    ]
    told = "\n".join(report.notes)
    assert "2 of kind dividend are not stored" in told
    assert "1 of kind dividend were joined" in told
    assert "1 dividends paid in shares" in told
    assert "1 of 2 ratios of dividends differ" in told


def test_a_merger_lowers_prices_and_leaves_volumes(folder, tmp_path):
    migrate("zipline-bundle", folder, "z", root=tmp_path / "root")
    query = "SELECT session, close, volume FROM z.bars_1d_adjusted WHERE symbol = 'B@1' ORDER BY session"
    found = [(str(it[0]), float(it[1]), float(it[2])) for it in rows(tmp_path / "root", query)]
    assert found == [
        (DAYS[0], pytest.approx(20.001 * 0.75), 100.0),
        (DAYS[2], pytest.approx(20.001), 100.0),
    ]


def test_assets_are_named(folder, tmp_path):
    report = migrate("zipline-bundle", folder, "z", root=tmp_path / "root")
    query = (
        "SELECT symbol, asset_type, name, first_session, last_session, root_symbol, expiry, multiplier, "
        "tick_size FROM z.assets ORDER BY 1"
    )
    begin, end = day_of(DAYS[0]), day_of(DAYS[-1])
    assert rows(tmp_path / "root", query) == [
        ("A", "equity", "Alpha Inc", begin, end, None, None, None, None),
        ("B", "equity", "Second owner", day_of(DAYS[3]), end, None, None, None, None),
        ("B@1", "equity", None, begin, day_of(DAYS[2]), None, None, None, None),
        ("CLF24", "future", "Crude", begin, end, "CL", date(2024, 1, 20), 1000.0, 0.01),
    ]
    told = "\n".join(report.notes)
    assert "A was OLD" in told
    query = "SELECT symbol, first_session, last_session FROM z.symbols WHERE sid = 1 ORDER BY 2"
    assert rows(tmp_path / "root", query) == [
        ("OLD", begin, day_of(DAYS[1])),
        ("A", day_of(DAYS[2]), end),
    ]
    assert "keep it with their sid behind: B@1" in told
    assert "1 listed assets have no bars" in told
    assert "NEW YORK" in told


def test_a_second_time_nothing_is_new_and_the_snapshot_before_is_there(folder, tmp_path):
    root = tmp_path / "root"
    migrate("zipline-bundle", folder, "z", Options(end_date=day_of(DAYS[3])), root=root)
    migrate("zipline-bundle", folder, "z", root=root)
    again = migrate("zipline-bundle", folder, "z", root=root)
    assert (again.snapshot, again.new, again.bars) == (2, False, 17)
    with warehouse.open(root) as wh:
        wh.restore("z", 1)
    assert stored_bars(root) == expected(SYMBOLS, DAYS[:4])


def test_a_span_is_taken_with_its_actions(folder, tmp_path):
    root = tmp_path / "root"
    options = Options(start_date=day_of(DAYS[1]), end_date=day_of(DAYS[2]))
    report = migrate("zipline-bundle", folder, "z", options, root=root)
    held = {0: "A", 1: "B@1", 7: "CLF24"}
    assert stored_bars(root) == expected(held, DAYS[1:3])
    assert (report.splits, report.dividends, report.mergers) == (1, 1, 1)
    query = "SELECT kind FROM z.adjustments ORDER BY session, kind"
    assert rows(root, query) == [("dividend",), ("merger",), ("split",)]


def test_a_dry_run_commits_nothing(folder, tmp_path):
    root = tmp_path / "root"
    report = migrate("zipline-bundle", folder, "z", Options(dry_run=True), root=root)
    assert (report.snapshot, report.new, report.bars) == (None, False, 17)
    assert not root.exists()


def test_the_newest_ingestion_is_found_by_the_name_of_its_bundle(tmp_path, monkeypatch):
    home = tmp_path / "home" / "data" / "quandl"
    made(home / "2020-01-01T00;00;00.0", bars={0: {DAYS[0]: bar(5_000)}})
    made(home / "2021-01-01T00;00;00.0")
    monkeypatch.setenv("ZIPLINE_ROOT", str(tmp_path / "home"))
    assert migrate("zipline-bundle", "quandl", "z", root=tmp_path / "root").bars == 17
    assert migrate("zipline-bundle", home, "y", root=tmp_path / "root").bars == 17


def test_a_calendar_is_taken_as_it_is_named(folder, tmp_path):
    options = Options(calendar="24/7")
    migrate("zipline-bundle", folder, "z", options, root=tmp_path / "root")
    assert rows(tmp_path / "root", "SELECT DISTINCT exchange FROM z.assets") == [("24/7",)]
    with pytest.raises(UnknownCalendarError):
        migrate("zipline-bundle", folder, "y", Options(calendar="NOWHERE"), root=tmp_path / "root")


@pytest.mark.parametrize("changed", ["bars", "adjustments"])
def test_files_that_change_meanwhile_end_the_migration(folder, tmp_path, changed):
    def replace(said: str) -> None:
        if not said.startswith("reading it again"):
            return
        shutil.rmtree(folder)
        other = {**BARS, 0: {**BARS[0], DAYS[3]: bar(10_022)}}
        more = adjustments(splits=[(0, DAYS[2], 0.25)])
        made(folder, **{changed: other if changed == "bars" else more})

    with pytest.raises(MigrationError):
        migrate("zipline-bundle", folder, "z", root=tmp_path / "root", progress=replace)
    with warehouse.open(tmp_path / "root") as wh:
        assert wh.bundles() == []


BROKEN = {
    "no assets": (lambda it: (it / "assets-9.sqlite").unlink(), "one file assets-N"),
    "no adjustments": (lambda it: (it / "adjustments.sqlite").unlink(), "cannot be read"),
    "no bars": (lambda it: shutil.rmtree(it / "daily_equities.bcolz"), "daily_equities.bcolz"),
    "no database": (
        lambda it: (it / "adjustments.sqlite").write_bytes(b"x" * 9000),
        "expected a file of zipline",
    ),
    "half a database": (
        lambda it: (it / "assets-9.sqlite").write_bytes(
            (it / "assets-9.sqlite").read_bytes()[:5000]
        ),
        "expected a file of zipline",
    ),
    "another version": (
        lambda it: (
            (it / "assets-9.sqlite").unlink()
            or write_tables(it / "assets-9.sqlite", assets(version=5))
        ),
        "version 7 to 9",
    ),
    "text for days": (
        lambda it: (
            (it / "assets-9.sqlite").unlink()
            or write_tables(
                it / "assets-9.sqlite",
                {
                    **ASSETS,
                    "equity_symbol_mappings": (
                        "id, sid, symbol, start_date, end_date",
                        [(1, 0, "A", "soon", "later")],
                    ),
                },
            )
        ),
        "expected the tables of zipline",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_bundle_is_told(folder, tmp_path, case):
    damage, problem = BROKEN[case]
    damage(folder)
    with pytest.raises(LegacyFileError, match=problem):
        migrate("zipline-bundle", folder, "z", root=tmp_path / "root")


def test_bars_alone_have_their_sids_for_symbols(folder, tmp_path):
    path = folder / "daily_equities.bcolz"
    report = migrate("bcolz", path, "z", root=tmp_path / "root")
    assert stored_bars(tmp_path / "root") == expected({it: str(it) for it in BARS})
    assert report.notes == ("There is no file of assets, so symbols are the sids.",)


@pytest.mark.reference
def test_a_real_bundle_is_taken_whole(reference, tmp_path):
    home = reference / "data" / "zipline_bundle"
    (folder,) = home.iterdir()
    before = state(home)
    report = migrate("zipline-bundle", home, "z", root=tmp_path)
    assert state(home) == before
    assert (report.bars, report.splits, report.dividends) == (24_646, 5, 233)
    with closing(
        sqlite3.connect(f"{(folder / 'assets-7.sqlite').as_uri()}?immutable=1", uri=True)
    ) as it:
        names = dict(it.execute("SELECT sid, symbol FROM equity_symbol_mappings"))
    place = f"{(folder / 'adjustments.sqlite').as_uri()}?immutable=1"
    with closing(sqlite3.connect(place, uri=True)) as it:
        splits = it.execute("SELECT sid, effective_date, ratio FROM splits").fetchall()
        paid = it.execute("SELECT sid, ex_date, amount FROM dividend_payouts").fetchall()
    told = {(names[sid], day(at), float(number)) for sid, at, number in (*splits, *paid)}
    query = (
        "SELECT symbol, session, CAST(CASE kind WHEN 'split' THEN ratio ELSE amount END AS DOUBLE)"
    )
    assert set(rows(tmp_path, f"{query} FROM z.adjustments")) == told
    columns = {it: column(folder / "daily_equities.bcolz" / it) for it in ("id", "day", *NAMES)}
    listed = zip(*(it.tolist() for it in columns.values()), strict=True)
    bars = {
        (names[sid], day(at), *(Decimal(it) / 1000 for it in prices), Decimal(volume))
        for sid, at, *prices, volume in listed
    }
    assert set(stored_bars(tmp_path)) == bars


def day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def column(folder: Path) -> np.ndarray:
    """Decode a column with the library's own Python."""
    count = len(list((folder / "data").glob("*.blp")))
    kind = json.loads((folder / "meta" / "storage").read_text())["dtype"]
    chunks = [(folder / "data" / f"__{it}.blp").read_bytes()[16:] for it in range(count)]
    return np.concatenate([np.frombuffer(blosc2.decompress(it), kind) for it in chunks])
