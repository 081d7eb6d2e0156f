"""Folders of CSV files as zipline's csvdir takes them."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import warehouse
from rustybt.data.migration import Options, migrate
from rustybt.errors import ColumnsError, MigrationError, SourceError, SourceFileError

HEADER = "date,open,high,low,close,volume,dividend,split"
FILES = {
    "AAA": [
        "2024-01-02,10.1,11.25,9.123456789,10.5,1000,0.0,1.0",
        "2024-01-03,10.5,11,10,10.75,2e3,0.25,1.0",
        "2024-01-04,5.25,6,5,5.5,500,0,2.0",
    ],
    "BRK.B": ["2024-01-02 00:00:00,300,301,299,300.5,7,0,1", "2024-01-03,,,,,,0,1"],
}


@pytest.fixture
def folder(tmp_path) -> Path:
    daily = tmp_path / "csv" / "daily"
    daily.mkdir(parents=True)
    for symbol, lines in FILES.items():
        (daily / f"{symbol}.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return daily.parent


def rows(root: Path, query: str) -> list[tuple]:
    with warehouse.open(root) as wh:
        return wh.sql(query).rows()


def test_bars_and_actions_are_taken(folder, tmp_path):
    report = migrate("csvdir", folder, "z", root=tmp_path / "root")
    assert (report.splits, report.dividends, report.mergers) == (1, 1, 0)
    assert report.bars == 5
    query = "SELECT symbol, low, volume FROM z.bars_1d WHERE session = '2024-01-02' ORDER BY symbol"
    assert rows(tmp_path / "root", query) == [
        ("AAA", Decimal("9.123456789"), 1000),
        ("BRK.B", Decimal(299), 7),
    ]
    query = "SELECT session, kind, ratio, amount FROM z.adjustments ORDER BY session"
    assert rows(tmp_path / "root", query) == [
        (date(2024, 1, 3), "dividend", 1 - 0.25 / 10.5, Decimal("0.25")),
        (date(2024, 1, 4), "split", 0.5, None),
    ]


def test_files_of_several_headers_and_a_span(folder, tmp_path):
    plain = "Date,Volume,Close,Low,High,Open\n20240103,5,1.5,1,2,1.25\n20240105,5,1.5,1,2,1.25\n"
    (folder / "daily" / "CCC.csv").write_text(plain)
    options = Options(start_date=date(2024, 1, 3), end_date=date(2024, 1, 4))
    report = migrate("csvdir", folder, "z", options, root=tmp_path / "root")
    query = "SELECT symbol, count(*) FROM z.bars_1d GROUP BY symbol ORDER BY symbol"
    assert rows(tmp_path / "root", query) == [("AAA", 2), ("BRK.B", 1), ("CCC", 1)]
    assert (report.assets, report.bars, report.splits, report.dividends) == (3, 4, 1, 1)


def test_a_row_that_is_rejected_ends_the_migration(folder, tmp_path):
    with (folder / "daily" / "AAA.csv").open("a") as file:
        file.write("2024-01-05,5,6,5,five,500,0,1\n")
    with pytest.raises(MigrationError, match="1 missing or rejected"):
        migrate("csvdir", folder, "z", root=tmp_path / "root")
    with warehouse.open(tmp_path / "root") as wh:
        assert wh.bundles() == []


def test_minutes_are_named_by_their_start(folder, tmp_path):
    (folder / "minute").mkdir()
    lines = [
        "date,open,high,low,close,volume,dividend,split",
        "2024-01-02 14:31:00,1.123456789,2,1,1.5,10,0,1",  # the first minute of New York's session
        "2024-01-02 21:00:00+00:00,2,3,2,2.5,20,0.5,1",
    ]
    (folder / "minute" / "AAA.csv").write_text("\n".join(lines))
    report = migrate("csvdir", folder, "z", root=tmp_path / "root")
    assert (report.snapshot, report.bars, report.dividends) == (2, 7, 1)
    query = "SELECT symbol, ts, session, open, volume FROM z.bars_1m ORDER BY ts"
    day = date(2024, 1, 2)
    assert rows(tmp_path / "root", query) == [
        ("AAA", datetime(2024, 1, 2, 14, 30), day, Decimal("1.123456789"), 10),  # noqa: DTZ001
        ("AAA", datetime(2024, 1, 2, 20, 59), day, Decimal(2), 20),  # noqa: DTZ001
    ]
    assert any("from the folder daily alone" in it for it in report.notes)


def test_minutes_alone_and_a_bad_one(folder, tmp_path):
    (folder / "daily").rename(folder / "minute")
    lines = ["date,open,high,low,close,volume", "2024-01-02 14:31:00,1,2,1,x,10"]
    for path in (folder / "minute").iterdir():
        path.unlink()
    (folder / "minute" / "AAA.csv").write_text("\n".join(lines))
    with pytest.raises(SourceError, match="expected a number"):
        migrate("csvdir", folder, "z", root=tmp_path / "root")
    (folder / "minute" / "AAA.csv").write_text("\n".join(lines).replace("x", "1.5"))
    assert migrate("csvdir", folder, "z", root=tmp_path / "root").bars == 1


def test_what_is_no_such_folder_is_told(folder, tmp_path):
    with pytest.raises(SourceFileError, match="found none"):
        migrate("csvdir", folder / "daily", "z", root=tmp_path / "root")
    (folder / "daily" / "X.parquet").write_bytes(b"")
    with pytest.raises(SourceFileError, match="parquet"):
        migrate("csvdir", folder, "z", root=tmp_path / "root")
    (folder / "daily" / "X.parquet").unlink()
    (folder / "daily" / "AAA.csv").write_text("date,price\n2024-01-02,1\n")
    with pytest.raises(ColumnsError):
        migrate("csvdir", folder, "z", root=tmp_path / "root")
