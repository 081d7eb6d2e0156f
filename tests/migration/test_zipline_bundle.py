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
from rustybt.data.bundles import load
from rustybt.data.data_portal import DataPortal
from rustybt.data.migration import Options, migrate
from rustybt.errors import LegacyFileError, MigrationError, UnknownCalendarError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.filters import StaticAssets

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
    shares=[
        (0, DAYS[2], None, 0, 0.25),  # on the day of a split
        (2, DAYS[4], "2024-01-20", 2, 0.05),
        (2, DAYS[4], "2024-01-19", None, 0.05),
        (2, DAYS[5], "2024-01-20", 0, 0.5),  # of another asset
        (2, DAYS[5], None, 7, 0.5),
        (7, DAYS[4], None, 99, 2.0),  # of one that the bundle does not have
        (0, DAYS[5], None, 0, 0.0),
        (3, DAYS[4], None, 3, 0.1),
    ],
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
        "SELECT symbol, session, kind, ratio, amount, pay_date FROM z.adjustments WHERE shares IS NULL "
        "ORDER BY 1, 2, 3"
    )
    first, second, third, last = (day_of(DAYS[it]) for it in (1, 2, 3, 4))
    assert rows(tmp_path / "root", query) == [
        ("A", first, "dividend", 1 - 0.1 / 10.0, Decimal("0.1"), None),
        ("A", third, "dividend", 1 - 0.3 / 10.014, Decimal("0.3"), date(2024, 1, 20)),
        ("A", last, "split", 0.5, None, None),
        ("B@1", second, "merger", 0.75, None, None),
    ]
    told = "\n".join(report.notes)
    assert "2 of kind dividend are not stored" in told
    assert "1 of kind dividend were joined" in told
    assert "2 dividends paid in shares are not stored" in told
    assert "1 of kind split are not stored" in told
    assert "1 of 2 ratios of dividends differ" in told


def test_dividends_in_shares_are_the_splits_that_they_are(folder, tmp_path):
    root = tmp_path / "root"
    report = migrate("zipline-bundle", folder, "z", root=root)
    assert report.stock_dividends == 6
    query = (
        "SELECT a.symbol, a.session, kind, ratio, amount, pay_date, shares, payments.symbol "
        "FROM z.adjustments AS a LEFT JOIN z.assets AS payments ON payments.sid = payment_sid "
        "WHERE shares IS NOT NULL ORDER BY 1, 2"
    )
    at, paid = [day_of(it) for it in DAYS], date(2024, 1, 19)
    assert rows(root, query) == [
        ("A", at[2], "split", pytest.approx(1 / 7.00000700001 / 1.25, rel=1e-15), None, None, 0.25, "A"),
        ("B", at[4], "split", 1 / 1.1, None, paid, 0.1, "B"),
        ("B", at[5], "spinoff", 1.0, None, date(2024, 1, 20), 0.5, "A"),
        ("CLF24", at[4], "spinoff", 1.0, None, None, 2.0, None),
    ]  # fmt: skip
    query = "SELECT volume FROM z.bars_1d_adjusted WHERE symbol = 'B' ORDER BY session"
    assert [float(it) for (it,) in rows(root, query)] == pytest.approx(
        [(2**32 - 1) * 1.1, (2**32 - 1), (2**32 - 1)]
    )


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


def test_a_symbol_of_two_assets_is_that_which_had_it_on_the_day(folder, tmp_path):
    root = tmp_path / "root"
    migrate("zipline-bundle", folder, "z", root=root)
    query = "SELECT sid, symbol, first_session, last_session FROM z.symbols ORDER BY 1, 3"
    begin, end = day_of(DAYS[0]), day_of(DAYS[-1])
    sids = {it: sid for sid, it in rows(root, "SELECT sid, symbol FROM z.assets")}
    assert [it for it in rows(root, query) if it[1].startswith("B")] == [
        (sids["B"], "B", day_of(DAYS[3]), end),
        (sids["B@1"], "B", begin, day_of(DAYS[2])),
    ]
    with load("z", root=root) as bundle:
        finder = bundle.asset_finder
        first, second = (finder.retrieve_asset(sids[it]) for it in ("B@1", "B"))
        portal = DataPortal(bundle)  # shares the assets of the finder
        for day in DAYS:
            meant = first if day <= DAYS[2] else second
            assert finder.lookup_symbol("B", day) is meant
            assert finder.lookup_symbol("b", day) is meant
            assert finder.lookup_symbol("B@1", day) is first
            assert finder.lookup_symbols(["B", "A"], day)[0] is meant
            assert finder.lookup_generic("B", day)[0] is meant
            close = portal.get_spot_value(meant, "close", day, "daily")
            traded = 30.002 if meant is second else float("nan") if day == DAYS[1] else 20.001
            assert close == pytest.approx(traded, nan_ok=True)
        assert finder.lookup_symbol("B") is second
        assert finder.lookup_symbol("OLD", DAYS[0]).symbol == "A"
        pipe = Pipeline(
            {"close": EquityPricing.close.latest},
            screen=StaticAssets([finder.lookup_symbol("B", DAYS[0])]),
        )
        found = pipe.run(DAYS[1], DAYS[-1], bundle="z", warehouse=bundle.warehouse)
        assert set(found.df().index.get_level_values(1)) == {first}


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


PAID = [(2, DAYS[4], "2024-01-20", 2, 0.1)]  # other in its day of payment alone


@pytest.mark.parametrize("changed", ["bars", "adjustments", "shares"])
def test_files_that_change_meanwhile_end_the_migration(folder, tmp_path, changed):
    def replace(said: str) -> None:
        if not said.startswith("reading it again"):
            return
        shutil.rmtree(folder)
        other = {**BARS, 0: {**BARS[0], DAYS[3]: bar(10_022)}}
        more = adjustments(splits=[(0, DAYS[2], 0.25)])
        paid = {
            **ACTIONS,
            "stock_dividend_payouts": adjustments(shares=PAID)["stock_dividend_payouts"],
        }
        made(
            folder,
            **{
                "bars": {"bars": other},
                "adjustments": {"adjustments": more},
                "shares": {"adjustments": paid},
            }[changed],
        )

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
